//! Searches objects that have a file of their own (gitformat-loose(5)).

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::Decompress;

use super::delta::damaged;
use super::entry::Kind;
use super::zlib::Inflate;
use crate::base::files;
use crate::scan::stream::{Found, Searcher};

/// `commit`, a space, the size and a NUL.
const MAX_HEADER: usize = 32;

/// Searches an object. `None` if it is a tree or is gone.
pub(in crate::scan) fn search(path: &Path, searcher: &mut Searcher<'_>) -> io::Result<Option<(Kind, Found)>> {
    let Some(file) = files::open_regular(path, u64::MAX)? else { return Ok(None) };
    let mut file = BufReader::with_capacity(16 << 10, file);
    let mut decompress = Decompress::new(true);
    let mut stream = BufReader::with_capacity(16 << 10, Inflate::new(&mut file, &mut decompress));
    let mut header = Vec::new();
    (&mut stream).take(MAX_HEADER as u64).read_until(0, &mut header)?;
    let words = header.strip_suffix(&[0]).and_then(|words| std::str::from_utf8(words).ok());
    let (kind, size) = words.and_then(|words| words.split_once(' ')).ok_or_else(damaged)?;
    let kind = match kind {
        "commit" => Kind::Commit,
        "blob" => Kind::Blob,
        "tag" => Kind::Tag,
        "tree" => return Ok(None),
        _ => return Err(damaged()),
    };
    let size = size.parse().map_err(|_| damaged())?;
    // An empty object has nothing to search, and a size of 0 means that it is not known.
    let found = if size == 0 { Found::default() } else { searcher.search(&mut stream, Some(size))? };
    Ok(Some((kind, found)))
}

/// The name of the object in a file, which has its folder's name before its own.
pub(in crate::scan) fn name(folder: &str, file: &str) -> Option<String> {
    let name = format!("{folder}{file}");
    let is_name = matches!(name.len(), 40 | 64) && name.bytes().all(|byte| byte.is_ascii_hexdigit());
    (folder.len() == 2 && is_name).then_some(name)
}
