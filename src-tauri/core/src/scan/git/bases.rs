//! The objects of a pack that deltas are based on. The last ones stay in memory, up to a limit.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::rc::Rc;

use flate2::Decompress;
use secrecy::zeroize::Zeroizing;

use super::delta;
use super::delta::damaged;
use super::entry::{Entry, Header, Kind};
use super::index::Index;
use super::zlib::Inflate;
use crate::base::files::Bytes;

/// Larger objects are not rebuilt from deltas.
pub(super) const MAX_OBJECT: usize = 8 << 20;
/// How much stays in memory.
const MAX_CACHED: usize = 16 << 20;
/// How much a chain of deltas may have, which is in memory at once.
const MAX_CHAIN: usize = 2 * MAX_OBJECT;
/// git itself makes no longer chains (`pack.depth`).
const MAX_DEPTH: usize = 4096;
/// How many kinds of objects are remembered. Looking one up again only takes longer.
const MAX_KINDS: usize = 1 << 20;

/// Reads objects at any place of a pack.
pub(super) struct Bases {
    file: BufReader<File>,
    index: Index,
    decompress: Decompress,
    kinds: HashMap<u64, Kind>,
    cached: HashMap<u64, (Object, u64)>,
    /// When which object was last used.
    used: BTreeMap<u64, u64>,
    clock: u64,
    bytes: usize,
}

/// An object of a pack.
#[derive(Clone)]
pub(super) struct Object {
    pub kind: Kind,
    pub bytes: Rc<Bytes>,
}

impl Bases {
    pub(super) fn new(file: File, index: Index) -> Self {
        Self {
            file: BufReader::with_capacity(16 << 10, file),
            index,
            decompress: Decompress::new(true),
            kinds: HashMap::new(),
            cached: HashMap::new(),
            used: BTreeMap::new(),
            clock: 0,
            bytes: 0,
        }
    }

    pub(super) fn index(&mut self) -> &mut Index {
        &mut self.index
    }

    /// Remembers the kind of the object at a place.
    pub(super) fn add_kind(&mut self, place: u64, kind: Kind) {
        if self.kinds.len() == MAX_KINDS {
            self.kinds.clear();
        }
        self.kinds.insert(place, kind);
    }

    /// Keeps an object in memory, as long as there is room.
    pub(super) fn add(&mut self, place: u64, object: Object) {
        self.add_kind(place, object.kind);
        self.bytes += object.bytes.len();
        self.clock += 1;
        self.used.insert(self.clock, place);
        if let Some((old, used)) = self.cached.insert(place, (object, self.clock)) {
            self.bytes -= old.bytes.len();
            self.used.remove(&used);
        }
        while self.bytes > MAX_CACHED {
            let Some((_, place)) = self.used.pop_first() else { return };
            if let Some((old, _)) = self.cached.remove(&place) {
                self.bytes -= old.bytes.len();
            }
        }
    }

    /// The place of the object that an entry is based on. `None` if the entry is no delta.
    pub(super) fn base_of(&mut self, entry: &Entry) -> io::Result<Option<u64>> {
        match entry {
            Entry::Object(_) => Ok(None),
            Entry::DeltaOf(place) => Ok(Some(*place)),
            Entry::DeltaOfName(name) => self.index.place_of(name)?.ok_or_else(damaged).map(Some),
        }
    }

    /// The kind of the object at a place, which is that of the base of all its deltas.
    pub(super) fn kind(&mut self, place: u64) -> io::Result<Kind> {
        let (mut passed, mut at) = (Vec::new(), place);
        let kind = loop {
            if let Some(kind) = self.kinds.get(&at) {
                break *kind;
            }
            passed.push(at);
            match self.header(at)?.entry {
                Entry::Object(kind) => break kind,
                entry => at = self.base_of(&entry)?.ok_or_else(damaged)?,
            }
            if passed.len() > MAX_DEPTH {
                return Err(damaged());
            }
        };
        for place in passed {
            self.add_kind(place, kind);
        }
        Ok(kind)
    }

    /// The object at a place. Fails with [`io::ErrorKind::FileTooLarge`] if rebuilding it takes too much memory.
    pub(super) fn object(&mut self, place: u64) -> io::Result<Object> {
        let (mut deltas, mut at, mut bytes) = (Vec::new(), place, 0);
        let mut object = loop {
            if let Some(object) = self.cached(at) {
                break object;
            }
            let header = self.header(at)?;
            let content = Rc::new(read(&mut self.file, &mut self.decompress, header.size)?);
            let Some(base) = self.base_of(&header.entry)? else {
                let Entry::Object(kind) = header.entry else { return Err(damaged()) };
                let object = Object { kind, bytes: content };
                self.add(at, object.clone());
                break object;
            };
            bytes += content.len();
            deltas.push((at, content));
            if bytes > MAX_CHAIN {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            if deltas.len() > MAX_DEPTH {
                return Err(damaged());
            }
            at = base;
        };
        while let Some((at, delta)) = deltas.pop() {
            let bytes = delta::apply(&object.bytes, &delta, MAX_OBJECT)?;
            object = Object { kind: object.kind, bytes: Rc::new(bytes) };
            self.add(at, object.clone());
        }
        Ok(object)
    }

    fn cached(&mut self, place: u64) -> Option<Object> {
        let (object, used) = self.cached.get_mut(&place)?;
        self.used.remove(used);
        self.clock += 1;
        *used = self.clock;
        self.used.insert(self.clock, place);
        Some(object.clone())
    }

    fn header(&mut self, place: u64) -> io::Result<Header> {
        let here = self.file.stream_position()?;
        let distance = i64::try_from(place).ok().zip(i64::try_from(here).ok());
        match distance {
            // What is buffered stays, if the place is in it.
            Some((place, here)) => self.file.seek_relative(place - here)?,
            None => drop(self.file.seek(SeekFrom::Start(place))?),
        }
        Header::read(&mut self.file, place, self.index.hash_bytes())
    }
}

/// Reads an object or delta of a known size.
pub(super) fn read<R: io::BufRead>(
    input: &mut R,
    decompress: &mut Decompress,
    size: u64,
) -> io::Result<Bytes> {
    let size = usize::try_from(size).ok().filter(|size| *size <= MAX_OBJECT);
    let size = size.ok_or(io::ErrorKind::FileTooLarge)?;
    let mut stream = Inflate::new(input, decompress);
    let mut bytes = Zeroizing::new(vec![0; size]);
    stream.read_exact(&mut bytes)?;
    if stream.skip_rest()? > 0 { Err(damaged()) } else { Ok(bytes) }
}
