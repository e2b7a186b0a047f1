//! Searches the objects of a pack, in the order in which they stand in it.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use flate2::Decompress;

use super::bases::{Bases, MAX_OBJECT, Object, read};
use super::delta;
use super::entry::{Entry, Header, Kind};
use super::index::Index;
use super::zlib::Inflate;
use crate::base::files;
use crate::scan::stream::{Found, Searcher};

/// The signature, the version and the count of objects.
const START: u64 = 12;
/// A part of a pack that is worth a thread of its own.
const MIN_PART: u64 = 1 << 20;

/// A part of a pack.
#[derive(Debug)]
pub(in crate::scan) struct Part {
    path: PathBuf,
    start: u64,
    end: u64,
}

/// What became of an object.
pub(in crate::scan) enum Searched {
    /// It was searched.
    All(Found),
    /// It is so large that only what its delta adds was searched.
    Additions(Found),
    /// It could not be read.
    Failed(io::Error),
}

/// Takes the kind of an object, what became of it, and a function that looks up its name.
pub(in crate::scan) type Each<'a> = dyn FnMut(Kind, Searched, &mut dyn FnMut() -> Option<String>) + 'a;

/// Divides a pack into at most so many parts. False if the file ends before its last objects, which are in none.
pub(in crate::scan) fn parts(path: &Path, parts: usize) -> io::Result<(Vec<Part>, bool)> {
    let mut index = Index::open(&path.with_extension("idx"))?;
    let size = open(path)?.metadata()?.len();
    let end = size.saturating_sub(index.hash_bytes() as u64);
    let parts = (end / MIN_PART).clamp(1, parts as u64);
    let (mut starts, is_whole) = index.starts(parts, end)?;
    starts.push(end);
    let part = |range: &[u64]| Part { path: path.to_owned(), start: range[0], end: range[1] };
    Ok((starts.windows(2).map(part).collect(), is_whole))
}

impl Part {
    /// The pack's file.
    pub(in crate::scan) fn path(&self) -> &Path {
        &self.path
    }

    /// Searches every object of this part, and calls `each` with its kind and what became of it. If the pack is damaged,
    /// the rest of the part cannot be found.
    pub(in crate::scan) fn search(&self, searcher: &mut Searcher<'_>, each: &mut Each<'_>) -> io::Result<()> {
        let index = Index::open(&self.path.with_extension("idx"))?;
        let hash_bytes = index.hash_bytes();
        let mut bases = Bases::new(open(&self.path)?, index);
        let mut file = open(&self.path)?;
        file.seek(SeekFrom::Start(self.start.max(START)))?;
        let mut file = BufReader::with_capacity(128 << 10, file);
        let mut decompress = Decompress::new(true);
        let mut place = self.start;
        while place < self.end {
            let header = Header::read(&mut file, place, hash_bytes)?;
            let done = search_entry(&header, place, &mut file, &mut decompress, &mut bases, searcher)?;
            if let Some((kind, searched)) = done {
                each(kind, searched, &mut || bases.index().name_at(place).ok().flatten());
            }
            place += header.length + decompress.total_in();
        }
        if place == self.end { Ok(()) } else { Err(delta::damaged()) }
    }
}

/// Searches one object, and leaves the file at its end. `None` for a tree. Fails if the end cannot be found.
fn search_entry(
    header: &Header,
    place: u64,
    file: &mut BufReader<File>,
    decompress: &mut Decompress,
    bases: &mut Bases,
    searcher: &mut Searcher<'_>,
) -> io::Result<Option<(Kind, Searched)>> {
    let kind = match header.entry {
        Entry::Object(kind) => Ok((kind, None)),
        ref delta => bases
            .base_of(delta)
            .and_then(|base| base.ok_or_else(delta::damaged))
            .and_then(|base| Ok((bases.kind(base)?, Some(base)))),
    };
    let (kind, base) = match kind {
        Ok((kind, base)) if kind != Kind::Tree => (kind, base),
        other => {
            Inflate::new(file, decompress).skip_rest()?;
            return match other {
                Ok(_) => {
                    bases.add_kind(place, Kind::Tree);
                    Ok(None)
                }
                // Which kind a damaged object has is not known. What it may have had in it matters most in a file.
                Err(error) => Ok(Some((Kind::Blob, Searched::Failed(error)))),
            };
        }
    };
    if header.size > MAX_OBJECT as u64 {
        let mut stream = Inflate::new(file, decompress);
        let found = searcher.search(&mut stream, None)?;
        stream.skip_rest()?;
        bases.add_kind(place, kind);
        return Ok(Some((
            kind,
            if base.is_some() { Searched::Additions(found) } else { Searched::All(found) },
        )));
    }
    let content = read(file, decompress, header.size)?;
    let object = match base {
        None => Ok(Rc::new(content)),
        Some(base) => {
            let object = bases.object(base).and_then(|base| delta::apply(&base.bytes, &content, MAX_OBJECT));
            match object {
                Err(error) if error.kind() == io::ErrorKind::FileTooLarge => {
                    let found = search(searcher, &content)?;
                    bases.add_kind(place, kind);
                    return Ok(Some((kind, Searched::Additions(found))));
                }
                other => other.map(Rc::new),
            }
        }
    };
    let searched = match object {
        Err(error) => Searched::Failed(error),
        Ok(bytes) => {
            bases.add(place, Object { kind, bytes: Rc::clone(&bytes) });
            Searched::All(search(searcher, &bytes)?)
        }
    };
    Ok(Some((kind, searched)))
}

fn search(searcher: &mut Searcher<'_>, mut bytes: &[u8]) -> io::Result<Found> {
    let size = bytes.len() as u64;
    searcher.search(&mut bytes, Some(size))
}

fn open(path: &Path) -> io::Result<File> {
    let mut file = files::open_regular(path, u64::MAX)?.ok_or(io::ErrorKind::NotFound)?;
    let mut start = [0; 8];
    file.read_exact(&mut start)?;
    if start[..4] == *b"PACK" && matches!(start[4..], [0, 0, 0, 2 | 3]) {
        return Ok(file);
    }
    Err(io::Error::new(io::ErrorKind::Unsupported, "the pack has an unknown format"))
}
