//! The page about access: who can act as the account, or for a team. Loaded when it opens, after each change, and when
//! another token is in use.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::{Controller, Page, State};
use herokey_core::action;
use herokey_core::action::access;
use herokey_core::action::access::Access;
use herokey_core::action::{Done, NewAccess, Runner};
use herokey_core::base::env::Env;
use herokey_core::base::error::{Code, Error, Result};
use herokey_core::base::files;
use herokey_core::base::person::{Confirmation, Nobody};
use herokey_core::base::text::is_plain;
use herokey_core::base::token::Token;
use herokey_core::desktop::clipboard;
use herokey_core::desktop::clipboard::OpenClipboard;
use herokey_core::heroku::keys;
use herokey_core::heroku::keys::{Key, PublicKey};
use herokey_core::heroku::{Cancel, Heroku, teams};
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;

/// No public key file is larger.
const MAX_BYTES: u64 = 64 << 10;

/// The page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AccessPage {
    /// The team that it is about; `None` for the account.
    pub team: Option<String>,
    /// The teams that it can show instead.
    pub teams: Vec<String>,
    /// Heroku is being asked.
    pub loading: bool,
    /// What it shows, also while Heroku is asked again.
    pub content: AccessContent,
    /// Tells this loading from earlier ones, whose answers may come later.
    pub load: u64,
}

/// What the page shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum AccessContent {
    /// Heroku has not answered yet.
    #[default]
    Nothing,
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
    /// Authorizations, and the sessions of an account.
    pub access: Vec<Access>,
    /// The account's SSH keys.
    pub keys: Vec<Key>,
    /// Names of files in `~/.ssh` with a public key that the account does not have.
    pub files: Vec<String>,
}

impl Controller {
    /// Opens the page, of a team or of the account.
    pub(super) fn show_access(&self, team: Option<String>) {
        self.load_access(Unlock::Ask, |state| {
            let teams = access_page(state).map(|page| std::mem::take(&mut page.teams)).unwrap_or_default();
            state.page = Some(Page::Access(AccessPage { team, teams, ..AccessPage::default() }));
        });
    }

    /// Loads the page again if it is open.
    pub(super) fn reload_access(&self) {
        self.load_access(Unlock::Ask, |_| {});
    }

    /// Loads the page for the token that is in use now, if it is open: of another account from the beginning. Asks nobody
    /// to unlock a keychain.
    pub(super) fn follow_access(&self, is_another_account: bool) {
        self.load_access(Unlock::Never, |state| {
            if let Some(page) = access_page(state).filter(|_| is_another_account) {
                *page = AccessPage::default();
            }
        });
    }

    /// Asks Heroku for the page after a change to the state, if the page is open then.
    fn load_access(&self, unlock: Unlock, change: impl FnOnce(&mut State)) {
        static LOADS: AtomicU64 = AtomicU64::new(0);
        let load = LOADS.fetch_add(1, Ordering::Relaxed);
        let mut asked_for = None;
        self.change(|state| {
            change(state);
            if let Some(page) = access_page(state) {
                (page.loading, page.load) = (true, load);
                asked_for = Some(page.team.clone());
            }
        });
        let Some(team) = asked_for else { return };
        let controller = self.clone();
        std::thread::spawn(move || {
            let answer = ask(&controller.env(), team.as_deref(), unlock);
            controller.change(|state| {
                // The user may have closed it since, or opened another one.
                let Some(page) = access_page(state).filter(|page| page.load == load) else { return };
                page.loading = false;
                page.content = match answer {
                    Ok((loaded, teams)) => {
                        page.teams = teams;
                        AccessContent::Loaded(Box::new(loaded))
                    }
                    Err(error) => AccessContent::Failed(error),
                };
            });
        });
    }

    /// Makes an authorization, and copies its token.
    pub(super) fn authorize(&self, runner: &Runner<'_>, new: &NewAccess) -> Result<Done> {
        let clipboard = OpenClipboard::open(runner.env)?;
        action::authorize(runner, new, |token| self.copy_new(runner, clipboard, token))
            .map(|done| copied(&done))
    }

    /// Makes a new token for an authorization once the user has agreed, and copies it.
    pub(super) fn new_token(&self, runner: &Runner<'_>, id: &str, team: Option<&str>) -> Result<Done> {
        runner.person.confirm(&Confirmation {
            ask: format!("Make a new token for {}?", self.name_of(id)),
            means: "The old token stops working at once, wherever it is used. The new one is copied to the \
                    clipboard; Heroku does not show it again."
                .to_owned(),
            yes: "Make it".to_owned(),
        })?;
        // Heroku revokes the old token at once, so there has to be a place for the new one before.
        let clipboard = OpenClipboard::open(runner.env)?;
        action::new_token(runner, id, team, |token| self.copy_new(runner, clipboard, token))
            .map(|done| copied(&done))
    }

    fn copy_new(&self, runner: &Runner<'_>, clipboard: OpenClipboard, token: &Token) -> Result<()> {
        let clears_at = clipboard.copy(runner.env, token)?;
        self.change(|state| state.clears_at = Some(clears_at));
        Ok(())
    }

    /// The name of an authorization that the page shows, else its id.
    fn name_of(&self, id: &str) -> String {
        let page = self.state().page;
        let shown = match &page {
            Some(Page::Access(AccessPage { content: AccessContent::Loaded(loaded), .. })) => &*loaded.access,
            _ => &[],
        };
        let found = shown.iter().find(|access| &*access.id == id && !access.description.is_empty());
        found.map_or_else(|| id.to_owned(), |access| format!("“{}”", access.description))
    }
}

fn copied(done: &Done) -> Done {
    Done { what: format!("{} Its token is copied.", done.what), note: clipboard::clears_in() }
}

fn access_page(state: &mut State) -> Option<&mut AccessPage> {
    match &mut state.page {
        Some(Page::Access(page)) => Some(page),
        _ => None,
    }
}

/// Heroku's answer, and the names of the account's teams.
fn ask(env: &Env, team: Option<&str>, unlock: Unlock) -> Result<(Loaded, Vec<String>)> {
    let token = lookup::require_token(env, unlock)?.token;
    let heroku = Heroku::connect(env, Cancel::new(), &Nobody)?;
    let access = access::all(env, &heroku, &token, team)?;
    let teams = teams::names(&heroku, &token)?.iter().map(ToString::to_string).collect();
    let loaded = Loaded { at: env.now(), access, keys: Vec::new(), files: Vec::new() };
    if team.is_some() {
        return Ok((loaded, teams));
    }
    let keys = keys::list(&heroku, &token)?;
    let files = public_keys(&env.home().join(".ssh"), &keys);
    Ok((Loaded { keys, files, ..loaded }, teams))
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
