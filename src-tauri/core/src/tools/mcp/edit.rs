//! Edits one server's entry, and nothing else in the file.

use secrecy::zeroize::Zeroizing;

use super::check::{is_wanted, same_leaves};
use super::document::Document;
use super::entry::follow;
use super::splice::{Splice, apply, list_after, prepended, removal};
use super::tree::{Form, Leaf, Member, Node, Value, named};
use super::value::{McpValue, secret_part};
use super::{Format, KEY, Syntax};
use crate::base::files::Bytes;
use crate::base::token::Token;

/// How the command that starts a server begins, once Herokey gives the server its token: a command of its own, with a
/// token that lasts at most 30 days.
pub(super) const EXEC: [&str; 4] = ["exec", "--for", "30d", "--"];
pub(super) const HEROKEY: &str = "herokey";

/// The file in which `herokey exec` starts this server and gives it the token, and its entry no longer holds the variable.
/// If `herokey exec` starts it already, only the variable goes.
///
/// `None` if that cannot be done: there is no such server or variable, the server has no command, such as a remote one, or
/// another entry with the same name holds the variable too.
pub(crate) fn without_key(bytes: &[u8], format: Format, server: &[String], key: &str) -> Option<Bytes> {
    let before = Document::parse(bytes, format.syntax()).ok()?;
    let entry = follow(&before.root, server)?;
    let was_herokey = entry.launch()?.is_herokey();
    entry.variable(key)?;
    let mut text = Zeroizing::new(before.text.to_owned());
    while let Some(shorter) = change(&text, before.syntax, |document| remove_variable(document, server, key))
    {
        text = without_empty_table(&shorter, before.syntax, server, &text, key)?.unwrap_or(shorter);
    }
    if !was_herokey {
        text = change(&text, before.syntax, |document| wrap(document, server))?;
    }
    let after = Zeroizing::new([before.mark, &text].concat().into_bytes());
    is_wanted(&before, &after, (server, key)).then_some(after)
}

/// The file with another token for this server, and nothing else changed. `None` if the server has no token, or if the new
/// one has a character that would have to be escaped.
pub(crate) fn with_key(bytes: &[u8], format: Format, server: &[String], new: &Token) -> Option<Bytes> {
    let before = Document::parse(bytes, format.syntax()).ok()?;
    let value = follow(&before.root, server)?.variable(KEY)?;
    let (span, held) = (value.node.span.clone(), value.node.text()?);
    let McpValue::Token(_) = McpValue::of(held) else { return None };
    if new.expose().contains(['"', '\'', '\\']) {
        return None;
    }
    let (written, old) = (&before.text[span.clone()], secret_part(held));
    let (part, new_text) = match written.rfind(old) {
        Some(at) => (span.start + at..span.start + at + old.len(), Zeroizing::new(new.expose().to_owned())),
        // It is written with escapes.
        None => (span, Zeroizing::new(format!("\"{}\"", new.expose()))),
    };
    let parts = [before.mark, &before.text[..part.start], &new_text, &before.text[part.end..]];
    let after_bytes = Zeroizing::new(parts.concat().into_bytes());
    let after = Document::parse(&after_bytes, before.syntax).ok()?;
    let value_after = follow(&after.root, server)?.variable(KEY)?;
    let is_new = McpValue::of(value_after.node.text()?) == McpValue::Token(new.clone());
    let skip = |member: &Member| {
        let value = member.node.span.clone();
        move |leaf: &Leaf| leaf.span == value
    };
    let same = same_leaves((&before, skip(value)), (&after, skip(value_after)));
    (is_new && same).then_some(after_bytes)
}

/// Every value of `HEROKU_API_KEY`, wherever it is in the file and whether it counts or not: as the file holds it, and
/// without escapes. Not those that only refer to a token.
pub(crate) fn secrets(bytes: &[u8], format: Format) -> Vec<Bytes> {
    let Ok(document) = Document::parse(bytes, format.syntax()) else { return Vec::new() };
    let mut found: Vec<Bytes> = Vec::new();
    for member in named(&document.root, KEY) {
        let Some(read) = member.node.text() else { continue };
        if McpValue::of(read) == McpValue::Reference {
            continue;
        }
        let written = unquoted(&document.text[member.node.span.clone()]);
        for secret in [written, read, secret_part(read)] {
            let secret = Zeroizing::new(secret.as_bytes().to_vec());
            if !secret.is_empty() && !found.contains(&secret) {
                found.push(secret);
            }
        }
    }
    found
}

/// A string as it is written, without its quotation marks.
fn unquoted(written: &str) -> &str {
    let marks = ["\"\"\"", "'''", "\"", "'"];
    let inner = marks.iter().find_map(|mark| written.strip_prefix(mark)?.strip_suffix(mark));
    inner.unwrap_or(written)
}

/// Parses the text and applies a change to it.
fn change(
    text: &str,
    syntax: Syntax,
    plan: impl FnOnce(&Document<'_>) -> Option<Vec<Splice>>,
) -> Option<Zeroizing<String>> {
    let document = Document::parse(text.as_bytes(), syntax).ok()?;
    apply(document.text, plan(&document)?)
}

/// What removes the first variable with this name from the server's entry.
fn remove_variable(document: &Document<'_>, server: &[String], key: &str) -> Option<Vec<Splice>> {
    let entry = follow(&document.root, server)?;
    let (chain, member) = entry
        .variables()
        .into_iter()
        .find_map(|chain| chain.last()?.all(key).next().map(|member| (chain.clone(), member)))?;
    removal(document, &chain, member)
}

/// The text without the table from which the last variable has just been removed. `Some(None)` if that table holds more,
/// a comment included.
#[expect(clippy::option_option, reason = "the outer one is a failure")]
fn without_empty_table(
    text: &str,
    syntax: Syntax,
    server: &[String],
    before: &str,
    key: &str,
) -> Option<Option<Zeroizing<String>>> {
    let document_before = Document::parse(before.as_bytes(), syntax).ok()?;
    let entry_before = follow(&document_before.root, server)?;
    let holds = |chain: &Vec<&Node>| chain.last().is_some_and(|env| env.last(key).is_some());
    let index = entry_before.variables().iter().position(holds)?;
    let document = Document::parse(text.as_bytes(), syntax).ok()?;
    let entry = follow(&document.root, server)?;
    let chains = entry.variables();
    let Some(chain) = chains.get(index).filter(|_| chains.len() == entry_before.variables().len()) else {
        return Some(None);
    };
    let (env, holders) = chain.split_last()?;
    let is_blank = match env.form()? {
        Form::Braces => document.text[env.span.start + 1..env.span.end - 1].trim().is_empty(),
        Form::Header | Form::Dotted => true,
    };
    if !env.members().is_empty() || !is_blank {
        return Some(None);
    }
    let member =
        holders.last()?.members().iter().find(|member| std::ptr::eq(&raw const member.node, *env))?;
    Some(apply(document.text, removal(&document, holders, member)?))
}

/// What makes `herokey exec` start the server.
fn wrap(document: &Document<'_>, server: &[String]) -> Option<Vec<Splice>> {
    let entry = follow(&document.root, server)?;
    let launch = entry.launch()?;
    let command = &launch.command.node.span;
    let quoted: Vec<String> = EXEC.iter().map(|word| format!("\"{word}\"")).collect();
    let old = document.text.get(command.clone())?;
    let elements: Vec<&str> = quoted.iter().map(String::as_str).chain([old]).collect();
    let mut splices = vec![(command.clone(), format!("\"{HEROKEY}\""))];
    match launch.args.map(|args| (&args.node, &args.node.value)) {
        Some((args, Value::List(_))) => splices.push(prepended(document, args, &elements)?),
        Some((args, Value::Null)) => splices.push((args.span.clone(), format!("[{}]", elements.join(", ")))),
        Some(_) => return None,
        None => splices.extend(list_after(document, &launch.chain, launch.command, ("args", &elements))?),
    }
    Some(splices)
}
