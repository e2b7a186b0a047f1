//! `.netrc` as the Heroku CLI, git and curl find it. What it says is `netrc_edit`'s subject; this is the file.

mod gpg;
mod in_place;
mod lock;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use netrc_edit::{Credential, Netrc, Record};
use secrecy::zeroize::Zeroizing;

use self::in_place::{Opened, Raw};
use self::lock::NetrcLock;
use super::keychain::Unlock;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::token::Token;

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
        let plain = Self::plain(env);
        let encrypted = plain.path.with_extension("gpg");
        if encrypted.exists() { Self { path: encrypted, encrypted: true } } else { plain }
    }

    /// The file that curl and git read, whether there is an encrypted one or not.
    pub fn plain(env: &Env) -> Self {
        let path = env.home().join(if cfg!(windows) { "_netrc" } else { ".netrc" });
        Self { path, encrypted: false }
    }

    /// The netrc file at a path, where it is one that the Heroku CLI or curl reads.
    pub(crate) fn at(env: &Env, path: &Path) -> Option<Self> {
        [Self::locate(env), Self::plain(env)].into_iter().find(|file| file.path == path)
    }

    /// Puts other bytes in the place of the file's own, under its lock, and checks that they are there then. `None`
    /// leaves it as it is.
    pub(crate) fn change(
        &self,
        env: &Env,
        mut change: impl FnMut(&[u8]) -> Result<Option<Zeroizing<Vec<u8>>>>,
    ) -> Result<()> {
        let mut refused = None;
        let mut wanted = None;
        self.edit(env, |netrc| {
            match change(netrc.as_bytes()) {
                Ok(Some(bytes)) => *netrc = Netrc::parse(bytes.to_vec()),
                Ok(None) => {}
                Err(error) => refused = Some(error),
            }
            wanted = Some(netrc.clone());
            Ok(())
        })?;
        match refused {
            Some(error) => Err(error),
            None if self.read(env, Unlock::Ask)? == wanted => Ok(()),
            None => Err(self.failed(env, "write", &io::Error::other("what was written did not read back"))),
        }
    }

    /// What it holds; `None` where there is no file. With [`Unlock::Never`] nobody is asked for a passphrase.
    pub fn read(&self, env: &Env, unlock: Unlock) -> Result<Option<Netrc>> {
        let netrc = files::read(&self.path, LIMIT).and_then(|raw| match raw {
            Some(raw) => self.decoded(env, raw, unlock).map(Some),
            None => Ok(None),
        });
        netrc.map_err(|error| self.failed(env, "read", &error))
    }

    /// Gives these hosts this login and token, and checks that they read back: a program that takes no lock may have
    /// written over them at once, and then they are written again.
    pub fn set(&self, env: &Env, hosts: &[&str], login: &str, token: &Token) -> Result<()> {
        let started = Instant::now();
        while started.elapsed() < env.limits.netrc_lock {
            self.edit(env, |netrc| hosts.iter().try_for_each(|host| netrc.set(host, login, token.expose())))?;
            let written = self.read(env, Unlock::Ask)?;
            let reads_back = |host: &&str| {
                let seen = written.as_ref().and_then(|netrc| netrc.heroku_cli(host));
                seen.as_ref().and_then(token_of).as_ref() == Some(token)
            };
            if hosts.iter().all(reads_back) {
                return Ok(());
            }
        }
        Err(self.failed(env, "write", &io::Error::other("what was written did not read back")))
    }

    /// Removes the records of these hosts that are `unwanted`; returns how many.
    pub fn remove(
        &self,
        env: &Env,
        hosts: &[&str],
        mut unwanted: impl FnMut(&Credential) -> bool,
    ) -> Result<usize> {
        if self.read(env, Unlock::Ask)?.is_none() {
            return Ok(0);
        }
        let mut removed = 0;
        self.edit(env, |netrc| {
            removed = hosts.iter().map(|host| netrc.remove_where(host, &mut unwanted)).sum();
            Ok(())
        })?;
        Ok(removed)
    }

    /// Fails where the Heroku CLI still finds an `unwanted` record of these hosts: it reads comments and what is behind a
    /// syntax error too, where no record is removed (INTEROP.md, "netrc, as the CLI reads it").
    pub fn refuse_leftovers(
        &self,
        env: &Env,
        hosts: &[&str],
        unwanted: impl Fn(&Credential) -> bool,
    ) -> Result<()> {
        let Some(netrc) = self.read(env, Unlock::Ask)? else { return Ok(()) };
        let is_left = |host: &&&str| netrc.heroku_cli(host).is_some_and(|record| unwanted(&record));
        let Some(host) = hosts.iter().find(is_left) else { return Ok(()) };
        let shown = env.tilde(&self.path);
        Err(Error::new(Code::PartlyDone, format!("The Heroku CLI still finds a token of {host} in {shown}."))
            .means(
                "It stands in a comment, or behind a quote that is not closed, and is left there as it was.",
            )
            .next_step(format!("Remove it from {shown} in an editor.")))
    }

    /// Removes what a killed process left beside the file while it wrote it, its lock included.
    pub fn sweep(&self, env: &Env) -> Result<()> {
        self.locked(env).map(drop).map_err(|error| self.failed(env, "tidy up beside", &error))
    }

    /// Edits the file under its lock, and again from what is there then if somebody changed it without the lock.
    fn edit(
        &self,
        env: &Env,
        mut change: impl FnMut(&mut Netrc) -> std::result::Result<(), netrc_edit::EditError>,
    ) -> Result<()> {
        let edited = self.locked(env).and_then(|locked| {
            let started = Instant::now();
            // What was written in place meanwhile, and what has taken its place.
            let mut rescued: Option<(Raw, Raw)> = None;
            while started.elapsed() < env.limits.netrc_lock {
                let old = Opened::read(env, &locked.target, LIMIT)?;
                let current = old.as_ref().map(|old| &old.raw);
                // Whoever has written since then has the last word.
                let theirs =
                    rescued.take().filter(|(_, ours)| current == Some(ours)).map(|(theirs, _)| theirs);
                let is_rescue = theirs.is_some();
                let mut netrc = match theirs.or(current.cloned()) {
                    Some(raw) => self.decoded(env, raw, Unlock::Ask)?,
                    None => Netrc::default(),
                };
                let was = netrc.clone();
                change(&mut netrc).map_err(|error| io::Error::other(error.to_string()))?;
                if netrc == was && !is_rescue {
                    return Ok(());
                }
                let raw = self.encoded(env, &netrc)?;
                if files::read(&locked.target, LIMIT)?.as_ref() != current {
                    continue;
                }
                let replace = || files::write(&locked.target, &raw);
                let meanwhile = match old {
                    Some(old) => old.replaced(replace)?,
                    None => replace().map(|()| None)?,
                };
                match meanwhile {
                    Some(theirs) => rescued = Some((theirs, raw)),
                    None => return Ok(()),
                }
            }
            Err(io::Error::new(io::ErrorKind::TimedOut, "another program keeps changing it"))
        });
        edited.map_err(|error| self.failed(env, "write", &error))
    }

    fn locked(&self, env: &Env) -> io::Result<Locked> {
        let target = followed(&self.path)?;
        let lock = NetrcLock::take(&self.path, env)?;
        files::sweep(&target)?;
        Ok(Locked { target, _lock: lock })
    }

    fn decoded(&self, env: &Env, raw: Raw, unlock: Unlock) -> io::Result<Netrc> {
        let mut plain = if self.encrypted { gpg::decrypt(env, raw, unlock, LIMIT)? } else { raw };
        Ok(Netrc::parse(std::mem::take(&mut *plain)))
    }

    fn encoded(&self, env: &Env, netrc: &Netrc) -> io::Result<Raw> {
        if self.encrypted {
            gpg::encrypt(env, netrc.as_bytes())
        } else {
            Ok(Zeroizing::new(netrc.as_bytes().to_vec()))
        }
    }

    fn failed(&self, env: &Env, verb: &str, error: &io::Error) -> Error {
        Error::new(Code::NetrcFailed, format!("Could not {verb} {}.", env.tilde(&self.path)))
            .means("The file is as it was.")
            .next_step("Mend what the detail says, then try again.")
            .detail(error)
    }
}

/// The file while this process alone may write it.
struct Locked {
    /// Links followed.
    target: PathBuf,
    _lock: NetrcLock,
}

/// The token in a record; `None` where there is none, or something that cannot be one.
pub fn token_of(record: &Credential) -> Option<Token> {
    record.password().and_then(|password| std::str::from_utf8(password).ok()).and_then(Token::parse)
}

/// The login of a record.
pub fn login_of(record: &Credential) -> Option<String> {
    record.login().map(|login| String::from_utf8_lossy(login).into_owned())
}

/// True if a record is about this host. `default` is about none.
pub(crate) fn names_host(record: &Record, host: &str) -> bool {
    record.host.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(host.as_bytes()))
}

/// The records of a host, in the file's order.
pub(crate) fn records_of(netrc: &Netrc, host: &str) -> impl Iterator<Item = Record> {
    netrc.records().filter(move |record| names_host(record, host))
}

/// The file that a link points to, so that a linked `.netrc` stays a link.
fn followed(path: &Path) -> io::Result<PathBuf> {
    match dunce::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match std::fs::read_link(path) {
            Ok(target) => Ok(path.parent().unwrap_or(Path::new(".")).join(target)),
            Err(_) => Ok(path.to_owned()),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    #[cfg(unix)]
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::fixture;

    const NAME: &str = if cfg!(windows) { "_netrc" } else { ".netrc" };

    const HOSTS: [&str; 2] = ["api.heroku.com", "git.heroku.com"];
    const OTHERS: &str = "# mine\nmachine ftp.example.com\n\tlogin anna\n\tpassword \"two words\"\n";

    fn home(netrc: Option<&str>) -> (tempfile::TempDir, Env, NetrcFile) {
        let home = tempfile::tempdir().unwrap();
        if let Some(content) = netrc {
            fs::write(home.path().join(NAME), content).unwrap();
        }
        let env = Env::new([("HOME", home.path())]);
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
        #[cfg(unix)]
        assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(
            file.remove(&env, &HOSTS, |record| login_of(record).as_deref() == Some("me@example.com"))
                .unwrap(),
            2
        );
        assert_eq!(fs::read_to_string(&file.path).unwrap(), OTHERS);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no lock and no temporary file is left");
    }

    fn holds(wanted: &'static str) -> impl Fn(&Credential) -> bool {
        move |record| token_of(record) == Some(token(wanted))
    }

    #[test]
    fn records_of_other_accounts_stay() {
        let (_home, env, file) = home(None);
        file.set(&env, &HOSTS, "other@example.com", &token("HRKU-fake-other")).unwrap();
        let before = fs::read(&file.path).unwrap();
        assert_eq!(file.remove(&env, &HOSTS, holds("HRKU-fake-mine")).unwrap(), 0);
        assert_eq!(fs::read(&file.path).unwrap(), before);
        assert_eq!(file.remove(&env, &HOSTS, holds("HRKU-fake-other")).unwrap(), 2);
    }

    #[cfg(unix)]
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
        let (home, env, file) = home(None);
        let refused = || {
            let error = file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap_err();
            assert_eq!((error.code, error.means.as_str()), (Code::NetrcFailed, "The file is as it was."));
            assert_eq!(file.read(&env, Unlock::Never).map(drop).unwrap_err().code, Code::NetrcFailed);
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left beside it");
            error.detail
        };
        fs::create_dir(&file.path).unwrap();
        // Windows does not open a folder at all.
        assert!(cfg!(windows) || refused() == "it is not a regular file", "{}", refused());
        fs::remove_dir(&file.path).unwrap();
        #[cfg(unix)]
        make_fifo(&file.path, &refused);
    }

    #[cfg(unix)]
    fn make_fifo(path: &Path, refused: &dyn Fn() -> String) {
        let made = std::process::Command::new("mkfifo").arg(path).status().unwrap();
        assert!(made.success());
        assert_eq!(refused(), "it is not a regular file");
    }

    #[test]
    fn a_file_beyond_any_real_one_is_left_alone() {
        let (_home, env, file) = home(None);
        fs::File::create(&file.path).unwrap().set_len(100 << 20).unwrap();
        let error = file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap_err();
        assert_eq!(error.detail, "it is larger than 16 MiB");
        assert_eq!(fs::metadata(&file.path).unwrap().len(), 100 << 20);
    }

    #[cfg(unix)]
    #[test]
    fn others_may_no_longer_read_it_once_it_is_written() {
        let (_home, env, file) = home(Some(OTHERS));
        fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).unwrap();
        file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap();
        assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn what_a_killed_writer_left_is_swept_away() {
        let (home, env, file) = home(Some(OTHERS));
        for left in [".herokey-1a2b3c", ".lock.herokey-4d5e6f"] {
            fs::write(
                home.path().join(format!("{NAME}{left}")),
                "machine api.heroku.com password HRKU-fake-left",
            )
            .unwrap();
        }
        fs::write(home.path().join(format!("{NAME}.bak")), "mine").unwrap();
        file.sweep(&env).unwrap();
        let mut names: Vec<_> =
            fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [NAME, &format!("{NAME}.bak")]);
    }

    #[test]
    fn what_is_written_in_place_meanwhile_is_kept() {
        if fixture::is_wine() {
            eprintln!("SKIPPED: Wine replaces no file that is open");
            return;
        }
        let (_home, env, file) = home(Some(OTHERS));
        let old = Opened::read(&env, &file.path, LIMIT).unwrap().unwrap();
        let in_place = fs::File::options().write(true).truncate(true).open(&file.path).unwrap();
        let theirs = old.replaced(|| {
            files::write(&file.path, b"# ours")?;
            io::Write::write_all(&mut &in_place, b"# theirs")
        });
        assert_eq!(theirs.unwrap().unwrap().as_slice(), b"# theirs");
        let old = Opened::read(&env, &file.path, LIMIT).unwrap().unwrap();
        assert!(old.replaced(|| files::write(&file.path, b"# again")).unwrap().is_none());
    }

    #[test]
    fn a_change_made_meanwhile_is_kept() {
        let (_home, env, file) = home(Some(OTHERS));
        let mut first = true;
        file.edit(&env, |netrc| {
            if std::mem::take(&mut first) {
                fs::write(&file.path, format!("{OTHERS}machine new.example.com login me password fake\n"))
                    .unwrap();
            }
            netrc.set("api.heroku.com", "me@example.com", "HRKU-fake-one")
        })
        .unwrap();
        let text = fs::read_to_string(&file.path).unwrap();
        assert!(text.contains("new.example.com") && text.contains("HRKU-fake-one"), "{text}");
    }
}
