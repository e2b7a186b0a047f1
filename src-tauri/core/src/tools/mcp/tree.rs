//! Where the values of a configuration are, in a form that JSON and TOML share. The parsers only say where things are; an
//! edit replaces bytes of the file itself, so everything else stays as it is.
//!
//! The strings here are wiped when dropped. The syntax trees of the parsers cannot be: `jsonc-parser` copies only strings
//! with escapes, `toml_edit` copies every string.

use std::ops::Range;

use secrecy::zeroize::Zeroizing;

/// Positions in the text, without a byte order mark.
pub(super) type Span = Range<usize>;

/// A value and its position.
pub(super) struct Node {
    /// The value as it is written. For a TOML table, the position of its header, if it has one.
    pub(super) span: Span,
    pub(super) value: Value,
}

/// What a value is.
pub(super) enum Value {
    /// A string, without quotes and escapes.
    Text(Zeroizing<String>),
    List(Vec<Node>),
    Table(Form, Vec<Member>),
    Null,
    /// A number, a date, `true` or `false`.
    Other,
}

/// How a table is written.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Form {
    /// `{ … }`, with commas between its members.
    Braces,
    /// `[name]`, with its members on lines of their own.
    Header,
    /// Only as a part of dotted keys: `name.key = …`.
    Dotted,
}

/// A named value in a table.
pub(super) struct Member {
    pub(super) name: String,
    /// The position of the name; of its last part, if it is dotted.
    pub(super) key: Span,
    pub(super) node: Node,
}

/// A value that has no parts; an empty list or table is one too.
pub(super) struct Leaf {
    /// The names that lead to it; the number of an element of a list.
    pub(super) path: Vec<String>,
    pub(super) span: Span,
}

impl Node {
    /// The members of a table; none of anything else. A name may come twice.
    pub(super) fn members(&self) -> &[Member] {
        match &self.value {
            Value::Table(_, members) => members,
            Value::Text(_) | Value::List(_) | Value::Null | Value::Other => &[],
        }
    }

    /// Every member with this name.
    pub(super) fn all<'t>(&'t self, name: &str) -> impl Iterator<Item = &'t Member> {
        self.members().iter().filter(move |member| member.name == name)
    }

    /// The member with this name that counts: the last one, as for `JSON.parse` and Rust's `serde_json` with maps.
    pub(super) fn last(&self, name: &str) -> Option<&Member> {
        self.members().iter().rfind(|member| member.name == name)
    }

    /// How a table is written. `None` if it is not a table.
    pub(super) fn form(&self) -> Option<Form> {
        match self.value {
            Value::Table(form, _) => Some(form),
            Value::Text(_) | Value::List(_) | Value::Null | Value::Other => None,
        }
    }

    /// What a string says.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(text) => Some(text),
            Value::List(_) | Value::Table(..) | Value::Null | Value::Other => None,
        }
    }

    /// The elements of a list.
    pub(super) fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Value::List(nodes) => Some(nodes),
            Value::Text(_) | Value::Table(..) | Value::Null | Value::Other => None,
        }
    }

    /// Every value that has no parts, in the order of the file.
    pub(super) fn leaves(&self) -> Vec<Leaf> {
        let mut found = Vec::new();
        self.add_leaves(&mut Vec::new(), &mut found);
        found
    }

    fn add_leaves(&self, path: &mut Vec<String>, found: &mut Vec<Leaf>) {
        let parts: Vec<(String, &Self)> = match &self.value {
            Value::List(nodes) => {
                (0..).zip(nodes).map(|(index, node): (usize, _)| (index.to_string(), node)).collect()
            }
            Value::Table(_, members) => {
                members.iter().map(|member| (member.name.clone(), &member.node)).collect()
            }
            Value::Text(_) | Value::Null | Value::Other => Vec::new(),
        };
        if parts.is_empty() {
            found.push(Leaf { path: path.clone(), span: self.span.clone() });
        }
        for (name, node) in parts {
            path.push(name);
            node.add_leaves(path, found);
            path.pop();
        }
    }
}

/// Every member with this name, in the order of the file.
pub(super) fn named<'t>(node: &'t Node, name: &str) -> Vec<&'t Member> {
    let below = |node| named(node, name);
    match &node.value {
        Value::List(nodes) => nodes.iter().flat_map(below).collect(),
        Value::Table(_, members) => members
            .iter()
            .flat_map(|member| {
                let own = (member.name == name).then_some(member);
                own.into_iter().chain(below(&member.node)).collect::<Vec<_>>()
            })
            .collect(),
        Value::Text(_) | Value::Null | Value::Other => Vec::new(),
    }
}
