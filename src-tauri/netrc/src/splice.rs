//! Applies edits to bytes.

use std::ops::Range;

use zeroize::Zeroizing;

use crate::lex::{self, is_blank};

pub(crate) enum Edit {
    /// The bytes are replaced, nothing else.
    Value(Range<usize>, Zeroizing<Vec<u8>>),
    /// The section, and the line ends that are its own, give way to these whole lines.
    Section(Range<usize>, Zeroizing<Vec<u8>>),
    /// Whole lines are added, with the line before them ended if it is not.
    Insert(usize, Zeroizing<Vec<u8>>),
}

impl Edit {
    pub(crate) fn range(&self) -> Range<usize> {
        match self {
            Edit::Value(range, _) | Edit::Section(range, _) => range.clone(),
            Edit::Insert(at, _) => *at..*at,
        }
    }

    fn text(&self) -> &[u8] {
        let (Edit::Value(_, text) | Edit::Section(_, text) | Edit::Insert(_, text)) = self;
        text
    }
}

/// The bytes after `edits`, which do not overlap.
pub(crate) fn apply(bytes: &[u8], mut edits: Vec<Edit>) -> Zeroizing<Vec<u8>> {
    edits.sort_by_key(|edit| (edit.range().start, edit.range().end));
    // Large enough never to grow, which would leave a copy behind.
    let added: usize = edits.iter().map(|edit| edit.text().len() + 2).sum();
    let mut out = Zeroizing::new(Vec::with_capacity(bytes.len() + added));
    let line_end: &[u8] = if bytes[..lex::line_end(bytes, 0)].ends_with(b"\r\n") { b"\r\n" } else { b"\n" };
    let mut copied = 0;
    for edit in edits {
        match edit {
            Edit::Value(range, text) => {
                out.extend_from_slice(&bytes[copied..range.start]);
                out.extend_from_slice(&text);
                copied = range.end;
            }
            Edit::Insert(at, lines) => {
                out.extend_from_slice(&bytes[copied..at]);
                if !is_at_line_start(&out) {
                    out.extend_from_slice(line_end);
                }
                out.extend_from_slice(&lines);
                copied = at;
            }
            Edit::Section(range, lines) => {
                out.extend_from_slice(&bytes[copied..range.start]);
                // A blank behind a carriage return is an empty value of the word before.
                while out.last().copied().is_some_and(is_blank) && out.iter().nth_back(1) != Some(&b'\r') {
                    out.pop();
                }
                let rest = &bytes[range.end..];
                let blanks = rest.iter().take_while(|&&byte| is_blank(byte)).count();
                let returns = rest[blanks..].iter().take_while(|&&byte| byte == b'\r').count();
                copied = range.end + blanks;
                let tail = &bytes[copied..];
                let ends_line = tail.get(returns).is_none_or(|&byte| byte == b'\n');
                let tail = &tail[..if ends_line { tail.len().min(returns + 1) } else { 0 }];
                if !is_at_line_start(&out) {
                    if lines.is_empty() {
                        // Behind a carriage return curl takes a blank for a syntax error.
                        let is_separate = ends_line || out.ends_with(b"\r");
                        out.extend_from_slice(if is_separate { b"" } else { b" " });
                        continue;
                    }
                    out.extend_from_slice(line_end);
                }
                out.extend_from_slice(&lines);
                copied += tail.len();
            }
        }
    }
    out.extend_from_slice(&bytes[copied..]);
    out
}

fn is_at_line_start(out: &[u8]) -> bool {
    out.last().is_none_or(|&byte| byte == b'\n')
}
