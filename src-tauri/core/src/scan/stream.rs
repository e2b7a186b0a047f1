//! Searches a file or object of any size in pieces, with a fixed amount of memory.

use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};

use aho_corasick::{AhoCorasick, Input};
use secrecy::zeroize::Zeroizing;

use super::matcher::{AHEAD, BEHIND, FoundToken, Hit, Matcher};
use super::shape;
use super::utf16::Utf16;
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;

/// Most files fit into one piece.
const PIECE: usize = 256 << 10;
/// What is listed of one file. A log may have the same token in a million lines.
const MAX_SPOTS: usize = 20;
/// How far from the word `heroku` a possible token may stand in the same line.
const NEAR: usize = 512;

/// Where in a file or object a token stands.
#[derive(Debug, PartialEq)]
pub(super) struct Spot {
    /// The line, counted from 1. `None` in a file that has no lines, such as a database.
    pub line: Option<u64>,
    /// The byte, counted from 0.
    pub offset: u64,
    /// The token.
    pub token: FoundToken,
    /// True if it is in Base64.
    pub in_base64: bool,
}

/// What was found in one file or object.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// The first tokens.
    pub spots: Vec<Spot>,
    /// How many more there are.
    pub more: u64,
    /// How many possible tokens stand beside the word `heroku`.
    pub unsure: u64,
}

/// Searches one file or object after another.
pub(super) struct Searcher<'a> {
    matcher: &'a Matcher,
    /// Finds the word beside possible tokens, if they are asked for.
    word: Option<&'a AhoCorasick>,
    /// Counts the bytes that were read.
    read: &'a AtomicU64,
    piece: Bytes,
}

/// The search for the word that makes an identifier beside it a possible token.
pub(super) fn word() -> Result<AhoCorasick> {
    let built = AhoCorasick::builder().ascii_case_insensitive(true).build(["heroku"]);
    built.map_err(|error| Error::new(Code::Unsupported, "The search could not be prepared.").detail(error))
}

impl<'a> Searcher<'a> {
    pub(super) fn new(matcher: &'a Matcher, word: Option<&'a AhoCorasick>, read: &'a AtomicU64) -> Self {
        Self::with_piece(matcher, word, read, PIECE)
    }

    fn with_piece(
        matcher: &'a Matcher,
        word: Option<&'a AhoCorasick>,
        read: &'a AtomicU64,
        piece: usize,
    ) -> Self {
        debug_assert!(piece > AHEAD + BEHIND, "otherwise the search does not move on");
        Self { matcher, word, read, piece: Zeroizing::new(vec![0; piece]) }
    }

    /// Searches everything that `source` yields. If its size is known, that saves the read that would find its end.
    pub(super) fn search(&mut self, source: &mut dyn Read, size: Option<u64>) -> io::Result<Found> {
        let (filled, is_all) = self.fill(0, 0, source, size)?;
        if let Some(order) = Utf16::<io::Empty>::order(&self.piece[..filled]) {
            let start = Zeroizing::new(self.piece[..filled].to_vec());
            return self.pieces(&mut Utf16::new(start.chain(source), order), None, 0, false);
        }
        self.pieces(source, size, filled, is_all)
    }

    /// Searches the first piece, which is read already, and then the others.
    fn pieces(
        &mut self,
        source: &mut dyn Read,
        size: Option<u64>,
        mut filled: usize,
        mut is_all: bool,
    ) -> io::Result<Found> {
        let mut place = Place::default();
        let mut found = Found::default();
        loop {
            if !is_all {
                (filled, is_all) = self.fill(place.piece_at, filled, source, size)?;
            }
            let end = if is_all { filled } else { filled - AHEAD };
            self.search_piece(filled, end, &mut place, &mut found);
            if is_all {
                return Ok(found);
            }
            let kept = end.saturating_sub(BEHIND);
            place.count_to(kept, &self.piece);
            self.piece.copy_within(kept..filled, 0);
            filled -= kept;
            place.moved(kept);
        }
    }

    /// Fills the piece behind what it has already. Returns how much it has, and whether that is everything.
    fn fill(
        &mut self,
        piece_at: u64,
        mut filled: usize,
        source: &mut dyn Read,
        size: Option<u64>,
    ) -> io::Result<(usize, bool)> {
        while filled < self.piece.len() {
            match source.read(&mut self.piece[filled..]) {
                Ok(0) => return Ok((filled, true)),
                Ok(length) => {
                    filled += length;
                    self.read.fetch_add(length as u64, Ordering::Relaxed);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if size.is_some_and(|size| size > 0 && piece_at + filled as u64 >= size) {
                return Ok((filled, true));
            }
        }
        Ok((filled, false))
    }

    /// Searches for what starts before `end`.
    fn search_piece(&self, filled: usize, end: usize, place: &mut Place, found: &mut Found) {
        let text = &self.piece[..filled];
        let mut is_binary = None;
        while let Some(hit) = self.matcher.find(text, place.next..end) {
            let Hit { bytes, token, in_base64 } = hit;
            place.next = bytes.end;
            if found.spots.len() == MAX_SPOTS {
                found.more += 1;
            } else {
                place.count_to(bytes.start, text);
                let has_lines = !*is_binary.get_or_insert_with(|| memchr::memchr(0, text).is_some());
                found.spots.push(Spot {
                    line: has_lines.then_some(place.line + 1),
                    offset: place.piece_at + bytes.start as u64,
                    token,
                    in_base64,
                });
            }
        }
        if let Some(word) = self.word {
            let is_certain = |start: usize| self.matcher.find(text, start..start + 1).is_some();
            while place.next_word < end {
                let Some(here) = word.find(Input::new(text).range(place.next_word..)) else { break };
                if here.start() >= end {
                    break;
                }
                let line = line_around(text, here.start());
                let possible = shape::possible_tokens(&text[line.clone()]);
                let first = place.next_word.saturating_sub(line.start);
                let unsure =
                    possible.iter().filter(|at| at.start >= first && !is_certain(line.start + at.start));
                found.unsure += unsure.count() as u64;
                place.next_word = line.end.max(here.end());
            }
        }
    }
}

/// How far the search has come.
#[derive(Default)]
struct Place {
    /// Where the piece begins in the file.
    piece_at: u64,
    /// Where in the piece the next token may start.
    next: usize,
    /// Where in the piece the search for the word goes on.
    next_word: usize,
    /// Where in the piece the counting of lines has come to.
    counted: usize,
    /// The line breaks until there.
    line: u64,
}

impl Place {
    fn count_to(&mut self, end: usize, piece: &[u8]) {
        if let Some(new) = piece.get(self.counted..end) {
            self.line += memchr::memchr_iter(b'\n', new).count() as u64;
            self.counted = end;
        }
    }

    /// Follows the piece, which has lost its first bytes.
    fn moved(&mut self, by: usize) {
        self.piece_at += by as u64;
        // What was searched ends where the bytes began that only helped to decide.
        self.next = self.next.saturating_sub(by).max(BEHIND);
        self.next_word = self.next_word.saturating_sub(by).max(BEHIND);
        self.counted = self.counted.saturating_sub(by);
    }
}

/// The part of a line that is near a place.
fn line_around(text: &[u8], place: usize) -> std::ops::Range<usize> {
    let (first, last) = (place.saturating_sub(NEAR), text.len().min(place + NEAR));
    let start = memchr::memrchr(b'\n', &text[first..place]).map_or(first, |at| first + at + 1);
    let end = memchr::memchr(b'\n', &text[place..last]).map_or(last, |at| place + at);
    start..end
}

#[cfg(test)]
mod tests {
    use std::io::Read;
    use std::sync::atomic::AtomicU64;

    use super::*;
    use crate::base::token::Token;

    const HELD: &str = "fa4efa4e-89ab-cdef-0123-456789abcdef";
    const SHAPED: &str = "HRKU-AAfake0123456789fake0123456789fake0123456789fake0123456789-x";

    fn search_in_pieces(text: &[u8], piece: usize, with_word: bool) -> Found {
        let matcher = Matcher::new(vec![Token::parse(HELD).unwrap()]).unwrap();
        let (word, read) = (word().unwrap(), AtomicU64::new(0));
        let mut searcher = Searcher::with_piece(&matcher, with_word.then_some(&word), &read, piece);
        let found = searcher.search(&mut &*text, None).unwrap();
        assert_eq!(
            searcher.search(&mut &*text, Some(text.len() as u64)).unwrap(),
            found,
            "with a known size"
        );
        let mut slow = SlowReader(text);
        assert_eq!(searcher.search(&mut slow, None).unwrap(), found, "in small reads");
        found
    }

    /// Returns a few bytes a call, as a pipe may.
    struct SlowReader<'a>(&'a [u8]);

    impl Read for SlowReader<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let length = buffer.len().min(1000);
            self.0.read(&mut buffer[..length])
        }
    }

    /// The smallest piece of which a part is searched.
    const SMALL: usize = AHEAD + BEHIND + 512;

    #[test]
    fn a_token_is_found_once_wherever_a_piece_ends() {
        let filler = "fake line without a token\n".repeat(2 * SMALL / 26);
        for shift in (0..SMALL + 600).step_by(13) {
            let text = format!("{}\n{HELD}\n{SHAPED}\n{filler}", &filler[..shift]);
            let found = search_in_pieces(text.as_bytes(), SMALL, false);
            let line = 2 + filler[..shift].matches('\n').count() as u64;
            let spots: Vec<_> = found.spots.iter().map(|spot| (spot.line, spot.offset)).collect();
            let offset = shift as u64 + 1;
            assert_eq!(spots, [(Some(line), offset), (Some(line + 1), offset + 37)], "{shift}");
        }
    }

    #[test]
    fn what_is_no_token_in_one_piece_is_none_across_two() {
        for shift in (0..SMALL).step_by(17) {
            let word = "0123456789abcdefghij".repeat(30);
            let text = format!("{}HRKU-{word} {word}HRKU-{}", "\n".repeat(shift), &word[..60]);
            assert_eq!(search_in_pieces(text.as_bytes(), SMALL, false), Found::default(), "{shift}");
        }
    }

    #[test]
    fn a_file_with_many_is_listed_in_part() {
        let found = search_in_pieces(format!("{SHAPED}\n").repeat(1000).as_bytes(), SMALL, false);
        assert_eq!((found.spots.len(), found.more), (MAX_SPOTS, 1000 - MAX_SPOTS as u64));
    }

    #[test]
    fn a_database_has_no_lines() {
        let found = search_in_pieces(format!("SQLite\0\n{SHAPED}").as_bytes(), SMALL, false);
        assert_eq!((found.spots[0].line, found.spots[0].offset), (None, 8));
    }

    #[test]
    fn text_in_utf_16_is_searched_too() {
        let text = format!("\u{feff}zoë\r\n$env:HEROKU_API_KEY = '{SHAPED}'\r\n");
        let units = || text.repeat(200).encode_utf16().collect::<Vec<_>>();
        let little: Vec<u8> = units().into_iter().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = units().into_iter().flat_map(u16::to_be_bytes).collect();
        for bytes in [little, big] {
            let found = search_in_pieces(&bytes, SMALL, false);
            assert_eq!(found.spots[0].line, Some(2));
            assert_eq!(found.spots.len() as u64 + found.more, 200);
        }
    }

    #[test]
    fn possible_tokens_are_counted_beside_the_word_only() {
        let uuid = "01234567-89ab-cdef-0123-456789abcdef";
        let filler = format!("{uuid}\n").repeat(100);
        for shift in (0..filler.len()).step_by(29) {
            let text = format!(
                "{}\nHEROKU_API_KEY={uuid}\nheroku {HELD} Heroku {uuid}, {uuid}\n{filler}",
                &filler[..shift]
            );
            let found = search_in_pieces(text.as_bytes(), SMALL, true);
            assert_eq!((found.unsure, found.spots.len()), (3, 1), "{shift}");
            assert_eq!(search_in_pieces(text.as_bytes(), SMALL, false).unsure, 0);
        }
    }
}
