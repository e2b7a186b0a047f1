//! Log out: revokes the token at Heroku, then removes every local copy.

mod tokens;

use netrc_edit::Credential;

use super::{Done, Finished, Start, Steps, nothing_to_finish};
use crate::action::copies;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::person::Confirmation;
use crate::base::state_folder;
use crate::base::token::Token;
use crate::ledger::journal::JournalEntry;
use crate::ledger::known_tokens::KnownTokens;
use crate::ledger::{seen_access, undo};
use crate::stores::keychain;
use crate::stores::keychain::{Keychain, Unlock, unless_missing};
use crate::stores::lookup;
use crate::stores::lookup::{Source, TokenInUse};
use crate::stores::netrc::{NetrcFile, login_of, token_of};
use crate::stores::{Store, login_json, oauth_client};
use crate::tools::git;
use tokens::Tokens;

/// The note after a logout of the local copies alone.
const NOT_REVOKED: &str = "Nothing was revoked: unless it expired, the token is still valid at Heroku. You can revoke it in \
                           the dashboard.";

/// What to log out of.
#[derive(Clone, Debug, Default)]
pub struct LogOut {
    /// Remove the local copies without revoking the token at Heroku.
    pub local_only: bool,
    /// The account; `None` means the one in use.
    pub account: Option<String>,
}

/// Revokes the account's tokens on this machine, except the account's default one, and removes everything local: the
/// keychain entry, the netrc records, `login.json`, git's helper lines, the credentials that git's other helpers cache,
/// and the undo data.
///
/// Unless Heroku then refuses every one of these tokens, nothing is removed: otherwise a token that nobody knows would
/// stay valid.
pub(super) fn log_out(start: &Start<'_>, what: &LogOut) -> Result<Done> {
    start.run(|steps| {
        let stored = find(steps.env(), what.account.as_deref())?;
        let account = stored.account.clone().unwrap_or_default();
        let was_in_use = is_in_use(steps.env(), &account);
        let mut tokens = Tokens::find(steps.env(), &account, &stored.token);
        let heroku = if what.local_only { None } else { Some(start.runner.heroku()?) };
        if let Some(heroku) = &heroku {
            tokens.revoke(steps, &account, heroku)?;
        }
        let place = if stored.source == Source::Keychain { Store::Keychain } else { Store::Netrc };
        steps.commit_to(&account, place)?;
        if let Some(step) = tokens.step() {
            steps.done(&step)?;
        }
        remove_copies(steps, &account, Some(&stored.token)).map_err(|error| {
            error.means(if tokens.are_revoked() {
                "Heroku refuses the token now, so what is left is of no use to anyone."
            } else {
                "The token there may still work, and the Heroku CLI may still use it."
            })
        })?;
        let mut notes = vec![if what.local_only { NOT_REVOKED.to_owned() } else { tokens.note() }];
        if was_in_use {
            notes.extend(tokens.left_behind(steps.env(), &account, heroku.as_ref()));
        }
        if steps.env().os("HEROKU_API_KEY").is_some() {
            notes.push("HEROKU_API_KEY is still set, and programs still use it.".to_owned());
        }
        notes.extend(keychain::unseen(steps.env()).map(|unseen| {
            format!(
                "{} What it holds was not removed; unlock it and log out again if it has a token.",
                unseen.what
            )
        }));
        notes.retain(|note| !note.is_empty());
        let name = if account.is_empty() { "the stored token" } else { &account };
        Ok(Done { what: format!("Logged out of {name}."), note: notes.join(" ") })
    })
}

/// Removes every local copy of an account's token after the user confirms it. Does not contact Heroku.
pub(super) fn forget_account(start: &Start<'_>, account: &str) -> Result<Done> {
    start.runner.person.confirm(&Confirmation {
        ask: format!("Remove {account} from this machine?"),
        means: "Its token is removed from the keychain and netrc. Nothing is revoked at Heroku, but you must log in again to \
                use the account here."
            .to_owned(),
        yes: "Remove".to_owned(),
    })?;
    log_out(start, &LogOut { local_only: true, account: Some(account.to_owned()) })
}

/// Finishes a logout that was interrupted after the token was revoked.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &JournalEntry) -> Result<Finished> {
    let Some(account) = entry.account.as_deref() else { return Ok(nothing_to_finish(entry)) };
    remove_copies(steps, account, None)?;
    let what = "Finished the interrupted logout.".to_owned();
    Ok(Finished::Done(Done { what, note: String::new() }))
}

fn find(env: &Env, account: Option<&str>) -> Result<TokenInUse> {
    let in_use = lookup::stored(env, Unlock::Ask)?;
    let Some(account) = account else {
        return match in_use {
            Some(in_use) => Ok(in_use),
            None => hidden(env, None)?.ok_or_else(lookup::not_logged_in),
        };
    };
    if let Some(in_use) = in_use.filter(|found| found.account.as_deref() == Some(account)) {
        return Ok(in_use);
    }
    let token = Keychain::open(env, Unlock::Ask).and_then(|keychain| keychain.get(account));
    // Without the keychain, a token in netrc is enough to log out of.
    let in_netrc = if matches!(token, Ok(Some(_))) { None } else { hidden(env, Some(account))? };
    if let Some(found) = in_netrc {
        return Ok(found);
    }
    token?
        .map(|token| TokenInUse {
            account: Some(account.to_owned()),
            token,
            source: Source::Keychain,
            flaw: None,
        })
        .ok_or_else(|| {
            Error::new(Code::NotLoggedIn, format!("There is no token for {account} on this machine."))
                .next_step("Run `herokey accounts` to see which accounts have one.")
        })
}

/// A token in netrc that no program finds. Nobody is logged in with it, but it may be valid.
fn hidden(env: &Env, account: Option<&str>) -> Result<Option<TokenInUse>> {
    let found = copies::hidden_token(env, account)?;
    Ok(found.map(|found| TokenInUse {
        account: found.login,
        token: found.token,
        source: Source::Netrc,
        flaw: None,
    }))
}

/// Removes every local copy of an account's token, and goes on if one of them cannot be removed.
fn remove_copies(steps: &mut Steps<'_>, account: &str, token: Option<&Token>) -> Result<()> {
    let env = steps.env().clone();
    let in_use = is_in_use(&env, account);
    let mut failed = Vec::new();
    let mut attempt = |name: &str, result: Result<()>| {
        if let Err(error) = result {
            failed.push((name.to_owned(), error));
        }
    };
    attempt("the keychain entry", remove_from_keychain(&env, account));
    attempt("the OAuth refresh token", forget_grant(&env, account));
    attempt("the undo data", forget_undo(&env, account));
    attempt("the netrc records", remove_from_netrc(&env, account, token));
    attempt("the tokens in git's configuration", remove_from_git(&env, account, token));
    // Nobody knows whose it is, and the next list replaces it.
    let forgotten = seen_access::forget(&env);
    let list_stays =
        |error| state_folder::failed(&env, "Could not remove the list of authorizations.", &error);
    attempt("the list of authorizations", forgotten.map_err(list_stays));
    if in_use {
        attempt("login.json", login_json::remove(&env).map(drop));
        if git::program(&env).is_some() {
            attempt("git's helper lines", git::remove_all(&env).map(drop));
            attempt("the credentials that git's helpers cache", git::reject_credential(&env));
        }
    }
    let Some((_, first)) = failed.first() else { return steps.done("Removed the local copies") };
    let detail = format!("{} {}", first.what, first.detail);
    let names = failed.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(", ");
    Err(Error::new(
        Code::PartlyDone,
        format!("Logged out, but could not remove everything. Still on this machine: {names}."),
    )
    .means("It may still contain the token.")
    .next_step("Fix the problem described in the details, then run `herokey logout --local-only`.")
    .detail(detail.trim()))
}

/// True if the account is the one in use, so that `login.json` and git's helpers belong to it. Also true if that cannot
/// be read, since then no other account is known to use them.
fn is_in_use(env: &Env, account: &str) -> bool {
    let current = login_json::read(env).and_then(|named| match named {
        Some(named) => Ok(Some(named)),
        None => Ok(lookup::stored(env, Unlock::Ask)?.and_then(|found| found.account)),
    });
    current.ok().flatten().is_none_or(|current| current == account)
}

fn remove_from_keychain(env: &Env, account: &str) -> Result<()> {
    if account.is_empty() {
        return Ok(());
    }
    let removed = Keychain::open(env, Unlock::Ask).and_then(|keychain| keychain.remove(account));
    unless_hidden(removed)
}

/// A keychain that is missing, or that shows nothing to remove until it is unlocked, is no failure. The latter gets a note.
fn unless_hidden<T>(removed: Result<T>) -> Result<()> {
    match removed {
        Err(error) if error.code == Code::KeychainLocked => Ok(()),
        other => unless_missing(other).map(drop),
    }
}

fn forget_grant(env: &Env, account: &str) -> Result<()> {
    if account.is_empty() {
        return Ok(());
    }
    unless_hidden(oauth_client::forget_grant(env, account))
}

fn forget_undo(env: &Env, account: &str) -> Result<()> {
    unless_hidden(undo::remove_account(env, account))
}

fn remove_from_git(env: &Env, account: &str, token: Option<&Token>) -> Result<()> {
    if git::program(env).is_none() {
        return Ok(());
    }
    let known = KnownTokens::read(env);
    let unwanted = |held: &Token| Some(held) == token || copies::is_of_account(&known, held, account);
    for (path, _, held) in git::tokens(env)? {
        if unwanted(&held) {
            git::remove_tokens(env, &path, unwanted)?;
        }
    }
    Ok(())
}

fn remove_from_netrc(env: &Env, account: &str, token: Option<&Token>) -> Result<()> {
    let matches = |record: &Credential| {
        let is_named = !account.is_empty() && login_of(record).as_deref() == Some(account);
        is_named || token.is_some() && token_of(record).as_ref() == token
    };
    let (files, hosts) = (NetrcFile::all(env), env.hosts());
    for file in &files {
        file.remove(env, &hosts.in_netrc(), matches)?;
    }
    files.iter().try_for_each(|file| file.refuse_leftovers(env, &hosts.in_netrc(), matches))
}
