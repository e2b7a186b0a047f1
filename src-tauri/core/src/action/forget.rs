//! Forget: one local copy of a token removed, and nothing revoked.

use netrc_edit::Credential;

use super::{Done, Runner, Steps, run};
use crate::error::{Code, Error, Result};
use crate::journal::{Entry, Verb};
use crate::store::keychain::{Keychain, Unlock};
use crate::store::lookup;
use crate::store::netrc::{NetrcFile, login_of};
use crate::store::{Place, login_state};

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
/// The token stays valid at Heroku, and the answer says so where this was the last copy.
pub fn forget(runner: &Runner<'_>, what: &Forget) -> Result<Done> {
    run(runner, Verb::Forget, |steps| {
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
pub(super) fn finish(steps: &mut Steps<'_>, entry: &Entry) -> Result<Done> {
    let (Some(account), Some(place)) = (&entry.account, entry.place) else {
        return Err(super::nothing_left(entry));
    };
    remove(steps, account, place)
}

fn only_account(steps: &Steps<'_>) -> Result<String> {
    if let Some(account) = login_state::read(steps.env())? {
        return Ok(account);
    }
    let entries = Keychain::open(steps.env(), Unlock::Ask)?.entries()?;
    match entries.as_slice() {
        [(account, _)] => Ok(account.clone()),
        [] => Err(Error::new(Code::NotLoggedIn, "The keychain has no token of Heroku's.")),
        _ => Err(Error::new(Code::NotLoggedIn, "The keychain has tokens of several accounts.")
            .means("Nothing was removed.")
            .fix("Say whose with `--account`; `herokey status` lists them.")),
    }
}

fn remove(steps: &mut Steps<'_>, account: &str, place: Place) -> Result<Done> {
    let env = steps.env().clone();
    let what = match place {
        Place::Keychain => {
            let removed = Keychain::open(&env, Unlock::Ask)?.remove(account)?;
            if login_state::read(&env)?.as_deref() == Some(account) {
                login_state::remove(&env)?;
            }
            let gone = if removed { "is gone from" } else { "was not in" };
            format!("The token of {account} {gone} the keychain.")
        }
        Place::Netrc => {
            let file = NetrcFile::locate(&env);
            let theirs =
                |record: &Credential| account.is_empty() || login_of(record).as_deref() == Some(account);
            let count = file.remove(&env, &env.hosts().in_netrc(), theirs)?;
            let records = if count == 1 { "1 record".to_owned() } else { format!("{count} records") };
            format!("{records} of Heroku's removed from {}.", env.tilde(&file.path))
        }
    };
    steps.done("Copy removed")?;
    let note = match lookup::stored(&env, Unlock::Ask)? {
        Some(_) => "Nothing was revoked: the token stays valid at Heroku.",
        None => {
            "It was the last copy here; the token stays valid at Heroku until it is revoked in the dashboard."
        }
    };
    Ok(Done { what, note: note.to_owned() })
}
