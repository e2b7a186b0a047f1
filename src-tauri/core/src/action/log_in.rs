//! Log in: a token from the browser, stored where the Heroku CLI looks, and git told where to ask.

use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use jiff::SignedDuration;

use super::{Done, Progress, Runner, Steps, run};
use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::git;
use crate::journal::{Entry, Verb};
use crate::platform::login::browser;
use crate::platform::{Heroku, account};
use crate::shell;
use crate::store::keychain::{Keychain, Unlock};
use crate::store::netrc::{NetrcFile, login_of};
use crate::store::{self, Choice, Place, login_state};
use crate::token::Token;

const OPENER_FAILS_WITHIN: Duration = Duration::from_secs(1);

/// How to log in.
#[derive(Clone, Debug)]
pub struct LogIn {
    /// Where the token goes; `None`: where the Heroku CLI would put it.
    pub place: Option<Place>,
    /// False: the person opens the page by hand.
    pub open_browser: bool,
}

impl Default for LogIn {
    fn default() -> Self {
        Self { place: None, open_browser: true }
    }
}

/// Logs in with the browser. Waits for the person at most [`Limits::login`](crate::env::Limits::login).
///
/// Fails before anything is asked of Heroku if `HEROKU_API_KEY` is set or the keychain cannot be written to, and
/// leaves every store as it was unless a token came back.
pub fn log_in(runner: &Runner<'_>, how: &LogIn) -> Result<Done> {
    refuse_override(runner.env)?;
    run(runner, Verb::LogIn, |steps| {
        let choice = choose(steps.env(), how.place)?;
        let heroku = runner.heroku()?;
        let token = from_browser(steps, &heroku, how.open_browser)?;
        let email = account::of(&heroku, &token)?.email;
        steps.must_finish(&email, choice.place)?;
        store_token(steps.env(), &email, &token, choice.place)?;
        steps.done("Token stored and read back")?;
        let note = settle(steps, &email, choice.place)?;
        let note =
            [choice.because, note].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
        Ok(Done { what: format!("Logged in as {email}."), note })
    })
}

/// Finishes a login that was killed once its token was on the way into a store.
pub(super) fn finish(steps: &mut Steps<'_>, entry: &Entry) -> Result<Done> {
    let (Some(email), Some(place)) = (&entry.account, entry.place) else {
        return Err(super::nothing_left(entry));
    };
    if !is_stored(steps.env(), email, place)? {
        return Err(Error::new(Code::NotLoggedIn, "A login was interrupted before its token was stored.")
            .means("Its authorization at Heroku may stay, unused, until it expires.")
            .fix("Log in again."));
    }
    let note = settle(steps, email, place)?;
    Ok(Done { what: format!("The interrupted login as {email} is finished."), note })
}

/// What keeps a login from having an effect, said before the person goes to the browser.
pub fn refuse_override(env: &Env) -> Result<()> {
    if env.os("HEROKU_API_KEY").is_none() {
        return Ok(());
    }
    let whence = match shell::set_in(env, "HEROKU_API_KEY") {
        Some(found) => format!("It is set in {}.", found.shown),
        None => "It comes from the environment that this program was started in.".to_owned(),
    };
    Err(Error::new(Code::EnvApiKeyOverrides, format!("HEROKU_API_KEY is set. {whence}"))
        .means("It wins over every stored token, so a login would have no effect.")
        .fix("Remove it there, start this program again, then log in."))
}

fn choose(env: &Env, place: Option<Place>) -> Result<Choice> {
    let Some(place) = place else { return store::automatic(env) };
    if place == Place::Keychain {
        store::keychain::ready(env)?;
        if !store::cli_reads_keychain(env) {
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

fn from_browser(steps: &Steps<'_>, heroku: &Heroku<'_>, open_browser: bool) -> Result<Token> {
    let env = steps.env();
    let pending = browser::begin(heroku, &machine_name(env))?;
    let ends_at =
        env.now() + SignedDuration::try_from(env.limits.login).unwrap_or(SignedDuration::from_mins(10));
    let browser_opened = open_browser && open_page(env, pending.address.as_str());
    let address = pending.address.to_string();
    (steps.runner.progress)(Progress::Waiting { address, ends_at, browser_opened });
    browser::wait(heroku, &pending, || env.now(), ends_at)
}

/// Opens a page in the person's browser; false if none could be started.
pub fn open_page(env: &Env, address: &str) -> bool {
    open::commands(address).into_iter().any(|command| {
        let mut ours = env.command(command.get_program());
        ours.args(command.get_args()).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(mut child) = ours.spawn() else { return false };
        let (ended, end) = mpsc::sync_channel(1);
        let wait = move || {
            // Nobody listens any more once the browser counts as open.
            let _ = ended.send(child.wait().is_ok_and(|status| status.success()));
        };
        std::thread::spawn(wait);
        // An opener that fails does so at once; one that goes on may be the browser itself.
        end.recv_timeout(OPENER_FAILS_WITHIN).unwrap_or(true)
    })
}

fn machine_name(env: &Env) -> String {
    #[cfg(unix)]
    let name = {
        let _ = env;
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    };
    #[cfg(not(unix))]
    let name = env.text("COMPUTERNAME").unwrap_or("this machine").to_owned();
    name
}

fn store_token(env: &Env, email: &str, token: &Token, place: Place) -> Result<()> {
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

/// Points the Heroku CLI and git at the stored token; returns what a person should know.
fn settle(steps: &mut Steps<'_>, email: &str, place: Place) -> Result<String> {
    let env = steps.env();
    match place {
        Place::Keychain => login_state::write(env, email)?,
        // With an account in `login.json` the CLI would take that one from the keychain first.
        Place::Netrc if store::cli_reads_keychain(env) && !env.netrc_only() => {
            login_state::remove(env)?;
        }
        Place::Netrc => {}
    }
    steps.done("The Heroku CLI finds it")?;
    if steps.env().find_program("git").is_none() {
        return Ok("git is not installed, so its helper was not set.".to_owned());
    }
    git::install(steps.env()).map_err(|error| {
        Error::new(
            Code::PartlyDone,
            format!("Logged in as {email}, but git's helper lines could not be written."),
        )
        .means("The Heroku CLI is logged in; `git push` may ask for a password.")
        .fix("Run `herokey git install`.")
        .detail(format!("{} {}", error.what, error.detail))
    })?;
    steps.done("git asks Herokey")?;
    Ok(String::new())
}
