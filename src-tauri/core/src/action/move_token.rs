//! Move the token between the keychain and netrc: written and read back in the new place, shown to be what the tools
//! find there, and only then removed from the old one.

use netrc_edit::{Credential, Netrc};

use super::log_in::{point_at, store_token};
use super::{Done, Finished, Start, Steps, check, nothing_left};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::person::Nobody;
use crate::base::token::Token;
use crate::heroku::{Cancel, Heroku, account};
use crate::insight::readers::{Source, resolve};
use crate::ledger::journal::Entry;
use crate::stores;
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::lookup;
use crate::stores::lookup::InUse;
use crate::stores::netrc::{NetrcFile, login_of, token_of};
use crate::stores::{Place, login_json, netrc_choice};
use crate::survey::survey;
use crate::tools::shell;

/// What a move would do, for `--dry-run` and for the question in the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whose token.
    pub account: String,
    /// The token's mask.
    pub masked: String,
    /// Where it goes.
    pub to: Place,
    /// What will be done, in order. Empty: the token is there already, and nowhere else.
    pub steps: Vec<String>,
    /// What that means; empty where it goes without saying.
    pub means: String,
}

/// Says what a move would do, and changes nothing. Fails where the move would.
pub fn plan_move(env: &Env, to: Place, cancel: Cancel) -> Result<Plan> {
    let moved = Moved::find(env, to, cancel)?;
    Ok(moved.plan(env, to))
}

/// Moves the stored token.
///
/// [`Code::CannotMove`] where the Heroku CLI would not look in the new place, or where another account's token is
/// in the way there. Killed at any step, the token still is where a tool looks, and the next action finishes.
pub(super) fn move_token(start: &Start<'_>, to: Place) -> Result<Done> {
    start.run(|steps| {
        let moved = Moved::find(steps.env(), to, start.runner.cancel.clone())?;
        steps.must_finish_with(&moved.account, to, &moved.token)?;
        moved.apply(steps, to)
    })
}

/// Finishes a move that was killed. The journal names the account and the token's mask: what is in the old place
/// now may be another token.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &Entry) -> Result<Finished> {
    let (Some(account), Some(to), Some(masked)) = (&entry.account, entry.place, &entry.masked) else {
        return Ok(nothing_left(entry));
    };
    let env = steps.env();
    NetrcFile::locate(env).sweep(env)?;
    for at in [to.other(), to] {
        if let Some(token) = held(env, at, account)?.filter(|token| token.trace().masked == *masked) {
            let moved = Moved { account: account.clone(), token, at };
            let done = moved.apply(steps, to)?;
            let what = format!("The interrupted move is finished. {}", done.what);
            return Ok(Finished::Done(Done { what, ..done }));
        }
    }
    Ok(nothing_left(entry))
}

/// The token to be moved, and the place where the Heroku CLI finds it now.
struct Moved {
    account: String,
    token: Token,
    at: Place,
}

impl Moved {
    fn find(env: &Env, to: Place, cancel: Cancel) -> Result<Self> {
        refuse_blind_place(env, to)?;
        let in_use = match lookup::stored(env, Unlock::Ask)? {
            None => passed_by(env, to.other())?,
            in_use => in_use,
        };
        let InUse { account, token, source } = in_use.ok_or_else(lookup::not_logged_in)?;
        let account = match account.filter(|account| account.contains('@')) {
            Some(account) => account,
            // netrc may hold any login beside a token; the keychain's entry is found by the email.
            None => account::of(&Heroku::connect(env, cancel, &Nobody)?, &token)?.email,
        };
        let at = if source == lookup::Source::Keychain { Place::Keychain } else { Place::Netrc };
        let moved = Self { account, token, at };
        if to == Place::Netrc {
            moved.refuse_to_replace_another(env)?;
        }
        Ok(moved)
    }

    fn plan(&self, env: &Env, to: Place) -> Plan {
        let mut steps = Vec::new();
        if self.at != to {
            steps.push(format!("Save it in {} and read it back", name(env, to)));
            steps.push(format!("Point the Heroku CLI at {}", name(env, to)));
            steps.push("Set git's helper".to_owned());
        }
        let copy = matches!(held(env, to.other(), &self.account), Ok(Some(held)) if held == self.token);
        if self.at != to || copy {
            steps.push(format!("Remove it from {}", name(env, to.other())));
        }
        Plan {
            account: self.account.clone(),
            masked: self.token.trace().masked,
            to,
            steps,
            means: if to == Place::Netrc { plain_text(env) } else { String::new() },
        }
    }

    fn apply(&self, steps: &mut Steps<'_>, to: Place) -> Result<Done> {
        let mut note = Vec::new();
        if self.at != to {
            if let Some(replaced) = held(steps.env(), to, &self.account)?.filter(|held| *held != self.token) {
                let (masked, place) = (replaced.trace().masked, name(steps.env(), to));
                note.push(format!("It took the place of {masked} in {place}, which stays valid at Heroku."));
            }
            store_token(steps.env(), &self.account, &self.token, to)?;
            steps.done(&format!("Saved in {} and read back", name(steps.env(), to)))?;
            note.push(point_at(steps, &self.account, to)?);
            self.check(steps.env(), to)?;
        }
        check::note(netrc_choice::choose_netrc(steps.env(), to == Place::Netrc));
        let removed = self.remove_from(steps.env(), to.other(), &mut note)?;
        if removed > 0 {
            steps.done(&format!("Removed from {}", name(steps.env(), to.other())))?;
        }
        note.extend(self.what_tools_use(steps.env()));
        if to == Place::Netrc && self.at != to {
            note.push(plain_text(steps.env()));
        }
        let place = name(steps.env(), to);
        let what = match (self.at == to, removed) {
            (true, 0) => format!("Your token is in {place}, and nowhere else."),
            (true, _) => {
                format!("Your token is in {place}; the copy in {} is gone.", name(steps.env(), to.other()))
            }
            (false, _) => format!("Your token has moved to {place}."),
        };
        note.retain(|part| !part.is_empty());
        Ok(Done { what, note: note.join(" ") })
    }

    /// Nothing is removed unless the Heroku CLI would now take this token from its new place.
    fn check(&self, env: &Env, to: Place) -> Result<()> {
        let found = lookup::stored(env, Unlock::Ask)?;
        let source = if to == Place::Keychain { lookup::Source::Keychain } else { lookup::Source::Netrc };
        if found.is_some_and(|found| found.source == source && found.token == self.token) {
            return Ok(());
        }
        Err(Error::new(
            Code::CannotMove,
            format!("The Heroku CLI would not use the token in {}.", name(env, to)),
        )
        .means("It is in both places now; the old one was left as it was.")
        .next_step("See `herokey status` for what it would use."))
    }

    /// Removes the copies of this token from a place. Another token of the same hosts stays, and is told of.
    fn remove_from(&self, env: &Env, place: Place, note: &mut Vec<String>) -> Result<usize> {
        match place {
            Place::Keychain => {
                let removed = match Keychain::open(env, Unlock::Ask) {
                    Err(error) if error.code == Code::KeychainMissing => return Ok(0),
                    keychain => keychain?.remove_copies(&self.account, &self.token)?,
                };
                if removed.others == 0 && login_json::read(env)?.as_ref() == Some(&self.account) {
                    login_json::remove(env)?;
                }
                if removed.others > 0 {
                    note.push(format!("The keychain still has another token of {}.", self.account));
                }
                Ok(removed.copies)
            }
            Place::Netrc => {
                let file = NetrcFile::locate(env);
                let hosts = env.hosts();
                let ours = |record: &Credential| token_of(record).as_ref() == Some(&self.token);
                let removed = file.remove(env, &hosts.in_netrc(), ours)?;
                let shown = env.tilde(&file.path);
                if let Some(netrc) = file.read(env, Unlock::Ask)? {
                    let left =
                        hosts.in_netrc().into_iter().filter(|host| !records_of(&netrc, host).is_empty());
                    note.extend(left.map(|host| format!("{shown} still has another record of {host}.")));
                    if let Some(line) = line_with(&netrc, &self.token) {
                        note.push(format!(
                            "Line {line} of {shown}, which no tool reads, still holds the token."
                        ));
                    }
                }
                Ok(removed)
            }
        }
    }

    fn refuse_to_replace_another(&self, env: &Env) -> Result<()> {
        let file = NetrcFile::locate(env);
        let Some(netrc) = file.read(env, Unlock::Ask)? else { return Ok(()) };
        let hosts = env.hosts();
        let is_foreign = |record: &Credential| {
            token_of(record).is_some_and(|token| token != self.token)
                && login_of(record).is_some_and(|login| login != self.account)
        };
        for host in hosts.in_netrc() {
            if let Some(record) = records_of(&netrc, host).iter().find(|record| is_foreign(record)) {
                let shown = env.tilde(&file.path);
                let login = login_of(record).unwrap_or_default();
                return Err(Error::new(
                    Code::CannotMove,
                    format!("{shown} holds a token of {login} for {host}."),
                )
                .means("Moving would replace it, so nothing was changed.")
                .next_step("If it is not needed, run `herokey forget netrc`, then move again."));
            }
        }
        Ok(())
    }

    /// What git and curl use now, where that is not this token.
    fn what_tools_use(&self, env: &Env) -> Vec<String> {
        let tools = resolve(&survey(env));
        let trace = Some(self.token.trace());
        let mut said = Vec::new();
        if tools.heroku.source == Source::ApiKey {
            said.push(tools.heroku.reason);
        }
        for (tool, answer) in [("git", tools.git), ("curl -n", tools.curl)] {
            match answer.source {
                Source::None => said.push(format!("{tool} finds no credential now.")),
                _ if answer.trace != trace => {
                    said.push(format!("{tool} uses another one: {}", answer.reason));
                }
                _ => {}
            }
        }
        said
    }
}

/// The Heroku CLI must look where the token goes, or it would be logged out by the move.
fn refuse_blind_place(env: &Env, to: Place) -> Result<()> {
    if to == Place::Netrc {
        return Ok(());
    }
    let (what, fix) = if env.netrc_only() {
        (
            "HEROKU_NETRC_WRITE=true keeps the Heroku CLI from looking into the keychain.",
            "Unset HEROKU_NETRC_WRITE, then move again.",
        )
    } else if !stores::cli_reads_keychain(env) {
        (
            "The Heroku CLI reads the keychain through secret-tool, which is not installed here.",
            "Install the package libsecret-tools, then move again.",
        )
    } else {
        return stores::keychain::ready(env);
    };
    Err(Error::new(Code::CannotMove, what).means("The token stays where it is.").next_step(fix))
}

/// A token that the Heroku CLI passes by where it is, which makes it worth a move: a netrc record that only curl and
/// git can read; the keychain's entry where the CLI is told to use netrc.
fn passed_by(env: &Env, place: Place) -> Result<Option<InUse>> {
    match place {
        Place::Netrc => {
            let netrc = NetrcFile::plain(env).read(env, Unlock::Ask)?;
            let Some(record) = netrc.and_then(|netrc| netrc.curl(&env.hosts().api)) else { return Ok(None) };
            let account = login_of(&record);
            Ok(token_of(&record).map(|token| InUse { account, token, source: lookup::Source::Netrc }))
        }
        Place::Keychain => {
            let Some(account) = login_json::read(env)? else { return Ok(None) };
            let token = held(env, Place::Keychain, &account)?;
            Ok(token.map(|token| InUse { account: Some(account), token, source: lookup::Source::Keychain }))
        }
    }
}

/// The token of an account that a place holds now.
fn held(env: &Env, place: Place, account: &str) -> Result<Option<Token>> {
    match place {
        Place::Keychain => match Keychain::open(env, Unlock::Ask) {
            Err(error) if error.code == Code::KeychainMissing => Ok(None),
            keychain => keychain?.get(account),
        },
        Place::Netrc => {
            let Some(netrc) = NetrcFile::locate(env).read(env, Unlock::Ask)? else { return Ok(None) };
            let api = &env.hosts().api;
            let seen = netrc.heroku_cli(api).or_else(|| netrc.curl(api));
            Ok(seen.as_ref().and_then(token_of))
        }
    }
}

fn records_of(netrc: &Netrc, host: &str) -> Vec<Credential> {
    let is_of_host = |name: &Vec<u8>| name.eq_ignore_ascii_case(host.as_bytes());
    let entries = netrc.records().filter(|entry| entry.host.as_ref().is_some_and(is_of_host));
    entries.map(|entry| entry.credential).collect()
}

/// The line that still holds the token, counted from 1: in a comment, say.
fn line_with(netrc: &Netrc, token: &Token) -> Option<usize> {
    let token = token.expose().as_bytes();
    let mut lines = netrc.as_bytes().split(|&byte| byte == b'\n');
    lines.position(|line| line.windows(token.len()).any(|window| window == token)).map(|index| index + 1)
}

fn name(env: &Env, place: Place) -> String {
    match place {
        Place::Keychain => "the keychain".to_owned(),
        Place::Netrc => env.tilde(&NetrcFile::locate(env).path),
    }
}

fn plain_text(env: &Env) -> String {
    let file = NetrcFile::locate(env);
    let shown = env.tilde(&file.path);
    let readers = if file.encrypted {
        format!("{shown} is encrypted with gpg; curl and git cannot read it.")
    } else {
        format!("{shown} is plain text: every program you run can read it.")
    };
    if env.netrc_only() || !stores::cli_reads_keychain(env) {
        return readers;
    }
    let line = shell::set_line(env, "HEROKU_NETRC_WRITE", "true");
    format!("{readers} At its next login the Heroku CLI goes back to the keychain, unless {line}.")
}
