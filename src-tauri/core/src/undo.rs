//! How fixes are taken back, the last one first: which bytes stood where in which file.
//!
//! The record is one small file, and no secret is ever in it. What the file still holds after the fix is only pointed
//! at; a secret that it does not hold any more is in the keychain, in an entry of Herokey's own. Where there is no
//! keychain to keep such a secret, the fix is refused: what cannot be taken back is not done.

use std::ops::Range;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::Timestamp;
use ring::digest;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffTag};

use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::store::file;
use crate::store::keychain::{Keychain, Unlock};

/// More than any change here.
const LIMIT: u64 = 1 << 20;
/// Fixes that can be taken back; of older ones nobody needs to know.
const MOST: usize = 32;

/// A file's bytes, wiped when dropped.
pub(crate) type Bytes = Zeroizing<Vec<u8>>;

/// What a fix changed, and what was there before.
#[derive(Debug, Serialize, Deserialize)]
pub struct Undo {
    /// What taking it back does, in a sentence.
    pub what: String,
    /// When the fix was made.
    pub at: Timestamp,
    /// The file.
    pub path: PathBuf,
    before: Before,
}

/// What was there before.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Before {
    /// Other permission bits.
    Mode(u32),
    /// No file.
    Nothing { after: String },
    /// Other bytes in these places of a file that is now `after`, by its SHA-256.
    Bytes { after: String, hunks: Vec<Hunk> },
}

/// The bytes of the changed file that took the place of others.
#[derive(Debug, Serialize, Deserialize)]
struct Hunk {
    place: Range<usize>,
    before: Vec<Piece>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Piece {
    /// In base64, since a file need not be text.
    Plain(String),
    /// They still stand in the changed file.
    Here(Range<usize>),
    /// They are in the keychain.
    Kept(Range<usize>),
}

/// The last fix; `None` where there is none to take back.
pub fn last(env: &Env) -> Option<Undo> {
    all(env).pop()
}

/// Where the record is.
pub fn path(env: &Env) -> PathBuf {
    env.state_dir().join("undo.json")
}

/// Forgets the last fix, and what the keychain keeps for it.
pub(crate) fn forget_last(env: &Env) -> Result<()> {
    let mut undos = all(env);
    let last = undos.pop();
    // First, so that a kill leaves no secret that no record knows.
    last.map_or(Ok(()), |undo| undo.drop_secrets(env))?;
    write(env, &undos)
}

/// Writes down that a file's mode was this, before it is changed.
pub(crate) fn keep_mode(env: &Env, what: &str, path: &Path, mode: u32) -> Result<()> {
    push(env, Undo::new(env, what, path, Before::Mode(mode)), None)
}

/// Writes down how to get from `after` back to `before` (`None`: no file), before the file is changed. None of the
/// `secrets` is written down.
pub(crate) fn keep(
    env: &Env,
    what: &str,
    path: &Path,
    before: Option<&[u8]>,
    after: &[u8],
    secrets: &[Bytes],
) -> Result<()> {
    let after_hash = hash(after);
    let Some(before) = before else {
        return push(env, Undo::new(env, what, path, Before::Nothing { after: after_hash }), None);
    };
    let mut kept = Zeroizing::new(Vec::with_capacity(before.len()));
    let hunks = changes(before, after)
        .into_iter()
        .map(|(old, place)| Hunk { place, before: pieces(&before[old], after, secrets, &mut kept) });
    let hunks = hunks.collect();
    let undo = Undo::new(env, what, path, Before::Bytes { after: after_hash, hunks });
    let entry = undo.entry();
    // The record first: a kill leaves no secret that no record knows.
    push(env, undo, Some(&hash(before)))?;
    if !kept.is_empty() {
        let stored = Keychain::open_own(env, Unlock::Ask).and_then(|own| own.set_own(&entry, kept));
        if let Err(error) = stored {
            let mut undos = all(env);
            undos.pop();
            write(env, &undos)?;
            return Err(nowhere(error));
        }
    }
    Ok(())
}

impl Undo {
    fn new(env: &Env, what: &str, path: &Path, before: Before) -> Self {
        Self { what: what.to_owned(), at: env.now(), path: path.to_owned(), before }
    }

    /// The mode to be set again, where that is all.
    pub(crate) fn mode(&self) -> Option<u32> {
        if let Before::Mode(mode) = self.before { Some(mode) } else { None }
    }

    /// The file as it was before the fix; `None` where there was none. Fails where the file is not any more what the
    /// fix made of it: then nobody knows what to take back.
    pub(crate) fn back(&self, env: &Env, now: &[u8]) -> Result<Option<Bytes>> {
        match &self.before {
            Before::Mode(_) => Ok(Some(Zeroizing::new(now.to_vec()))),
            Before::Nothing { after } if *after == hash(now) => Ok(None),
            Before::Bytes { after, hunks } if *after == hash(now) => {
                let kept = if self.keeps_secrets() {
                    Keychain::open_own(env, Unlock::Ask)?.own(&self.entry())?.unwrap_or_default()
                } else {
                    Bytes::default()
                };
                rebuilt(now, hunks, &kept).map(Some).ok_or_else(|| self.changed_since(env))
            }
            Before::Nothing { .. } | Before::Bytes { .. } => Err(self.changed_since(env)),
        }
    }

    /// The account of Herokey's own keychain entry for what is kept; no email has this form.
    fn entry(&self) -> String {
        format!("undo {}", self.at)
    }

    fn drop_secrets(&self, env: &Env) -> Result<()> {
        if self.keeps_secrets() {
            Keychain::open_own(env, Unlock::Ask)?.remove_own(&self.entry())?;
        }
        Ok(())
    }

    /// True if the file, which has this hash, is not what the fix made of it.
    fn is_over(&self, now: &str) -> bool {
        match &self.before {
            Before::Mode(_) => false,
            Before::Nothing { after } | Before::Bytes { after, .. } => after != now,
        }
    }

    fn keeps_secrets(&self) -> bool {
        let Before::Bytes { hunks, .. } = &self.before else { return false };
        hunks.iter().flat_map(|hunk| &hunk.before).any(|piece| matches!(piece, Piece::Kept(_)))
    }

    fn changed_since(&self, env: &Env) -> Error {
        Error::new(Code::CannotUndo, format!("{} has changed since the fix.", env.tilde(&self.path)))
            .means("Nothing was taken back, so that the later change is not lost.")
            .fix("Change the file by hand; `herokey doctor` tells what is wrong with it.")
    }
}

/// The failure of having nothing to take back.
pub(crate) fn nothing() -> Error {
    Error::new(Code::CannotUndo, "There is no fix to take back.").means("Nothing was changed.")
}

/// The places where two files differ, in whole lines: bytes of the first, bytes of the other.
pub(crate) fn changes(before: &[u8], after: &[u8]) -> Vec<(Range<usize>, Range<usize>)> {
    let lines = |bytes: &[u8]| -> Vec<Range<usize>> {
        let mut start = 0;
        let line = |line: &[u8]| {
            start += line.len();
            start - line.len()..start
        };
        bytes.split_inclusive(|byte| *byte == b'\n').map(line).collect()
    };
    let (old, new) = (lines(before), lines(after));
    let texts = |bytes, lines: &[Range<usize>]| -> Vec<&[u8]> {
        let bytes: &[u8] = bytes;
        lines.iter().map(|line| &bytes[line.clone()]).collect()
    };
    let span = |lines: &[Range<usize>], chosen: Range<usize>, end: usize| {
        let at = |index: usize| lines.get(index).map_or(end, |line| line.start);
        at(chosen.start)..at(chosen.end)
    };
    let (old_texts, new_texts) = (texts(before, &old), texts(after, &new));
    similar::capture_diff_slices(Algorithm::Myers, &old_texts, &new_texts)
        .into_iter()
        .filter(|change| change.tag() != DiffTag::Equal)
        .map(|change| {
            let one = span(&old, change.old_range(), before.len());
            let other = span(&new, change.new_range(), after.len());
            (one, other)
        })
        .collect()
}

/// Takes the secrets out of bytes that are to be written down.
fn pieces(bytes: &[u8], after: &[u8], secrets: &[Bytes], kept: &mut Bytes) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    let mut at = 0;
    while at < bytes.len() {
        let secret = secrets.iter().filter(|secret| !secret.is_empty() && bytes[at..].starts_with(secret));
        let Some(secret) = secret.max_by_key(|secret| secret.len()) else {
            at += 1;
            continue;
        };
        if plain < at {
            pieces.push(Piece::Plain(BASE64.encode(&bytes[plain..at])));
        }
        let here = after.windows(secret.len()).position(|window| window == secret.as_slice());
        pieces.push(here.map_or_else(
            || {
                let start = kept.len();
                kept.extend_from_slice(secret);
                Piece::Kept(start..kept.len())
            },
            |start| Piece::Here(start..start + secret.len()),
        ));
        at += secret.len();
        plain = at;
    }
    if plain < bytes.len() {
        pieces.push(Piece::Plain(BASE64.encode(&bytes[plain..])));
    }
    pieces
}

/// `None` where the record points to what is not there.
fn rebuilt(now: &[u8], hunks: &[Hunk], kept: &[u8]) -> Option<Bytes> {
    let written = hunks.iter().flat_map(|hunk| &hunk.before).map(|piece| match piece {
        Piece::Plain(text) => text.len(),
        Piece::Here(place) | Piece::Kept(place) => place.len(),
    });
    // A buffer that grows would leave a copy behind.
    let mut whole = Zeroizing::new(Vec::with_capacity(now.len() + written.sum::<usize>()));
    let mut at = 0;
    for hunk in hunks {
        whole.extend_from_slice(now.get(at..hunk.place.start)?);
        for piece in &hunk.before {
            match piece {
                Piece::Plain(text) => whole.extend_from_slice(&BASE64.decode(text).ok()?),
                Piece::Here(place) => whole.extend_from_slice(now.get(place.clone())?),
                Piece::Kept(place) => whole.extend_from_slice(kept.get(place.clone())?),
            }
        }
        at = hunk.place.end;
    }
    whole.extend_from_slice(now.get(at..)?);
    Some(whole)
}

fn hash(bytes: &[u8]) -> String {
    BASE64.encode(digest::digest(&digest::SHA256, bytes))
}

fn all(env: &Env) -> Vec<Undo> {
    // A record that cannot be read takes nothing back; the next fix writes a new one.
    let bytes = file::read(&path(env), LIMIT).ok().flatten();
    bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

/// Adds a fix. The last one of the same file goes if it can never be taken back, since the file is not what it made
/// of it; `now` is the hash of what it is.
fn push(env: &Env, undo: Undo, now: Option<&str>) -> Result<()> {
    let mut undos = all(env);
    let mut gone = Vec::new();
    if let Some(index) = undos.iter().rposition(|old| old.path == undo.path)
        && now.is_some_and(|now| undos[index].is_over(now))
    {
        gone.push(undos.remove(index));
    }
    let too_many = (undos.len() + 1).saturating_sub(MOST);
    gone.extend(undos.drain(..too_many));
    gone.iter().try_for_each(|old| old.drop_secrets(env))?;
    undos.push(undo);
    write(env, &undos)
}

fn write(env: &Env, undos: &[Undo]) -> Result<()> {
    let written = serde_json::to_vec(undos).map_err(std::io::Error::from).and_then(|bytes| {
        file::private_folder(&env.state_dir())?;
        file::sweep(&path(env))?;
        file::write(&path(env), &bytes)
    });
    written.map_err(|error| failed(&error))
}

fn nowhere(error: Error) -> Error {
    Error::new(Code::CannotUndo, "The fix would remove a secret that is nowhere else on this machine.")
        .means("Without a keychain to keep it there would be no way back, so nothing was changed.")
        .fix("Change the file by hand, if the secret is not needed any more.")
        .detail(error)
}

fn failed(error: &std::io::Error) -> Error {
    Error::new(Code::JournalFailed, "Could not write down how to take the fix back.")
        .means("Nothing was changed, since it could not be taken back.")
        .fix("Check that Herokey's folder can be written to, then try again.")
        .detail(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine() -> (tempfile::TempDir, Env) {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        (home, env)
    }

    fn secret(text: &str) -> Bytes {
        Zeroizing::new(text.as_bytes().to_vec())
    }

    #[test]
    fn every_byte_comes_back_and_no_secret_is_written_down() {
        let texts = [
            ("a\nexport KEY=fake-one\nb", "a\n# export KEY=fake-one\nb"),
            ("one\r\ntwo\r\n", "two\r\n"),
            ("", "new\n"),
            ("m fake-one\nx\nm fake-one\n", "x\nm fake-one\n"),
            ("\u{feff}p fake-one", "\u{feff}  p fake-one\nq\n"),
        ];
        for (before, after) in texts {
            let (_home, env) = machine();
            let path = Path::new("/fake");
            keep(&env, "", path, Some(before.as_bytes()), after.as_bytes(), &[secret("fake-one")]).unwrap();
            let record = std::fs::read_to_string(super::path(&env)).unwrap();
            let Before::Bytes { hunks, .. } = last(&env).unwrap().before else { panic!("{record}") };
            for piece in hunks.iter().flat_map(|hunk| &hunk.before) {
                let Piece::Plain(text) = piece else { continue };
                let plain = String::from_utf8(BASE64.decode(text).unwrap()).unwrap();
                assert!(!plain.contains("fake-one"), "{plain} in {record}");
            }
            assert!(!record.contains("fake-one"), "{record}");
            let back = last(&env).unwrap().back(&env, after.as_bytes()).unwrap().unwrap();
            assert_eq!(back.as_slice(), before.as_bytes(), "{before:?} from {after:?}");
            let error = last(&env).unwrap().back(&env, b"another").unwrap_err();
            assert_eq!(error.code, Code::CannotUndo);
        }
    }

    /// macOS and Windows always have a keychain for it.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_secret_that_would_be_lost_is_refused_where_nothing_can_keep_it() {
        let (_home, env) = machine();
        // Also where the new secret begins or ends as the old one does.
        for after in ["p other", "p fake-two", "p true-one", ""] {
            let (before, secrets) = (Some(b"p fake-one".as_slice()), [secret("fake-one")]);
            let lost = keep(&env, "", Path::new("/fake"), before, after.as_bytes(), &secrets);
            assert_eq!(lost.unwrap_err().code, Code::CannotUndo, "{after}");
            assert!(last(&env).is_none());
        }
    }

    #[test]
    fn where_there_was_no_file_there_will_be_none() {
        let (_home, env) = machine();
        keep(&env, "", Path::new("/fake"), None, b"new", &[]).unwrap();
        assert!(last(&env).unwrap().back(&env, b"new").unwrap().is_none());
    }
}
