//! Use: points the Heroku CLI at another account that has a token on this machine. No account is logged out, and no
//! token is lost.

use super::{Done, Start, Steps};
use crate::action::copies;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::insight::readers::{Source, resolve};
use crate::ledger::seen_access;
use crate::stores;
use crate::stores::keychain::{Keychain, Unlock, stored_token};
use crate::stores::lookup::no_token_of;
use crate::stores::netrc::{NetrcFile, login_of, token_of};
use crate::stores::{Store, accounts_files, login_json};
use crate::survey::survey;

/// Switches to an account.
///
/// If the Heroku CLI uses the keychain, `login.json` gets the account's name; a token that only a file of `heroku
/// accounts` holds is stored in the keychain first. If the CLI uses netrc, the records of Heroku's hosts get the account's
/// token. The token they held must be stored elsewhere too; if it is not and cannot be saved in the keychain, switching
/// fails with [`Code::CannotMove`].
pub(super) fn use_account(start: &Start<'_>, account: &str) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env().clone();
        if stores::choose_store(&env)?.store == Store::Keychain {
            point_at(steps, &env, account)?;
        } else {
            write_netrc(steps, &env, account)?;
        }
        if let Err(error) = seen_access::forget(&env) {
            tracing::warn!(%error, "the ids of the other account's authorizations are still completed");
        }
        Ok(Done { what: format!("The Heroku CLI now uses {account}."), note: notes_on_tools(&env, account) })
    })
}

fn point_at(steps: &mut Steps<'_>, env: &Env, account: &str) -> Result<()> {
    let keychain = Keychain::open(env, Unlock::Ask)?;
    if keychain.get(account)?.is_none() {
        let token = accounts_files::token_of_account(env, account)?.ok_or_else(|| no_token_of(account))?;
        keychain.set(account, &token)?;
        steps.done("Stored the token in the keychain and read it back")?;
    }
    login_json::write(env, account)
}

fn write_netrc(steps: &mut Steps<'_>, env: &Env, account: &str) -> Result<()> {
    let file = NetrcFile::locate(env);
    let hosts = env.hosts();
    let token = match accounts_files::token_of_account(env, account)? {
        Some(token) => token,
        None => stored_token(env, account)?.ok_or_else(|| no_token_of(account))?,
    };
    let netrc = file.read(env, Unlock::Ask)?.unwrap_or_default();
    for host in hosts.in_netrc() {
        let Some(record) = netrc.heroku_cli(host).or_else(|| netrc.curl(host)) else { continue };
        if let Some(there) = token_of(&record).filter(|there| *there != token) {
            keep_elsewhere(steps, env, &there, login_of(&record).as_deref())?;
        }
    }
    file.set(env, &hosts.in_netrc(), account, &token)
}

/// Makes sure that a token that netrc is about to lose is stored elsewhere.
fn keep_elsewhere(steps: &mut Steps<'_>, env: &Env, token: &Token, login: Option<&str>) -> Result<()> {
    // If the keychain cannot be read, a file that holds the token is enough.
    let is_elsewhere = match copies::all(env, Unlock::Ask) {
        Ok(all) => all.into_iter().any(|copy| copy.token == *token && copy.location.is_readable_by_the_cli()),
        Err(_) => accounts_files::tokens(env)?.into_iter().any(|held| held.token == *token),
    };
    if is_elsewhere {
        return Ok(());
    }
    let email = login.filter(|login| login.contains('@'));
    let saved = email.ok_or_else(|| only_in_netrc(env, token)).and_then(|email| {
        let keychain = Keychain::open(env, Unlock::Ask)?;
        if keychain.get(email)?.is_some() {
            return Err(only_in_netrc(env, token));
        }
        keychain.set(email, token)
    });
    match saved {
        Ok(()) => steps.done("Saved the previous token in the keychain"),
        Err(error) if error.code == Code::CannotMove => Err(error),
        Err(error) => Err(only_in_netrc(env, token).detail(error)),
    }
}

/// Notes on an override that wins over the account, and on tools that use another token.
fn notes_on_tools(env: &Env, account: &str) -> String {
    let tools = resolve(&survey(env));
    let mut notes = Vec::new();
    if tools.heroku.source == Source::ApiKey {
        notes.push(tools.heroku.reason.clone());
    } else if tools.heroku.account.as_deref() != Some(account) {
        notes.push(format!("But heroku does not find the account's token: {}", tools.heroku.reason));
    }
    for (tool, answer) in [("git", &tools.git), ("curl -n", &tools.curl)] {
        if answer.source != Source::None && answer.trace != tools.heroku.trace {
            notes.push(format!("{tool} uses another token: {}", answer.reason));
        }
    }
    notes.join(" ")
}

fn only_in_netrc(env: &Env, token: &Token) -> Error {
    let shown = env.tilde(&NetrcFile::locate(env).path);
    Error::new(Code::CannotMove, format!("The token {} is stored only in {shown}.", token.trace().masked))
        .means("Switching would lose it, so nothing was changed.")
        .next_step("Log out of that account with `herokey logout`, or save it with `heroku accounts:add`, then switch again.")
}
