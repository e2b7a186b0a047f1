//! The page about access: who can act as the account. Loaded when it opens, and again after each change.

use std::path::Path;

use jiff::Timestamp;

use super::{Controller, Page};
use herokey_core::action::access;
use herokey_core::action::access::Access;
use herokey_core::base::env::Env;
use herokey_core::base::error::{Code, Error, Result};
use herokey_core::base::files;
use herokey_core::base::person::Nobody;
use herokey_core::base::text::is_plain;
use herokey_core::heroku::keys;
use herokey_core::heroku::keys::{Key, PublicKey};
use herokey_core::heroku::{Cancel, Heroku};
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;

/// No public key file is larger.
const MAX_BYTES: u64 = 64 << 10;

/// What the page shows.
#[derive(Clone, Debug, PartialEq)]
pub enum AccessPage {
    /// Heroku is being asked.
    Loading,
    /// Heroku's answer.
    Loaded(Box<Loaded>),
    /// Heroku could not be asked, or refused.
    Failed(Error),
}

/// Heroku's answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// When Heroku answered.
    pub at: Timestamp,
    /// Authorizations and sessions.
    pub access: Vec<Access>,
    /// SSH keys.
    pub keys: Vec<Key>,
    /// Names of files in `~/.ssh` with a public key that the account does not have.
    pub files: Vec<String>,
}

impl Controller {
    /// Opens the page, or loads it again.
    pub(super) fn show_access(&self) {
        self.change(|state| state.page = Some(Page::Access(AccessPage::Loading)));
        let controller = self.clone();
        std::thread::spawn(move || {
            let loaded = match load(&controller.env()) {
                Ok(loaded) => AccessPage::Loaded(Box::new(loaded)),
                Err(error) => AccessPage::Failed(error),
            };
            controller.change(|state| {
                // The user may have closed it since.
                if let Some(Page::Access(page)) = &mut state.page {
                    *page = loaded;
                }
            });
        });
    }
}

fn load(env: &Env) -> Result<Loaded> {
    let token = lookup::require_token(env, Unlock::Ask)?.token;
    let heroku = Heroku::connect(env, Cancel::new(), &Nobody)?;
    let access = access::list(env, &heroku, &token)?;
    let keys = keys::list(&heroku, &token)?;
    let files = public_keys(&env.home().join(".ssh"), &keys);
    Ok(Loaded { at: env.now(), access, keys, files })
}

/// Names of files with a public key that the account does not have.
fn public_keys(folder: &Path, known: &[Key]) -> Vec<String> {
    // Without access to the folder there is nothing to offer.
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_offered(folder, name, known)).collect();
    names.sort();
    names
}

fn is_offered(folder: &Path, name: &str, known: &[Key]) -> bool {
    let Ok(Some(bytes)) = files::read(&folder.join(name), MAX_BYTES) else { return false };
    let text = String::from_utf8_lossy(&bytes);
    let encoded = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
    let ours = encoded(&text);
    is_named_public(name)
        && is_plain(name)
        && PublicKey::parse(&text).is_ok()
        && !known.iter().any(|key| encoded(&key.public_key) == ours)
}

fn is_named_public(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "pub")
}

/// Reads a public key from a file of `~/.ssh`.
pub(super) fn public_key(env: &Env, name: &str) -> Result<PublicKey> {
    let unreadable = |detail: String| {
        Error::new(Code::WrongUsage, format!("~/.ssh/{name} could not be read."))
            .means("No key was added.")
            .detail(detail)
    };
    // A bare file name: the page cannot ask for any other file.
    if Path::new(name).file_name().is_none_or(|file| file != name) || !is_named_public(name) {
        return Err(unreadable("the name is not that of a public key file".to_owned()));
    }
    match files::read(&env.home().join(".ssh").join(name), MAX_BYTES) {
        Ok(Some(bytes)) => PublicKey::parse(&String::from_utf8_lossy(&bytes)),
        Ok(None) => Err(unreadable("the file is gone".to_owned())),
        Err(error) => Err(unreadable(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake me@example.com\n";

    #[test]
    fn offers_public_keys_of_the_ssh_folder_and_no_other_file() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        let folder = home.path().join(".ssh");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("id_ed25519.pub"), KEY).unwrap();
        std::fs::write(folder.join("id_ed25519"), "-----BEGIN OPENSSH PRIVATE KEY-----\nfake\n").unwrap();
        std::fs::write(folder.join("config.pub"), "Host *\n").unwrap();
        assert_eq!(public_keys(&folder, &[]), ["id_ed25519.pub"]);
        assert!(public_key(&env, "id_ed25519.pub").is_ok());
        for name in ["id_ed25519", "config.pub", "../.ssh/id_ed25519.pub", "gone.pub", ""] {
            assert!(public_key(&env, name).is_err(), "{name}");
        }
    }
}
