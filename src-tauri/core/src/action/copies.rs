//! All copies of Heroku tokens on this machine: in the keychain's entries, in netrc's records of Heroku's hosts and
//! wherever else in netrc, in the files of `heroku accounts`, in git's configuration and in those of MCP clients.

use std::path::PathBuf;

use netrc_edit::Netrc;

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::host::Hosts;
use crate::base::token::Token;
use crate::ledger::known_tokens::KnownTokens;
use crate::stores::accounts_files;
use crate::stores::keychain::{Keychain, Unlock, unless_missing};
use crate::stores::netrc::hidden::MentionedToken;
use crate::stores::netrc::{MentionPlace, NetrcFile, hidden, login_of, records_of, token_of};
use crate::tools::mcp::McpFile;
use crate::tools::{git, mcp};

/// The place of a copy.
#[derive(Clone, Debug, PartialEq)]
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
        /// The file.
        file: NetrcFile,
    },
    /// Other places in netrc, where no program finds it.
    Hidden {
        /// The file.
        file: NetrcFile,
        /// The token, by which the places are found.
        token: Token,
        /// The line of one of them, counted from 1.
        line: usize,
    },
    /// A file of `heroku accounts`, by its path.
    AccountsFile(PathBuf),
    /// The key of a server in the configuration of an MCP client.
    Mcp {
        /// The file.
        file: McpFile,
        /// The names that lead to the server's entry.
        entry: Vec<String>,
        /// The line, counted from 1.
        line: usize,
    },
    /// A line of git's configuration.
    GitConfig {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
    },
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
    copies.extend(in_git(env)?);
    let in_mcp = mcp::tokens(env).into_iter().map(|(file, server, token)| {
        let location = CopyLocation::Mcp { file, entry: server.entry, line: server.line };
        TokenCopy { location, token }
    });
    copies.extend(in_mcp);
    Ok(copies)
}

/// True if a token belongs to an account, as far as it is known here.
pub(crate) fn is_of_account(known: &KnownTokens, token: &Token, account: &str) -> bool {
    !account.is_empty() && known.of(token).and_then(|known| known.account.as_deref()) == Some(account)
}

/// The copies in git's configuration.
fn in_git(env: &Env) -> Result<Vec<TokenCopy>> {
    if git::program(env).is_none() {
        return Ok(Vec::new());
    }
    let copy = |(path, line, token)| TokenCopy { location: CopyLocation::GitConfig { path, line }, token };
    Ok(git::tokens(env)?.into_iter().map(copy).collect())
}

/// The copies that a logout of an account removes: its entries in the keychain, every record of netrc that names it or
/// holds this token, and its tokens in git's configuration. A place that cannot be read is left out; removing its copies
/// will fail, too.
pub(crate) fn of_account(env: &Env, account: &str, token: &Token) -> Vec<TokenCopy> {
    let mut copies = in_keychain(env, Unlock::Ask).unwrap_or_default();
    copies.retain(|copy| matches!(&copy.location, CopyLocation::Keychain { account: of } if of == account));
    let known = KnownTokens::read(env);
    let in_git = in_git(env).unwrap_or_default().into_iter();
    copies.extend(in_git.filter(|copy| copy.token == *token || is_of_account(&known, &copy.token, account)));
    let is_wanted = |held: &Token, login: &str| held == token || !account.is_empty() && login == account;
    for file in NetrcFile::all(env) {
        if let Ok(Some(netrc)) = file.read(env, Unlock::Ask) {
            copies.extend(copies_in(env, &file, &netrc, is_wanted));
        }
    }
    copies
}

/// The copies in a netrc file that are `wanted`, by token and login.
fn copies_in(
    env: &Env,
    file: &NetrcFile,
    netrc: &Netrc,
    is_wanted: impl Fn(&Token, &str) -> bool,
) -> Vec<TokenCopy> {
    let mut copies = Vec::new();
    for host in env.hosts().in_netrc() {
        for record in records_of(netrc, host).map(|record| record.credential) {
            let (Some(held), login) = (token_of(&record), login_of(&record).unwrap_or_default()) else {
                continue;
            };
            if is_wanted(&held, &login) {
                let location = CopyLocation::Netrc { host: host.to_owned(), login, file: file.clone() };
                copies.push(TokenCopy { location, token: held });
            }
        }
    }
    let elsewhere = hidden::tokens(netrc, &env.hosts()).into_iter();
    let elsewhere = elsewhere.filter(|found| found.place != MentionPlace::Record);
    copies.extend(
        elsewhere
            .filter(|found| is_wanted(&found.token, found.login.as_deref().unwrap_or_default()))
            .map(|found| in_hiding(file, found)),
    );
    copies
}

/// The account's token in netrc that no program finds; if no account is named, any account's, unless there are several.
pub(crate) fn hidden_token(env: &Env, account: Option<&str>) -> Result<Option<MentionedToken>> {
    let mut found: Vec<MentionedToken> = Vec::new();
    for file in NetrcFile::all(env) {
        let Some(netrc) = file.read(env, Unlock::Ask)? else { continue };
        found.extend(hidden::hidden(&netrc, &env.hosts()));
    }
    found.retain(|hidden| account.is_none() || hidden.login.as_deref() == account);
    let first = found.pop();
    let is_only = first.as_ref().is_some_and(|first| found.iter().all(|other| other.token == first.token));
    Ok(first.filter(|_| is_only))
}

/// Replaces a copy with another token, and reads it back.
pub(crate) fn replace(env: &Env, location: &CopyLocation, token: &Token) -> Result<()> {
    match location {
        CopyLocation::Keychain { account } => Keychain::open(env, Unlock::Ask)?.set(account, token),
        CopyLocation::Netrc { host, login, file } => file.set(env, &[host], login, token),
        CopyLocation::Hidden { file, token: old, .. } => file.change(env, |bytes| {
            let netrc = Netrc::parse(bytes);
            Ok(Some(hidden::replaced(&netrc, &env.hosts(), old, token)))
        }),
        CopyLocation::AccountsFile(path) => accounts_files::replace_token(env, path, token),
        CopyLocation::Mcp { file, entry, .. } => mcp::replace_token(env, file, entry, token),
        CopyLocation::GitConfig { path, line } => git::replace_token(env, path, *line, token),
    }
}

/// Removes the temporary files and locks that a killed process left next to netrc.
pub(crate) fn sweep(env: &Env) -> Result<()> {
    NetrcFile::all(env).iter().try_for_each(|file| file.sweep(env))
}

impl CopyLocation {
    /// True if `heroku` or `heroku accounts` finds the token there, apart from netrc.
    pub(crate) fn is_readable_by_the_cli(&self) -> bool {
        match self {
            Self::Keychain { .. } | Self::AccountsFile(_) => true,
            Self::Netrc { .. } | Self::Hidden { .. } | Self::GitConfig { .. } | Self::Mcp { .. } => false,
        }
    }

    /// The name of the place for display.
    pub(crate) fn name(&self, env: &Env) -> String {
        match self {
            Self::Keychain { .. } => "the keychain".to_owned(),
            Self::Netrc { host, file, .. } => format!("{} ({host})", env.tilde(&file.path)),
            Self::Hidden { file, line, .. } => format!("{} (line {line})", env.tilde(&file.path)),
            Self::AccountsFile(path) => env.tilde(path),
            Self::Mcp { file, line, .. } => format!("{}:{line}", env.tilde(&file.path)),
            Self::GitConfig { path, line } => format!("{}:{line}", env.tilde(path)),
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

/// The tokens that the Heroku CLI, curl and git read, and those that they do not find.
fn in_netrc(env: &Env, unlock: Unlock) -> Result<Vec<TokenCopy>> {
    let hosts = env.hosts();
    let mut copies = Vec::new();
    for file in NetrcFile::all(env) {
        let Some(netrc) = file.read(env, unlock)? else { continue };
        let first = copies.len();
        for host in hosts.in_netrc() {
            if records_of(&netrc, host).next().is_none() {
                continue;
            }
            // If curl and the CLI read different tokens, each is a copy.
            for record in [netrc.curl(host), netrc.heroku_cli(host)].into_iter().flatten() {
                let Some(token) = token_of(&record) else { continue };
                // A record needs a login, but Heroku accepts any login with a token.
                let login = login_of(&record).filter(|login| !login.is_empty());
                let login = login.unwrap_or_else(|| "heroku".to_owned());
                let location = CopyLocation::Netrc { host: host.to_owned(), login, file: file.clone() };
                if copies.iter().all(|copy: &TokenCopy| copy.location != location || copy.token != token) {
                    copies.push(TokenCopy { location, token });
                }
            }
        }
        let hidden = elsewhere(&hosts, &file, &netrc, &copies[first..]);
        copies.extend(hidden);
    }
    Ok(copies)
}

/// The tokens that would still stand in the file if each of these copies of theirs were another token.
fn elsewhere(hosts: &Hosts, file: &NetrcFile, netrc: &Netrc, copies: &[TokenCopy]) -> Vec<TokenCopy> {
    let mut found: Vec<TokenCopy> = Vec::new();
    for mentioned in hidden::tokens(netrc, hosts) {
        let mut rest = netrc.clone();
        for copy in copies.iter().filter(|copy| copy.token == mentioned.token) {
            if let CopyLocation::Netrc { host, login, .. } = &copy.location {
                // Where a record cannot be written, writing it will fail too, and says why.
                let _ = rest.set(host, login, "another");
            }
        }
        let is_left = hidden::tokens(&rest, hosts).iter().any(|left| left.token == mentioned.token);
        if is_left && found.iter().all(|copy| copy.token != mentioned.token) {
            found.push(in_hiding(file, mentioned));
        }
    }
    found
}

fn in_hiding(file: &NetrcFile, found: MentionedToken) -> TokenCopy {
    let location = CopyLocation::Hidden { file: file.clone(), token: found.token.clone(), line: found.line };
    TokenCopy { location, token: found.token }
}
