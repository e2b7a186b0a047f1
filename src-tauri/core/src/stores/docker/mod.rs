//! Docker's login to Heroku's registry. Reading it keeps only the token's trace.

use std::collections::BTreeMap;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;
use serde::Deserialize;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::text::shown;
use crate::base::token::{Token, Trace};

mod edit;

pub(crate) use edit::{secrets, without_login};

const REGISTRY: &str = "registry.heroku.com";
/// More than any real configuration.
const MAX_BYTES: u64 = 4 << 20;

/// Docker's login to `registry.heroku.com`, as `heroku container:login` writes it.
#[derive(Clone, Debug, PartialEq)]
pub struct DockerLogin {
    /// The path of Docker's `config.json`.
    pub path: PathBuf,
    /// The path for display.
    pub shown: String,
    /// The token's trace. `None` if a helper keeps the token, or the file holds something else.
    pub trace: Option<Trace>,
    /// The NAME of the helper `docker-credential-NAME` that keeps the token, if one does.
    pub helper: Option<String>,
}

/// The parts of Docker's `config.json` that matter here (docker-login(1), "Credential stores").
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Config<'a> {
    #[serde(borrow)]
    auths: BTreeMap<String, Auth<'a>>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Auth<'a> {
    /// Base64 of `USER:TOKEN`, borrowed so that no copy is made.
    #[serde(borrow)]
    auth: Option<&'a str>,
}

/// The path of Docker's configuration, whether it exists or not.
pub(crate) fn config_path(env: &Env) -> PathBuf {
    env.os("DOCKER_CONFIG").map_or_else(|| env.home().join(".docker"), PathBuf::from).join("config.json")
}

/// Reads the login from `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`. A helper is only named, not run, because
/// it may prompt the user.
pub(crate) fn login(env: &Env) -> Result<Option<DockerLogin>> {
    let path = config_path(env);
    let found = with_config(env, |config| {
        let found = config.auths.iter().find(|(name, _)| is_registry(name)).map(|(_, login)| login);
        let own =
            config.cred_helpers.iter().find(|(name, _)| is_registry(name)).map(|(_, helper)| helper.clone());
        let helper = own.or(config.creds_store.filter(|_| found.is_some()));
        (found.is_some(), found.and_then(|login| token(login.auth?)).map(|token| token.trace()), helper)
    })?;
    let Some((found, trace, helper)) = found else { return Ok(None) };
    if !found && helper.is_none() {
        return Ok(None);
    }
    let helper = helper.filter(|_| trace.is_none()).map(|helper| shown(&helper));
    Ok(Some(DockerLogin { shown: env.tilde(&path), path, trace, helper }))
}

/// The token that the login holds. `None` if there is no login, or if a helper keeps the token.
pub(crate) fn stored_token(env: &Env) -> Result<Option<Token>> {
    let found = with_config(env, |config| {
        let (_, login) = config.auths.iter().find(|(name, _)| is_registry(name))?;
        token(login.auth?)
    })?;
    Ok(found.flatten())
}

/// Reads Docker's configuration; `None` if there is none.
fn with_config<T>(env: &Env, read: impl FnOnce(Config<'_>) -> T) -> Result<Option<T>> {
    let path = config_path(env);
    let failed = |error: &dyn std::fmt::Display| {
        Error::new(Code::DockerFailed, format!("Could not read {}.", env.tilde(&path)))
            .means("Docker may have an old token for Heroku's registry.")
            .next_step("Fix the file, or run `docker login registry.heroku.com` again.")
            .detail(error)
    };
    let Some(bytes) = files::read(&path, MAX_BYTES).map_err(|error| failed(&error))? else { return Ok(None) };
    // The error names a line and a column, but nothing of the content.
    let config: Config<'_> = serde_json::from_slice(&bytes).map_err(|error| failed(&error))?;
    Ok(Some(read(config)))
}

/// True if this is the registry's name as current or older versions of Docker write it.
pub(crate) fn is_registry(name: &str) -> bool {
    let name = name.strip_prefix("https://").unwrap_or(name);
    name.split('/').next() == Some(REGISTRY)
}

fn token(auth: &str) -> Option<Token> {
    let decoded = Zeroizing::new(STANDARD.decode(auth.trim()).ok()?);
    Token::parse(std::str::from_utf8(&decoded).ok()?.split_once(':')?.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn login_of(config: &str) -> Result<Option<(Option<String>, Option<String>)>> {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".docker")).unwrap();
        std::fs::write(home.path().join(".docker/config.json"), config).unwrap();
        let found = login(&Env::new([("HOME", home.path())]))?;
        Ok(found.map(|login| (login.trace.map(|trace| trace.masked), login.helper)))
    }

    #[test]
    fn finds_the_token_or_the_helper_that_keeps_it() {
        // `_:HRKU-fake-docker-a1b2`
        let auth = STANDARD.encode("_:HRKU-fake-docker-a1b2");
        let plain = format!(r#"{{"auths":{{"registry.heroku.com":{{"auth":"{auth}"}}}}}}"#);
        assert_eq!(login_of(&plain).unwrap(), Some((Some("…a1b2".to_owned()), None)));
        let kept = r#"{"auths":{"registry.heroku.com":{}},"credsStore":"desktop"}"#;
        assert_eq!(login_of(kept).unwrap(), Some((None, Some("desktop".to_owned()))));
        let own = r#"{"credHelpers":{"registry.heroku.com":"pass"}}"#;
        assert_eq!(login_of(own).unwrap(), Some((None, Some("pass".to_owned()))));
        assert_eq!(login_of(r#"{"auths":{"ghcr.io":{}},"credsStore":"desktop"}"#).unwrap(), None);
        assert_eq!(login_of("not json").unwrap_err().code, Code::DockerFailed);
    }
}
