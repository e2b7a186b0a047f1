//! `herokey login`.

use herokey_core::action::{self, LogIn, Progress, Runner, log_in};
use herokey_core::journal::Program;
use herokey_core::platform::Cancel;
use herokey_core::platform::login::sso;
use herokey_core::{Code, Env, Error, Result, Token};
use secrecy::ExposeSecret;

use crate::args::{Login, Method};
use crate::person::{self, Here};
use crate::say;

pub(crate) fn run(env: &Env, args: &Login) -> Result<()> {
    if args.expires_in.is_some() && !matches!(args.method, Method::Password) {
        return Err(Error::new(Code::WrongUsage, "--expires-in is for --method password.")
            .means("Nothing was sent to Heroku.")
            .fix("Heroku decides how long the token of another login lives."));
    }
    // Before the person types anything that would have no effect.
    action::refuse_override(env)?;
    let here = Here::new(env);
    let method = match args.method {
        Method::Browser => action::Method::Browser,
        Method::Password => {
            let (email, password) = person::email_and_password(&here)?;
            action::Method::Password { email, password, expires_in: args.expires_in }
        }
        Method::Token => action::Method::Token(pasted("Token: ")?),
        Method::Sso => {
            open_sso_page(env, args)?;
            action::Method::Token(pasted("Token that the page shows: ")?)
        }
        Method::Oauth => action::Method::OAuth,
    };
    let how = LogIn { method, place: args.store.place(), open_browser: !args.no_browser };
    let progress = |progress| show(env, progress);
    let runner =
        Runner { env, by: Program::Terminal, cancel: Cancel::new(), progress: &progress, person: &here };
    let done = log_in(&runner, &how)?;
    tell(&done.what, &done.note);
    Ok(())
}

/// Tells how far an action is.
pub(crate) fn show(env: &Env, progress: Progress) {
    match progress {
        Progress::Waiting { address, browser_opened, .. } => {
            show_page(&address, browser_opened);
            say(&format!("Waiting, at most {} minutes…", env.limits.login.as_secs() / 60));
        }
        Progress::Step(step) => say(&format!("\x1b[32m✓\x1b[0m {step}")),
    }
}

pub(crate) fn tell(what: &str, note: &str) {
    say(what);
    if !note.is_empty() {
        say(note);
    }
}

fn open_sso_page(env: &Env, args: &Login) -> Result<()> {
    let organization = args.organization.as_deref().or_else(|| env.text("HEROKU_ORGANIZATION"));
    let page = match organization {
        None if env.text("SSO_URL").is_none() => {
            return Err(Error::new(Code::WrongUsage, "Single sign-on needs the name of your organization.")
                .means("Nothing was sent to Heroku.")
                .fix("Give it with `--organization NAME`, or set HEROKU_ORGANIZATION."));
        }
        organization => sso::page(env, organization.unwrap_or_default())?,
    };
    let opened = !args.no_browser && action::open_page(env, page.as_str());
    show_page(page.as_str(), opened);
    Ok(())
}

fn show_page(address: &str, opened: bool) {
    let how = if opened {
        "Your browser opens this page; log in there. If it does not open, open it by hand:"
    } else {
        "Open this page in a browser and log in there:"
    };
    say(&format!("{how}\n\n  {address}\n"));
}

fn pasted(prompt: &str) -> Result<Token> {
    Token::parse(person::secret(prompt)?.expose_secret()).ok_or_else(|| {
        Error::new(Code::WrongUsage, "That is not a token: a token is one run of printable characters.")
            .means("Nothing was stored.")
            .fix("Copy the token alone and try again.")
    })
}
