//! Describes how to get from a file's new bytes back to its old ones, without recording a secret.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffTag};

use crate::base::files::Bytes;

/// A range of the changed file, and the bytes that were there before.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hunk {
    #[serde(rename = "place")]
    range: Range<usize>,
    pub(super) before: Vec<Piece>,
}

/// A part of a hunk's old bytes.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Piece {
    /// These bytes, in base64, since a file need not be text.
    Plain(String),
    /// Bytes that are still in the changed file.
    #[serde(rename = "here")]
    InFile(Range<usize>),
    /// Bytes in the secrets that the keychain holds.
    #[serde(rename = "kept")]
    InKeychain(Range<usize>),
}

/// What must not be written into the record.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Secrets<'a> {
    /// These bytes, wherever they are.
    These(&'a [Bytes]),
    /// Everything that the change removes: only its position is known, not what is secret in it.
    Everything,
}

impl Hunk {
    /// The hunks that turn `after` into `before`. Appends the secrets that are no longer in `after` to `stored`.
    pub(super) fn between(
        before: &[u8],
        after: &[u8],
        secrets: Secrets<'_>,
        stored: &mut Bytes,
    ) -> Vec<Self> {
        let hunk = |(old, range): (Range<usize>, Range<usize>)| Self {
            before: match secrets {
                Secrets::These(secrets) => pieces(&before[old], after, secrets, stored),
                Secrets::Everything => secret_pieces(&before[old], after, range.clone(), stored),
            },
            range,
        };
        changes(before, after).into_iter().map(hunk).collect()
    }

    pub(super) fn has_secrets(&self) -> bool {
        self.before.iter().any(|piece| matches!(piece, Piece::InKeychain(_)))
    }
}

/// Appends a secret and returns its range. Builds a new buffer, since one that grows would leave a copy in memory.
pub(super) fn append(stored: &mut Bytes, secret: &[u8]) -> Range<usize> {
    let start = stored.len();
    *stored = Zeroizing::new([stored.as_slice(), secret].concat());
    start..stored.len()
}

/// Where two files differ, in whole lines: byte ranges of `before`, each with its counterpart in `after`.
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
            let old = span(&old, change.old_range(), before.len());
            let new = span(&new, change.new_range(), after.len());
            (old, new)
        })
        .collect()
}

/// Splits bytes into plain ones and secrets.
fn pieces(bytes: &[u8], after: &[u8], secrets: &[Bytes], stored: &mut Bytes) -> Vec<Piece> {
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
        let in_file = after.windows(secret.len()).position(|window| window == secret.as_slice());
        pieces.push(in_file.map_or_else(
            || Piece::InKeychain(append(stored, secret)),
            |start| Piece::InFile(start..start + secret.len()),
        ));
        at += secret.len();
        plain = at;
    }
    if plain < bytes.len() {
        pieces.push(Piece::Plain(BASE64.encode(&bytes[plain..])));
    }
    pieces
}

/// Splits the old bytes of a hunk into what its new bytes still start and end with, and the rest, which is a secret if it
/// has a letter or a digit.
fn secret_pieces(old: &[u8], after: &[u8], new: Range<usize>, stored: &mut Bytes) -> Vec<Piece> {
    fn same<'a>(one: impl Iterator<Item = &'a u8>, other: impl Iterator<Item = &'a u8>) -> usize {
        one.zip(other).take_while(|(one, other)| one == other).count()
    }
    let start = same(old.iter(), after[new.clone()].iter());
    let end = same(old[start..].iter().rev(), after[new.start + start..new.end].iter().rev());
    let rest = &old[start..old.len() - end];
    let is_plain = rest.iter().all(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
    let rest = match rest {
        [] => None,
        rest if is_plain => Some(Piece::Plain(BASE64.encode(rest))),
        rest => Some(Piece::InKeychain(append(stored, rest))),
    };
    let kept = |range: Range<usize>| (!range.is_empty()).then_some(Piece::InFile(range));
    let pieces = [kept(new.start..new.start + start), rest, kept(new.end - end..new.end)];
    pieces.into_iter().flatten().collect()
}

/// Rebuilds the old bytes. `None` if a range of the record does not exist.
pub(super) fn rebuilt(now: &[u8], hunks: &[Hunk], stored: &[u8]) -> Option<Bytes> {
    let written = hunks.iter().flat_map(|hunk| &hunk.before).map(|piece| match piece {
        Piece::Plain(text) => text.len(),
        Piece::InFile(range) | Piece::InKeychain(range) => range.len(),
    });
    // A buffer that grows would leave a copy in memory.
    let mut whole = Zeroizing::new(Vec::with_capacity(now.len() + written.sum::<usize>()));
    let mut at = 0;
    for hunk in hunks {
        whole.extend_from_slice(now.get(at..hunk.range.start)?);
        for piece in &hunk.before {
            match piece {
                Piece::Plain(text) => whole.extend_from_slice(&BASE64.decode(text).ok()?),
                Piece::InFile(range) => whole.extend_from_slice(now.get(range.clone())?),
                Piece::InKeychain(range) => whole.extend_from_slice(stored.get(range.clone())?),
            }
        }
        at = hunk.range.end;
    }
    whole.extend_from_slice(now.get(at..)?);
    Some(whole)
}
