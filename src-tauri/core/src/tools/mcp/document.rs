//! A configuration file, parsed.

use jsonc_parser::ast;
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, ParseOptions};
use secrecy::zeroize::Zeroizing;
use toml_edit::{Item, Key, TableLike};

use super::Syntax;
use super::tree::{Form, Member, Node, Span, Value};

/// Editors on Windows put it in front of UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A file's text and where its values are.
pub(super) struct Document<'a> {
    pub(super) syntax: Syntax,
    /// A byte order mark, or nothing.
    pub(super) mark: &'a str,
    /// The text after the mark, to which all positions refer.
    pub(super) text: &'a str,
    pub(super) root: Node,
}

/// Why a file cannot be read. It repeats nothing of the content, which may be a secret.
#[derive(Debug, PartialEq)]
pub(super) struct Damaged {
    /// The line, from 1.
    pub(super) line: usize,
    pub(super) what: &'static str,
}

impl<'a> Document<'a> {
    /// Parses a file. An empty one has no members, as for VS Code and Cline.
    ///
    /// JSON may have comments and trailing commas, whoever reads it: VS Code, Gemini CLI and Zed allow them, and a token in
    /// a file that its client refuses is still a token in a file.
    pub(super) fn parse(bytes: &'a [u8], syntax: Syntax) -> Result<Self, Damaged> {
        let whole = std::str::from_utf8(bytes)
            .map_err(|error| Damaged { line: line(bytes, error.valid_up_to()), what: "it is not UTF-8" })?;
        let text = whole.strip_prefix(BYTE_ORDER_MARK).unwrap_or(whole);
        let root = match syntax {
            Syntax::Json => parse_json(text),
            Syntax::Toml => parse_toml(text),
        }?;
        Ok(Self { syntax, mark: &whole[..whole.len() - text.len()], text, root })
    }

    /// The line of a position, from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        line(self.text.as_bytes(), at)
    }
}

fn line(text: &[u8], at: usize) -> usize {
    1 + memchr::memchr_iter(b'\n', &text[..at.min(text.len())]).count()
}

fn parse_json(text: &str) -> Result<Node, Damaged> {
    let options = ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    };
    let parsed = jsonc_parser::parse_to_ast(text, &CollectOptions::default(), &options);
    let parsed = parsed.map_err(|error| Damaged {
        line: line(text.as_bytes(), error.range().start),
        what: "it is not JSON",
    })?;
    let nothing = || Node { span: 0..0, value: Value::Null };
    Ok(parsed.value.as_ref().map_or_else(nothing, json_node))
}

fn json_node(value: &ast::Value<'_>) -> Node {
    let range = value.range();
    let value = match value {
        ast::Value::StringLit(string) => Value::Text(Zeroizing::new(string.value.to_string())),
        ast::Value::Array(array) => Value::List(array.elements.iter().map(json_node).collect()),
        ast::Value::Object(object) => {
            Value::Table(Form::Braces, object.properties.iter().map(json_member).collect())
        }
        ast::Value::NullKeyword(_) => Value::Null,
        ast::Value::NumberLit(_) | ast::Value::BooleanLit(_) => Value::Other,
    };
    Node { span: range.start..range.end, value }
}

fn json_member(property: &ast::ObjectProp<'_>) -> Member {
    let key = property.name.range();
    Member {
        name: property.name.as_str().to_owned(),
        key: key.start..key.end,
        node: json_node(&property.value),
    }
}

fn parse_toml(text: &str) -> Result<Node, Damaged> {
    let parsed = toml_edit::Document::parse(text);
    let parsed = parsed.map_err(|error| Damaged {
        line: line(text.as_bytes(), error.span().map_or(0, |span| span.start)),
        what: "it is not TOML",
    })?;
    Ok(Node { span: 0..0, value: Value::Table(Form::Header, toml_members(parsed.as_table())) })
}

fn toml_members(table: &dyn TableLike) -> Vec<Member> {
    let named = table.iter().filter_map(|(name, _)| table.get_key_value(name));
    let mut members: Vec<_> = named.map(|(key, item)| toml_member(key, item)).collect();
    // A dotted name may come again after others.
    members.sort_by_key(|member| member.key.start);
    members
}

fn toml_member(key: &Key, item: &Item) -> Member {
    Member { name: key.get().to_owned(), key: key.span().unwrap_or_default(), node: toml_node(item) }
}

fn toml_node(item: &Item) -> Node {
    let span: Span = item.span().unwrap_or_default();
    let value = match item {
        Item::Table(table) => {
            let form = if table.is_dotted() || table.is_implicit() { Form::Dotted } else { Form::Header };
            Value::Table(form, toml_members(table))
        }
        Item::Value(toml_edit::Value::InlineTable(table)) => {
            let form = if table.is_dotted() { Form::Dotted } else { Form::Braces };
            Value::Table(form, toml_members(table))
        }
        Item::Value(toml_edit::Value::Array(array)) => Value::List(array.iter().map(toml_element).collect()),
        Item::Value(toml_edit::Value::String(text)) => Value::Text(Zeroizing::new(text.value().clone())),
        Item::Value(_) | Item::None | Item::ArrayOfTables(_) => Value::Other,
    };
    Node { span, value }
}

fn toml_element(value: &toml_edit::Value) -> Node {
    let span = value.span().unwrap_or_default();
    let value = match value {
        toml_edit::Value::String(text) => Value::Text(Zeroizing::new(text.value().clone())),
        // What is inside of it does not matter: an argument is a string.
        _ => Value::Other,
    };
    Node { span, value }
}
