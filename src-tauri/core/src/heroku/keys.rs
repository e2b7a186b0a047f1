//! SSH keys of an account (INTEROP.md, "SSH keys"). Only public keys ever come here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Heroku;
use super::authorizations::plain_text;
use super::client::{Credential, segment};
use crate::base::error::{Code, Error, Result};
use crate::base::token::Token;

const PATH: &str = "/account/keys";
/// What a private key begins with, in PEM and in OpenSSH's own form.
const PRIVATE: &str = "-----BEGIN";
/// The kinds of key that OpenSSH writes.
const KINDS: [&str; 3] = ["ssh-", "ecdsa-", "sk-"];

/// One SSH key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Key {
    /// What it is called in paths.
    pub id: String,
    /// Its fingerprint, in Heroku's form.
    #[serde(deserialize_with = "plain_text")]
    pub fingerprint: String,
    /// The key itself, as in `~/.ssh/*.pub`.
    #[serde(deserialize_with = "plain_text")]
    pub public_key: String,
    /// What its owner calls it; empty where it has no comment.
    #[serde(default, deserialize_with = "plain_text")]
    pub comment: String,
    /// When it was added.
    pub created_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct New<'a> {
    public_key: &'a str,
}

/// Every key of the account, in Heroku's order.
pub fn list(heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Key>> {
    heroku.get(PATH, token).map_err(Into::into)
}

/// Adds a public key; adding it again is Heroku's [`Code::HerokuError`].
pub fn add(heroku: &Heroku<'_>, token: &Token, public_key: &PublicKey) -> Result<Key> {
    heroku.post(PATH, &Credential::Token(token), &New { public_key: &public_key.0 }).map_err(Into::into)
}

/// Removes a key by its id or fingerprint; false where there is none.
pub fn remove(heroku: &Heroku<'_>, token: &Token, key: &str) -> Result<bool> {
    heroku.delete(&format!("{PATH}/{}", segment(key)), token).map_err(Into::into)
}

/// One line of a file `*.pub`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(String);

impl PublicKey {
    /// Takes the text of a public key's file. Whatever else it is, a private key above all, is sent to nobody.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::new(Code::WrongUsage, what)
                .means("Nothing was sent to Heroku.")
                .next_step("Give the file of the public key: it ends in .pub.")
        };
        let line = text.trim();
        if line.contains(PRIVATE) {
            return Err(wrong("This is a private key, which must not leave this machine."));
        }
        let mut words = line.split_whitespace();
        let kind = words.next().is_some_and(|kind| KINDS.iter().any(|begin| kind.starts_with(begin)));
        // The encoding of every key begins with the length of its kind's name: three zero bytes.
        let encoded = words.next().is_some_and(|key| key.starts_with("AAAA"));
        if !kind || !encoded || line.lines().count() != 1 {
            return Err(wrong("This is not an SSH public key."));
        }
        Ok(Self(line.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::PublicKey;

    #[test]
    fn a_public_key_is_one_line() {
        for line in [
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake me@example.com\n",
            "ssh-rsa AAAAB3NzaC1yc2EFake",
            "ecdsa-sha2-nistp256 AAAAE2VjZHNhFake x y",
            "sk-ssh-ed25519@openssh.com AAAAGnNrFake me",
        ] {
            assert_eq!(PublicKey::parse(line).unwrap().0, line.trim());
        }
    }

    #[test]
    fn nothing_else_is_sent() {
        let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAAfake\n-----END OPENSSH PRIVATE KEY-----\n";
        let said = PublicKey::parse(private).unwrap_err();
        assert!(said.what.contains("private key"), "{said}");
        for text in ["", "ssh-rsa", "ssh-rsa fake", "x AAAA", "ssh-rsa AAAAfake\nssh-rsa AAAAfake"] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
    }
}
