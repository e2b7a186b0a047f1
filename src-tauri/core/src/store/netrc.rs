//! `.netrc` as the Heroku CLI, git and curl find it. What it says is `netrc_edit`'s subject; this is the file.

use std::io;
use std::path::{Path, PathBuf};

use netrc_edit::{Credential, Netrc};

use super::file;
use super::netrc_lock::NetrcLock;
use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::token::Token;

/// Far above any real file, far below what would hurt.
const LIMIT: u64 = 16 << 20;

/// The file, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetrcFile {
    /// Where it is, as found; a link is followed when it is read or written.
    pub path: PathBuf,
    /// It is `.netrc.gpg`, which the CLI prefers and reads through gpg.
    pub encrypted: bool,
}

impl NetrcFile {
    /// Finds it as the CLI does: `.netrc.gpg` wins; `_netrc` on Windows.
    pub fn locate(env: &Env) -> Self {
        let path = env.home().join(if cfg!(windows) { "_netrc" } else { ".netrc" });
        let mut encrypted = path.clone().into_os_string();
        encrypted.push(".gpg");
        let encrypted = PathBuf::from(encrypted);
        if encrypted.exists() {
            Self { path: encrypted, encrypted: true }
        } else {
            Self { path, encrypted: false }
        }
    }

    /// What it holds; `None` where there is no file.
    pub fn read(&self, env: &Env) -> Result<Option<Netrc>> {
        self.refuse_encrypted(env)?;
        let bytes = file::read(&self.path, LIMIT).map_err(|error| self.failed(env, "read", &error))?;
        Ok(bytes.map(Netrc::parse))
    }

    /// Gives these hosts this login and token, and checks that they read back.
    pub fn set(&self, env: &Env, hosts: &[&str], login: &str, token: &Token) -> Result<()> {
        self.edit(env, |netrc| hosts.iter().try_for_each(|host| netrc.set(host, login, token.expose())))?;
        let written = self.read(env)?;
        let reads_back = |host: &&str| {
            let seen = written.as_ref().and_then(|netrc| netrc.heroku_cli(host));
            seen.as_ref().and_then(token_of).as_ref() == Some(token)
        };
        if hosts.iter().all(reads_back) {
            return Ok(());
        }
        Err(self.failed(env, "write", &io::Error::other("what was written did not read back")))
    }

    /// Removes the records of these hosts that are `account`'s or hold `token`; returns how many.
    pub fn remove(&self, env: &Env, hosts: &[&str], account: &str, token: Option<&Token>) -> Result<usize> {
        if self.read(env)?.is_none() {
            return Ok(0);
        }
        let mut removed = 0;
        self.edit(env, |netrc| {
            removed = 0;
            for host in hosts {
                removed += netrc.remove_where(host, |record| {
                    let theirs = !account.is_empty() && login_of(record).as_deref() == Some(account);
                    theirs || token.is_some() && token_of(record).as_ref() == token
                });
            }
            Ok(())
        })?;
        Ok(removed)
    }

    /// Edits the file under its lock, and again from what is there then if somebody changed it without the lock.
    fn edit(
        &self,
        env: &Env,
        mut change: impl FnMut(&mut Netrc) -> std::result::Result<(), netrc_edit::EditError>,
    ) -> Result<()> {
        self.refuse_encrypted(env)?;
        let failed = |error: &io::Error| self.failed(env, "write", error);
        let target = followed(&self.path).map_err(|error| failed(&error))?;
        let _lock = NetrcLock::take(&target, env).map_err(|error| failed(&error))?;
        loop {
            let before = file::read(&target, LIMIT).map_err(|error| failed(&error))?;
            let mut netrc = Netrc::parse(before.clone().unwrap_or_default());
            change(&mut netrc).map_err(|error| failed(&io::Error::other(error.to_string())))?;
            if before.as_deref() == Some(netrc.as_bytes()) {
                return Ok(());
            }
            let current = file::read(&target, LIMIT).map_err(|error| failed(&error))?;
            if current == before {
                return replace(&target, netrc.as_bytes()).map_err(|error| failed(&error));
            }
        }
    }

    fn refuse_encrypted(&self, env: &Env) -> Result<()> {
        if !self.encrypted {
            return Ok(());
        }
        let path = env.tilde(&self.path);
        Err(Error::new(Code::Unsupported, format!("{path} is encrypted; Herokey cannot read it yet."))
            .means("The Heroku CLI still uses what is in it.")
            .fix("Use `heroku login` and `heroku logout` with it."))
    }

    fn failed(&self, env: &Env, verb: &str, error: &io::Error) -> Error {
        Error::new(Code::NetrcFailed, format!("Could not {verb} {}.", env.tilde(&self.path)))
            .means("The file is as it was.")
            .fix("Mend what the detail says, then try again.")
            .detail(error)
    }
}

/// The token in a record; `None` where there is none, or something that cannot be one.
pub fn token_of(record: &Credential) -> Option<Token> {
    record.password().and_then(|password| std::str::from_utf8(password).ok()).and_then(Token::parse)
}

/// The login of a record.
pub fn login_of(record: &Credential) -> Option<String> {
    record.login().map(|login| String::from_utf8_lossy(login).into_owned())
}

/// The file that a link points to, so that a linked `.netrc` stays a link.
fn followed(path: &Path) -> io::Result<PathBuf> {
    match std::fs::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match std::fs::read_link(path) {
            Ok(target) => Ok(path.parent().unwrap_or(Path::new(".")).join(target)),
            Err(_) => Ok(path.to_owned()),
        },
        other => other,
    }
}

/// Writes the file anew for its owner alone, whoever runs this.
fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    #[cfg(unix)]
    let owner = std::fs::metadata(target).ok();
    file::write(target, bytes)?;
    #[cfg(unix)]
    if let Some(before) = owner {
        use std::os::unix::fs::MetadataExt;
        let now = std::fs::metadata(target)?;
        if (now.uid(), now.gid()) != (before.uid(), before.gid()) {
            std::os::unix::fs::chown(target, Some(before.uid()), Some(before.gid()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const HOSTS: [&str; 2] = ["api.heroku.com", "git.heroku.com"];
    const OTHERS: &str = "# mine\nmachine ftp.example.com\n\tlogin anna\n\tpassword \"two words\"\n";

    fn home(netrc: Option<&str>) -> (tempfile::TempDir, Env, NetrcFile) {
        let home = tempfile::tempdir().unwrap();
        if let Some(content) = netrc {
            fs::write(home.path().join(".netrc"), content).unwrap();
        }
        let mut env = Env::new([("HOME", home.path())]);
        env.limits.netrc_lock = std::time::Duration::from_millis(50);
        let file = NetrcFile::locate(&env);
        (home, env, file)
    }

    fn token(text: &str) -> Token {
        Token::parse(text).unwrap()
    }

    #[test]
    fn is_written_and_removed_without_a_trace() {
        let (home, env, file) = home(Some(OTHERS));
        file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap();
        let text = fs::read_to_string(&file.path).unwrap();
        assert!(text.starts_with(OTHERS), "{text}");
        assert!(
            text.contains("machine git.heroku.com\n\tlogin me@example.com\n\tpassword HRKU-fake-one\n"),
            "{text}"
        );
        assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(file.remove(&env, &HOSTS, "me@example.com", None).unwrap(), 2);
        assert_eq!(fs::read_to_string(&file.path).unwrap(), OTHERS);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no lock and no temporary file is left");
    }

    #[test]
    fn anothers_records_stay() {
        let (_home, env, file) = home(None);
        file.set(&env, &HOSTS, "other@example.com", &token("HRKU-fake-other")).unwrap();
        let before = fs::read(&file.path).unwrap();
        assert_eq!(file.remove(&env, &HOSTS, "me@example.com", Some(&token("HRKU-fake-mine"))).unwrap(), 0);
        assert_eq!(file.remove(&env, &HOSTS, "", None).unwrap(), 0);
        assert_eq!(fs::read(&file.path).unwrap(), before);
        assert_eq!(file.remove(&env, &HOSTS, "", Some(&token("HRKU-fake-other"))).unwrap(), 2);
    }

    #[test]
    fn a_link_stays_a_link() {
        let (home, env, file) = home(None);
        let target = home.path().join("dotfiles-netrc");
        std::os::unix::fs::symlink("dotfiles-netrc", &file.path).unwrap();
        file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap();
        file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-two")).unwrap();
        assert!(fs::symlink_metadata(&file.path).unwrap().is_symlink());
        assert!(fs::read_to_string(target).unwrap().contains("HRKU-fake-two"));
    }

    #[test]
    fn what_is_no_regular_file_is_left_alone() {
        let (_home, env, file) = home(None);
        fs::create_dir(&file.path).unwrap();
        let error = file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap_err();
        assert_eq!(error.code, Code::NetrcFailed);
        assert!(file.path.is_dir());
    }

    #[test]
    fn an_encrypted_file_is_said_to_be_one() {
        let (home, env, _) = home(Some(OTHERS));
        fs::write(home.path().join(".netrc.gpg"), "not for us").unwrap();
        let file = NetrcFile::locate(&env);
        assert!(file.encrypted);
        assert_eq!(file.read(&env).map(drop).unwrap_err().code, Code::Unsupported);
        assert_eq!(fs::read_to_string(home.path().join(".netrc")).unwrap(), OTHERS);
    }
}
