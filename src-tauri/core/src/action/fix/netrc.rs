//! Fixes the netrc records of Heroku's hosts. Works on bytes; `stores::netrc` handles the file and its lock.

use netrc_edit::{Credential, Netrc};
use secrecy::zeroize::Zeroizing;

use super::machine_changed;
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;
use crate::base::host::Hosts;
use crate::base::token::Token;
use crate::stores::netrc::{hidden, login_of, token_of};

/// Removes a host's records after its first one that no tool reads.
pub(super) fn one_record(bytes: &[u8], host: &str) -> Result<Bytes> {
    let netrc = Netrc::parse(bytes);
    // If the CLI reads no record, keep the one that curl reads.
    let first = netrc.heroku_cli(host).or_else(|| netrc.curl(host)).ok_or_else(machine_changed)?;
    write_record(netrc, host, &first)
}

/// Writes a host's record in a form that curl and the Heroku CLI read alike. It keeps the credential that the CLI reads
/// now, unless only curl's looks like a token. If neither finds one, it takes the host's first token that they miss.
pub(super) fn readable_record(bytes: &[u8], host: &str, hosts: &Hosts) -> Result<Bytes> {
    let netrc = Netrc::parse(bytes);
    let credentials = [netrc.heroku_cli(host), netrc.curl(host)];
    let has_token =
        |credential: &&Credential| token_of(credential).is_some_and(|token| token.has_heroku_shape());
    let mut found = credentials.iter().flatten();
    if let Some(credential) = found.clone().find(has_token) {
        return write_record(netrc, host, credential);
    }
    let hidden =
        hidden::hidden(&netrc, hosts).into_iter().find(|hidden| hidden.host.as_deref() == Some(host));
    match hidden {
        Some(hidden) => write_token(netrc, host, hidden.login.as_deref().unwrap_or_default(), &hidden.token),
        None => write_record(netrc, host, found.next().ok_or_else(machine_changed)?),
    }
}

/// Gives git's host the login and token of the API's host.
pub(super) fn matching_hosts(bytes: &[u8], hosts: &Hosts) -> Result<Bytes> {
    let netrc = Netrc::parse(bytes);
    let api = netrc.heroku_cli(&hosts.api).or_else(|| netrc.curl(&hosts.api)).ok_or_else(machine_changed)?;
    write_record(netrc, &hosts.git, &api)
}

/// Removes the records of these hosts.
pub(super) fn no_records(bytes: &[u8], hosts: &[String]) -> Result<Bytes> {
    let mut netrc = Netrc::parse(bytes);
    let removed: usize = hosts.iter().map(|host| netrc.remove(host)).sum();
    if removed == 0 { Err(machine_changed()) } else { Ok(Zeroizing::new(netrc.into_bytes())) }
}

/// Takes out the tokens that no program finds.
pub(super) fn no_hidden_tokens(bytes: &[u8], hosts: &Hosts) -> Result<Bytes> {
    let mut netrc = Netrc::parse(bytes);
    let hidden = hidden::hidden(&netrc, hosts);
    hidden::strip(&mut netrc, hosts, |token| hidden.iter().any(|found| found.token == *token));
    if netrc.as_bytes() == bytes { Err(machine_changed()) } else { Ok(Zeroizing::new(netrc.into_bytes())) }
}

const KEYWORDS: [&[u8]; 6] = [b"machine", b"default", b"login", b"password", b"account", b"macdef"];
/// Shorter words of a comment or a macro are not taken for secrets.
const SHORTEST_SECRET: usize = 6;

/// Every password in the file for any host, as written there and as a tool reads it, and every other word that may be one:
/// only keywords, hosts and emails are not.
pub(in crate::action) fn passwords(bytes: &[u8]) -> Vec<Bytes> {
    let netrc = Netrc::parse(bytes);
    let passwords = netrc
        .records()
        .filter_map(|entry| entry.credential.password().map(|password| Zeroizing::new(password.to_vec())));
    // The Heroku CLI may read another password than curl.
    let words: Vec<&[u8]> = bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let before = std::iter::once(&b""[..]).chain(words.iter().copied());
    let is_secret = |before: &[u8], word: &[u8]| match before {
        b"password" => true,
        b"machine" => false,
        b"login" if word.contains(&b'@') => false,
        _ => word.len() >= SHORTEST_SECRET && !KEYWORDS.contains(&word),
    };
    let secrets = before.zip(&words).filter(|(before, word)| is_secret(before, word));
    passwords.chain(secrets.map(|(_, word)| Zeroizing::new(word.to_vec()))).collect()
}

/// Writes a host's record with this credential.
fn write_record(netrc: Netrc, host: &str, credential: &Credential) -> Result<Bytes> {
    let token = token_of(credential).ok_or_else(machine_changed)?;
    write_token(netrc, host, &login_of(credential).unwrap_or_default(), &token)
}

fn write_token(mut netrc: Netrc, host: &str, login: &str, token: &Token) -> Result<Bytes> {
    // A record must have a login. Heroku accepts any login with a token.
    // Trim a carriage return from the end of the line.
    let login = if login.trim().is_empty() { "heroku" } else { login.trim() };
    netrc.set(host, login, token.expose()).map_err(|error| {
        Error::new(Code::CannotFix, format!("The record for {host} could not be written."))
            .means("The file is unchanged.")
            .next_step("Open the file in an editor and fix the problem described in the details.")
            .detail(format!("{error:?}"))
    })?;
    Ok(Zeroizing::new(netrc.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts() -> Hosts {
        Hosts::of(None, None, None)
    }

    fn text(bytes: &Bytes) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_first_record_and_records_for_other_logins_stay() {
        let file = "machine a.example\n  login me\n  password HRKU-fake-one\n\
                    machine b.example login x password y\n\
                    machine a.example\n  login me\n  password HRKU-fake-two\n\
                    machine a.example login other password HRKU-fake-three\n";
        let fixed = one_record(file.as_bytes(), "a.example").unwrap();
        assert!(!text(&fixed).contains("two") && text(&fixed).contains("three"), "{}", text(&fixed));
        assert!(text(&fixed).starts_with("machine a.example\n  login me\n  password HRKU-fake-one\n"));
    }

    #[test]
    fn a_record_becomes_readable_for_the_cli() {
        let file = b"machine a.example\nlogin me\npassword HRKU-fake-one\n";
        let fixed = readable_record(file, "a.example", &hosts()).unwrap();
        let seen = Netrc::parse(fixed.to_vec()).heroku_cli("a.example").unwrap();
        assert_eq!(seen.password(), Some(&b"HRKU-fake-one"[..]));
        assert!(readable_record(file, "b.example", &hosts()).is_err());
    }

    #[test]
    fn every_word_that_may_be_a_password_is_secret() {
        let file = b"# old: HRKU-fake-comment\nmachine a.example\n  login me@example.com\n  account fake-account\n  \
                     password x\nmachine b.example login HRKU-fake-login password \"two words\"\n";
        let secrets = passwords(file);
        let is_secret = |word: &str| secrets.iter().any(|secret| secret.as_slice() == word.as_bytes());
        for secret in ["HRKU-fake-comment", "fake-account", "x", "HRKU-fake-login", "two words", "\"two"] {
            assert!(is_secret(secret), "{secret}");
        }
        for plain in ["machine", "a.example", "b.example", "me@example.com", "login", "password"] {
            assert!(!is_secret(plain), "{plain}");
        }
    }

    #[test]
    fn only_the_records_of_the_hosts_are_removed() {
        let file = b"machine a.example login me password x\nmachine b.example login me password y\n";
        let fixed = no_records(file, &["a.example".to_owned()]).unwrap();
        assert_eq!(text(&fixed), "machine b.example login me password y\n");
    }
}
