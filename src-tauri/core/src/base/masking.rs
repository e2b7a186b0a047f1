//! Hides values in a text that others will see.

/// How Heroku's tokens begin.
const TOKEN_START: &str = "HRKU-";

/// Replaces each value, the first of a pair, by its mask, the second. If several values start at one place, the longest
/// is replaced: otherwise a value that is the beginning of another would leave the other's rest visible.
pub(crate) fn hide(text: &str, values: &[(&str, &str)]) -> String {
    let mut masked = String::new();
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let here = values.iter().filter(|(value, _)| !value.is_empty() && rest.starts_with(value));
        if let Some((value, mask)) = here.max_by_key(|(value, _)| value.len()) {
            masked.push_str(mask);
            rest = &rest[value.len()..];
        } else {
            masked.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    masked
}

/// Hides what looks like a credential in the words of a program that may have had one: the name and password in a URL,
/// and Heroku's tokens.
pub(crate) fn hide_credentials(text: &str) -> String {
    let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut hidden = String::new();
    for (number, part) in text.split(TOKEN_START).enumerate() {
        hidden.push_str(if number > 0 { "…" } else { "" });
        hidden.push_str(if number > 0 { part.trim_start_matches(is_token) } else { part });
    }
    let mut parts = hidden.split("://");
    let mut shown = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(['/', '?', '#', ' ', '\'', '"']).unwrap_or(part.len());
        let user_info = part[..end].rfind('@');
        shown.push_str(if user_info.is_some() { "://…" } else { "://" });
        shown.push_str(&part[user_info.unwrap_or(0)..]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::{hide, hide_credentials};

    #[test]
    fn credentials_are_hidden_in_urls_and_by_their_shape() {
        let text = "fatal: bad url 'https://me:fake-password@git.heroku.com/app.git', not HRKU-fake_0123-x, http://x/@y";
        let shown = "fatal: bad url 'https://…@git.heroku.com/app.git', not …, http://x/@y";
        assert_eq!(hide_credentials(text), shown);
        assert_eq!(hide_credentials("HRKU-AA"), "…");
        assert_eq!(hide_credentials(""), "");
    }

    #[test]
    fn the_longest_value_is_replaced() {
        let values = [("x", "…"), ("", "?"), ("fake-0123x4567", "…4567"), ("é", "e")];
        assert_eq!(hide("password fake-0123x4567 é x\n", &values), "password …4567 e …\n");
    }
}
