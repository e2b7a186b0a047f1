//! The netrc file as the Heroku CLI, git and curl find it. The crate `netrc_edit` parses and edits its content.

pub(crate) mod curlrc;
mod gpg;
pub(crate) mod hidden;
mod in_place;
mod lock;
mod overwrite;

use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

use netrc_edit::{Credential, Mention, Netrc, Record};
use secrecy::zeroize::Zeroizing;

pub use self::hidden::MentionPlace;
use self::in_place::{Opened, Raw};
use self::lock::{LeftLock, NetrcLock};
use self::overwrite::Why;
use super::keychain::Unlock;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files::{self, Obstacle};
use crate::base::text::shown;
use crate::base::token::Token;

/// More than any real file, but still fast to read.
const MAX_BYTES: u64 = 16 << 20;

/// A netrc file, whether it exists or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetrcFile {
    /// The path, which may be a link.
    pub path: PathBuf,
    /// True for `.netrc.gpg`, which the CLI prefers and reads with gpg.
    pub encrypted: bool,
}

impl NetrcFile {
    /// Finds the file that the CLI reads: `.netrc.gpg` if it exists, else the [plain](Self::plain) one.
    pub fn locate(env: &Env) -> Self {
        let plain = Self::plain(env);
        let encrypted = plain.path.with_extension("gpg");
        if encrypted.exists() { Self { path: encrypted, encrypted: true } } else { plain }
    }

    /// The file that curl and git read, even if there is an encrypted one: `.netrc`, or `_netrc` on Windows.
    pub fn plain(env: &Env) -> Self {
        let path = env.home().join(if cfg!(windows) { "_netrc" } else { ".netrc" });
        Self { path, encrypted: false }
    }

    /// Every netrc file that a program may read for Heroku: the Heroku CLI's first, then the plain one beside an encrypted
    /// one, then the files that `NETRC` and curl's configuration name, if they exist.
    pub(crate) fn all(env: &Env) -> Vec<Self> {
        let located = Self::locate(env);
        let plain = located.encrypted.then(|| Self::plain(env));
        let mut all: Vec<Self> = [located].into_iter().chain(plain).collect();
        all.extend(Self::named(env));
        all
    }

    /// The files besides those in the home folder that `NETRC` and curl's configuration name, if they exist. For some
    /// programs `NETRC` is a folder, and then it names no file here.
    pub(crate) fn named(env: &Env) -> Vec<Self> {
        // Whichever version of curl is installed: a copy is a copy.
        let by_curlrc = curlrc::candidates(env).into_iter().filter_map(|file| file.read()?.netrc_file);
        let paths = env.os("NETRC").map(PathBuf::from).into_iter().chain(by_curlrc);
        let mut named: Vec<Self> = Vec::new();
        for path in paths.filter(|path| path.is_absolute() && path.is_file()) {
            let is_same = |other: &Self| same_file::is_same_file(&path, &other.path).unwrap_or(false);
            if !named.iter().chain([&Self::locate(env), &Self::plain(env)]).any(is_same) {
                named.push(Self { path, encrypted: false });
            }
        }
        named
    }

    /// The netrc file at a path, if the Heroku CLI or curl reads it.
    pub(crate) fn at(env: &Env, path: &Path) -> Option<Self> {
        Self::all(env).into_iter().find(|file| file.path == path)
    }

    /// Replaces the content of the file while holding its lock, and reads it back. If `change` returns `None`, the file
    /// stays as it is.
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

    /// Reads the file. `None` if there is none. With [`Unlock::Never`], gpg does not ask for a passphrase.
    pub fn read(&self, env: &Env, unlock: Unlock) -> Result<Option<Netrc>> {
        let netrc = files::read(&self.path, MAX_BYTES).and_then(|raw| match raw {
            Some(raw) => self.decoded(env, raw, unlock).map(Some),
            None => Ok(None),
        });
        netrc.map_err(|error| self.failed(env, "read", &error))
    }

    /// Sets the login and token of these hosts, and reads them back. If a program that takes no lock has overwritten them,
    /// this writes them again.
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

    /// Removes the `unwanted` records of these hosts, and returns how many there were.
    pub(crate) fn remove(
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

    /// Fails if the file still has an `unwanted` token of these hosts in a comment or after a syntax error, where
    /// [`remove`](Self::remove) removes none. The Heroku CLI may find it there (INTEROP.md, "netrc, as the CLI reads it").
    pub(crate) fn refuse_leftovers(
        &self,
        env: &Env,
        hosts: &[&str],
        unwanted: impl Fn(&Credential) -> bool,
    ) -> Result<()> {
        let Some(netrc) = self.read(env, Unlock::Ask)? else { return Ok(()) };
        let shown = env.tilde(&self.path);
        let means = "It was not removed, because it is in a comment or after an unclosed quote.";
        let is_left = |host: &&&str| netrc.heroku_cli(host).is_some_and(|record| unwanted(&record));
        if let Some(host) = hosts.iter().find(is_left) {
            let what = format!("The Heroku CLI still finds a token of {host} in {shown}.");
            let next_step = format!("Remove it from {shown} in an editor.");
            return Err(Error::new(Code::PartlyDone, what).means(means).next_step(next_step));
        }
        let mut mentions = netrc.mentions().into_iter().filter(|mention| unwanted(&mention.credential));
        let of_heroku = hidden::tokens(&netrc, &env.hosts());
        let is_token = |mention: &Mention| {
            let token = token_of(&mention.credential);
            of_heroku.iter().any(|found| found.line == mention.line && Some(&found.token) == token.as_ref())
        };
        let Some(left) = mentions.find(is_token) else { return Ok(()) };
        Err(Error::new(Code::PartlyDone, format!("Line {} of {shown} still has a token.", left.line))
            .means(means)
            .next_step("Remove it with `herokey doctor --fix netrc-hidden-token`, or in an editor."))
    }

    /// The file's mode, if writing the file will take it away from everybody but its owner.
    pub(crate) fn mode_to_lose(&self) -> Option<u32> {
        files::mode(&self.path).ok().filter(|mode| mode & files::EVERYBODY != 0)
    }

    /// A lock of this file that no program on this machine will release.
    pub(crate) fn left_lock(&self, env: &Env) -> Option<LeftLock> {
        LeftLock::find(env, &self.path)
    }

    /// Removes the temporary files and the lock that a killed process left next to the file.
    pub(crate) fn sweep(&self, env: &Env) -> Result<()> {
        self.lock(env).map(drop).map_err(|error| self.failed(env, "clean up next to", &error))
    }

    /// Edits the file while holding its lock. If a program has changed it without the lock, edits the changed file again.
    fn edit(
        &self,
        env: &Env,
        mut change: impl FnMut(&mut Netrc) -> std::result::Result<(), netrc_edit::EditError>,
    ) -> Result<()> {
        let edited = self.lock(env).and_then(|locked| {
            let started = Instant::now();
            // What another program wrote to the replaced file, and what Herokey replaced it with.
            let mut rescued: Option<(Raw, Raw)> = None;
            while started.elapsed() < env.limits.netrc_lock {
                let old = Opened::read(env, &locked.target, MAX_BYTES)?;
                let current = old.as_ref().map(|old| &old.raw);
                // A newer change by another program wins over the rescued one.
                let theirs =
                    rescued.take().filter(|(_, ours)| current == Some(ours)).map(|(theirs, _)| theirs);
                let is_rescue = theirs.is_some();
                let mut netrc = match theirs.or(current.cloned()) {
                    Some(raw) => self.decoded(env, raw, Unlock::Ask)?,
                    None => Netrc::default(),
                };
                let before = netrc.clone();
                change(&mut netrc).map_err(|error| io::Error::other(error.to_string()))?;
                if netrc == before && !is_rescue {
                    return Ok(());
                }
                let raw = self.encoded(env, &netrc)?;
                if files::read(&locked.target, MAX_BYTES)?.as_ref() != current {
                    continue;
                }
                let mode = files::mode(&locked.target).ok();
                let theirs = self.put(env, &locked.target, old, &raw)?;
                self.remark_new_mode(env, &locked.target, mode);
                match theirs {
                    Some(theirs) => rescued = Some((theirs, raw)),
                    None => return Ok(()),
                }
            }
            Err(io::Error::new(io::ErrorKind::TimedOut, "another program keeps changing it"))
        });
        edited.map_err(|error| self.failed(env, "write", &error))
    }

    /// Replaces the file, or writes it in place if a new file could not be like the old one. Returns what another program
    /// has written since it was read.
    fn put(&self, env: &Env, target: &Path, old: Option<Opened>, raw: &Raw) -> io::Result<Option<Raw>> {
        let Some(old) = old else { return files::write(target, raw).map(|()| None) };
        let before = old.raw.clone();
        let why = if files::has_other_names(target)? {
            Why::OtherNames
        } else {
            match old.replace_with(|| files::write_alike(target, raw)) {
                Err(error) => match why_in_place(&error) {
                    Some(why) => why,
                    None => return Err(error),
                },
                replaced => return replaced,
            }
        };
        overwrite::write(env, target, &before, raw)?;
        env.remark(self.weakness(env, why));
        let now = files::read(target, MAX_BYTES)?.unwrap_or_default();
        Ok((*now != **raw).then_some(now))
    }

    fn remark_new_mode(&self, env: &Env, target: &Path, before: Option<u32>) {
        if let (Some(before), Ok(now)) = (before, files::mode(target))
            && before != now
        {
            let shown = env.tilde(&self.path);
            env.remark(format!(
                "The mode of {shown} is {now:04o} now. It was {before:04o}, with which every user of this machine could \
                 use the file."
            ));
        }
    }

    fn weakness(&self, env: &Env, why: Why) -> String {
        let shown = env.tilde(&self.path);
        let why = match why {
            Why::OtherNames => {
                return format!("{shown} has other names (hard links), which have the same content now.");
            }
            Why::Mounted => "is a mount of its own",
            Why::Folder => "is in a folder in which no file can be created",
            Why::Attributes => "has an owner or attributes that a new file could not have",
        };
        format!(
            "{shown} {why}, so it was written in place: a program that read it at that moment may have seen half of it."
        )
    }

    fn lock(&self, env: &Env) -> io::Result<Locked> {
        let target = link_target(&self.path)?;
        let lock = NetrcLock::take(&self.path, &target, env)?;
        files::sweep(&target)?;
        overwrite::restore(env, &target)?;
        Ok(Locked { target, _lock: lock })
    }

    fn decoded(&self, env: &Env, raw: Raw, unlock: Unlock) -> io::Result<Netrc> {
        let mut plain = if self.encrypted { gpg::decrypt(env, raw, unlock, MAX_BYTES)? } else { raw };
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
            .means("The file was not changed.")
            .next_step("Fix the problem shown under \"Technical details\", then try again.")
            .detail(error)
    }
}

/// Puts back what an interrupted write in place left half written. Call this when a program starts.
pub fn restore_interrupted(env: &Env) {
    for file in NetrcFile::all(env) {
        let is_interrupted =
            link_target(&file.path).is_ok_and(|target| overwrite::is_interrupted(env, &target));
        if is_interrupted && let Err(error) = file.sweep(env) {
            // The copy stays, and the next program tries again.
            tracing::warn!(%error, "could not restore a netrc file");
        }
    }
}

/// What keeps a netrc file from being changed, even in place.
pub(crate) fn obstacle(path: &Path) -> Option<Obstacle> {
    let target = std::fs::canonicalize(path).ok()?;
    match files::obstacle(&target)? {
        Obstacle::Mounted => files::is_protected(&target).then_some(Obstacle::ReadOnly),
        Obstacle::ReadOnly => files::is_protected(files::folder_of(&target)).then_some(Obstacle::ReadOnly),
        Obstacle::FolderReadOnly => None,
        other @ (Obstacle::NotRegular | Obstacle::Unseen(_)) => Some(other),
    }
}

/// Why the file has to be written in place; `None` if that would not help.
fn why_in_place(error: &io::Error) -> Option<Why> {
    match error.kind() {
        io::ErrorKind::ResourceBusy => Some(Why::Mounted),
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => Some(Why::Folder),
        io::ErrorKind::Unsupported => Some(Why::Attributes),
        _ => None,
    }
}

/// A netrc file whose lock this process holds.
struct Locked {
    /// The file's path, with links resolved.
    target: PathBuf,
    _lock: NetrcLock,
}

/// The token in a record. `None` if the record has no password, or one that cannot be a token.
pub(crate) fn token_of(record: &Credential) -> Option<Token> {
    record.password().and_then(|password| std::str::from_utf8(password).ok()).and_then(Token::parse)
}

/// The login of a record, safe to show.
pub(crate) fn login_of(record: &Credential) -> Option<String> {
    record.login().map(|login| shown(&String::from_utf8_lossy(login)))
}

/// True if a record names this host. `default` names none.
pub(crate) fn names_host(record: &Record, host: &str) -> bool {
    record.host.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(host.as_bytes()))
}

/// The records of a host, in the file's order.
pub(crate) fn records_of(netrc: &Netrc, host: &str) -> impl Iterator<Item = Record> {
    netrc.records().filter(move |record| names_host(record, host))
}

/// The path that a link points to, even if nothing is there yet, so that writing does not replace the link.
fn link_target(path: &Path) -> io::Result<PathBuf> {
    match dunce::canonicalize(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match std::fs::read_link(path) {
            Ok(target) => Ok(path.parent().unwrap_or(Path::new(".")).join(target)),
            Err(_) => Ok(path.to_owned()),
        },
        other => other,
    }
}

#[cfg(test)]
mod tests;
