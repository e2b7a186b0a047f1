//! Applies edits to the bytes of a file.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::lex::{self, is_blank};

pub(crate) enum Edit {
    /// Replaces these bytes and nothing around them.
    ReplaceValue(Range<usize>, Zeroizing<Vec<u8>>),
    /// Replaces a section, and the line ending that belongs to it, with whole lines.
    ReplaceSection(Range<usize>, Zeroizing<Vec<u8>>),
    /// Inserts whole lines at this offset, and first ends the line before them if it is unfinished.
    InsertLines(usize, Zeroizing<Vec<u8>>),
}

impl Edit {
    pub(crate) fn range(&self) -> Range<usize> {
        match self {
            Edit::ReplaceValue(range, _) | Edit::ReplaceSection(range, _) => range.clone(),
            Edit::InsertLines(offset, _) => *offset..*offset,
        }
    }

    fn text(&self) -> &[u8] {
        let (Edit::ReplaceValue(_, text) | Edit::ReplaceSection(_, text) | Edit::InsertLines(_, text)) = self;
        text
    }
}

/// The bytes after `edits`, which must not overlap.
pub(crate) fn apply(bytes: &[u8], mut edits: Vec<Edit>) -> Zeroizing<Vec<u8>> {
    edits.sort_by_key(|edit| (edit.range().start, edit.range().end));
    // Allocated once: a buffer that grows leaves an unwiped copy behind.
    let added: usize = edits.iter().map(|edit| edit.text().len() + 2).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() + added));
    let line_end: &[u8] = if bytes[..lex::line_end(bytes, 0)].ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
    let mut copied_to = 0;
    for edit in edits {
        match edit {
            Edit::ReplaceValue(range, text) => {
                out.extend_from_slice(&bytes[copied_to..range.start]);
                out.extend_from_slice(&text);
                copied_to = range.end;
            }
            Edit::InsertLines(offset, lines) => {
                out.extend_from_slice(&bytes[copied_to..offset]);
                if !is_at_line_start(&out) {
                    out.extend_from_slice(line_end);
                }
                out.extend_from_slice(&lines);
                copied_to = offset;
            }
            Edit::ReplaceSection(range, lines) => {
                out.extend_from_slice(&bytes[copied_to..range.start]);
                // A space or tab after a carriage return stays: curl reads it as an empty value.
                while out.last().copied().is_some_and(is_blank) && out.iter().nth_back(1) != Some(&b'\r') {
                    out.pop();
                }
                let rest = &bytes[range.end..];
                let blanks = rest.iter().take_while(|&&byte| is_blank(byte)).count();
                let returns = rest[blanks..].iter().take_while(|&&byte| byte == b'\r').count();
                copied_to = range.end + blanks;
                let tail = &bytes[copied_to..];
                let ends_line = tail.get(returns).is_none_or(|&byte| byte == b'\n');
                let tail = &tail[..if ends_line { tail.len().min(returns + 1) } else { 0 }];
                if !is_at_line_start(&out) {
                    if lines.is_empty() {
                        // A space after a carriage return would be a syntax error for curl.
                        let is_separate = ends_line || out.ends_with(b"\r");
                        out.extend_from_slice(if is_separate { b"" } else { b" " });
                        continue;
                    }
                    out.extend_from_slice(line_end);
                }
                out.extend_from_slice(&lines);
                copied_to += tail.len();
            }
        }
    }
    out.extend_from_slice(&bytes[copied_to..]);
    out
}

fn is_at_line_start(out: &[u8]) -> bool {
    out.last().is_none_or(|&byte| byte == b'\n')
}
