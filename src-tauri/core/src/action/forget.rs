//! Forget: one local copy of a token removed, and nothing revoked.

use netrc_edit::{Credential, Netrc};
use secrecy::zeroize::Zeroizing;

use super::fix::passwords;
use super::{Done, Finished, Start, Steps, nothing_left};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::ledger::journal::Entry;
use crate::ledger::undo;
use crate::ledger::undo::Entries;
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::lookup;
use crate::stores::netrc::{NetrcFile, login_of};
use crate::stores::{Place, login_json};

/// Which copy.
#[derive(Clone, Debug)]
pub struct Forget {
    /// Where it is.
    pub place: Place,
    /// Whose; `None`: in the keychain the account that the Heroku CLI uses, in netrc whoever's is there.
    pub account: Option<String>,
}

/// Removes a copy: the keychain's entry of an account, or netrc's records of Heroku's hosts.
///
/// The token stays valid at Heroku, and the answer says so where this was the last copy. The removal can be taken back
/// where a keychain can keep the token for that.
pub(super) fn forget(start: &Start<'_>, what: &Forget) -> Result<Done> {
    start.run(|steps| {
        let account = match (&what.account, what.place) {
            (Some(account), _) => account.clone(),
            (None, Place::Netrc) => String::new(),
            (None, Place::Keychain) => only_account(steps)?,
        };
        steps.must_finish(&account, what.place)?;
        remove(steps, &account, what.place)
    })
}

/// Finishes what was killed, by doing it again: a copy that is gone already is no failure.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &Entry) -> Result<Finished> {
    let (Some(account), Some(place)) = (&entry.account, entry.place) else {
        return Ok(nothing_left(entry));
    };
    remove(steps, account, place).map(Finished::Done)
}

fn only_account(steps: &Steps<'_>) -> Result<String> {
    if let Some(account) = login_json::read(steps.env())? {
        return Ok(account);
    }
    let entries = Keychain::open(steps.env(), Unlock::Ask)?.entries()?;
    match entries.as_slice() {
        [(account, _)] => Ok(account.clone()),
        [] => Err(Error::new(Code::NotLoggedIn, "The keychain has no token of Heroku's.")),
        _ => Err(Error::new(Code::WrongUsage, "The keychain has tokens of several accounts.")
            .means("Nothing was removed.")
            .next_step("Name the account with `--account EMAIL`; `herokey accounts` lists them.")),
    }
}

fn remove(steps: &mut Steps<'_>, account: &str, place: Place) -> Result<Done> {
    let env = steps.env().clone();
    let noted = undo::is_noted_since(&env, steps.journal.entry().started_at)?;
    let Removal { what, removed, can_undo } = match place {
        Place::Keychain => from_keychain(&env, account, noted)?,
        Place::Netrc => from_netrc(&env, account, noted)?,
    };
    if !removed && !noted {
        return Ok(Done { what, note: String::new() });
    }
    steps.done("Copy removed")?;
    let mut note = match lookup::stored(&env, Unlock::Ask)? {
        Some(_) => "Nothing was revoked: the token stays valid at Heroku.",
        None => {
            "It was the last copy here; the token stays valid at Heroku until it is revoked in the dashboard."
        }
    }
    .to_owned();
    if can_undo && undo::is_noted_since(&env, steps.journal.entry().started_at)? {
        note.push_str(
            " `herokey doctor --undo` puts it back: the keychain keeps it for that until you log out.",
        );
    }
    Ok(Done { what, note })
}

/// What a removal came to.
struct Removal {
    what: String,
    /// There was something. After a kill it may have been removed before.
    removed: bool,
    can_undo: bool,
}

fn from_keychain(env: &Env, account: &str, noted: bool) -> Result<Removal> {
    let keychain = Keychain::open(env, Unlock::Ask)?;
    let is_named = login_json::read(env)?.as_deref() == Some(account);
    let before = keychain.secrets(account)?;
    if !noted && !before.is_empty() {
        let entries = Entries { account: account.to_owned(), before, after: Vec::new() };
        let change = undo::draft(env, &format!("The keychain has the token of {account} again."));
        let change = match login_json::bytes(env)?.filter(|_| is_named) {
            Some(bytes) => change.file(&login_json::path(env), Some(&bytes), None, &[]),
            None => change,
        };
        change.entries(&entries).keep(env)?;
    }
    let removed = keychain.remove(account)?;
    let gone = if removed { "is gone from" } else { "was not in" };
    if is_named {
        login_json::remove(env)?;
    }
    Ok(Removal { what: format!("The token of {account} {gone} the keychain."), removed, can_undo: true })
}

fn from_netrc(env: &Env, account: &str, noted: bool) -> Result<Removal> {
    let (file, hosts) = (NetrcFile::locate(env), env.hosts());
    let shown = env.tilde(&file.path);
    let theirs = |record: &Credential| account.is_empty() || login_of(record).as_deref() == Some(account);
    let mut count = 0;
    let mut can_undo = true;
    if file.read(env, Unlock::Ask)?.is_some() {
        file.change(env, |now| {
            let mut netrc = Netrc::parse(now);
            count = hosts.in_netrc().iter().map(|host| netrc.remove_where(host, theirs)).sum::<usize>();
            let after = Zeroizing::new(netrc.into_bytes());
            if count > 0 && !noted {
                let change = undo::draft(env, &format!("{shown} has the records again that were removed."));
                let change = change.of(account).file(&file.path, Some(now), Some(&after), &passwords(now));
                can_undo = match change.keep(env) {
                    // To forget it is what the person wants, whether it can be taken back or not.
                    Err(error) if error.code == Code::CannotUndo => false,
                    other => other.map(|()| true)?,
                };
            }
            Ok(Some(after))
        })?;
    }
    file.refuse_leftovers(env, &hosts.in_netrc(), theirs)?;
    let what = match count {
        0 => format!("No record of Heroku's is in {shown}."),
        1 => format!("1 record of Heroku's removed from {shown}."),
        _ => format!("{count} records of Heroku's removed from {shown}."),
    };
    Ok(Removal { what, removed: count > 0, can_undo })
}
