//! Text in UTF-16, as Windows PowerShell writes it into files.

use std::io::{self, Read};

use secrecy::zeroize::Zeroizing;

use crate::base::files::Bytes;

/// The order of the two bytes of a unit.
#[derive(Clone, Copy)]
pub(super) enum Order {
    /// The low byte comes first.
    Little,
    /// The high byte comes first.
    Big,
}

/// Yields the ASCII characters of a text in UTF-16, and `?` for each other unit.
pub(super) struct Utf16<R> {
    source: R,
    order: Order,
    bytes: Bytes,
    /// A first byte whose second is not read yet.
    left: usize,
}

impl<R> Utf16<R> {
    /// The order that a text's first bytes announce. `None` if it is not in UTF-16.
    pub(super) fn order(start: &[u8]) -> Option<Order> {
        match start {
            [0xff, 0xfe, ..] => Some(Order::Little),
            [0xfe, 0xff, ..] => Some(Order::Big),
            _ => None,
        }
    }

    pub(super) fn new(source: R, order: Order) -> Self {
        Self { source, order, bytes: Zeroizing::new(vec![0; 64 << 10]), left: 0 }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let wanted = self.bytes.len().min(2 * buffer.len());
        let mut filled = self.left;
        while filled < 2 && wanted >= 2 {
            match self.source.read(&mut self.bytes[filled..wanted])? {
                0 => return Ok(0),
                length => filled += length,
            }
        }
        let units = self.bytes[..filled].chunks_exact(2);
        for (letter, unit) in buffer.iter_mut().zip(units) {
            let (low, high) = match self.order {
                Order::Little => (unit[0], unit[1]),
                Order::Big => (unit[1], unit[0]),
            };
            *letter = if high == 0 && low.is_ascii() { low } else { b'?' };
        }
        self.left = filled % 2;
        self.bytes[0] = self.bytes[filled.saturating_sub(1)];
        Ok(filled / 2)
    }
}
