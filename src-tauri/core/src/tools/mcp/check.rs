//! Checks an edited configuration before anybody writes it.

use super::document::Document;
use super::edit::{EXEC, HEROKEY};
use super::entry::{Launch, all_at, follow};
use super::tree::{Leaf, Node, Value, named};

/// True if the result is what was wanted: no entry with this name holds the variable, `herokey exec` starts the server as
/// its old command line did, and every other value of the file is the same.
pub(super) fn is_wanted(before: &Document<'_>, after: &[u8], (server, key): (&[String], &str)) -> bool {
    let Ok(after) = Document::parse(after, before.syntax) else { return false };
    let launches = (launch(before, server), launch(&after, server));
    let (Some((old, old_line)), Some((new, new_line))) = launches else { return false };
    let added = [HEROKEY].into_iter().chain(EXEC).map(Some);
    let expected: Vec<_> = if old.is_herokey() { old_line } else { added.chain(old_line).collect() };
    let is_variable = |holder: &[String], leaf: &[String]| match leaf.strip_prefix(holder) {
        // An empty table is a leaf itself.
        Some([env]) => env == "env",
        Some([env, name]) => env == "env" && name == key,
        _ => false,
    };
    let is_changed = |leaf: &Leaf| {
        let first = leaf.path.strip_prefix(old.path.as_slice()).and_then(|own| own.first());
        let is_command = first.is_some_and(|name| *name == old.command.name || name == "args");
        is_command || is_variable(&old.path, &leaf.path) || is_variable(server, &leaf.path)
    };
    new.is_herokey()
        && new.path == old.path
        && new_line == expected
        && all_at(&after.root, server).into_iter().all(|entry| named(entry, key).is_empty())
        && same_leaves((before, is_changed), (&after, is_changed))
}

/// True if two documents have the same values in the same order, apart from those to skip.
pub(super) fn same_leaves(
    (before, skip_before): (&Document<'_>, impl Fn(&Leaf) -> bool),
    (after, skip_after): (&Document<'_>, impl Fn(&Leaf) -> bool),
) -> bool {
    let mut left = before.root.leaves();
    left.retain(|leaf| !skip_before(leaf));
    let mut right = after.root.leaves();
    right.retain(|leaf| !skip_after(leaf));
    let same = |(left, right): (&Leaf, &Leaf)| {
        left.path == right.path && before.text.get(left.span.clone()) == after.text.get(right.span.clone())
    };
    left.len() == right.len() && left.iter().zip(&right).all(same)
}

/// What starts a server: its program and arguments. An argument that is no string is `None`.
fn launch<'t>(document: &'t Document<'_>, server: &[String]) -> Option<(Launch<'t>, Vec<Option<&'t str>>)> {
    let launch = follow(&document.root, server)?.launch()?;
    let args = launch.args.map(|args| &args.node).filter(|args| !matches!(args.value, Value::Null));
    let args = args.map_or(Some(&[][..]), Node::list)?;
    let line = [launch.command.node.text()].into_iter().chain(args.iter().map(Node::text)).collect();
    Some((launch, line))
}
