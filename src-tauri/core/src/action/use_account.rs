//! Use: point the Heroku CLI at another account whose token is on this machine. Nobody is logged out, and no token is
//! lost.

use super::{Done, Start, Steps};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::insight::readers::{Source, resolve};
use crate::stores;
use crate::stores::copies;
use crate::stores::copies::Spot;
use crate::stores::keychain::{Keychain, Unlock, stored_token};
use crate::stores::netrc::{NetrcFile, login_of, token_of};
use crate::stores::{Place, accounts_files, login_json};
use crate::survey::survey;

/// Switches to an account.
///
/// Where the Heroku CLI uses the keychain, `login.json` is pointed at the account; a token that only a file of
/// `heroku accounts` has is put into the keychain first. Where it uses netrc, Heroku's records get the account's token,
/// and the token that is there must be elsewhere too, or goes into the keychain: else [`Code::CannotMove`].
pub(super) fn use_account(start: &Start<'_>, account: &str) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env().clone();
        if stores::automatic(&env)?.place == Place::Keychain {
            point_at(steps, &env, account)?;
        } else {
            write_netrc(steps, &env, account)?;
        }
        Ok(Done { what: format!("The Heroku CLI uses {account} now."), note: what_else(&env, account) })
    })
}

fn point_at(steps: &mut Steps<'_>, env: &Env, account: &str) -> Result<()> {
    let keychain = Keychain::open(env, Unlock::Ask)?;
    if keychain.get(account)?.is_none() {
        let token = in_accounts_file(env, account)?.ok_or_else(|| unknown(account))?;
        keychain.set(account, &token)?;
        steps.done("Saved in the keychain and read back")?;
    }
    login_json::write(env, account)
}

fn write_netrc(steps: &mut Steps<'_>, env: &Env, account: &str) -> Result<()> {
    let file = NetrcFile::locate(env);
    let hosts = env.hosts();
    let token = match in_accounts_file(env, account)? {
        Some(token) => token,
        None => stored_token(env, account)?.ok_or_else(|| unknown(account))?,
    };
    let netrc = file.read(env, Unlock::Ask)?.unwrap_or_default();
    for host in hosts.in_netrc() {
        let Some(record) = netrc.heroku_cli(host).or_else(|| netrc.curl(host)) else { continue };
        if let Some(there) = token_of(&record).filter(|there| *there != token) {
            keep(steps, env, &there, login_of(&record).as_deref())?;
        }
    }
    file.set(env, &hosts.in_netrc(), account, &token)
}

/// Makes sure that a token which netrc is about to lose is somewhere else.
fn keep(steps: &mut Steps<'_>, env: &Env, token: &Token, login: Option<&str>) -> Result<()> {
    // A keychain that is no help here is no reason to stop if a file has the token.
    let elsewhere = match copies::all(env, Unlock::Ask) {
        Ok(all) => {
            all.into_iter().any(|copy| copy.token == *token && !matches!(copy.spot, Spot::Netrc { .. }))
        }
        Err(_) => accounts_files::tokens(env)?.into_iter().any(|held| held.token == *token),
    };
    if elsewhere {
        return Ok(());
    }
    let whose = login.filter(|login| login.contains('@'));
    let kept = whose.ok_or_else(|| only_here(env, token)).and_then(|whose| {
        let keychain = Keychain::open(env, Unlock::Ask)?;
        if keychain.get(whose)?.is_some() {
            return Err(only_here(env, token));
        }
        keychain.set(whose, token)
    });
    match kept {
        Ok(()) => steps.done("The token that was in use is in the keychain"),
        Err(error) if error.code == Code::CannotMove => Err(error),
        Err(error) => Err(only_here(env, token).detail(error)),
    }
}

fn in_accounts_file(env: &Env, account: &str) -> Result<Option<Token>> {
    Ok(accounts_files::tokens(env)?.into_iter().find(|held| held.username == account).map(|held| held.token))
}

/// What still has the last word, or reads another token.
fn what_else(env: &Env, account: &str) -> String {
    let tools = resolve(&survey(env));
    let mut said = Vec::new();
    if tools.heroku.source == Source::ApiKey {
        said.push(tools.heroku.reason.clone());
    } else if tools.heroku.account.as_deref() != Some(account) {
        said.push(format!("But heroku does not find it: {}", tools.heroku.reason));
    }
    for (tool, answer) in [("git", &tools.git), ("curl -n", &tools.curl)] {
        if answer.source != Source::None && answer.trace != tools.heroku.trace {
            said.push(format!("{tool} uses another token: {}", answer.reason));
        }
    }
    said.join(" ")
}

fn unknown(account: &str) -> Error {
    Error::new(Code::NotLoggedIn, format!("There is no token of {account} on this machine."))
        .means("Nothing was changed.")
        .next_step(
            "See `herokey accounts` for those that there are, or log in as this one with `herokey login`.",
        )
}

fn only_here(env: &Env, token: &Token) -> Error {
    let shown = env.tilde(&NetrcFile::locate(env).path);
    Error::new(Code::CannotMove, format!("The token {} is nowhere but in {shown}.", token.trace().masked))
        .means("Switching would lose it, so nothing was changed.")
        .next_step("Log out of that account with `herokey logout`, or save it with `heroku accounts:add`, then switch.")
}
