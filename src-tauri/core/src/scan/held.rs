//! The tokens that this machine holds, each with the place that holds it. The scan looks for them exactly.

use std::path::PathBuf;

use crate::base::api_key::ApiKey;
use crate::base::env::Env;
use crate::base::error::{Error, Result};
use crate::base::text::shown;
use crate::base::token::Token;
use crate::ledger::known_tokens::KnownTokens;
use crate::stores::keychain::{Keychain, Unlock, unless_missing};
use crate::stores::lookup;
use crate::stores::netrc::{NetrcFile, hidden, login_of, records_of, token_of};
use crate::stores::{accounts_files, docker};
use crate::tools::git;

/// A token of this machine.
#[derive(Clone, Debug)]
pub(super) struct HeldToken {
    /// The token.
    pub token: Token,
    /// The place that holds it, in words: `the keychain`, `~/.netrc`.
    pub place: String,
    /// The account's email, if it is known.
    pub account: Option<String>,
    /// True for the token that the Heroku CLI uses.
    pub in_use: bool,
}

/// All tokens of this machine.
#[derive(Debug, Default)]
pub(super) struct HeldTokens {
    /// Each token once, with the first place that holds it.
    pub tokens: Vec<HeldToken>,
    /// The files where tokens are at home. A token that is held is no finding there.
    pub stores: Vec<PathBuf>,
    /// The places that could not be read, so tokens of theirs are not among these.
    pub missed: Vec<Error>,
}

impl HeldTokens {
    /// Reads every place. Nobody is asked to unlock anything.
    pub(super) fn read(env: &Env) -> Self {
        let mut held = Self::default();
        if let Some(api_key) = env.os("HEROKU_API_KEY").and_then(|value| ApiKey::of(value).token) {
            held.add(api_key, "HEROKU_API_KEY".to_owned(), None);
        }
        let keychain = held.add_keychain(env);
        held.or_missed(keychain);
        held.add_netrc(env);
        let accounts = held.add_accounts_files(env);
        held.or_missed(accounts);
        let docker = held.add_docker(env);
        held.or_missed(docker);
        let git = held.add_git(env);
        held.or_missed(git);
        held.add_what_is_known(env);
        held
    }

    fn or_missed(&mut self, read: Result<()>) {
        self.missed.extend(read.err());
    }

    fn add(&mut self, token: Token, place: String, account: Option<String>) {
        let account = account.filter(|account| !account.is_empty());
        match self.tokens.iter_mut().find(|held| held.token == token) {
            Some(held) => held.account = held.account.take().or(account),
            None => self.tokens.push(HeldToken { token, place, account, in_use: false }),
        }
    }

    fn add_keychain(&mut self, env: &Env) -> Result<()> {
        let read = Keychain::open(env, Unlock::Never).and_then(|keychain| {
            let entries = keychain.entries()?;
            Ok((entries, keychain.missed()))
        });
        let Some((entries, missed)) = unless_missing(read)? else { return Ok(()) };
        for (account, token) in entries {
            if let Some(token) = token {
                self.add(token, "the keychain".to_owned(), Some(shown(&account)));
            }
        }
        missed.map_or(Ok(()), Err)
    }

    fn add_netrc(&mut self, env: &Env) {
        let hosts = env.hosts();
        for file in NetrcFile::all(env) {
            match file.read(env, Unlock::Never) {
                Ok(Some(netrc)) => {
                    let place = env.tilde(&file.path);
                    for record in hosts.in_netrc().into_iter().flat_map(|host| records_of(&netrc, host)) {
                        let Some(token) = token_of(&record.credential) else { continue };
                        self.add(token, place.clone(), login_of(&record.credential));
                    }
                    for found in hidden::tokens(&netrc, &hosts) {
                        self.add(found.token, place.clone(), found.login);
                    }
                }
                Ok(None) => {}
                Err(error) => self.missed.push(error),
            }
            self.stores.push(file.path);
        }
    }

    fn add_accounts_files(&mut self, env: &Env) -> Result<()> {
        for file in accounts_files::tokens(env)? {
            self.add(file.token, env.tilde(&file.path), Some(file.username));
            self.stores.push(file.path);
        }
        Ok(())
    }

    fn add_docker(&mut self, env: &Env) -> Result<()> {
        let path = docker::config_path(env);
        let token = docker::stored_token(env)?;
        if let Some(token) = token {
            self.add(token, env.tilde(&path), None);
        }
        self.stores.push(path);
        Ok(())
    }

    /// A token in git's configuration is searched for, but not at home there.
    fn add_git(&mut self, env: &Env) -> Result<()> {
        if git::program(env).is_none() {
            return Ok(());
        }
        for (path, _, token) in git::tokens(env)? {
            self.add(token, env.tilde(&path), None);
        }
        Ok(())
    }

    fn add_what_is_known(&mut self, env: &Env) {
        let known = KnownTokens::read(env);
        // If the keychain cannot be read, that is already said.
        let in_use = lookup::token_to_print(env, Unlock::Never).ok().flatten();
        for held in &mut self.tokens {
            held.in_use = in_use.as_ref().is_some_and(|found| found.token == held.token);
            if held.account.is_none() {
                held.account =
                    known.of(&held.token).and_then(|known| known.account.as_deref().map(str::to_owned));
            }
        }
    }
}
