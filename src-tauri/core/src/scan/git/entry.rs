//! The header of an entry in a pack (gitformat-pack(5)).

use std::io::{self, Read};

use super::delta::damaged;

/// The kind of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A commit, with its message.
    Commit,
    /// The content of a file.
    Blob,
    /// An annotated tag, with its message.
    Tag,
    /// A folder, which has only names in it and is not searched.
    Tree,
}

/// What an entry has.
pub(super) enum Entry {
    /// A whole object.
    Object(Kind),
    /// A delta of the object at a place of the same pack.
    DeltaOf(u64),
    /// A delta of the object with a name.
    DeltaOfName(Vec<u8>),
}

/// The header of an entry.
pub(super) struct Header {
    pub entry: Entry,
    /// How many bytes the object or delta has.
    pub size: u64,
    /// How many bytes this header has.
    pub length: u64,
}

impl Header {
    /// Reads the header of the entry at a place.
    pub(super) fn read(source: &mut impl Read, place: u64, hash_bytes: usize) -> io::Result<Self> {
        let mut length = 0;
        let mut next = |source: &mut dyn Read| {
            let mut byte = [0];
            source.read_exact(&mut byte)?;
            length += 1;
            io::Result::Ok(byte[0])
        };
        let first = next(source)?;
        let mut byte = first;
        let mut size = u64::from(first & 0x0f);
        let mut shift = 4;
        while byte & 0x80 != 0 {
            if shift > 57 {
                return Err(damaged());
            }
            byte = next(source)?;
            size |= u64::from(byte & 0x7f) << shift;
            shift += 7;
        }
        let entry = match first >> 4 & 7 {
            1 => Entry::Object(Kind::Commit),
            2 => Entry::Object(Kind::Tree),
            3 => Entry::Object(Kind::Blob),
            4 => Entry::Object(Kind::Tag),
            6 => {
                let mut byte = next(source)?;
                let mut distance = u64::from(byte & 0x7f);
                while byte & 0x80 != 0 {
                    byte = next(source)?;
                    let longer = distance.checked_add(1).and_then(|distance| distance.checked_mul(128));
                    distance = longer.ok_or_else(damaged)? | u64::from(byte & 0x7f);
                }
                // A base stands before its deltas.
                let base = place.checked_sub(distance).filter(|_| distance > 0);
                Entry::DeltaOf(base.ok_or_else(damaged)?)
            }
            7 => {
                let name = (0..hash_bytes).map(|_| next(source)).collect::<io::Result<_>>()?;
                Entry::DeltaOfName(name)
            }
            _ => return Err(damaged()),
        };
        Ok(Self { entry, size, length })
    }
}
