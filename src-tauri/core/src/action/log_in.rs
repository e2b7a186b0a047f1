//! Log in: gets a token, stores it where the Heroku CLI looks, and sets up git to use Herokey.

use secrecy::SecretString;

use super::obtain::{Obtained, obtain};
use super::{Done, Finished, Start, Steps, check, nothing_to_finish, refuse_override, renew};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::heroku::login::oauth;
use crate::heroku::{Heroku, account, revocation};
use crate::ledger::journal::JournalEntry;
use crate::stores;
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::netrc::{NetrcFile, login_of};
use crate::stores::{Store, StoreChoice, login_json, netrc_choice, oauth_client};
use crate::tools::git;

/// How to log in.
#[derive(Clone, Debug)]
pub struct LogIn {
    /// How to get the token.
    pub method: Method,
    /// The store for the token; `None` means the one that the Heroku CLI would use.
    pub place: Option<Store>,
    /// False if the user opens the page by hand.
    pub open_browser: bool,
}

impl Default for LogIn {
    fn default() -> Self {
        Self { method: Method::Browser, place: None, open_browser: true }
    }
}

/// The ways to get a token. With single sign-on the user pastes a token, too: see
/// [`sso::page`](crate::heroku::login::sso::page).
#[derive(Clone, Debug)]
pub enum Method {
    /// The user approves the login on Heroku's page.
    Browser,
    /// Email and password, plus a second factor if the account has one.
    Password {
        /// The account's email.
        email: String,
        /// The account's password, which is not stored.
        password: SecretString,
        /// The token's lifetime in seconds; `None` means as long as Heroku allows,
        /// [`MAX_LIFETIME_SECONDS`](crate::heroku::login::password::MAX_LIFETIME_SECONDS).
        expires_in: Option<u64>,
    },
    /// A token that the user already has. It is checked before it is stored.
    Token(Token),
    /// An OAuth client registered on the account. Its tokens last eight hours and renew themselves.
    OAuth,
}

/// Logs in. Waits for the user at most [`Limits::login`](crate::base::env::Limits::login).
///
/// Fails before it contacts Heroku if `HEROKU_API_KEY` is set or the keychain cannot be written to. No store changes until
/// there is a token.
pub(super) fn log_in(start: &Start<'_>, how: &LogIn) -> Result<Done> {
    refuse_override(start.runner.env)?;
    start.run(|steps| {
        let choice = choose(steps.env(), how.place)?;
        let heroku = start.runner.heroku()?;
        let obtained = obtain(steps, &heroku, how)?;
        let email =
            prepare(steps, &heroku, &obtained).map_err(|error| revoke_unstored(&heroku, &obtained, error))?;
        steps.commit_to(&email, choice.store)?;
        store_token(steps.env(), &email, &obtained.token, choice.store).map_err(|error| {
            error.means("Heroku approved the login, but the token could not be stored, so it is not in use.")
        })?;
        steps.done("Stored the token and read it back")?;
        // Netrc is a choice only if the user named it, not if this machine has nothing else.
        if choice.store == Store::Keychain || how.place.is_some() {
            check::best_effort(netrc_choice::set(steps.env(), choice.store == Store::Netrc));
        }
        check::best_effort(record_lifetime(steps.env(), &heroku, &obtained));
        let note = point_at(steps, &email, choice.store)?;
        let leftover = remove_replaced_client(&heroku, &obtained, &email);
        let notes = [choice.note, note, leftover].into_iter().filter(|part| !part.is_empty());
        Ok(Done { what: format!("Logged in as {email}."), note: notes.collect::<Vec<_>>().join(" ") })
    })
}

/// Asks Heroku for the token's account, and saves the OAuth registration. No store that other programs read has changed
/// yet.
fn prepare(steps: &Steps<'_>, heroku: &Heroku<'_>, obtained: &Obtained) -> Result<String> {
    let email = account::of(heroku, &obtained.token)?.email;
    if let Some(oauth) = &obtained.oauth {
        oauth_client::save(steps.env(), &email, &oauth.registration)?;
    }
    Ok(email)
}

/// Records when the token expires. Asks Heroku only if the login did not say.
fn record_lifetime(env: &Env, heroku: &Heroku<'_>, obtained: &Obtained) -> Result<()> {
    match obtained.oauth.as_ref().and_then(|oauth| oauth.registration.grant.as_ref()) {
        Some(granted) => renew::record_lifetime(env, &obtained.token, granted),
        None => check::record_lifetime(env, heroku, &obtained.token),
    }
}

/// Revokes a token that was created for a failed login, since nothing else knows it.
fn revoke_unstored(heroku: &Heroku<'_>, obtained: &Obtained, error: Error) -> Error {
    if !obtained.is_new {
        return error.means("The token was not stored. Your stored tokens are unchanged.");
    }
    match revocation::revoke_for_certain(heroku, &obtained.token) {
        Ok(()) => error.means("The new token was revoked. Your stored tokens are unchanged."),
        Err(_) => error.means(
            "Your stored tokens are unchanged. The new token could not be revoked: find it with \
             `herokey authorizations`, then run `herokey revoke ID`.",
        ),
    }
}

/// Removes the OAuth client whose port was in use. Returns a note for the user if that fails.
fn remove_replaced_client(heroku: &Heroku<'_>, obtained: &Obtained, email: &str) -> String {
    let replaces = obtained.oauth.as_ref().and_then(|oauth| oauth.replaces.as_ref());
    match replaces.filter(|(owner, _)| owner == email) {
        Some((_, id)) if oauth::unregister(heroku, &obtained.token, id).is_err() => {
            format!("The OAuth client {id} is no longer used, but it is still registered on your account.")
        }
        _ => String::new(),
    }
}

/// Finishes a login that was interrupted while it stored the token.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &JournalEntry) -> Result<Finished> {
    let (Some(email), Some(place)) = (&entry.account, entry.place) else {
        return Ok(nothing_to_finish(entry));
    };
    if !is_stored(steps.env(), email, place)? {
        let lost = Error::new(
            Code::NotLoggedIn,
            "Herokey was interrupted while logging in, before it stored the token.",
        )
        .means("An unused authorization may remain at Heroku until it expires.")
        .next_step("Log in again.");
        return Ok(Finished::Abandoned(lost));
    }
    let note = point_at(steps, email, place)?;
    let what = format!("Finished the interrupted login as {email}.");
    Ok(Finished::Done(Done { what, note }))
}

fn choose(env: &Env, store: Option<Store>) -> Result<StoreChoice> {
    let Some(store) = store else { return stores::choose_store(env) };
    if store == Store::Keychain {
        stores::keychain::unlock_for_writing(env)?;
        if !stores::cli_reads_keychain(env) {
            let note =
                "The Heroku CLI cannot read the keychain until you install the package libsecret-tools.";
            return Ok(StoreChoice { store, note: note.to_owned() });
        }
        if env.netrc_only() {
            let note = "The Heroku CLI ignores the keychain, because HEROKU_NETRC_WRITE=true is set.";
            return Ok(StoreChoice { store, note: note.to_owned() });
        }
    }
    Ok(StoreChoice { store, note: String::new() })
}

pub(super) fn store_token(env: &Env, email: &str, token: &Token, place: Store) -> Result<()> {
    match place {
        Store::Keychain => Keychain::open(env, Unlock::Ask)?.set(email, token),
        Store::Netrc => NetrcFile::locate(env).set(env, &env.hosts().in_netrc(), email, token),
    }
}

fn is_stored(env: &Env, email: &str, place: Store) -> Result<bool> {
    match place {
        Store::Keychain => Ok(Keychain::open(env, Unlock::Ask)?.get(email)?.is_some()),
        Store::Netrc => {
            let netrc = NetrcFile::locate(env).read(env, Unlock::Ask)?;
            let record = netrc.as_ref().and_then(|netrc| netrc.heroku_cli(&env.hosts().api));
            Ok(record.as_ref().and_then(login_of).as_deref() == Some(email))
        }
    }
}

/// Points the Heroku CLI and git at the token in a store. Returns a note for the user, or an empty string.
pub(super) fn point_at(steps: &mut Steps<'_>, email: &str, place: Store) -> Result<String> {
    let env = steps.env();
    match place {
        Store::Keychain => login_json::write(env, email)?,
        // If `login.json` named an account, the CLI would use that account's token in the keychain first.
        Store::Netrc if stores::cli_reads_keychain(env) && !env.netrc_only() => {
            login_json::remove(env)?;
        }
        Store::Netrc => {}
    }
    steps.done("Pointed the Heroku CLI at it")?;
    if git::program(steps.env()).is_none() {
        return Ok("git is not installed, so it was not set up to use Herokey.".to_owned());
    }
    git::install(steps.env()).map_err(|error| {
        Error::new(
            Code::PartlyDone,
            format!("Logged in as {email}, but git could not be set up to use Herokey."),
        )
        .means("The Heroku CLI is logged in; `git push` may ask for a password.")
        .detail(format!("{} {}", error.what, error.detail))
        .same_next_step(&error.next_step)
    })?;
    steps.done("Set up git to use Herokey")?;
    Ok(String::new())
}
