//! Log in: a token, stored where the Heroku CLI looks, and git told where to ask.

use secrecy::SecretString;

use super::obtain::{Obtained, obtain};
use super::{Done, Finished, Start, Steps, check, nothing_left, refuse_override, renew};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::heroku::login::oauth;
use crate::heroku::{Heroku, account, authorizations};
use crate::ledger::journal::Entry;
use crate::stores;
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::netrc::{NetrcFile, login_of};
use crate::stores::{Choice, Place, login_json, netrc_choice, oauth_client};
use crate::tools::git;

/// How to log in.
#[derive(Clone, Debug)]
pub struct LogIn {
    /// The way to a token.
    pub method: Method,
    /// Where the token goes; `None`: where the Heroku CLI would put it.
    pub place: Option<Place>,
    /// False: the person opens the page by hand.
    pub open_browser: bool,
}

impl Default for LogIn {
    fn default() -> Self {
        Self { method: Method::Browser, place: None, open_browser: true }
    }
}

/// The ways to a token. Single sign-on ends with a token too, which is pasted: see
/// [`sso::page`](crate::heroku::login::sso::page).
#[derive(Clone, Debug)]
pub enum Method {
    /// The person decides on a page of Heroku's.
    Browser,
    /// By email and password, and a second factor where the account has one.
    Password {
        /// The account.
        email: String,
        /// Its password, which is not kept.
        password: SecretString,
        /// Seconds that the token lives; `None`: as long as Heroku allows,
        /// [`LONGEST`](crate::heroku::login::password::LONGEST).
        expires_in: Option<u64>,
    },
    /// With a token that the person has; it is checked before it is stored.
    Token(Token),
    /// Through an OAuth client of the account's own, for tokens of eight hours that renew themselves.
    OAuth,
}

/// Logs in. Waits for the person at most [`Limits::login`](crate::base::env::Limits::login).
///
/// Fails before anything is asked of Heroku if `HEROKU_API_KEY` is set or the keychain cannot be written to, and
/// leaves every store as it was unless a token came back.
pub(super) fn log_in(start: &Start<'_>, how: &LogIn) -> Result<Done> {
    refuse_override(start.runner.env)?;
    start.run(|steps| {
        let choice = choose(steps.env(), how.place)?;
        let heroku = start.runner.heroku()?;
        let obtained = obtain(steps, &heroku, how)?;
        let email =
            prepare(steps, &heroku, &obtained).map_err(|error| withdraw(&heroku, &obtained, error))?;
        steps.must_finish(&email, choice.place)?;
        store_token(steps.env(), &email, &obtained.token, choice.place)?;
        steps.done("Token stored and read back")?;
        // Where netrc is all that this machine has, nobody has chosen it.
        if choice.place == Place::Keychain || how.place.is_some() {
            check::note(netrc_choice::choose_netrc(steps.env(), choice.place == Place::Netrc));
        }
        check::note(learn(steps.env(), &heroku, &obtained));
        let note = point_at(steps, &email, choice.place)?;
        let tidied = replace_client(&heroku, &obtained, &email);
        let notes = [choice.because, note, tidied].into_iter().filter(|part| !part.is_empty());
        Ok(Done { what: format!("Logged in as {email}."), note: notes.collect::<Vec<_>>().join(" ") })
    })
}

/// Finds out whose token it is, and keeps what will renew it. Up to here no store that anybody reads has changed.
fn prepare(steps: &Steps<'_>, heroku: &Heroku<'_>, obtained: &Obtained) -> Result<String> {
    let email = account::of(heroku, &obtained.token)?.email;
    if let Some(oauth) = &obtained.oauth {
        oauth_client::save(steps.env(), &email, &oauth.registration)?;
    }
    Ok(email)
}

/// Remembers when the token ends: Heroku is asked, unless it has told.
fn learn(env: &Env, heroku: &Heroku<'_>, obtained: &Obtained) -> Result<()> {
    match obtained.oauth.as_ref().and_then(|oauth| oauth.registration.grant.as_ref()) {
        Some(granted) => renew::learn(env, &obtained.token, granted),
        None => check::learn(env, heroku, &obtained.token),
    }
}

/// Takes back a token that was made for a login which failed: nobody else knows it.
fn withdraw(heroku: &Heroku<'_>, obtained: &Obtained, error: Error) -> Error {
    if !obtained.made_here {
        return error.means("The token was not stored; what was stored before is as it was.");
    }
    match authorizations::revoke_token(heroku, &obtained.token) {
        Ok(_) => error.means("The new token was revoked again; what was stored before is as it was."),
        Err(_) => error.means(
            "What was stored before is as it was. The new token could not be revoked: it is in the list of \
             `herokey authorizations`, where it can be.",
        ),
    }
}

/// Removes the OAuth client whose port was taken; what a person should know about it.
fn replace_client(heroku: &Heroku<'_>, obtained: &Obtained, email: &str) -> String {
    let replaces = obtained.oauth.as_ref().and_then(|oauth| oauth.replaces.as_ref());
    match replaces.filter(|(owner, _)| owner == email) {
        Some((_, id)) if oauth::unregister(heroku, &obtained.token, id).is_err() => {
            format!("The OAuth client {id}, which is not used any more, is still registered on the account.")
        }
        _ => String::new(),
    }
}

/// Finishes a login that was killed once its token was on the way into a store.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &Entry) -> Result<Finished> {
    let (Some(email), Some(place)) = (&entry.account, entry.place) else {
        return Ok(nothing_left(entry));
    };
    if !is_stored(steps.env(), email, place)? {
        let lost = Error::new(Code::NotLoggedIn, "A login was interrupted before its token was stored.")
            .means("Its authorization may stay at Heroku, unused, until it expires.")
            .next_step("Log in again.");
        return Ok(Finished::Gone(lost));
    }
    let note = point_at(steps, email, place)?;
    let what = format!("The interrupted login as {email} is finished.");
    Ok(Finished::Done(Done { what, note }))
}

fn choose(env: &Env, place: Option<Place>) -> Result<Choice> {
    let Some(place) = place else { return stores::automatic(env) };
    if place == Place::Keychain {
        stores::keychain::ready(env)?;
        if !stores::cli_reads_keychain(env) {
            let because =
                "The Heroku CLI cannot see the keychain until the package libsecret-tools is installed.";
            return Ok(Choice { place, because: because.to_owned() });
        }
        if env.netrc_only() {
            let because = "HEROKU_NETRC_WRITE=true keeps the Heroku CLI from looking into the keychain.";
            return Ok(Choice { place, because: because.to_owned() });
        }
    }
    Ok(Choice { place, because: String::new() })
}

pub(super) fn store_token(env: &Env, email: &str, token: &Token, place: Place) -> Result<()> {
    let stored = match place {
        Place::Keychain => Keychain::open(env, Unlock::Ask)?.set(email, token),
        Place::Netrc => NetrcFile::locate(env).set(env, &env.hosts().in_netrc(), email, token),
    };
    stored.map_err(|error| {
        error.means("Heroku has approved the login, but its token could not be kept here; it stays unused.")
    })
}

fn is_stored(env: &Env, email: &str, place: Place) -> Result<bool> {
    match place {
        Place::Keychain => Ok(Keychain::open(env, Unlock::Ask)?.get(email)?.is_some()),
        Place::Netrc => {
            let netrc = NetrcFile::locate(env).read(env, Unlock::Ask)?;
            let record = netrc.as_ref().and_then(|netrc| netrc.heroku_cli(&env.hosts().api));
            Ok(record.as_ref().and_then(login_of).as_deref() == Some(email))
        }
    }
}

/// Points the Heroku CLI and git at the token stored in a place; returns what a person should know.
pub(super) fn point_at(steps: &mut Steps<'_>, email: &str, place: Place) -> Result<String> {
    let env = steps.env();
    match place {
        Place::Keychain => login_json::write(env, email)?,
        // With an account in `login.json` the CLI would take that one from the keychain first.
        Place::Netrc if stores::cli_reads_keychain(env) && !env.netrc_only() => {
            login_json::remove(env)?;
        }
        Place::Netrc => {}
    }
    steps.done("The Heroku CLI finds it")?;
    if git::program(steps.env()).is_none() {
        return Ok("git is not installed, so its helper was not set.".to_owned());
    }
    git::install(steps.env()).map_err(|error| {
        Error::new(
            Code::PartlyDone,
            format!("Logged in as {email}, but git's helper lines could not be written."),
        )
        .means("The Heroku CLI is logged in; `git push` may ask for a password.")
        .next_step("Run `herokey git install`.")
        .detail(format!("{} {}", error.what, error.detail))
    })?;
    steps.done("git asks Herokey")?;
    Ok(String::new())
}
