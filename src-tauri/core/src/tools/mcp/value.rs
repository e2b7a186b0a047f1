//! What the value of `HEROKU_API_KEY` is.

use crate::base::token::Token;

/// What a variable in a server's entry holds.
#[derive(Debug, PartialEq)]
pub(crate) enum McpValue {
    /// A token, or a password that somebody took for one.
    Token(Token),
    /// No token, but the name of a place that has one: `${HEROKU_API_KEY}`, `${env:…}`, `${input:…}`, `$NAME` or
    /// `op://…`.
    Reference,
    /// Neither: empty, a placeholder such as `<YOUR_API_KEY>`, text with spaces, or no string at all.
    Other,
}

impl McpValue {
    /// Tells what a string is.
    ///
    /// VS Code and Cursor replace `${env:…}`, VS Code asks for `${input:…}` (its "MCP configuration reference"), Claude
    /// Code replaces `${NAME}` and `${NAME:-DEFAULT}` (its page "MCP", "Environment variable expansion"), Gemini CLI also
    /// `$NAME` (`envVarResolver.ts`), Cline and Windsurf `${env:…}`. `op run` replaces `op://…`.
    pub(super) fn of(text: &str) -> Self {
        let text = secret_part(text);
        let is_name = |name: &str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_reference = text.contains("${")
            || text.starts_with("op://")
            || text.strip_prefix('$').is_some_and(|name| !name.is_empty() && is_name(name));
        if is_reference {
            return Self::Reference;
        }
        let is_placeholder = text.starts_with('<') && text.ends_with('>');
        Token::parse(text).filter(|_| !is_placeholder).map_or(Self::Other, Self::Token)
    }
}

/// The part of a value that may be secret: DEFAULT in `${NAME:-DEFAULT}`, otherwise all but the white space around it.
pub(super) fn secret_part(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'));
    let default = inner.and_then(|inner| inner.split_once(":-")).map(|(_, default)| default.trim());
    default.filter(|default| !default.is_empty()).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_no_token() {
        for reference in [
            "${HEROKU_API_KEY}",
            " ${HEROKU_API_KEY} ",
            "${env:HEROKU_API_KEY}",
            "${input:heroku-key}",
            "$HEROKU_API_KEY",
            "${HEROKU_API_KEY:-}",
            "${HEROKU_API_KEY:-${OTHER}}",
            "op://private/heroku/token",
        ] {
            assert_eq!(McpValue::of(reference), McpValue::Reference, "{reference}");
        }
        for other in ["", "  ", "<YOUR_HEROKU_API_KEY>", "two words"] {
            assert_eq!(McpValue::of(other), McpValue::Other, "{other}");
        }
    }

    #[test]
    fn a_default_may_be_a_token() {
        let token = Token::parse("HRKU-fake-mcp-a1b2").unwrap();
        for text in ["HRKU-fake-mcp-a1b2", " HRKU-fake-mcp-a1b2\n", "${HEROKU_API_KEY:-HRKU-fake-mcp-a1b2}"] {
            assert_eq!(McpValue::of(text), McpValue::Token(token.clone()), "{text}");
        }
    }
}
