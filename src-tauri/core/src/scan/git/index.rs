//! The index of a pack: which object is where (gitformat-pack(5), "pack-*.idx"). It stays on disk, since the index of a
//! large repository has hundreds of megabytes.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use super::delta::damaged;
use crate::base::files;

const MAGIC: [u8; 8] = [0xff, b't', b'O', b'c', 0, 0, 0, 2];
const FANOUT: u64 = 8;
const NAMES: u64 = FANOUT + 4 * 256;
/// Marks an offset that is in the table of large offsets.
const LARGE: u32 = 1 << 31;

/// An open index.
pub(super) struct Index {
    file: File,
    count: u64,
    large: u64,
    hash_bytes: u64,
}

impl Index {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let mut file = files::open_regular(path, u64::MAX)?.ok_or(io::ErrorKind::NotFound)?;
        let size = file.metadata()?.len();
        let mut magic = [0; MAGIC.len()];
        file.read_exact(&mut magic)?;
        if magic != MAGIC {
            return Err(io::Error::new(io::ErrorKind::Unsupported, "the index has an unknown format"));
        }
        let count = u64::from(number_at(&mut file, NAMES - 4)?);
        // Each object has its name, a checksum and an offset; the file ends with two hashes. A SHA-256 index is larger than
        // a SHA-1 index can be, even if every offset in that is a large one.
        let hash_bytes = if size >= NAMES + 2 * 32 + count * (32 + 8) { 32 } else { 20 };
        let large =
            size.checked_sub(NAMES + 2 * hash_bytes + count * (hash_bytes + 8)).ok_or_else(damaged)? / 8;
        Ok(Self { file, count, large, hash_bytes })
    }

    /// How long the names of objects are.
    pub(super) fn hash_bytes(&self) -> usize {
        if self.hash_bytes == 32 { 32 } else { 20 }
    }

    /// The name of the object at a place in the pack.
    pub(super) fn name_at(&mut self, place: u64) -> io::Result<Option<String>> {
        let small = u32::try_from(place).ok().filter(|place| place & LARGE == 0);
        let wanted = if small.is_some() { small } else { self.large_offset(place)? };
        let Some(wanted) = wanted else { return Ok(None) };
        let mut offsets = self.table(self.offsets(), 4 * self.count)?;
        for index in 0..self.count {
            if read_u32(&mut offsets)? == wanted {
                return Ok(Some(hexadecimal(&self.name(index)?)));
            }
        }
        Ok(None)
    }

    /// The place of the object with a name.
    pub(super) fn place_of(&mut self, name: &[u8]) -> io::Result<Option<u64>> {
        let Some(first) = name.first() else { return Ok(None) };
        let below = |index: &mut Self, byte: u8| {
            number_at(&mut index.file, FANOUT + 4 * u64::from(byte)).map(u64::from)
        };
        let mut high = below(self, *first)?.min(self.count);
        let mut low = if *first == 0 { 0 } else { below(self, first - 1)? };
        while low < high {
            let middle = low.midpoint(high);
            match self.name(middle)?.as_slice().cmp(name) {
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
                std::cmp::Ordering::Equal => return self.place(middle).map(Some),
            }
        }
        Ok(None)
    }

    /// Where in a pack that ends at `end` a walk may start, so that about `parts` walks of the same length cover it, and
    /// whether every object is before the end.
    pub(super) fn starts(&mut self, parts: u64, end: u64) -> io::Result<(Vec<u64>, bool)> {
        let wanted: Vec<u64> = (0..parts).map(|part| end / parts * part).collect();
        let mut starts = vec![u64::MAX; wanted.len()];
        let mut is_whole = true;
        let mut add = |place: u64| {
            is_whole &= place < end;
            for (start, wanted) in starts.iter_mut().zip(&wanted) {
                if place >= *wanted && place < *start {
                    *start = place;
                }
            }
        };
        let mut offsets = self.table(self.offsets(), 4 * self.count)?;
        for _ in 0..self.count {
            let place = read_u32(&mut offsets)?;
            if place & LARGE == 0 {
                add(u64::from(place));
            }
        }
        let mut large = self.table(self.large_offsets(), 8 * self.large)?;
        for _ in 0..self.large {
            add(read_u64(&mut large)?);
        }
        starts.retain(|start| *start < end);
        starts.dedup();
        Ok((starts, is_whole))
    }

    fn name(&mut self, index: u64) -> io::Result<Vec<u8>> {
        self.file.seek(SeekFrom::Start(NAMES + index * self.hash_bytes))?;
        let mut name = vec![0; self.hash_bytes()];
        self.file.read_exact(&mut name)?;
        Ok(name)
    }

    fn place(&mut self, index: u64) -> io::Result<u64> {
        let entry = self.offsets() + 4 * index;
        let place = number_at(&mut self.file, entry)?;
        if place & LARGE == 0 {
            return Ok(u64::from(place));
        }
        self.file.seek(SeekFrom::Start(self.large_offsets() + 8 * u64::from(place & !LARGE)))?;
        read_u64(&mut self.file)
    }

    /// How an offset says that it is a large one.
    fn large_offset(&self, place: u64) -> io::Result<Option<u32>> {
        let mut table = self.table(self.large_offsets(), 8 * self.large)?;
        for index in 0..self.large {
            if read_u64(&mut table)? == place {
                return Ok(u32::try_from(index).ok().map(|index| LARGE | index));
            }
        }
        Ok(None)
    }

    fn offsets(&self) -> u64 {
        NAMES + self.count * (self.hash_bytes + 4)
    }

    fn large_offsets(&self) -> u64 {
        self.offsets() + 4 * self.count
    }

    fn table(&self, start: u64, length: u64) -> io::Result<impl Read + use<>> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::with_capacity(64 << 10, file).take(length))
    }
}

fn number_at(file: &mut File, place: u64) -> io::Result<u32> {
    file.seek(SeekFrom::Start(place))?;
    read_u32(file)
}

fn read_u32(source: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    source.read_exact(&mut bytes)?;
    Ok(u32::from_be_bytes(bytes))
}

fn read_u64(source: &mut impl Read) -> io::Result<u64> {
    let mut bytes = [0; 8];
    source.read_exact(&mut bytes)?;
    Ok(u64::from_be_bytes(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}
