//! An account's SSH keys (INTEROP.md, "SSH keys"). Only public keys are ever read or sent.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Heroku;
use super::authorizations::or_default;
use super::client::{Answer, Credential, segment};
use crate::base::error::{Code, Error, Result};
use crate::base::text::Text;
use crate::base::token::Token;

const PATH: &str = "/account/keys";
/// The beginning of a private key, in PEM and in OpenSSH's own format.
const PRIVATE: &str = "-----BEGIN";
/// How the names of OpenSSH's key types begin.
const KINDS: [&str; 3] = ["ssh-", "ecdsa-", "sk-"];

/// An SSH key.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Key {
    /// The key's id, which is part of its path.
    pub id: Text,
    /// The key's fingerprint, in Heroku's format.
    pub fingerprint: Text,
    /// The public key, as in `~/.ssh/*.pub`.
    #[serde(deserialize_with = "Text::long")]
    pub public_key: Text,
    /// The key's comment; empty if it has none.
    #[serde(default, deserialize_with = "or_default")]
    pub comment: Text,
    /// When the key was added to the account.
    pub created_at: Option<Timestamp>,
}

impl Answer for Key {
    fn texts(&mut self) -> Vec<&mut Text> {
        vec![&mut self.id, &mut self.fingerprint, &mut self.public_key, &mut self.comment]
    }
}

#[derive(Serialize)]
struct New<'a> {
    public_key: &'a str,
}

/// Lists the account's keys, in Heroku's order.
pub fn list(heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Key>> {
    heroku.list(PATH, token).map_err(Into::into)
}

/// Adds a public key; adding it twice fails with [`Code::HerokuError`].
pub fn add(heroku: &Heroku<'_>, token: &Token, public_key: &PublicKey) -> Result<Key> {
    heroku.post(PATH, &Credential::Token(token), &New { public_key: &public_key.0 }).map_err(Into::into)
}

/// Removes a key by its id or fingerprint; false if there is none.
pub fn remove(heroku: &Heroku<'_>, token: &Token, key: &str) -> Result<bool> {
    heroku.delete(&format!("{PATH}/{}", segment(key)), token).map_err(Into::into)
}

/// A public key: the one line of a `.pub` file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey(String);

impl PublicKey {
    /// Checks the text of a public key's file, so that nothing else is sent to Heroku, least of all a private key.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |what: &str| {
            Error::new(Code::WrongUsage, what)
                .means("Nothing was sent to Heroku.")
                .next_step("Choose the file with the public key, whose name ends in .pub.")
        };
        let line = text.trim();
        if line.contains(PRIVATE) {
            return Err(wrong("This is a private key, which must not leave this machine."));
        }
        let mut words = line.split_whitespace();
        let kind = words.next().is_some_and(|kind| KINDS.iter().any(|begin| kind.starts_with(begin)));
        // An encoded key begins with the length of its type's name, and so with three zero bytes.
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
    fn anything_else_is_refused() {
        let private = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAAfake\n-----END OPENSSH PRIVATE KEY-----\n";
        let error = PublicKey::parse(private).unwrap_err();
        assert!(error.what.contains("private key"), "{error}");
        for text in ["", "ssh-rsa", "ssh-rsa fake", "x AAAA", "ssh-rsa AAAAfake\nssh-rsa AAAAfake"] {
            assert!(PublicKey::parse(text).is_err(), "{text}");
        }
    }
}
