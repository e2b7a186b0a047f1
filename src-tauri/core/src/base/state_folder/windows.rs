//! The folder on Windows, which lies in a folder that only the user may open.

use std::io;
use std::path::Path;

use super::Obstacle;

/// Does nothing: the access list of the user's own folder applies.
#[expect(clippy::unnecessary_wraps, reason = "it has the signature of the other systems' function")]
pub(super) fn make_private(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Always `None`: only writing shows what an access list allows.
pub(super) fn obstacle(_: &Path, _: bool) -> Option<Obstacle> {
    None
}
