//! Applies a delta of a pack to its base (gitformat-pack(5), "Deltified representation").

use std::io;

use crate::base::files::Bytes;
use secrecy::zeroize::Zeroizing;

/// The object that a delta makes of its base. Fails if the delta is damaged or the object is larger than `max_bytes`.
pub(super) fn apply(base: &[u8], delta: &[u8], max_bytes: usize) -> io::Result<Bytes> {
    let mut delta = Delta(delta);
    let (base_size, size) = (delta.size()?, delta.size()?);
    if base_size != base.len() {
        return Err(damaged());
    }
    if size > max_bytes {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut object = Zeroizing::new(Vec::with_capacity(size));
    while let Some(instruction) = delta.byte() {
        let part = if instruction & 0x80 == 0 {
            // 0 is reserved.
            if instruction == 0 {
                return Err(damaged());
            }
            delta.take(usize::from(instruction))?
        } else {
            let offset = delta.number(instruction, 4)?;
            let length = match delta.number(instruction >> 4, 3)? {
                0 => 0x10000,
                length => length,
            };
            base.get(offset..).and_then(|rest| rest.get(..length)).ok_or_else(damaged)?
        };
        if object.len() + part.len() > size {
            return Err(damaged());
        }
        object.extend_from_slice(part);
    }
    if object.len() == size { Ok(object) } else { Err(damaged()) }
}

/// What is not read yet of a delta.
struct Delta<'a>(&'a [u8]);

impl<'a> Delta<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (part, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(part)
    }

    /// A size in groups of seven bits, the lowest first.
    fn size(&mut self) -> io::Result<usize> {
        let mut size = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.byte().ok_or_else(damaged)?;
            size |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return usize::try_from(size).map_err(|_| damaged());
            }
        }
        Err(damaged())
    }

    /// A number of which only those bytes are present that `bits` names.
    fn number(&mut self, bits: u8, bytes: usize) -> io::Result<usize> {
        let mut number = 0;
        for index in (0..bytes).filter(|index| bits & (1 << index) != 0) {
            number |= usize::from(self.byte().ok_or_else(damaged)?) << (8 * index);
        }
        Ok(number)
    }
}

/// The error for an object that is not as git writes it.
pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the object is damaged")
}

#[cfg(test)]
mod tests {
    use super::apply;

    #[test]
    fn copies_and_inserts() {
        let base = b"fake base text";
        let delta = [14, 10, 0x91, 5, 4, 6, b'=', b'1', b'2', b'3', b'4', b'5'];
        assert_eq!(apply(base, &delta, 100).unwrap().as_slice(), b"base=12345");
    }

    #[test]
    fn damaged_deltas_are_refused() {
        let base = b"fake base text";
        for delta in [
            &[][..],
            &[14],
            &[13, 1, 1, b'x'],
            &[14, 2, 1, b'x'],
            &[14, 1, 2, b'x', b'y'],
            &[14, 1, 0],
            &[14, 4, 0x91, 12, 4],
            &[14, 4, 0x91],
            &[14, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
        ] {
            assert!(apply(base, delta, 1 << 20).is_err(), "{delta:?}");
        }
        let bomb = [14, 0x80, 0x80, 0x80, 0x80, 0x10];
        assert_eq!(apply(base, &bomb, 1 << 20).unwrap_err().kind(), std::io::ErrorKind::FileTooLarge);
    }
}
