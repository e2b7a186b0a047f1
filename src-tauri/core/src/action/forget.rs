//! Forget: removes one local copy of a token and revokes nothing.

use netrc_edit::{Credential, Netrc};
use secrecy::zeroize::Zeroizing;

use super::fix::passwords;
use super::{Done, Finished, Start, Steps, nothing_to_finish};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::ledger::journal::JournalEntry;
use crate::ledger::undo;
use crate::ledger::undo::{Entries, Secrets};
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::lookup;
use crate::stores::netrc::{NetrcFile, login_of};
use crate::stores::{Store, login_json};

/// The copy to remove.
#[derive(Clone, Debug)]
pub struct Forget {
    /// The store that holds the copy.
    pub place: Store,
    /// The account; `None` means the one that the Heroku CLI uses in the keychain, or any account in netrc.
    pub account: Option<String>,
}

/// Removes a copy: an account's keychain entry, or the netrc records of Heroku's hosts.
///
/// The token stays valid at Heroku; the result says so if this was the last copy. The removal can be undone if there is
/// a keychain to keep the token in until then.
pub(super) fn forget(start: &Start<'_>, what: &Forget) -> Result<Done> {
    start.run(|steps| {
        let account = match (&what.account, what.place) {
            (Some(account), _) => account.clone(),
            (None, Store::Netrc) => String::new(),
            (None, Store::Keychain) => default_account(steps)?,
        };
        steps.commit_to(&account, what.place)?;
        remove(steps, &account, what.place)
    })
}

/// Finishes an interrupted removal by repeating it. A copy that is already removed is no failure.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &JournalEntry) -> Result<Finished> {
    let (Some(account), Some(place)) = (&entry.account, entry.place) else {
        return Ok(nothing_to_finish(entry));
    };
    remove(steps, account, place).map(Finished::Done)
}

/// The account that the Heroku CLI uses, or else the only one in the keychain.
fn default_account(steps: &Steps<'_>) -> Result<String> {
    if let Some(account) = login_json::read(steps.env())? {
        return Ok(account);
    }
    let entries = Keychain::open(steps.env(), Unlock::Ask)?.entries()?;
    match entries.as_slice() {
        [(account, _)] => Ok(account.clone()),
        [] => Err(Error::new(Code::NotLoggedIn, "The keychain has no Heroku token.")),
        _ => Err(Error::new(Code::WrongUsage, "The keychain has tokens for several accounts.")
            .means("Nothing was removed.")
            .next_step("Name the account with `--account EMAIL`; `herokey accounts` lists them.")),
    }
}

fn remove(steps: &mut Steps<'_>, account: &str, place: Store) -> Result<Done> {
    let env = steps.env().clone();
    let recorded = undo::is_recorded_since(&env, steps.journal.entry().started_at)?;
    let Removal { what, removed, can_undo } = match place {
        Store::Keychain => from_keychain(&env, account, recorded)?,
        Store::Netrc => from_netrc(&env, account, recorded)?,
    };
    if !removed && !recorded {
        return Ok(Done { what, note: String::new() });
    }
    steps.done("Removed the copy")?;
    let mut note = match lookup::stored(&env, Unlock::Ask)? {
        Some(_) => "Nothing was revoked at Heroku.",
        None => {
            "That was the last copy on this machine. The token stays valid at Heroku until it expires or you revoke it in the dashboard."
        }
    }
    .to_owned();
    if can_undo && undo::is_recorded_since(&env, steps.journal.entry().started_at)? {
        note.push_str(
            " To put the copy back, run `herokey doctor --undo`; the keychain keeps it for that until you log out.",
        );
    }
    Ok(Done { what, note })
}

/// The result of a removal.
struct Removal {
    what: String,
    /// True if there was a copy to remove. An interrupted action may have removed it before.
    removed: bool,
    can_undo: bool,
}

fn from_keychain(env: &Env, account: &str, recorded: bool) -> Result<Removal> {
    let keychain = Keychain::open(env, Unlock::Ask)?;
    let is_current = login_json::read(env)?.as_deref() == Some(account);
    let before = keychain.secrets(account)?;
    if !recorded && !before.is_empty() {
        let entries = Entries { account: account.to_owned(), before, after: Vec::new() };
        let change = undo::draft(env, &format!("The token for {account} is back in the keychain."));
        let change = match login_json::bytes(env)?.filter(|_| is_current) {
            Some(bytes) => change.file(&login_json::path(env), Some(&bytes), None, Secrets::These(&[])),
            None => change,
        };
        change.entries(&entries).save(env)?;
    }
    let removed = keychain.remove(account)?;
    if is_current {
        login_json::remove(env)?;
    }
    let what = if removed {
        format!("Removed the token for {account} from the keychain.")
    } else {
        format!("The keychain had no token for {account}.")
    };
    Ok(Removal { what, removed, can_undo: true })
}

fn from_netrc(env: &Env, account: &str, recorded: bool) -> Result<Removal> {
    let mut all = Removal { what: String::new(), removed: false, can_undo: true };
    for file in NetrcFile::all(env) {
        let one = from_file(env, &file, account, recorded)?;
        let is_first = all.what.is_empty();
        if is_first || one.removed {
            all.what = match (is_first, all.removed) {
                (false, true) => format!("{} {}", all.what, one.what),
                _ => one.what,
            };
        }
        all.removed |= one.removed;
        all.can_undo &= one.can_undo;
    }
    Ok(all)
}

fn from_file(env: &Env, file: &NetrcFile, account: &str, recorded: bool) -> Result<Removal> {
    let hosts = env.hosts();
    let shown = env.tilde(&file.path);
    let matches = |record: &Credential| account.is_empty() || login_of(record).as_deref() == Some(account);
    let mut count = 0;
    let mut can_undo = true;
    if file.read(env, Unlock::Ask)?.is_some() {
        file.change(env, |now| {
            let mut netrc = Netrc::parse(now);
            count = hosts.in_netrc().iter().map(|host| netrc.remove_where(host, matches)).sum::<usize>();
            let after = Zeroizing::new(netrc.into_bytes());
            if count > 0 && !recorded {
                let change = undo::draft(env, &format!("The removed records are back in {shown}."));
                let secrets = passwords(now);
                let secrets = Secrets::These(&secrets);
                let change = change.of(account).file(&file.path, Some(now), Some(&after), secrets);
                can_undo = match change.save(env) {
                    // The user wants the copy removed even if that cannot be undone.
                    Err(error) if error.code == Code::CannotUndo => false,
                    other => other.map(|()| true)?,
                };
            }
            Ok(Some(after))
        })?;
    }
    file.refuse_leftovers(env, &hosts.in_netrc(), matches)?;
    let what = match count {
        0 => format!("{shown} has no Heroku records."),
        1 => format!("Removed 1 Heroku record from {shown}."),
        _ => format!("Removed {count} Heroku records from {shown}."),
    };
    Ok(Removal { what, removed: count > 0, can_undo })
}
