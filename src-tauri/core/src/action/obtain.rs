//! The ways to get a token, one function each. They store nothing except the OAuth client.

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

use super::{LogIn, Method, Progress, Steps};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::text::Text;
use crate::base::token::Token;
use crate::desktop::open;
use crate::heroku::authorizations::NewAuthorization;
use crate::heroku::login::oauth;
use crate::heroku::login::oauth::Loopback;
use crate::heroku::login::{browser, password};
use crate::heroku::{Heroku, account};
use crate::stores::keychain::Unlock;
use crate::stores::lookup;
use crate::stores::oauth_client;
use crate::stores::oauth_client::Client;
use crate::stores::oauth_client::{IssuedTokens, Registration};

/// A token that a login obtained.
pub(super) struct Obtained {
    pub(super) token: Token,
    /// True if the token was created for this login: if it cannot be stored, nothing else knows it.
    pub(super) is_new: bool,
    pub(super) oauth: Option<OAuth>,
}

/// What an OAuth login has to store besides the token.
pub(super) struct OAuth {
    pub(super) registration: Registration,
    /// The account and id of the client that the new one replaces.
    pub(super) replaces: Option<(String, String)>,
}

/// Gets a token in the chosen way.
pub(super) fn obtain(steps: &Steps<'_>, heroku: &Heroku<'_>, how: &LogIn) -> Result<Obtained> {
    let new_token = |token| Obtained { token, is_new: true, oauth: None };
    match &how.method {
        Method::Browser => from_browser(steps, heroku, how.open_browser).map(new_token),
        Method::Password { email, password, expires_in } => {
            let new = NewAuthorization {
                description: &description(steps.env()),
                expires_in: Some(expires_in.unwrap_or(password::MAX_LIFETIME_SECONDS)),
                scope: &[Text::of("global")],
            };
            password::log_in(heroku, email, password, &new).map(|created| new_token(created.token))
        }
        Method::Token(token) => Ok(Obtained { token: token.clone(), is_new: false, oauth: None }),
        Method::OAuth => from_oauth(steps, heroku, how.open_browser),
    }
}

/// The description of this machine's logins in the account's list of authorizations.
pub(super) fn description(env: &Env) -> String {
    format!("Herokey login from {}", machine_name(env))
}

/// Gets a token that the user approves in the browser.
pub(super) fn from_browser(steps: &Steps<'_>, heroku: &Heroku<'_>, open_browser: bool) -> Result<Token> {
    let env = steps.env();
    let pending = browser::begin(heroku, &description(env))?;
    let ends_at = show_page(steps, pending.address.as_str(), open_browser);
    browser::wait(heroku, &pending, || env.now(), ends_at)
}

/// Logs in through an OAuth client of the account in use. Registers a client with the token in use if there is none yet,
/// or if another program uses its port.
fn from_oauth(steps: &Steps<'_>, heroku: &Heroku<'_>, open_browser: bool) -> Result<Obtained> {
    let env = steps.env();
    let current = lookup::stored(env, Unlock::Ask)?.ok_or_else(|| {
        Error::new(
            Code::NotLoggedIn,
            "Herokey needs a token to register its OAuth client, and you are not logged in.",
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
            tracing::warn!(%error, port, "could not open the port of the OAuth client");
            let step = format!("Another program uses port {port}; registering a new OAuth client");
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
    show_page(steps, attempt.address.as_str(), open_browser);
    let grant = oauth::finish(heroku, &client, attempt, loopback, &env.limits)?;
    let granted = grant.refresh_token.map(|refresh_token| IssuedTokens {
        refresh_token,
        access_token: SecretString::from(grant.token.expose()),
        expires_at: grant.expires_in.and_then(|left| env.now().checked_add(left).ok()),
    });
    let registration = Registration { client, grant: granted };
    Ok(Obtained { token: grant.token, is_new: true, oauth: Some(OAuth { registration, replaces }) })
}

/// Registers a client with a free port, and saves it.
fn register(
    steps: &Steps<'_>,
    heroku: &Heroku<'_>,
    token: &Token,
    owner: &str,
) -> Result<(Client, Loopback)> {
    let env = steps.env();
    let loopback = Loopback::bind(0).map_err(|error| {
        Error::new(Code::Unsupported, "Herokey could not open a local port for the browser to return to.")
            .means("Nothing was changed.")
            .next_step("Log in with the browser instead.")
            .detail(error)
    })?;
    let name = format!("Herokey on {}", machine_name(env));
    let client = oauth::register(heroku, token, &name, loopback.port()).map_err(|error| {
        error.means("The OAuth client could not be registered. Your stored tokens are unchanged.")
    })?;
    let registration = Registration { client, grant: None };
    if let Err(error) = oauth_client::save(env, owner, &registration) {
        // Best effort: a client whose secret is not saved is useless.
        let _ = oauth::unregister(heroku, token, &registration.client.id);
        return Err(error.means("The OAuth client could not be saved, so it was not used."));
    }
    (steps.runner.progress)(Progress::Step("Registered an OAuth client on your account".to_owned()));
    Ok((registration.client, loopback))
}

/// Opens the page and reports its address as progress. Returns the time until which to wait.
fn show_page(steps: &Steps<'_>, address: &str, open_browser: bool) -> Timestamp {
    let env = steps.env();
    let limit = SignedDuration::try_from(env.limits.login).unwrap_or(SignedDuration::from_mins(10));
    let ends_at = env.now() + limit;
    let browser_opened = open_browser && open_page(env, address);
    (steps.runner.progress)(Progress::Waiting { address: address.to_owned(), ends_at, browser_opened });
    ends_at
}

/// Opens a page in the user's browser. Returns false if no browser could be started.
pub fn open_page(env: &Env, address: &str) -> bool {
    ::open::commands(address).into_iter().any(|command| open::start(env, command))
}

pub(super) fn machine_name(env: &Env) -> String {
    #[cfg(unix)]
    let name = {
        let _ = env;
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    };
    #[cfg(not(unix))]
    let name = env.text("COMPUTERNAME").unwrap_or("this machine").to_owned();
    Text::of(&name).into()
}
