//! Reads the zlib streams of git's objects.

use std::io::{self, BufRead, Read};

use flate2::{Decompress, FlushDecompress, Status};

/// One zlib stream. Unlike flate2's own readers it uses a decompressor again, and takes from the input no byte behind the
/// stream's end.
pub(super) struct Inflate<'a, R> {
    input: &'a mut R,
    decompress: &'a mut Decompress,
    ended: bool,
}

impl<'a, R: BufRead> Inflate<'a, R> {
    pub(super) fn new(input: &'a mut R, decompress: &'a mut Decompress) -> Self {
        decompress.reset(true);
        Self { input, decompress, ended: false }
    }

    /// Reads the rest, so that the input is at the stream's end. Returns how much it was.
    pub(super) fn skip_rest(&mut self) -> io::Result<u64> {
        io::copy(self, &mut io::sink())
    }
}

impl<R: BufRead> Read for Inflate<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while !self.ended && !buffer.is_empty() {
            let input = self.input.fill_buf()?;
            let is_all = input.is_empty();
            let (before_in, before_out) = (self.decompress.total_in(), self.decompress.total_out());
            let status = self.decompress.decompress(input, buffer, FlushDecompress::None)?;
            let read = count(self.decompress.total_in() - before_in);
            let written = count(self.decompress.total_out() - before_out);
            self.input.consume(read);
            self.ended = status == Status::StreamEnd;
            if written > 0 {
                return Ok(written);
            }
            if !self.ended && (is_all || read == 0) {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(0)
    }
}

/// A count of bytes in a buffer.
fn count(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
