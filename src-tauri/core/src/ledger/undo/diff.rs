//! How to get from the bytes after a change back to those before it, without writing a secret down.

use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use secrecy::zeroize::Zeroizing;
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffTag};

use crate::base::files::Bytes;

/// The bytes of the changed file that took the place of others.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Hunk {
    place: Range<usize>,
    pub(super) before: Vec<Piece>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Piece {
    /// In base64, since a file need not be text.
    Plain(String),
    /// They still stand in the changed file.
    Here(Range<usize>),
    /// They are in the keychain.
    Kept(Range<usize>),
}

impl Hunk {
    /// The way back from `after`. What of the `secrets` is not in `after` any more goes to `kept`.
    pub(super) fn between(before: &[u8], after: &[u8], secrets: &[Bytes], kept: &mut Bytes) -> Vec<Self> {
        let hunk = |(old, place): (Range<usize>, Range<usize>)| Self {
            place,
            before: pieces(&before[old], after, secrets, kept),
        };
        changes(before, after).into_iter().map(hunk).collect()
    }

    pub(super) fn keeps_secrets(&self) -> bool {
        self.before.iter().any(|piece| matches!(piece, Piece::Kept(_)))
    }
}

/// Adds a secret to what is kept, and says where. A buffer that grows in place would leave a copy behind.
pub(super) fn append(kept: &mut Bytes, secret: &[u8]) -> Range<usize> {
    let start = kept.len();
    *kept = Zeroizing::new([kept.as_slice(), secret].concat());
    start..kept.len()
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
            || Piece::Kept(append(kept, secret)),
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
pub(super) fn rebuilt(now: &[u8], hunks: &[Hunk], kept: &[u8]) -> Option<Bytes> {
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
