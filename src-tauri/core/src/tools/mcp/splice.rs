//! Changes to the text of a configuration: removes a member with its comma and its line, and adds elements and members.

use secrecy::zeroize::Zeroizing;

use super::Syntax;
use super::document::Document;
use super::tree::{Form, Member, Node, Span};

/// Text to put in place of a part of a file.
pub(super) type Splice = (Span, String);

/// The text with its parts replaced. `None` if they overlap.
pub(super) fn apply(text: &str, mut splices: Vec<Splice>) -> Option<Zeroizing<String>> {
    splices.sort_by_key(|(span, _)| span.start);
    let (mut parts, mut at) = (Vec::new(), 0);
    for (span, new) in &splices {
        parts.extend([text.get(at..span.start)?, new.as_str()]);
        at = span.end;
    }
    parts.push(text.get(at..)?);
    Some(Zeroizing::new(parts.concat()))
}

/// What removes a member of the last table of `chain`: the member, its comma, and its line if nothing else is on it. The
/// comment behind it on the same line goes too, because it is about the member.
pub(super) fn removal(document: &Document<'_>, chain: &[&Node], member: &Member) -> Option<Vec<Splice>> {
    match innermost_braces(chain) {
        _ if member.node.form() == Some(Form::Header) => Some(header(document, &member.node)),
        Some(braces) => from_braces(document, braces, member),
        None => Some(vec![cut(whole_lines(document.text, member.key.start, member.node.span.end))]),
    }
}

/// What puts elements in front of those of a list, in the way in which the list is written.
pub(super) fn prepended(document: &Document<'_>, list: &Node, elements: &[&str]) -> Option<Splice> {
    let text = document.text;
    let (first, second) = (list.list()?.first(), list.list()?.get(1));
    let Some(first) = first else {
        let at = list.span.start + 1;
        return Some((at..at, elements.join(", ")));
    };
    let at = first.span.start;
    let indent = &text[line_start(text, at)..at];
    let separator = if indent.trim().is_empty() && line_start(text, at) > list.span.start {
        format!(",{}{indent}", line_break_before(text, at))
    } else {
        let between = second.map(|second| &text[first.span.end..second.span.start]);
        between.filter(|between| between.trim_matches(' ') == ",").unwrap_or(", ").to_owned()
    };
    Some((at..at, format!("{}{separator}", elements.join(&separator))))
}

/// What adds a list behind a member of the last table of `chain`, written like that member.
pub(super) fn list_after(
    document: &Document<'_>,
    chain: &[&Node],
    member: &Member,
    (name, elements): (&str, &[&str]),
) -> Option<Vec<Splice>> {
    let text = document.text;
    let gap = text.get(member.key.end..member.node.span.start)?;
    let is_plain = gap.chars().all(|letter| matches!(letter, ' ' | '\t' | ':' | '='));
    let (name, gap) = match document.syntax {
        Syntax::Json => (format!("\"{name}\""), if is_plain { gap } else { ": " }),
        Syntax::Toml => (name.to_owned(), if is_plain { gap } else { " = " }),
    };
    let separator = if gap.ends_with([' ', '\t']) { ", " } else { "," };
    let end = member.node.span.end;
    let rest = rest_of_line(document, end);
    let Some(braces) = innermost_braces(chain) else {
        let prefix = &text[line_start(text, member.key.start)..member.key.start];
        let break_before = line_break_before(text, rest?);
        let added = format!("{break_before}{prefix}{name}{gap}[{}]", elements.join(separator));
        return Some(vec![(rest?..rest?, added)]);
    };
    let start = start_in(document, braces, member)?;
    let prefix = text.get(start..member.key.start)?;
    let list = format!("{prefix}{name}{gap}[{}]", elements.join(separator));
    let indent = &text[line_start(text, start)..start];
    let comma = commas(document, braces)?.into_iter().find(|comma| *comma >= end);
    let rest = rest_of_line(document, comma.map_or(end, |comma| comma + 1));
    match rest.filter(|_| indent.trim().is_empty()) {
        // On a line of its own, behind the comment on the member's line.
        Some(rest) => {
            let line = format!("{}{indent}{list}", line_break_before(text, rest));
            Some(match comma {
                Some(_) => vec![(rest..rest, format!("{line},"))],
                None => vec![(end..end, ",".to_owned()), (rest..rest, line)],
            })
        }
        None => Some(vec![(end..end, format!("{separator}{list}"))]),
    }
}

/// Removes a part.
fn cut(span: Span) -> Splice {
    (span, String::new())
}

/// The table in braces that holds the members, if one does.
fn innermost_braces<'t>(chain: &[&'t Node]) -> Option<&'t Node> {
    chain.iter().rev().find(|node| node.form() == Some(Form::Braces)).copied()
}

/// What a member between braces takes along.
fn from_braces(document: &Document<'_>, braces: &Node, member: &Member) -> Option<Vec<Splice>> {
    let text = document.text;
    let (start, end) = (start_in(document, braces, member)?, member.node.span.end);
    let commas = commas(document, braces)?;
    let before = commas.iter().copied().rfind(|comma| *comma < start);
    let next = commas.iter().copied().find(|comma| *comma >= end);
    let blank_before = |at: usize| text[line_start(text, at)..at].trim().is_empty();
    let behind = next.map_or(end, |comma| comma + 1);
    if blank_before(start) && rest_of_line(document, behind).is_some() {
        let lines = whole_lines(text, start, rest_of_line(document, behind)?);
        let comma = before.filter(|_| next.is_none()).map(|comma| cut(comma..comma + 1));
        return Some([cut(lines)].into_iter().chain(comma).collect());
    }
    Some(match (before, next) {
        (_, Some(_)) => {
            let spaces = text[behind..].len() - text[behind..].trim_start_matches([' ', '\t']).len();
            let is_end_of_line = text[behind + spaces..].starts_with(['\r', '\n']);
            let start =
                if is_end_of_line { text[..start].trim_end_matches([' ', '\t']).len() } else { start };
            vec![cut(start..if is_end_of_line { behind } else { behind + spaces })]
        }
        (Some(comma), None) if !text[comma + 1..start].trim().is_empty() => {
            vec![cut(comma..comma + 1), cut(text[..start].trim_end_matches([' ', '\t']).len()..end)]
        }
        (Some(comma), None) => match rest_of_line(document, end).filter(|_| blank_before(comma)) {
            Some(rest) => vec![cut(whole_lines(text, comma, rest))],
            None => vec![cut(comma..end)],
        },
        (None, None) => vec![cut(start..end)],
    })
}

/// Where a member between braces begins: with the first part of its name, if that is dotted.
fn start_in(document: &Document<'_>, braces: &Node, member: &Member) -> Option<usize> {
    let key = member.key.start;
    let before = commas(document, braces)?.into_iter().rfind(|comma| *comma < key);
    let start = skip_space_and_comments(document, before.unwrap_or(braces.span.start) + 1);
    (start <= key).then_some(start)
}

/// The positions of the commas between the members of a table in braces.
fn commas(document: &Document<'_>, braces: &Node) -> Option<Vec<usize>> {
    let mut parts = Vec::new();
    add_parts(braces, &mut parts);
    parts.sort_by_key(|part| part.start);
    let (mut at, mut found) = (braces.span.start + 1, Vec::new());
    let end = braces.span.end.checked_sub(1)?;
    while at < end {
        at = skip_space_and_comments(document, at);
        if let Some(part) = parts.iter().find(|part| part.start == at && part.end > at) {
            at = part.end;
            continue;
        }
        if document.text.as_bytes().get(at) == Some(&b',') {
            found.push(at);
        }
        at += 1;
    }
    Some(found)
}

/// The names and the values between the braces of a table.
fn add_parts(table: &Node, parts: &mut Vec<Span>) {
    for member in table.members() {
        parts.push(member.key.clone());
        if member.node.form() == Some(Form::Dotted) {
            add_parts(&member.node, parts);
        } else {
            parts.push(member.node.span.clone());
        }
    }
}

/// The header of a table without members, and the blank line that separates it from what is before. Nothing if comments
/// follow it, which may be members that somebody turned off.
fn header(document: &Document<'_>, table: &Node) -> Vec<Splice> {
    let text = document.text;
    let line = whole_lines(text, table.span.start, table.span.end);
    let body =
        text[line.end..].lines().take_while(|line| !line.trim().is_empty() && !line.trim().starts_with('['));
    if body.into_iter().next().is_some() {
        return Vec::new();
    }
    let is_separate = text[line.end..].lines().next().is_none_or(|next| next.trim().is_empty());
    let above = line_start(text, line.start.saturating_sub(1));
    let is_blank_above = line.start > 0 && text[above..line.start].trim().is_empty();
    vec![cut(if is_separate && is_blank_above { above..line.end } else { line })]
}

/// The lines from the one at `start` to the one at `end`.
fn whole_lines(text: &str, start: usize, end: usize) -> Span {
    line_start(text, start)..text[end..].find('\n').map_or(text.len(), |at| end + at + 1)
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |newline| newline + 1)
}

/// How the file ends lines around `at`.
fn line_break_before(text: &str, at: usize) -> &'static str {
    let is_windows = match text[..at].rfind('\n') {
        Some(newline) => text[..newline].ends_with('\r'),
        None => text[at..].starts_with('\r'),
    };
    if is_windows { "\r\n" } else { "\n" }
}

/// The end of the line, before the line break, if there is nothing but space and comments up to it, and no comment goes on
/// behind it.
fn rest_of_line(document: &Document<'_>, mut at: usize) -> Option<usize> {
    let text = document.text;
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    loop {
        at += text[at..end].len() - text[at..end].trim_start().len();
        match comment(document, at) {
            _ if at >= end => break,
            Some(length) if at + length <= end => at += length,
            _ => return None,
        }
    }
    Some(if text[..end].ends_with('\r') { end - 1 } else { end })
}

/// The position of what comes next.
fn skip_space_and_comments(document: &Document<'_>, mut at: usize) -> usize {
    let text = document.text;
    loop {
        at = text.len() - text[at..].trim_start().len();
        match comment(document, at) {
            Some(length) => at += length,
            None => return at,
        }
    }
}

/// The length of the comment that begins here, if one does.
fn comment(document: &Document<'_>, at: usize) -> Option<usize> {
    let rest = &document.text[at..];
    let line = || rest.find('\n').unwrap_or(rest.len());
    match document.syntax {
        Syntax::Json if rest.starts_with("/*") => rest.find("*/").map(|end| end + 2),
        Syntax::Json => rest.starts_with("//").then(line),
        Syntax::Toml => rest.starts_with('#').then(line),
    }
}
