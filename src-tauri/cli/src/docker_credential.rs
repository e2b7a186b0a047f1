//! `docker-credential-herokey`: Docker's protocol for credential helpers (docker/docker-credential-helpers,
//! `credentials/credentials.go`). Docker writes a registry's address to standard input and reads JSON.

use std::ffi::OsString;
use std::io::{self, Read, Write};

use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::{docker, lookup};
use herokey_core::{Code, Env, Error, Result};
use secrecy::zeroize::Zeroizing;
use serde_json::json;

use crate::Failure;

/// What Docker recognizes as "there is no login" (`credentials/error.go`).
const NOT_FOUND: &str = "credentials not found in native keychain";
/// The user that `heroku container:login` gives to Docker. Heroku accepts any.
const USER: &str = "_";
/// More than an address, or a login to store.
const MAX_BYTES: u64 = 64 << 10;

/// Runs an operation. Returns the exit code; Docker reads the reason of a failure from standard output.
pub(crate) fn run(env: &Env, operation: Option<OsString>) -> Result<u8, Failure> {
    let operation = operation.unwrap_or_default();
    let mut out = io::stdout();
    match operation.to_str() {
        Some("get") => match token_for(env, &input()?) {
            Ok(Some((address, token))) => {
                let (address, secret) = (in_json(&address)?, in_json(token.expose())?);
                let (address, secret) = (address.as_str(), secret.as_str());
                writeln!(out, r#"{{"ServerURL":{address},"Username":"{USER}","Secret":{secret}}}"#)?;
                return Ok(0);
            }
            Ok(None) => writeln!(out, "{NOT_FOUND}")?,
            Err(error) => writeln!(out, "herokey: {error}")?,
        },
        // Docker stores the token that it has just got from here or from the Heroku CLI; `docker logout` revokes nothing.
        Some("store" | "erase") => {
            input()?;
            return Ok(0);
        }
        Some("list") => {
            let is_logged_in = matches!(lookup::token_in_use(env, Unlock::Never), Ok(Some(_)));
            let listed = if is_logged_in { json!({ docker::REGISTRY: USER }) } else { json!({}) };
            writeln!(out, "{listed}")?;
            return Ok(0);
        }
        Some("version") => {
            writeln!(out, "{} (herokey) {}", docker::PROGRAM, env!("CARGO_PKG_VERSION"))?;
            return Ok(0);
        }
        _ => writeln!(out, "Usage: {} <store|get|erase|list|version>", docker::PROGRAM)?,
    }
    Ok(1)
}

/// The address that Docker asked for and the token; `None` for another registry than Heroku's, or without a token.
fn token_for(env: &Env, asked: &str) -> Result<Option<(String, herokey_core::Token)>> {
    let address = asked.trim();
    if !docker::is_registry(address) {
        return Ok(None);
    }
    env.hosts().require_allowed()?;
    let found = lookup::token_in_use(env, Unlock::Ask)?;
    Ok(found.map(|found| (address.to_owned(), found.token)))
}

fn in_json(text: &str) -> io::Result<Zeroizing<String>> {
    Ok(Zeroizing::new(serde_json::to_string(text)?))
}

fn input() -> Result<String> {
    let mut text = String::new();
    let read = io::stdin().lock().take(MAX_BYTES).read_to_string(&mut text);
    read.map(|_| text)
        .map_err(|error| Error::new(Code::WrongUsage, "What Docker asked for cannot be read.").detail(error))
}
