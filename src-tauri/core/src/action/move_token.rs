//! Move the token between the keychain and netrc. The token is stored in the new place and read back, and removed from
//! the old place only after the Heroku CLI is known to find the new one.

use netrc_edit::{Credential, Netrc};

use super::log_in::{point_at, store_token};
use super::{Done, Finished, Start, Steps, check, nothing_to_finish};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::person::Nobody;
use crate::base::token::Token;
use crate::heroku::{Cancel, Heroku, account};
use crate::insight::affected::{Affected, Change, affected, need_netrc};
use crate::insight::readers::{Source, resolve};
use crate::ledger::journal::JournalEntry;
use crate::stores;
use crate::stores::keychain::{Keychain, Unlock, stored_token, unless_missing};
use crate::stores::lookup;
use crate::stores::lookup::TokenInUse;
use crate::stores::netrc::{NetrcFile, login_of, records_of, token_of};
use crate::stores::{Store, login_json, netrc_choice};
use crate::survey::survey;
use crate::tools::shell;

/// What a move would do: shown by `--dry-run`, and by the window before it moves the token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovePlan {
    /// The account's email.
    pub account: String,
    /// The token's mask.
    pub masked: String,
    /// The store to move it to.
    pub to: Store,
    /// What the move does, in order. Empty if the token is already there and nowhere else.
    pub steps: Vec<String>,
    /// What the user should know before moving; may be empty.
    pub means: String,
    /// The programs that would use another token or none afterwards.
    pub affected: Vec<Affected>,
}

/// Plans a move without changing anything. Fails if the move would fail.
pub fn plan_move(env: &Env, to: Store, keep_copy: bool, cancel: Cancel) -> Result<MovePlan> {
    let token = TokenToMove::find(env, to, cancel)?;
    Ok(token.plan(env, to, keep_copy))
}

/// Moves the stored token.
///
/// Fails with [`Code::CannotMove`] if the Heroku CLI would not look in the new place, or if another account's token is
/// there. If the move is interrupted at any step, the Heroku CLI still finds the token, and the next action finishes the
/// move.
pub(super) fn move_token(start: &Start<'_>, to: Store, keep_copy: bool) -> Result<Done> {
    start.run(|steps| {
        let stored = TokenToMove::find(steps.env(), to, start.runner.cancel.clone())?;
        // Before the journal, because an interrupted move is finished by what is chosen then.
        let chosen = netrc_choice::set(steps.env(), to == Store::Netrc || keep_copy);
        if keep_copy {
            chosen?;
        } else {
            check::best_effort(chosen);
        }
        steps.commit_to_token(&stored.account, to, &stored.token)?;
        stored.move_to(steps, to, keep_copy)
    })
}

/// Finishes an interrupted move. The journal holds the token's mask as well as the account, because the old place may
/// hold another token by now.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &JournalEntry) -> Result<Finished> {
    let (Some(account), Some(to), Some(masked)) = (&entry.account, entry.place, &entry.masked) else {
        return Ok(nothing_to_finish(entry));
    };
    let env = steps.env();
    NetrcFile::locate(env).sweep(env)?;
    for at in [to.other(), to] {
        if let Some(token) = token_in(env, at, account)?.filter(|token| token.trace().masked == *masked) {
            let stored = TokenToMove { account: account.clone(), token, at };
            let keeps_copy = to == Store::Keychain && netrc_choice::is_chosen(env);
            let done = stored.move_to(steps, to, keeps_copy)?;
            let what = format!("Finished the interrupted move. {}", done.what);
            return Ok(Finished::Done(Done { what, ..done }));
        }
    }
    Ok(nothing_to_finish(entry))
}

/// The token to move, and the store that holds it now.
struct TokenToMove {
    account: String,
    token: Token,
    at: Store,
}

impl TokenToMove {
    fn find(env: &Env, to: Store, cancel: Cancel) -> Result<Self> {
        refuse_unread_store(env, to)?;
        let in_use = match lookup::stored(env, Unlock::Ask)? {
            None => unused_token(env, to.other())?,
            in_use => in_use,
        };
        let TokenInUse { account, token, source, .. } = in_use.ok_or_else(lookup::not_logged_in)?;
        let account = match account.filter(|account| account.contains('@')) {
            Some(account) => account,
            // Any login in netrc works with a token, but a keychain entry needs the email.
            None => account::of(&Heroku::connect(env, cancel, &Nobody)?, &token)?.email,
        };
        let at = if source == lookup::Source::Keychain { Store::Keychain } else { Store::Netrc };
        let stored = Self { account, token, at };
        if to == Store::Netrc {
            stored.refuse_to_replace_another(env)?;
        }
        Ok(stored)
    }

    fn plan(&self, env: &Env, to: Store, keep_copy: bool) -> MovePlan {
        let mut steps = Vec::new();
        if self.at != to {
            steps.push(format!("Store the token in {} and read it back", name(env, to)));
            steps.push(format!("Point the Heroku CLI at {}", name(env, to)));
            steps.push("Set up git to use Herokey".to_owned());
        }
        let is_copied =
            matches!(token_in(env, to.other(), &self.account), Ok(Some(other)) if other == self.token);
        if (self.at != to || is_copied) && !keep_copy {
            steps.push(format!("Remove the token from {}", name(env, to.other())));
        }
        steps.extend(self.made_private(env, to, keep_copy));
        MovePlan {
            account: self.account.clone(),
            masked: self.token.trace().masked,
            to,
            steps,
            means: if to == Store::Netrc { plain_text(env) } else { String::new() },
            affected: if keep_copy { Vec::new() } else { affected(&survey(env), Change::Move(to)) },
        }
    }

    /// The files whose mode changes, because the move writes them and everybody may use them.
    fn made_private(&self, env: &Env, to: Store, keep_copy: bool) -> Vec<String> {
        let is_written = |file: &NetrcFile| match to {
            Store::Netrc => self.at != to && *file == NetrcFile::locate(env),
            Store::Keychain if keep_copy => false,
            Store::Keychain => {
                let netrc = file.read(env, Unlock::Never).ok().flatten();
                netrc.is_some_and(|netrc| line_with(&netrc, &self.token).is_some())
            }
        };
        let step = |file: NetrcFile| {
            let mode = file.mode_to_lose()?;
            Some(format!("Change the mode of {} from {mode:04o} to 0600", env.tilde(&file.path)))
        };
        NetrcFile::all(env).into_iter().filter(is_written).filter_map(step).collect()
    }

    fn move_to(&self, steps: &mut Steps<'_>, to: Store, keeps_copy: bool) -> Result<Done> {
        let mut note = Vec::new();
        let needed = need_netrc(&survey(steps.env()), &self.token.trace());
        if self.at != to {
            if let Some(replaced) =
                token_in(steps.env(), to, &self.account)?.filter(|other| *other != self.token)
            {
                let (masked, place) = (replaced.trace().masked, name(steps.env(), to));
                note.push(format!("It replaced the token {masked} in {place}, which was not revoked."));
            }
            let at = name(steps.env(), self.at);
            store_token(steps.env(), &self.account, &self.token, to)
                .map_err(|error| error.means(format!("The token is still in {at}.")))?;
            steps.done(&format!("Stored the token in {} and read it back", name(steps.env(), to)))?;
            note.push(point_at(steps, &self.account, to)?);
            self.check_in_use(steps.env(), to)?;
        }
        let removed = if keeps_copy { 0 } else { self.remove_from(steps.env(), to.other(), &mut note)? };
        if removed > 0 {
            steps.done(&format!("Removed the token from {}", name(steps.env(), to.other())))?;
        }
        note.extend(self.notes_on_tools(steps.env(), &needed));
        if to == Store::Netrc && self.at != to {
            note.push(plain_text(steps.env()));
        }
        let place = name(steps.env(), to);
        let what = match (self.at == to, removed) {
            (true, 0) if keeps_copy => {
                format!("Your token is in {place}, and a copy stays in {}.", name(steps.env(), to.other()))
            }
            (true, 0) => format!("Your token is in {place} and nowhere else."),
            (true, _) => {
                format!(
                    "Your token is in {place}; the copy in {} was removed.",
                    name(steps.env(), to.other())
                )
            }
            (false, _) if keeps_copy => {
                format!("Your token is in {place}, and a copy in {}.", name(steps.env(), to.other()))
            }
            (false, _) => format!("Your token has moved to {place}."),
        };
        note.retain(|part| !part.is_empty());
        Ok(Done { what, note: note.join(" ") })
    }

    /// Checks that the Heroku CLI would now use the token in its new place, before the old copy is removed.
    fn check_in_use(&self, env: &Env, to: Store) -> Result<()> {
        let found = lookup::stored(env, Unlock::Ask)?;
        let source = if to == Store::Keychain { lookup::Source::Keychain } else { lookup::Source::Netrc };
        if found.is_some_and(|found| found.source == source && found.token == self.token) {
            return Ok(());
        }
        Err(Error::new(
            Code::CannotMove,
            format!("The Heroku CLI would not use the token in {}.", name(env, to)),
        )
        .means("The token is now in both places; the old copy was not removed.")
        .next_step("Run `herokey status` to see which token it would use."))
    }

    /// Removes the copies of this token from a store. Other tokens stay, and `note` mentions them.
    fn remove_from(&self, env: &Env, place: Store, note: &mut Vec<String>) -> Result<usize> {
        match place {
            Store::Keychain => {
                let Some(keychain) = unless_missing(Keychain::open(env, Unlock::Ask))? else { return Ok(0) };
                let removed = keychain.remove_copies(&self.account, &self.token)?;
                if removed.others == 0 && login_json::read(env)?.as_ref() == Some(&self.account) {
                    login_json::remove(env)?;
                }
                if removed.others > 0 {
                    note.push(format!("The keychain still has another token for {}.", self.account));
                }
                Ok(removed.copies)
            }
            Store::Netrc => {
                let mut removed = 0;
                for file in NetrcFile::all(env) {
                    removed += self.remove_from_file(env, &file, note)?;
                }
                Ok(removed)
            }
        }
    }

    fn remove_from_file(&self, env: &Env, file: &NetrcFile, note: &mut Vec<String>) -> Result<usize> {
        let hosts = env.hosts();
        let is_this = |record: &Credential| token_of(record).as_ref() == Some(&self.token);
        let removed = file.remove(env, &hosts.in_netrc(), is_this)?;
        let shown = env.tilde(&file.path);
        if let Some(netrc) = file.read(env, Unlock::Ask)? {
            let others =
                hosts.in_netrc().into_iter().filter(|host| records_of(&netrc, host).next().is_some());
            note.extend(others.map(|host| format!("{shown} still has another record for {host}.")));
            if let Some(line) = line_with(&netrc, &self.token) {
                note.push(format!(
                    "Line {line} of {shown} still contains the token, although no tool reads it."
                ));
            }
        }
        Ok(removed)
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
            if let Some(record) = records_of(&netrc, host).map(|record| record.credential).find(is_foreign) {
                let shown = env.tilde(&file.path);
                let login = login_of(&record).unwrap_or_default();
                return Err(Error::new(
                    Code::CannotMove,
                    format!("{shown} has a token for {login} at {host}."),
                )
                .means("Moving would replace it, so nothing was changed.")
                .next_step("If you do not need that token, run `herokey forget netrc`, then move again."));
            }
        }
        Ok(())
    }

    /// Notes on the tools that now use another token, or none; `needed` are the programs that used the token in netrc.
    fn notes_on_tools(&self, env: &Env, needed: &[String]) -> Vec<String> {
        let tools = resolve(&survey(env));
        let trace = Some(self.token.trace());
        let mut notes = Vec::new();
        if tools.heroku.source == Source::ApiKey {
            notes.push(tools.heroku.reason);
        }
        let others = tools.others.iter().filter(|reader| needed.contains(&reader.title));
        for (tool, answer) in [("git", &tools.git), ("curl -n", &tools.curl)]
            .into_iter()
            .chain(others.map(|reader| (reader.title.as_str(), &reader.answer)))
        {
            match answer.source {
                Source::None => notes.push(format!("{tool} now finds no token.")),
                _ if answer.trace != trace => {
                    notes.push(format!("{tool} uses another token: {}", answer.reason));
                }
                _ => {}
            }
        }
        notes
    }
}

/// Refuses a store that the Heroku CLI does not read: the move would log it out.
fn refuse_unread_store(env: &Env, to: Store) -> Result<()> {
    if to == Store::Netrc {
        return Ok(());
    }
    let (what, next_step) = if env.netrc_only() {
        (
            "The Heroku CLI ignores the keychain, because HEROKU_NETRC_WRITE=true is set.",
            "Unset HEROKU_NETRC_WRITE, then move again.",
        )
    } else if !stores::cli_reads_keychain(env) {
        (
            "The Heroku CLI reads the keychain through secret-tool, which is not installed.",
            "Install the package libsecret-tools, then move again.",
        )
    } else {
        return stores::keychain::unlock_for_writing(env);
    };
    Err(Error::new(Code::CannotMove, what).means("The token stays where it is.").next_step(next_step))
}

/// A stored token that the Heroku CLI does not use, which a move can change: a netrc record that only curl and git can
/// read, or a keychain entry when the CLI is set to use netrc.
fn unused_token(env: &Env, place: Store) -> Result<Option<TokenInUse>> {
    match place {
        Store::Netrc => {
            let netrc = NetrcFile::plain(env).read(env, Unlock::Ask)?;
            let Some(record) = netrc.and_then(|netrc| netrc.curl(&env.hosts().api)) else { return Ok(None) };
            let account = login_of(&record);
            Ok(token_of(&record).map(|token| TokenInUse {
                account,
                token,
                source: lookup::Source::Netrc,
                flaw: None,
            }))
        }
        Store::Keychain => {
            let Some(account) = login_json::read(env)? else { return Ok(None) };
            let token = token_in(env, Store::Keychain, &account)?;
            Ok(token.map(|token| TokenInUse {
                account: Some(account),
                token,
                source: lookup::Source::Keychain,
                flaw: None,
            }))
        }
    }
}

/// An account's token in a store.
fn token_in(env: &Env, place: Store, account: &str) -> Result<Option<Token>> {
    match place {
        Store::Keychain => stored_token(env, account),
        Store::Netrc => {
            let Some(netrc) = NetrcFile::locate(env).read(env, Unlock::Ask)? else { return Ok(None) };
            let api = &env.hosts().api;
            let record = netrc.heroku_cli(api).or_else(|| netrc.curl(api));
            Ok(record.as_ref().and_then(token_of))
        }
    }
}

/// The number of the line, counted from 1, that still contains the token, for example in a comment.
fn line_with(netrc: &Netrc, token: &Token) -> Option<usize> {
    let token = token.expose().as_bytes();
    let mut lines = netrc.as_bytes().split(|&byte| byte == b'\n');
    lines.position(|line| line.windows(token.len()).any(|window| window == token)).map(|index| index + 1)
}

fn name(env: &Env, place: Store) -> String {
    match place {
        Store::Keychain => "the keychain".to_owned(),
        Store::Netrc => env.tilde(&NetrcFile::locate(env).path),
    }
}

fn plain_text(env: &Env) -> String {
    let file = NetrcFile::locate(env);
    let shown = env.tilde(&file.path);
    let readers = if file.encrypted {
        format!("{shown} is encrypted with gpg; curl and git cannot read it.")
    } else {
        format!("{shown} is plain text: any program you run can read it.")
    };
    if env.netrc_only() || !stores::cli_reads_keychain(env) {
        return readers;
    }
    let line = shell::how_to_set(env, "HEROKU_NETRC_WRITE", "true");
    format!("{readers} The next `heroku login` uses the keychain again, unless {line}.")
}
