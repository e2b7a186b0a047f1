//! The page of what can act as the account: loaded when it is opened, and again after each change.

use std::path::Path;

use jiff::Timestamp;

use super::{Controller, Page};
use herokey_core::action::access;
use herokey_core::action::access::Access;
use herokey_core::base::env::Env;
use herokey_core::base::error::{Code, Error, Result};
use herokey_core::base::files;
use herokey_core::base::person::Nobody;
use herokey_core::heroku::keys;
use herokey_core::heroku::keys::{Key, PublicKey};
use herokey_core::heroku::{Cancel, Heroku};
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;

/// No public key is longer.
const LIMIT: u64 = 64 << 10;

/// What the page shows.
#[derive(Clone, Debug, PartialEq)]
pub enum AccessPage {
    /// Heroku is being asked.
    Loading,
    /// Heroku has answered.
    Loaded(Box<Loaded>),
    /// It could not be asked, or has refused.
    Failed(Error),
}

/// What Heroku has answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// When.
    pub at: Timestamp,
    /// Authorizations and sessions.
    pub access: Vec<Access>,
    /// SSH keys.
    pub keys: Vec<Key>,
    /// Names of files in `~/.ssh` whose key the account does not have.
    pub files: Vec<String>,
}

impl Controller {
    /// Opens the page, or looks again where it is open.
    pub(super) fn show_access(&self) {
        self.change(|state| state.page = Some(Page::Access(AccessPage::Loading)));
        let controller = self.clone();
        std::thread::spawn(move || {
            let loaded = match load(&controller.env()) {
                Ok(loaded) => AccessPage::Loaded(Box::new(loaded)),
                Err(error) => AccessPage::Failed(error),
            };
            controller.change(|state| {
                // It may have been closed meanwhile.
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

/// The files of public keys that the account does not have yet.
fn public_keys(folder: &Path, known: &[Key]) -> Vec<String> {
    // Without the folder, or without a right to it, there is nothing to offer.
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_offered(folder, name, known)).collect();
    names.sort();
    names
}

fn is_offered(folder: &Path, name: &str, known: &[Key]) -> bool {
    let Ok(Some(bytes)) = files::read(&folder.join(name), LIMIT) else { return false };
    let text = String::from_utf8_lossy(&bytes);
    let encoded = |line: &str| line.split_whitespace().nth(1).map(str::to_owned);
    let ours = encoded(&text);
    is_named_public(name)
        && PublicKey::parse(&text).is_ok()
        && !known.iter().any(|key| encoded(&key.public_key) == ours)
}

fn is_named_public(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "pub")
}

/// The public key in a file of `~/.ssh`, by the file's name.
pub(super) fn public_key(env: &Env, name: &str) -> Result<PublicKey> {
    let unreadable = |detail: String| {
        Error::new(Code::WrongUsage, format!("~/.ssh/{name} could not be read."))
            .means("No key was added.")
            .detail(detail)
    };
    // A name and nothing but a name: the page cannot ask for any other file.
    if Path::new(name).file_name().is_none_or(|file| file != name) || !is_named_public(name) {
        return Err(unreadable("it is not the name of a public key's file".to_owned()));
    }
    match files::read(&env.home().join(".ssh").join(name), LIMIT) {
        Ok(Some(bytes)) => PublicKey::parse(&String::from_utf8_lossy(&bytes)),
        Ok(None) => Err(unreadable("it is gone".to_owned())),
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
