//! Removes Docker's login to Heroku's registry from `config.json`, and changes nothing else in the file.

use std::ops::Range;

use secrecy::zeroize::Zeroizing;

use super::config::Config;
use super::{HELPER, REGISTRY, is_registry};
use crate::base::files::Bytes;

/// The members of a login that hold a secret.
const SECRETS: [&str; 4] = ["auth", "identitytoken", "registrytoken", "password"];

/// The file without the login, which it may hold under more than one name. `None` if it has no login or is not JSON.
pub(crate) fn without_login(bytes: &[u8]) -> Option<Bytes> {
    let remove_one = |bytes: &[u8]| {
        let member = login(bytes)?;
        Some(Zeroizing::new([&bytes[..member.start], &bytes[member.end..]].concat()))
    };
    let mut after = remove_one(bytes)?;
    while let Some(shorter) = remove_one(&after) {
        after = shorter;
    }
    // Check that the result is still what Docker reads.
    let left = Config::parse(&after).ok()?;
    left.logins().next().is_none().then_some(after)
}

/// The file in which Docker asks Herokey for the registry, and without a login for it. `None` if it is not JSON that Docker
/// reads, or if nothing would change.
pub(crate) fn with_helper(original: &[u8]) -> Option<Bytes> {
    let bytes = without_login(original).unwrap_or_else(|| Zeroizing::new(original.to_vec()));
    let config = Config::parse(&bytes).ok()?;
    let helper = format!("\"{REGISTRY}\": \"{HELPER}\"");
    let after = if bytes.trim_ascii().is_empty() {
        Zeroizing::new(format!("{{\n\t\"credHelpers\": {{\n\t\t{helper}\n\t}}\n}}\n").into_bytes())
    } else if config.cred_helpers.keys().any(|name| is_registry(name)) {
        let (_, value) = helper_member(&bytes)?;
        replaced(&bytes, value, &format!("\"{HELPER}\""))
    } else if let Some((object, members)) =
        objects(&bytes, skip_space(&bytes, 0), "credHelpers").into_iter().last()
    {
        inserted(&bytes, &object, &members, &helper)
    } else {
        let root = skip_space(&bytes, 0);
        let members = members(&bytes, root)?;
        inserted(&bytes, &(root..root + 1), &members, &format!("\"credHelpers\": {{ {helper} }}"))
    };
    let read = Config::parse(&after).ok()?;
    let is_set = read.cred_helpers.iter().any(|(name, value)| is_registry(name) && value == HELPER);
    (is_set && *after != original).then_some(after)
}

/// The file in which Docker no longer asks Herokey. `None` if it does not.
pub(crate) fn without_helper(bytes: &[u8]) -> Option<Bytes> {
    let (member, value) = helper_member(bytes)?;
    let named = text(&bytes[value])?;
    let after = (*named == HELPER).then(|| replaced(bytes, member, ""))?;
    let left = Config::parse(&after).ok()?;
    (!left.cred_helpers.keys().any(|name| is_registry(name))).then_some(after)
}

/// The position of the registry's helper, with the comma that separates it from its neighbour, and of its value.
fn helper_member(bytes: &[u8]) -> Option<(Range<usize>, Range<usize>)> {
    objects(bytes, skip_space(bytes, 0), "credHelpers").iter().find_map(|(object, members)| {
        let (index, value) = named_member(bytes, members)?;
        Some((with_comma(object, members, index), value))
    })
}

fn replaced(bytes: &[u8], range: Range<usize>, text: &str) -> Bytes {
    Zeroizing::new([&bytes[..range.start], text.as_bytes(), &bytes[range.end..]].concat())
}

/// The file with a member at the beginning of an object, indented like the first one there.
fn inserted(bytes: &[u8], object: &Range<usize>, members: &Members, member: &str) -> Bytes {
    let start = object.start + 1;
    let text = match members.first() {
        Some((first, _)) => {
            let space = String::from_utf8_lossy(&bytes[start..first.start]).into_owned();
            format!("{space}{member},")
        }
        None => member.to_owned(),
    };
    replaced(bytes, start..start, &text)
}

/// The secrets of all logins: as the file holds them, and without JSON's escapes.
pub(crate) fn secrets(bytes: &[u8]) -> Vec<Bytes> {
    let logins = objects(bytes, skip_space(bytes, 0), "auths").into_iter().flat_map(|(_, logins)| logins);
    let members = logins.filter_map(|(_, login)| members(bytes, login.start)).flatten();
    let held = members.filter(|(name, _)| SECRETS.iter().any(|secret| is_key(&bytes[name.clone()], secret)));
    let texts = held.filter_map(|(_, value)| Some((value.clone(), text(&bytes[value])?)));
    texts
        .flat_map(|(value, text)| {
            let written = Zeroizing::new(bytes[value.start + 1..value.end - 1].to_vec());
            let read = Zeroizing::new(text.as_bytes().to_vec());
            if written == read { vec![written] } else { vec![written, read] }
        })
        .collect()
}

/// The position of the login, including the comma that separates it from its neighbour.
fn login(bytes: &[u8]) -> Option<Range<usize>> {
    objects(bytes, skip_space(bytes, 0), "auths").iter().find_map(|(object, members)| {
        let (index, _) = named_member(bytes, members)?;
        Some(with_comma(object, members, index))
    })
}

/// The index of the registry's member, and the position of its value.
fn named_member(bytes: &[u8], members: &Members) -> Option<(usize, Range<usize>)> {
    let is_it = |(name, _): &(Range<usize>, Range<usize>)| {
        text(&bytes[name.clone()]).is_some_and(|name| is_registry(&name))
    };
    let index = members.iter().position(is_it)?;
    Some((index, members[index].1.clone()))
}

/// The position of a member with the comma before it, or else the one after it.
fn with_comma(object: &Range<usize>, members: &Members, index: usize) -> Range<usize> {
    let (name, value) = &members[index];
    match (index.checked_sub(1).map(|before| members[before].1.end), members.get(index + 1)) {
        (Some(end), _) => end..value.end,
        (None, Some((next, _))) => name.start..next.start,
        (None, None) => object.start + 1..object.end - 1,
    }
}

/// The positions of an object's names and values.
type Members = Vec<(Range<usize>, Range<usize>)>;

/// Every object with this name in the object that starts at `object`. A name may come twice.
fn objects(bytes: &[u8], object: usize, key: &str) -> Vec<(Range<usize>, Members)> {
    let named = members(bytes, object).unwrap_or_default();
    let named = named.into_iter().filter(|(name, _)| is_key(&bytes[name.clone()], key));
    named.filter_map(|(_, value)| Some((value.clone(), members(bytes, value.start)?))).collect()
}

/// True if a string is this name. As in Go, upper and lower case are the same.
fn is_key(name: &[u8], key: &str) -> bool {
    text(name).is_some_and(|name| name.eq_ignore_ascii_case(key))
}

/// What a JSON string says.
fn text(string: &[u8]) -> Option<Zeroizing<String>> {
    serde_json::from_slice::<String>(string).ok().map(Zeroizing::new)
}

/// The positions of the names and values in the object that starts at `object`.
fn members(bytes: &[u8], object: usize) -> Option<Members> {
    let mut at = object;
    let expect = |at: usize, byte: u8| (bytes.get(at) == Some(&byte)).then_some(at + 1);
    at = skip_space(bytes, expect(at, b'{')?);
    let mut found = Vec::new();
    while bytes.get(at) == Some(&b'"') {
        let name = at..end_of_value(bytes, at)?;
        at = skip_space(bytes, expect(skip_space(bytes, name.end), b':')?);
        let value = at..end_of_value(bytes, at)?;
        at = skip_space(bytes, value.end);
        found.push((name, value));
        if bytes.get(at) == Some(&b',') {
            at = skip_space(bytes, at + 1);
        }
    }
    expect(at, b'}').map(|_| found)
}

/// The end of a string, number, word, array or object.
fn end_of_value(bytes: &[u8], start: usize) -> Option<usize> {
    let (mut depth, mut at, mut in_string) = (0_usize, start, false);
    loop {
        match bytes.get(at)? {
            b'\\' if in_string => at += 1,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth > 0 => depth -= 1,
            b'}' | b']' | b',' | b' ' | b'\t' | b'\r' | b'\n' | b':' if depth == 0 => return Some(at),
            _ => {}
        }
        at += 1;
        let closed = matches!(bytes.get(at - 1), Some(b'"' | b'}' | b']'));
        if depth == 0 && !in_string && closed {
            return Some(at);
        }
    }
}

fn skip_space(bytes: &[u8], at: usize) -> usize {
    at + bytes[at..].iter().take_while(|byte| byte.is_ascii_whitespace()).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_login_is_removed() {
        let cases = [
            (r#"{"auths":{"registry.heroku.com":{"auth":"ZmFrZQ=="}}}"#, r#"{"auths":{}}"#),
            (
                "{\n\t\"auths\": {\n\t\t\"a\": {},\n\t\t\"registry.heroku.com\": {\n\t\t\t\"auth\": \"x}\\\"\"\n\t\t}\n\t},\n\t\"n\": 1.50\n}",
                "{\n\t\"auths\": {\n\t\t\"a\": {}\n\t},\n\t\"n\": 1.50\n}",
            ),
            (
                r#"{ "x": [1, {"auths": 2}], "auths": { "registry.heroku.com": {}, "b": {"auth": "y"} } }"#,
                r#"{ "x": [1, {"auths": 2}], "auths": { "b": {"auth": "y"} } }"#,
            ),
            (
                r#"{"auths":{"https://registry.heroku.com/v2/":{},"b":{},"registry.heroku.com":{}}}"#,
                r#"{"auths":{"b":{}}}"#,
            ),
            (
                r#"{"\u0061uths":{"https:\/\/registry.heroku.com":{"auth":"Xzp\/"},"b":{"auth":"\/"}}}"#,
                r#"{"\u0061uths":{"b":{"auth":"\/"}}}"#,
            ),
            (
                r#"{"auths":{},"Auths":{"registry.heroku.com":{}},"auths":null} more"#,
                r#"{"auths":{},"Auths":{},"auths":null} more"#,
            ),
        ];
        for (before, after) in cases {
            let made = without_login(before.as_bytes()).unwrap();
            assert_eq!(std::str::from_utf8(&made).unwrap(), after);
        }
    }

    #[test]
    fn docker_asks_herokey_for_the_registry_alone() {
        let cases = [
            ("", "{\n\t\"credHelpers\": {\n\t\t\"registry.heroku.com\": \"herokey\"\n\t}\n}\n"),
            ("{}", r#"{"credHelpers": { "registry.heroku.com": "herokey" }}"#),
            (
                "{\n\t\"auths\": {}\n}",
                "{\n\t\"credHelpers\": { \"registry.heroku.com\": \"herokey\" },\n\t\"auths\": {}\n}",
            ),
            (
                r#"{"auths":{"registry.heroku.com":{"auth":"ZmFrZQ=="},"b":{}},"credHelpers":{"b":"pass"}}"#,
                r#"{"auths":{"b":{}},"credHelpers":{"registry.heroku.com": "herokey","b":"pass"}}"#,
            ),
            (
                r#"{"auths":{"registry.heroku.com":{"auth":"ZmFrZTpmYWtl"}},"credHelpers":{"registry.heroku.com":"herokey"}}"#,
                r#"{"auths":{},"credHelpers":{"registry.heroku.com":"herokey"}}"#,
            ),
            (
                r#"{"credHelpers":{"registry.heroku.com":"pass"},"credsStore":"desktop"}"#,
                r#"{"credHelpers":{"registry.heroku.com":"herokey"},"credsStore":"desktop"}"#,
            ),
        ];
        for (before, after) in cases {
            let made = with_helper(before.as_bytes()).unwrap();
            assert_eq!(std::str::from_utf8(&made).unwrap(), after, "{before}");
            assert!(with_helper(&made).is_none(), "{after}: nothing to do");
            assert!(without_helper(&made).is_some(), "{after}");
        }
        for other in ["{", "[]", r#"{"credHelpers":[]}"#] {
            assert!(with_helper(other.as_bytes()).is_none(), "{other}");
        }
        let other = r#"{"credHelpers":{"registry.heroku.com":"pass"}}"#;
        assert!(without_helper(other.as_bytes()).is_none(), "it is not ours");
        let ours = r#"{"credHelpers":{"a":"b","registry.heroku.com":"herokey"}}"#;
        let left = without_helper(ours.as_bytes()).unwrap();
        assert_eq!(std::str::from_utf8(&left).unwrap(), r#"{"credHelpers":{"a":"b"}}"#);
    }

    #[test]
    fn a_secret_is_found_as_it_is_written_and_as_it_is_read() {
        let file = r#"{"auths":{"a":{"auth":"Zm\/rZQ=="},"b":{"identitytoken":"fake","email":"me"}}}"#;
        let found = secrets(file.as_bytes());
        let found: Vec<_> = found.iter().map(|secret| std::str::from_utf8(secret).unwrap()).collect();
        assert_eq!(found, [r"Zm\/rZQ==", "Zm/rZQ==", "fake"]);
    }

    #[test]
    fn a_file_without_the_login_is_not_changed() {
        for other in
            ["", "{", "[]", "{}", r#"{"auths":[]}"#, r#"{"auths":{"a":{}}}"#, "\"registry.heroku.com\""]
        {
            assert!(without_login(other.as_bytes()).is_none(), "{other}");
        }
    }
}
