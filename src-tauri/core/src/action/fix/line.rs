//! Turns a line of a shell's startup file into a comment.

use std::path::Path;

use secrecy::zeroize::Zeroizing;

use super::machine_changed;
use crate::base::error::{Code, Error, Result};
use crate::base::files::Bytes;
use crate::tools::shell;
use crate::tools::shell::Refusal;

/// Comments out a line that sets a variable. Refuses a line that does more than that.
pub(super) fn comment_out(bytes: &[u8], line: usize, variable: &str, path: &Path) -> Result<Bytes> {
    shell::comment_out(bytes, line, variable, path).map_err(|refusal| match refusal {
        Refusal::SetsNothing => machine_changed(),
        Refusal::DoesMore => {
            Error::new(Code::CannotFix, format!("Line {line} does more than set {variable}."))
                .means("Nothing was changed.")
                .next_step(format!("Open the file and remove {variable} from the line."))
        }
    })
}

/// The value that the line gives to the variable, without and with its quotes.
pub(super) fn values(bytes: &[u8], line: usize, variable: &str) -> Vec<Bytes> {
    let line = bytes.split(|byte| *byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let Ok(text) = std::str::from_utf8(line) else { return Vec::new() };
    let Some((_, value)) = text.split_once(variable) else { return Vec::new() };
    let value = value.trim_start_matches(['=', ' ', '\t']).trim_end();
    let bare = value.trim_matches(['"', '\'']);
    [bare, value].map(|value| Zeroizing::new(value.as_bytes().to_vec())).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "HEROKU_API_KEY";

    #[test]
    fn a_value_is_found_with_and_without_quotes() {
        let values = values(b"export HEROKU_API_KEY=\"HRKU-fake\"\n", 1, KEY);
        let texts: Vec<_> = values.iter().map(|value| String::from_utf8_lossy(value)).collect();
        assert_eq!(texts, ["HRKU-fake", "\"HRKU-fake\""]);
    }
}
