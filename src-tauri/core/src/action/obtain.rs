//! The ways to a token, one function each. Nothing is stored here but the OAuth client.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::{LogIn, Method, Progress, Steps};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::desktop::open;
use crate::heroku::authorizations::New;
use crate::heroku::login::oauth;
use crate::heroku::login::oauth::Loopback;
use crate::heroku::login::{browser, password};
use crate::heroku::{Heroku, account};
use crate::stores::keychain::Unlock;
use crate::stores::lookup;
use crate::stores::oauth_client;
use crate::stores::oauth_client::Client;
use crate::stores::oauth_client::{Granted, Registration};

/// A token, and what came with it.
pub(super) struct Obtained {
    pub(super) token: Token,
    /// It was made for this login: if it cannot be kept, nobody else knows it.
    pub(super) made_here: bool,
    pub(super) oauth: Option<OAuth>,
}

/// What an OAuth login leaves to be kept.
pub(super) struct OAuth {
    pub(super) registration: Registration,
    /// The account and id of a client that this one takes the place of.
    pub(super) replaces: Option<(String, String)>,
}

pub(super) fn obtain(steps: &Steps<'_>, heroku: &Heroku<'_>, how: &LogIn) -> Result<Obtained> {
    let made = |token| Obtained { token, made_here: true, oauth: None };
    match &how.method {
        Method::Browser => from_browser(steps, heroku, how.open_browser).map(made),
        Method::Password { email, password, expires_in } => {
            let new = New {
                description: &description(steps.env()),
                expires_in: Some(expires_in.unwrap_or(password::LONGEST)),
                scope: &["global".to_owned()],
            };
            password::log_in(heroku, email, password, &new).map(|created| made(created.token))
        }
        Method::Token(token) => Ok(Obtained { token: token.clone(), made_here: false, oauth: None }),
        Method::OAuth => by_oauth(steps, heroku, how.open_browser),
    }
}

/// What this machine's logins are called in the account's list of authorizations.
pub(super) fn description(env: &Env) -> String {
    format!("Herokey login from {}", machine_name(env))
}

pub(super) fn from_browser(steps: &Steps<'_>, heroku: &Heroku<'_>, open_browser: bool) -> Result<Token> {
    let env = steps.env();
    let pending = browser::begin(heroku, &description(env))?;
    let ends_at = show(steps, pending.address.as_str(), open_browser);
    browser::wait(heroku, &pending, || env.now(), ends_at)
}

/// Logs in through an OAuth client of the account that is logged in now. The client is registered with the token in
/// use where there is none yet, or where its port is taken.
fn by_oauth(steps: &Steps<'_>, heroku: &Heroku<'_>, open_browser: bool) -> Result<Obtained> {
    let env = steps.env();
    let current = lookup::stored(env, Unlock::Ask)?.ok_or_else(|| {
        Error::new(
            Code::NotLoggedIn,
            "The OAuth client is registered with the token in use, and there is none.",
        )
        .means("Nothing was changed.")
        .next_step("Log in with the browser first, then choose OAuth.")
    })?;
    let owner = match current.account {
        Some(owner) => owner,
        None => account::of(heroku, &current.token)?.email,
    };
    let known = oauth_client::load(env, &owner, Unlock::Ask)?.map(|registration| registration.client);
    let known = match known {
        Some(client) if oauth::is_registered(heroku, &current.token, &client.id)? => Some(client),
        _ => None,
    };
    let (client, loopback, replaces) = match known.map(|client| (Loopback::bind(client.port), client)) {
        Some((Ok(loopback), client)) => (client, loopback, None),
        Some((Err(error), client)) => {
            let port = client.port;
            tracing::warn!(%error, port, "the port of the OAuth client cannot be opened");
            let step =
                format!("Port {port} is taken by another program, so a new OAuth client is registered");
            (steps.runner.progress)(Progress::Step(step));
            let (new, loopback) = register(steps, heroku, &current.token, &owner)?;
            (new, loopback, Some((owner, client.id)))
        }
        None => {
            let (new, loopback) = register(steps, heroku, &current.token, &owner)?;
            (new, loopback, None)
        }
    };
    let attempt = oauth::begin(heroku, &client)?;
    show(steps, attempt.address.as_str(), open_browser);
    let grant = oauth::finish(heroku, &client, attempt, loopback, env.limits.login)?;
    let granted = grant.refresh_token.map(|refresh_token| Granted {
        refresh_token,
        access_token: SecretString::from(grant.token.expose()),
        expires_at: grant.expires_in.and_then(|left| env.now().checked_add(left).ok()),
    });
    let registration = Registration { client, grant: granted };
    Ok(Obtained { token: grant.token, made_here: true, oauth: Some(OAuth { registration, replaces }) })
}

/// Registers a client with a port that is free now, and keeps it.
fn register(
    steps: &Steps<'_>,
    heroku: &Heroku<'_>,
    token: &Token,
    owner: &str,
) -> Result<(Client, Loopback)> {
    let env = steps.env();
    let loopback = Loopback::bind(0).map_err(|error| {
        Error::new(
            Code::Unsupported,
            "No port of this machine could be opened for the browser to come back to.",
        )
        .means("Nothing was changed.")
        .next_step("Log in with the browser instead.")
        .detail(error)
    })?;
    let name = format!("Herokey on {}", machine_name(env));
    let client = oauth::register(heroku, token, &name, loopback.port()).map_err(|error| {
        error.means("The OAuth client could not be registered; what was stored is as it was.")
    })?;
    let registration = Registration { client, grant: None };
    if let Err(error) = oauth_client::save(env, owner, &registration) {
        // Best effort: without its secret the client is of no use to anybody.
        let _ = oauth::unregister(heroku, token, &registration.client.id);
        return Err(error.means("The OAuth client could not be kept, so it was not used."));
    }
    (steps.runner.progress)(Progress::Step("OAuth client registered on the account".to_owned()));
    Ok((registration.client, loopback))
}

/// Opens the page and tells where it is; when waiting ends.
fn show(steps: &Steps<'_>, address: &str, open_browser: bool) -> Timestamp {
    let env = steps.env();
    let limit = SignedDuration::try_from(env.limits.login).unwrap_or(SignedDuration::from_mins(10));
    let ends_at = env.now() + limit;
    let browser_opened = open_browser && open_page(env, address);
    (steps.runner.progress)(Progress::Waiting { address: address.to_owned(), ends_at, browser_opened });
    ends_at
}

/// Opens a page in the person's browser; false if none could be started.
pub fn open_page(env: &Env, address: &str) -> bool {
    ::open::commands(address).into_iter().any(|command| open::start(env, command))
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
