//! `herokey login`: get a token in one of several ways and store it.

use herokey_core::action;
use herokey_core::action::{Action, LogIn};
use herokey_core::heroku::login::sso;
use herokey_core::{Code, Env, Error, Result, Token};
use secrecy::ExposeSecret;

use crate::args::{Login, Method};
use crate::prompt;
use crate::prompt::Prompter;
use crate::terminal::{perform, print_page};

pub(crate) fn run(env: &Env, args: &Login) -> Result<()> {
    if args.expires_in.is_some() && !matches!(args.method, Method::Password) {
        return Err(Error::new(Code::WrongUsage, "--expires-in works only with --method password.")
            .means("Nothing was sent to Heroku.")
            .next_step("Leave it out; Heroku decides how long other tokens last."));
    }
    // Checked here too, before the user types anything for a login that would have no effect.
    action::refuse_override(env)?;
    env.hosts().require_allowed()?;
    let prompter = Prompter::new(env);
    let method = match args.method {
        Method::Browser => action::Method::Browser,
        Method::Password => {
            let (email, password) = prompt::email_and_password(&prompter)?;
            action::Method::Password { email, password, expires_in: args.expires_in }
        }
        Method::Token => action::Method::Token(read_token("Token: ")?),
        Method::Sso => {
            open_sso_page(env, args)?;
            action::Method::Token(read_token("Token shown on the page: ")?)
        }
        Method::Oauth => action::Method::OAuth,
    };
    let how = LogIn { method, place: args.store.place(), open_browser: !args.no_browser };
    perform(env, &prompter, &Action::LogIn(how))
}

fn open_sso_page(env: &Env, args: &Login) -> Result<()> {
    let organization = args.organization.as_deref().or_else(|| env.text("HEROKU_ORGANIZATION"));
    let page = match organization {
        None if env.text("SSO_URL").is_none() => {
            return Err(Error::new(Code::WrongUsage, "Single sign-on needs the name of your organization.")
                .means("Nothing was sent to Heroku.")
                .next_step("Pass `--organization NAME` or set HEROKU_ORGANIZATION."));
        }
        organization => sso::page(env, organization.unwrap_or_default())?,
    };
    let opened = !args.no_browser && action::open_page(env, page.as_str());
    print_page(page.as_str(), opened);
    Ok(())
}

fn read_token(prompt: &str) -> Result<Token> {
    Token::parse(prompt::secret(prompt)?.expose_secret()).ok_or_else(|| {
        Error::new(Code::WrongUsage, "This is not a token: a token is one run of printable characters.")
            .means("Nothing was stored.")
            .next_step("Copy only the token and try again.")
    })
}
