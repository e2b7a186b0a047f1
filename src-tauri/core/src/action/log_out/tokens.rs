//! The tokens that a logout revokes, and those that it leaves behind.

use super::super::{Steps, renew};
use crate::action::copies;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;
use crate::heroku::Heroku;
use crate::heroku::revocation;
use crate::heroku::revocation::{Revocation, Unproven};
use crate::stores::keychain::Unlock;
use crate::stores::lookup::Source;
use crate::stores::netrc::NetrcFile;
use crate::stores::{accounts_files, docker, lookup};
use crate::tools::git;

/// The page on which users revoke authorizations.
const AUTHORIZATIONS_PAGE: &str = "https://dashboard.heroku.com/account/applications";
/// The page that shows the API key, which is the token of the default authorization.
const API_KEY_PAGE: &str = "https://dashboard.heroku.com/account";

/// The tokens of one account on this machine, and what became of them at Heroku.
pub(super) struct Tokens {
    /// The token to log out of comes first.
    all: Vec<Held>,
    revoked: usize,
    kept_default: bool,
}

/// A token and the places that hold it.
struct Held {
    token: Token,
    places: Vec<String>,
}

impl Tokens {
    /// Finds the tokens of which a logout removes copies.
    pub(super) fn find(env: &Env, account: &str, token: &Token) -> Self {
        let mut all = vec![Held { token: token.clone(), places: Vec::new() }];
        for copy in copies::of_account(env, account, token) {
            let place = copy.location.name(env);
            match all.iter_mut().find(|held| held.token == copy.token) {
                Some(held) => held.places.push(place),
                None => all.push(Held { token: copy.token, places: vec![place] }),
            }
        }
        Self { all, revoked: 0, kept_default: false }
    }

    /// Revokes every token. Fails unless Heroku refuses each of them then, or keeps it as the default one.
    pub(super) fn revoke(&mut self, steps: &mut Steps<'_>, account: &str, heroku: &Heroku<'_>) -> Result<()> {
        let granted = granted(steps, account, heroku).map_err(nothing_revoked)?;
        let granted = granted.filter(|token| self.all.iter().all(|held| held.token != *token));
        self.all.extend(granted.map(|token| Held { token, places: Vec::new() }));
        for held in &self.all {
            match revocation::revoke(heroku, &held.token) {
                Ok(Revocation::Proven) => self.revoked += 1,
                Ok(Revocation::KeptDefault) => self.kept_default = true,
                Ok(Revocation::Unproven(unproven)) => return Err(still_valid(held, &unproven)),
                Err(error) if self.revoked > 0 && error.code != Code::Cancelled => {
                    return Err(still_valid(held, &Unproven::NotChecked(error)));
                }
                Err(error) => return Err(nothing_revoked(error)),
            }
        }
        Ok(())
    }

    /// The step to record once Heroku refuses the tokens; `None` if there is none that it refuses.
    pub(super) fn step(&self) -> Option<String> {
        match self.revoked {
            0 => None,
            1 => Some("Revoked the token at Heroku".to_owned()),
            count => Some(format!("Revoked {count} tokens at Heroku")),
        }
    }

    /// A note about a token that Herokey did not revoke, or an empty string.
    pub(super) fn note(&self) -> String {
        if !self.kept_default {
            return String::new();
        }
        format!(
            "This is the account's default token (the API key in the dashboard), so it was not revoked and is still valid. \
             To end it, regenerate the API key on {API_KEY_PAGE}."
        )
    }

    /// True if Heroku refuses every token.
    pub(super) fn are_revoked(&self) -> bool {
        self.revoked == self.all.len()
    }

    /// Names each other token that is still on this machine and works, or may work. `heroku` is `None` if Heroku is not
    /// to be asked.
    pub(super) fn left_behind(&self, env: &Env, account: &str, heroku: Option<&Heroku<'_>>) -> Vec<String> {
        let others = remaining(env, account).into_iter();
        let others = others.filter(|(_, token)| self.all.iter().all(|held| held.token != *token));
        others
            .filter_map(|(what, token)| match heroku.map(|heroku| revocation::is_refused(heroku, &token)) {
                Some(Ok(true)) => None,
                Some(Ok(false)) => Some(format!("{what}, and Heroku accepts it.")),
                Some(Err(_)) | None => Some(format!("{what}, and it may still be valid.")),
            })
            .collect()
    }
}

/// The access token of the account's OAuth login. If Heroku refuses it, the next one: the refresh token outlives it, and
/// revoking the next one ends both.
fn granted(steps: &mut Steps<'_>, account: &str, heroku: &Heroku<'_>) -> Result<Option<Token>> {
    if account.is_empty() {
        return Ok(None);
    }
    // If the keychain cannot be read, removing the refresh token fails later, and says so.
    let renewable = renew::of_account(steps.env(), account, Unlock::Ask).ok().flatten();
    let Some((registration, grant)) = renewable else { return Ok(None) };
    match grant.token() {
        Some(token) if revocation::is_refused(heroku, &token)? => {}
        token => return Ok(token),
    }
    match renew::next(steps, account, (registration, grant)) {
        Ok(next) => Ok(next.token()),
        // The refresh token is no longer valid, either.
        Err(error) if error.code == Code::TokenRefused => Ok(None),
        Err(error) => Err(error),
    }
}

/// The error when nothing is revoked yet.
fn nothing_revoked(error: Error) -> Error {
    match error.code {
        Code::Cancelled => error,
        _ => error
            .means("The token may still be valid at Heroku, and its copies are still on this machine.")
            .next_step("Try again later, or remove the local copies now with `herokey logout --local-only`."),
    }
}

/// The tokens that programs can still use after a logout. Reads only what needs no prompt.
fn remaining(env: &Env, account: &str) -> Vec<(String, Token)> {
    let mut found = Vec::new();
    if let Ok(Some(stored)) = lookup::stored(env, Unlock::Never) {
        let place = match stored.source {
            Source::Keychain => "the keychain".to_owned(),
            Source::Netrc | Source::Env => env.tilde(&NetrcFile::locate(env).path),
        };
        found.push((format!("The Heroku CLI now uses another token, in {place}"), stored.token));
    }
    for file in accounts_files::tokens(env).unwrap_or_default() {
        if !account.is_empty() && file.username == account {
            let path = env.tilde(&file.path);
            found.push((format!("{path} holds another token for {account}"), file.token));
        }
    }
    for (path, line, token) in git::tokens(env).unwrap_or_default() {
        found.push((format!("{}:{line} contains another token, for git", env.tilde(&path)), token));
    }
    if let Ok(Some(token)) = docker::stored_token(env) {
        let path = env.tilde(&docker::config_path(env));
        found.push((format!("{path} holds another token, for registry.heroku.com"), token));
    }
    found
}

/// The error for a token that still works, or may still work. Its copies stay.
fn still_valid(held: &Held, unproven: &Unproven) -> Error {
    let masked = held.token.trace().masked;
    let place =
        if held.places.is_empty() { String::new() } else { format!(" in {}", held.places.join(" and ")) };
    let what = match unproven {
        Unproven::NotChecked(_) => {
            format!("Heroku did not confirm that the token {masked}{place} is revoked.")
        }
        _ => format!("The token {masked}{place} could not be revoked and still works."),
    };
    let error = Error::new(Code::PartlyDone, what)
        .means(format!("{} Its copies are still on this machine.", reason(unproven)));
    let error = match unproven {
        Unproven::NotChecked(cause) => error.detail(format!("{} {}", cause.what, cause.detail).trim()),
        _ => error,
    };
    error.next_step(format!(
        "{} To remove only the local copies, run `herokey logout --local-only`.",
        way_to_end(unproven)
    ))
}

fn reason(unproven: &Unproven) -> String {
    match unproven {
        Unproven::NotListed => {
            "Heroku lists no authorization for it, and ending its session had no effect.".to_owned()
        }
        Unproven::Ambiguous { one, other } => {
            format!("Its authorization is either {one} or {other}, so neither was revoked.")
        }
        Unproven::StillAccepted { authorization } => {
            format!("Heroku answered as if {authorization} were revoked, but it still accepts the token.")
        }
        Unproven::NotChecked(_) => "It may still be valid.".to_owned(),
    }
}

fn way_to_end(unproven: &Unproven) -> String {
    match unproven {
        Unproven::NotListed | Unproven::Ambiguous { .. } => format!(
            "Revoke it on {AUTHORIZATIONS_PAGE}, or find it with `herokey authorizations` and revoke it with \
             `herokey revoke ID`. Then log out again."
        ),
        Unproven::StillAccepted { .. } | Unproven::NotChecked(_) => {
            "Log out again in a few minutes.".to_owned()
        }
    }
}
