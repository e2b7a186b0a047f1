//! Actions: what changes this machine or the Heroku account, one file per action. An action runs in steps, and the
//! journal records each one, so that an interrupted action can be finished later.

pub mod access;
mod authorize;
mod check;
mod copies;
mod docker_helper;
mod fix;
mod folder_account;
mod forget;
mod git_helper;
mod lend;
mod link;
mod log_in;
mod log_out;
mod move_token;
mod obtain;
mod regenerate;
mod renew;
mod revoke;
mod run;
mod ssh_keys;
mod test_git;
mod use_account;

pub use authorize::{NewAccess, Rights, authorize, new_token};
pub use check::check;
pub use fix::{PlannedEdit, plan as plan_fix};
pub use forget::Forget;
pub use lend::{Lent, Wanted, lend, take_back_left};
pub use log_in::{LogIn, Method};
pub use log_out::LogOut;
pub use move_token::{MovePlan, plan_move};
pub use obtain::open_page;
pub use run::{Done, Progress, Runner};
pub use test_git::test_git;

use jiff::Timestamp;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::heroku::keys::PublicKey;
use crate::insight::affected::{Affected, Change, affected};
use crate::insight::remedy::Fix;
use crate::ledger::journal::{JournalEntry, Verb};
use crate::stores::Store;
use crate::stores::keychain::Unlock;
use crate::survey::survey;
use crate::tools::git::Repositories;
use crate::tools::shell;
use run::{Start, Steps, resume};

/// A change to this machine or to the Heroku account.
#[derive(Clone, Debug)]
pub enum Action {
    /// Log in.
    LogIn(LogIn),
    /// Revoke a token and remove its local copies.
    LogOut(LogOut),
    /// Remove every local copy of an account's token after the user confirms it. Heroku keeps accepting the token.
    ForgetAccount {
        /// The account's email.
        account: String,
    },
    /// Replace the stored token with a new one and revoke the old one.
    Regenerate,
    /// Replace the token of an OAuth login with the next one.
    Renew {
        /// Whether the user may be asked to unlock the keychain.
        unlock: Unlock,
    },
    /// Set up git to use Herokey: write the helper lines.
    SetGitHelper,
    /// Remove Herokey's helper lines from git's configuration.
    RemoveGitHelper,
    /// Make Docker ask Herokey for Heroku's registry.
    SetDockerHelper,
    /// Take Herokey's helper out of Docker's configuration.
    RemoveDockerHelper,
    /// Move the stored token between the keychain and netrc.
    Move {
        /// The store to move it to.
        to: Store,
        /// Leave a copy in netrc, for programs that look nowhere else.
        keep_copy: bool,
    },
    /// Remove one local copy of a token. Heroku keeps accepting the token.
    Forget(Forget),
    /// Point the Heroku CLI at an account's token in the keychain.
    Link {
        /// The account's email.
        account: String,
    },
    /// Apply a fix.
    Fix(Fix),
    /// Undo a change.
    Undo {
        /// When it was made; `None` for the last one that can be undone.
        at: Option<Timestamp>,
    },
    /// Switch to another account.
    UseAccount {
        /// The account's email.
        account: String,
    },
    /// Use an account in some repositories, or the one in use again.
    UseIn {
        /// The repositories.
        repositories: Repositories,
        /// The account's email; `None` for the one in use.
        account: Option<String>,
    },
    /// Revoke an authorization, or end a session.
    Revoke {
        /// The id of the authorization or session.
        id: String,
        /// The team that it acts for; `None` for the account.
        team: Option<String>,
    },
    /// Add an SSH key to the account.
    AddKey(PublicKey),
    /// Remove an SSH key from the account.
    RemoveKey {
        /// The key's fingerprint or id.
        fingerprint: String,
    },
}

/// The programs that an action would leave with another token, an old one or none.
pub fn affected_by(env: &Env, action: &Action) -> Vec<Affected> {
    action.change().map(|change| affected(&survey(env), change)).unwrap_or_default()
}

impl Action {
    /// What the action changes for programs that read tokens by themselves; `None` if that is nothing, or what they are
    /// asked for.
    fn change(&self) -> Option<Change<'_>> {
        match self {
            Self::Move { to, keep_copy: false } => Some(Change::Move(*to)),
            Self::LogOut(LogOut { account: None, local_only: false }) => Some(Change::LogOut),
            Self::Regenerate => Some(Change::Regenerate),
            Self::Forget(Forget { place, account }) => Some(Change::Forget(*place, account.as_deref())),
            Self::UseAccount { account } => Some(Change::Use(account)),
            Self::Move { keep_copy: true, .. }
            | Self::LogIn(_)
            | Self::LogOut(_)
            | Self::ForgetAccount { .. }
            | Self::Renew { .. }
            | Self::SetGitHelper
            | Self::RemoveGitHelper
            | Self::SetDockerHelper
            | Self::RemoveDockerHelper
            | Self::Link { .. }
            | Self::Fix(_)
            | Self::Undo { .. }
            | Self::UseIn { .. }
            | Self::Revoke { .. }
            | Self::AddKey(_)
            | Self::RemoveKey { .. } => None,
        }
    }

    /// The verb under which the journal records the action.
    pub fn verb(&self) -> Verb {
        match self {
            Self::LogIn(_) => Verb::LogIn,
            Self::LogOut(_) | Self::ForgetAccount { .. } => Verb::LogOut,
            Self::Regenerate => Verb::Regenerate,
            Self::Renew { .. } => Verb::Renew,
            Self::SetGitHelper | Self::RemoveGitHelper => Verb::GitHelper,
            Self::SetDockerHelper | Self::RemoveDockerHelper => Verb::DockerHelper,
            Self::Move { .. } => Verb::MoveToken,
            Self::Forget(_) => Verb::Forget,
            Self::Link { .. } => Verb::Link,
            Self::Fix(_) => Verb::Fix,
            Self::Undo { .. } => Verb::Undo,
            Self::UseAccount { .. } | Self::UseIn { .. } => Verb::UseAccount,
            Self::Revoke { .. } => Verb::Revoke,
            Self::AddKey(_) | Self::RemoveKey { .. } => Verb::SshKeys,
        }
    }
}

/// Performs an action. Fails with [`Code::Busy`] while another program performs one on this machine.
pub fn perform(runner: &Runner<'_>, action: &Action) -> Result<Done> {
    // Only what can correct the variable works while it names no host of Heroku's.
    if !matches!(
        action,
        Action::Fix(Fix::CommentOut { .. } | Fix::RemoveVariable { .. }) | Action::Undo { .. }
    ) {
        runner.env.hosts().require_allowed()?;
    }
    let start = Start { runner, verb: action.verb() };
    match action {
        Action::LogIn(how) => log_in::log_in(&start, how),
        Action::LogOut(what) => log_out::log_out(&start, what),
        Action::ForgetAccount { account } => log_out::forget_account(&start, account),
        Action::Regenerate => regenerate::regenerate(&start),
        Action::Renew { unlock } => renew::renew(&start, *unlock),
        Action::SetGitHelper => git_helper::set(&start),
        Action::RemoveGitHelper => git_helper::remove(&start),
        Action::SetDockerHelper => docker_helper::set(&start),
        Action::RemoveDockerHelper => docker_helper::remove(&start),
        Action::Move { to, keep_copy } => move_token::move_token(&start, *to, *keep_copy),
        Action::Forget(what) => forget::forget(&start, what),
        Action::Link { account } => link::link(&start, account),
        Action::Fix(fix) => fix::fix(&start, fix),
        Action::Undo { at } => fix::undo(&start, *at),
        Action::UseAccount { account } => use_account::use_account(&start, account),
        Action::UseIn { repositories, account } => {
            folder_account::set(&start, repositories, account.as_deref())
        }
        Action::Revoke { id, team } => revoke::revoke(&start, id, team.as_deref()),
        Action::AddKey(key) => ssh_keys::add(&start, key),
        Action::RemoveKey { fingerprint } => ssh_keys::remove(&start, fingerprint),
    }
}

/// Finishes an interrupted action, and revokes what `herokey exec` left behind; `None` if there is neither. After an error
/// the action stays in the journal for another try, unless it can never be finished.
pub fn finish(runner: &Runner<'_>) -> Result<Option<Done>> {
    runner.env.hosts().require_allowed()?;
    let finished = match resume(runner)? {
        None => None,
        Some(Finished::Done(done)) => Some(done),
        Some(Finished::Abandoned(error)) => return Err(error),
    };
    let taken_back = take_back_left(runner)?;
    Ok(finished.or(taken_back))
}

/// Fails if `HEROKU_API_KEY` is set: it wins over every stored token, so storing another one would have no effect.
pub fn refuse_override(env: &Env) -> Result<()> {
    if env.os("HEROKU_API_KEY").is_none() {
        return Ok(());
    }
    let place = match shell::set_in(env, "HEROKU_API_KEY") {
        Some(found) => found.shown,
        None => "the environment that started this program".to_owned(),
    };
    Err(Error::new(Code::EnvApiKeyOverrides, format!("HEROKU_API_KEY is set in {place}."))
        .means("It wins over every stored token, so a new one would have no effect. Nothing was changed.")
        .next_step("Remove it there, then try again in a new terminal or after restarting Herokey."))
}

/// What became of an interrupted action. If finishing it must be tried again later, the result is an error instead.
enum Finished {
    /// The action is finished.
    Done(Done),
    /// The action can never be finished, for this reason. The journal forgets it.
    Abandoned(Error),
}

fn finish_as(verb: Verb, steps: &mut Steps<'_>, entry: &JournalEntry) -> Result<Finished> {
    match verb {
        Verb::LogIn => log_in::finish(steps, entry),
        Verb::LogOut => log_out::finish(steps, entry),
        Verb::Renew => renew::finish(steps, entry),
        Verb::Regenerate => regenerate::finish(steps, entry),
        Verb::MoveToken => move_token::finish(steps, entry),
        Verb::Forget => forget::finish(steps, entry),
        Verb::Authorize => Ok(Finished::Abandoned(authorize::abandoned(entry))),
        Verb::GitHelper
        | Verb::DockerHelper
        | Verb::Link
        | Verb::Revoke
        | Verb::SshKeys
        | Verb::Fix
        | Verb::Undo
        | Verb::UseAccount => Ok(nothing_to_finish(entry)),
    }
}

fn nothing_to_finish(entry: &JournalEntry) -> Finished {
    let what = format!("The interrupted action ({}) has nothing left to finish.", entry.verb.doing());
    Finished::Abandoned(Error::new(Code::NothingLeft, what))
}
