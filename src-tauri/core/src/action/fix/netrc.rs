//! netrc's records of Heroku's hosts, mended. The bytes come and go; the file and its lock are `store::netrc`'s.

use netrc_edit::{Credential, Netrc};
use secrecy::zeroize::Zeroizing;

use super::not_as_it_was;
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;
use crate::base::host::Hosts;
use crate::stores::netrc::{login_of, token_of};

/// Removes what is behind a host's first record and dead for every tool.
pub(super) fn one_record(bytes: &[u8], host: &str) -> Result<Bytes> {
    let netrc = Netrc::parse(bytes);
    // Without a record that the CLI reads, the one that curl reads.
    let first = netrc.heroku_cli(host).or_else(|| netrc.curl(host)).ok_or_else(not_as_it_was)?;
    given(netrc, host, &first)
}

/// Gives a host a record that curl and the Heroku CLI read alike: what the CLI reads now, unless only curl reads
/// something of the shape of a token.
pub(super) fn readable_record(bytes: &[u8], host: &str) -> Result<Bytes> {
    let netrc = Netrc::parse(bytes);
    let seen = [netrc.heroku_cli(host), netrc.curl(host)];
    let is_herokus = |seen: &&Credential| token_of(seen).is_some_and(|token| token.is_herokus());
    let seen = seen.iter().flatten().find(is_herokus).or(seen.iter().flatten().next());
    let seen = seen.cloned().ok_or_else(not_as_it_was)?;
    given(netrc, host, &seen)
}

/// Gives git's host what the API's has.
pub(super) fn matching_hosts(bytes: &[u8], hosts: &Hosts) -> Result<Bytes> {
    let netrc = Netrc::parse(bytes);
    let api = netrc.heroku_cli(&hosts.api).or_else(|| netrc.curl(&hosts.api)).ok_or_else(not_as_it_was)?;
    given(netrc, &hosts.git, &api)
}

/// Removes these hosts' records.
pub(super) fn no_records(bytes: &[u8], hosts: &[String]) -> Result<Bytes> {
    let mut netrc = Netrc::parse(bytes);
    let removed: usize = hosts.iter().map(|host| netrc.remove(host)).sum();
    if removed == 0 { Err(not_as_it_was()) } else { Ok(Zeroizing::new(netrc.into_bytes())) }
}

/// Every password in the file, whoever's, as it stands there or as a tool reads it.
pub(in crate::action) fn passwords(bytes: &[u8]) -> Vec<Bytes> {
    let netrc = Netrc::parse(bytes);
    let passwords = netrc
        .records()
        .filter_map(|entry| entry.credential.password().map(|password| Zeroizing::new(password.to_vec())));
    // The CLI can see another one than curl.
    let words: Vec<&[u8]> = bytes.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).collect();
    let named = words.windows(2).filter(|pair| pair[0] == b"password");
    passwords.chain(named.map(|pair| Zeroizing::new(pair[1].to_vec()))).collect()
}

fn given(mut netrc: Netrc, host: &str, credential: &Credential) -> Result<Bytes> {
    let token = token_of(credential).ok_or_else(not_as_it_was)?;
    // Heroku takes any login beside a token; a record must have one.
    let login = login_of(credential).unwrap_or_default();
    // A carriage return at the end of a line is no part of it.
    let login = if login.trim().is_empty() { "heroku" } else { login.trim() };
    netrc.set(host, login, token.expose()).map_err(|error| {
        Error::new(Code::CannotFix, format!("The record of {host} cannot be written."))
            .means("The file is as it was.")
            .next_step("Mend what the detail says in an editor.")
            .detail(format!("{error:?}"))
    })?;
    Ok(Zeroizing::new(netrc.into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &Bytes) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_first_record_stays_and_what_others_ask_for() {
        let file = "machine a.example\n  login me\n  password HRKU-fake-one\n\
                    machine b.example login x password y\n\
                    machine a.example\n  login me\n  password HRKU-fake-two\n\
                    machine a.example login other password HRKU-fake-three\n";
        let mended = one_record(file.as_bytes(), "a.example").unwrap();
        assert!(!text(&mended).contains("two") && text(&mended).contains("three"), "{}", text(&mended));
        assert!(text(&mended).starts_with("machine a.example\n  login me\n  password HRKU-fake-one\n"));
    }

    #[test]
    fn a_record_becomes_readable_to_the_cli() {
        let file = b"machine a.example\nlogin me\npassword HRKU-fake-one\n";
        let mended = readable_record(file, "a.example").unwrap();
        let seen = Netrc::parse(mended.to_vec()).heroku_cli("a.example").unwrap();
        assert_eq!(seen.password(), Some(&b"HRKU-fake-one"[..]));
        assert!(readable_record(file, "b.example").is_err());
    }

    #[test]
    fn the_records_of_hosts_go_and_no_others() {
        let file = b"machine a.example login me password x\nmachine b.example login me password y\n";
        let mended = no_records(file, &["a.example".to_owned()]).unwrap();
        assert_eq!(text(&mended), "machine b.example login me password y\n");
    }
}
