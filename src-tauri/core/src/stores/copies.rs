//! All copies of Heroku tokens on this machine: in the keychain's entries, in netrc's records of Heroku's hosts, and in
//! the files of `heroku accounts`.

use std::path::PathBuf;

use super::accounts_files;
use super::keychain::{Keychain, Unlock, unless_missing};
use super::netrc::{NetrcFile, login_of, records_of, token_of};
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::token::Token;

/// The place of a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CopyLocation {
    /// An entry of the keychain.
    Keychain {
        /// The account's email.
        account: String,
    },
    /// A record of netrc.
    Netrc {
        /// The record's host.
        host: String,
        /// The record's login.
        login: String,
        /// True if the record is in `.netrc.gpg`.
        encrypted: bool,
    },
    /// A file of `heroku accounts`, by its path.
    AccountsFile(PathBuf),
}

/// One copy of a token.
#[derive(Debug)]
pub(crate) struct TokenCopy {
    /// The place of the copy.
    pub location: CopyLocation,
    /// The token.
    pub token: Token,
}

/// Every copy of every token. Fails if a place that may hold one cannot be read. In a keychain with several collections,
/// one that stays locked is left out if the others hold a token.
pub(crate) fn all(env: &Env, unlock: Unlock) -> Result<Vec<TokenCopy>> {
    let mut copies = in_keychain(env, unlock)?;
    copies.extend(in_netrc(env, unlock)?);
    let files = accounts_files::tokens(env)?.into_iter();
    copies.extend(
        files.map(|held| TokenCopy { location: CopyLocation::AccountsFile(held.path), token: held.token }),
    );
    Ok(copies)
}

/// The copies that a logout of an account removes: its entries in the keychain, and every record of netrc that names it or
/// holds this token. A place that cannot be read is left out; removing its copies will fail, too.
pub(crate) fn of_account(env: &Env, account: &str, token: &Token) -> Vec<TokenCopy> {
    let mut copies = in_keychain(env, Unlock::Ask).unwrap_or_default();
    copies.retain(|copy| matches!(&copy.location, CopyLocation::Keychain { account: of } if of == account));
    let file = NetrcFile::locate(env);
    let Ok(Some(netrc)) = file.read(env, Unlock::Ask) else { return copies };
    for host in env.hosts().in_netrc() {
        for record in records_of(&netrc, host).map(|record| record.credential) {
            let (Some(held), login) = (token_of(&record), login_of(&record).unwrap_or_default()) else {
                continue;
            };
            if held == *token || !account.is_empty() && login == account {
                let host = host.to_owned();
                let location = CopyLocation::Netrc { host, login, encrypted: file.encrypted };
                copies.push(TokenCopy { location, token: held });
            }
        }
    }
    copies
}

/// Replaces a copy with another token, and reads it back.
pub(crate) fn replace(env: &Env, location: &CopyLocation, token: &Token) -> Result<()> {
    match location {
        CopyLocation::Keychain { account } => Keychain::open(env, Unlock::Ask)?.set(account, token),
        CopyLocation::Netrc { host, login, encrypted } => {
            netrc(env, *encrypted).set(env, &[host], login, token)
        }
        CopyLocation::AccountsFile(path) => accounts_files::replace_token(env, path, token),
    }
}

/// Removes the temporary files and locks that a killed process left next to netrc.
pub(crate) fn sweep(env: &Env) -> Result<()> {
    let located = NetrcFile::locate(env);
    if located.encrypted {
        NetrcFile::plain(env).sweep(env)?;
    }
    located.sweep(env)
}

impl CopyLocation {
    /// The name of the place for display.
    pub(crate) fn name(&self, env: &Env) -> String {
        match self {
            Self::Keychain { .. } => "the keychain".to_owned(),
            Self::Netrc { host, encrypted, .. } => {
                format!("{} ({host})", env.tilde(&netrc(env, *encrypted).path))
            }
            Self::AccountsFile(path) => env.tilde(path),
        }
    }
}

fn in_keychain(env: &Env, unlock: Unlock) -> Result<Vec<TokenCopy>> {
    let entries = Keychain::open(env, unlock).and_then(|keychain| match unlock {
        Unlock::Ask => keychain.entries_everywhere(),
        Unlock::Never => keychain.entries(),
    });
    let entries = unless_missing(entries)?.unwrap_or_default();
    let copy = |(account, token): (String, Option<Token>)| {
        token.map(|token| TokenCopy { location: CopyLocation::Keychain { account }, token })
    };
    Ok(entries.into_iter().filter_map(copy).collect())
}

fn netrc(env: &Env, encrypted: bool) -> NetrcFile {
    if encrypted { NetrcFile::locate(env) } else { NetrcFile::plain(env) }
}

/// The tokens that the Heroku CLI, curl and git read. With an encrypted file, which only the CLI reads, the plain one
/// counts too.
fn in_netrc(env: &Env, unlock: Unlock) -> Result<Vec<TokenCopy>> {
    let located = NetrcFile::locate(env);
    let plain = located.encrypted.then(|| NetrcFile::plain(env));
    let mut copies = Vec::new();
    for file in [Some(located), plain].into_iter().flatten() {
        let Some(netrc) = file.read(env, unlock)? else { continue };
        for host in env.hosts().in_netrc() {
            if records_of(&netrc, host).next().is_none() {
                continue;
            }
            // If curl and the CLI read different tokens, each is a copy.
            for record in [netrc.curl(host), netrc.heroku_cli(host)].into_iter().flatten() {
                let Some(token) = token_of(&record) else { continue };
                // A record needs a login, but Heroku accepts any login with a token.
                let login = login_of(&record).filter(|login| !login.is_empty());
                let login = login.unwrap_or_else(|| "heroku".to_owned());
                let location =
                    CopyLocation::Netrc { host: host.to_owned(), login, encrypted: file.encrypted };
                if copies.iter().all(|copy: &TokenCopy| copy.location != location || copy.token != token) {
                    copies.push(TokenCopy { location, token });
                }
            }
        }
    }
    Ok(copies)
}
