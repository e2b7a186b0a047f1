//! Docker's login to Heroku's registry. Reading it keeps only the token's trace.

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;
use secrecy::zeroize::Zeroizing;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::text::shown;
use crate::base::token::{Token, Trace};

mod config;
mod edit;

use config::Config;
pub(crate) use edit::{secrets, with_helper, without_helper, without_login};

/// The NAME of Herokey's helper `docker-credential-NAME`.
pub(crate) const HELPER: &str = "herokey";
/// Herokey's helper for Docker: another name of the program `herokey`.
pub const PROGRAM: &str = "docker-credential-herokey";
/// The host of Heroku's registry.
pub const REGISTRY: &str = "registry.heroku.com";
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

/// The path of Docker's configuration, whether it exists or not.
pub(crate) fn config_path(env: &Env) -> PathBuf {
    env.os("DOCKER_CONFIG").map_or_else(|| env.home().join(".docker"), PathBuf::from).join("config.json")
}

/// Reads the login from `$DOCKER_CONFIG/config.json` or `~/.docker/config.json`. A helper is only named, not run, because
/// it may prompt the user.
pub fn login(env: &Env) -> Result<Option<DockerLogin>> {
    let path = config_path(env);
    let Some(config) = read_config(env)? else { return Ok(None) };
    let is_found = config.logins().next().is_some();
    let trace = token_of(&config).map(|token| token.trace());
    let own = config.cred_helpers.iter().find(|(name, _)| is_registry(name)).map(|(_, helper)| helper);
    let helper = own.or(config.creds_store.as_ref().filter(|_| is_found));
    if !is_found && helper.is_none() {
        return Ok(None);
    }
    let helper = helper.filter(|_| trace.is_none()).map(|helper| shown(helper));
    Ok(Some(DockerLogin { shown: env.tilde(&path), path, trace, helper }))
}

/// The token that the login holds. `None` if there is no login, or if a helper keeps the token.
pub(crate) fn stored_token(env: &Env) -> Result<Option<Token>> {
    Ok(read_config(env)?.as_ref().and_then(token_of))
}

/// Reads Docker's configuration; `None` if there is none.
fn read_config(env: &Env) -> Result<Option<Config>> {
    let path = config_path(env);
    let shown = env.tilde(&path);
    let failed = |place: &str, error: &dyn std::fmt::Display| {
        Error::new(Code::DockerFailed, format!("Docker's configuration {shown} cannot be read."))
            .means("Docker ignores all of it, and it may hold a token for Heroku's registry.")
            .next_step(format!("Correct {place}."))
            .detail(error)
    };
    let bytes = files::read(&path, MAX_BYTES).map_err(|error| failed(&shown, &error))?;
    let Some(bytes) = bytes else { return Ok(None) };
    Config::parse(&bytes).map(Some).map_err(|wrong| failed(&format!("{shown}:{}", wrong.line), &wrong))
}

/// True if this is the registry's name as current or older versions of Docker write it.
pub fn is_registry(name: &str) -> bool {
    let name = name.strip_prefix("https://").unwrap_or(name);
    name.split('/').next() == Some(REGISTRY)
}

/// The token in a configuration's first login for the registry.
fn token_of(config: &Config) -> Option<Token> {
    token(config.logins().next()?.auth.as_ref()?.expose_secret())
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
        let escaped = plain
            .replace("\"registry", "\"https:\\/\\/registry")
            .replace(&auth, &auth.replace('X', "\\u0058"));
        assert_eq!(login_of(&escaped).unwrap(), Some((Some("…a1b2".to_owned()), None)), "{escaped}");
    }

    #[test]
    fn reads_what_docker_reads() {
        let login = |auths: &str| login_of(auths).unwrap().is_some();
        assert!(
            login(r#"{"AUTHS":{"registry.heroku.com":{}}} and more"#),
            "Go ignores the case and the rest"
        );
        assert!(login(r#"{"auths":{"registry.heroku.com":null},"auths":{"a":{"auth":null}}}"#), "both count");
        for nothing in ["", " \n", "null", "{}", r#"{"auths":null,"credHelpers":null,"credsStore":""}"#] {
            assert_eq!(login_of(nothing).unwrap(), None, "{nothing}");
        }
        for (malformed, place) in [
            ("not json", "config.json:1."),
            ("\u{feff}{}", "config.json:1."),
            ("{\n\"auths\": {},\n}", "config.json:3."),
            ("{\n\"auths\": {\"a\": {\"auth\": \"HRKU-fake", "config.json:2."),
            ("{\"auths\": {\"a\": {\"auth\": 7}}}", "config.json:1."),
            ("{\"auths\": []}", "config.json:1."),
            ("{\"credsStore\": {\"HRKU-fake\": 1}}", "config.json:1."),
            ("[]", "config.json:1."),
        ] {
            let error = login_of(malformed).unwrap_err();
            assert_eq!(error.code, Code::DockerFailed, "{malformed}");
            assert!(error.next_step.ends_with(place), "{malformed}: {error}");
            assert!(!error.to_string().contains("HRKU"), "{error}");
        }
    }
}
