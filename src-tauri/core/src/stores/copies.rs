//! Every place of this machine that holds a Heroku token: the keychain's entries, netrc's records of Heroku's hosts, and
//! the files of `heroku accounts` where they hold one in plain text.

use std::path::PathBuf;

use super::accounts_files;
use super::keychain::{Keychain, Unlock};
use super::netrc::{NetrcFile, login_of, token_of};
use crate::base::env::Env;
use crate::base::error::{Code, Result};
use crate::base::token::Token;

/// Where a copy stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// The keychain's entry of an account.
    Keychain {
        /// Whose.
        account: String,
    },
    /// netrc's record of a host.
    Netrc {
        /// The host.
        host: String,
        /// The login of the record.
        login: String,
        /// The record is in `.netrc.gpg`.
        encrypted: bool,
    },
    /// A file of `heroku accounts`.
    AccountsFile(PathBuf),
}

/// A token and where it stands.
#[derive(Debug)]
pub struct Copy {
    /// Where.
    pub spot: Spot,
    /// Which.
    pub token: Token,
}

/// Every copy of every token. Fails where a place that may hold one cannot be looked into.
pub fn all(env: &Env, unlock: Unlock) -> Result<Vec<Copy>> {
    let mut copies = in_keychain(env, unlock)?;
    copies.extend(in_netrc(env, unlock)?);
    let files = accounts_files::tokens(env)?.into_iter();
    copies.extend(files.map(|held| Copy { spot: Spot::AccountsFile(held.path), token: held.token }));
    Ok(copies)
}

/// Puts another token in the place of the one that stands there, and reads it back.
pub fn put(env: &Env, spot: &Spot, token: &Token) -> Result<()> {
    match spot {
        Spot::Keychain { account } => Keychain::open(env, Unlock::Ask)?.set(account, token),
        Spot::Netrc { host, login, encrypted } => netrc(env, *encrypted).set(env, &[host], login, token),
        Spot::AccountsFile(path) => accounts_files::put(env, path, token),
    }
}

/// Removes what a killed process left beside the files while it wrote them, their locks included.
pub fn sweep(env: &Env) -> Result<()> {
    let located = NetrcFile::locate(env);
    if located.encrypted {
        NetrcFile::plain(env).sweep(env)?;
    }
    located.sweep(env)
}

impl Spot {
    /// The place as a person knows it.
    pub fn name(&self, env: &Env) -> String {
        match self {
            Self::Keychain { .. } => "the keychain".to_owned(),
            Self::Netrc { host, encrypted, .. } => {
                format!("{} ({host})", env.tilde(&netrc(env, *encrypted).path))
            }
            Self::AccountsFile(path) => env.tilde(path),
        }
    }
}

fn in_keychain(env: &Env, unlock: Unlock) -> Result<Vec<Copy>> {
    let entries = Keychain::open(env, unlock).and_then(|keychain| keychain.entries());
    let entries = match entries {
        // Nothing runs that could hold one.
        Err(error) if error.code == Code::KeychainMissing => return Ok(Vec::new()),
        other => other?,
    };
    let copy = |(account, token): (String, Option<Token>)| {
        token.map(|token| Copy { spot: Spot::Keychain { account }, token })
    };
    Ok(entries.into_iter().filter_map(copy).collect())
}

fn netrc(env: &Env, encrypted: bool) -> NetrcFile {
    if encrypted { NetrcFile::locate(env) } else { NetrcFile::plain(env) }
}

/// What the Heroku CLI reads, and, where that is an encrypted file, what curl and git read beside it.
fn in_netrc(env: &Env, unlock: Unlock) -> Result<Vec<Copy>> {
    let located = NetrcFile::locate(env);
    let plain = located.encrypted.then(|| NetrcFile::plain(env));
    let mut copies = Vec::new();
    for file in [Some(located), plain].into_iter().flatten() {
        let Some(netrc) = file.read(env, unlock)? else { continue };
        for host in env.hosts().in_netrc() {
            let is_of_host = |name: &Vec<u8>| name.eq_ignore_ascii_case(host.as_bytes());
            if !netrc.records().any(|entry| entry.host.as_ref().is_some_and(is_of_host)) {
                continue;
            }
            // Where curl and the CLI see different tokens, each is a copy.
            for record in [netrc.curl(host), netrc.heroku_cli(host)].into_iter().flatten() {
                let Some(token) = token_of(&record) else { continue };
                // Heroku takes any login beside a token; a record must have one.
                let login = login_of(&record).filter(|login| !login.is_empty());
                let login = login.unwrap_or_else(|| "heroku".to_owned());
                let spot = Spot::Netrc { host: host.to_owned(), login, encrypted: file.encrypted };
                if copies.iter().all(|copy: &Copy| copy.spot != spot || copy.token != token) {
                    copies.push(Copy { spot, token });
                }
            }
        }
    }
    Ok(copies)
}
