//! Addresses as git reads, rewrites and matches them.

use percent_encoding::percent_decode_str;
use secrecy::zeroize::Zeroizing;
use url::Url;

use super::entries::Entry;

/// A URL, split as git does for its credentials (`credential_from_url_gently` in git's credential.c).
#[derive(Clone, PartialEq)]
pub(super) struct Address {
    /// The scheme as it is written.
    pub(super) scheme: String,
    /// The user name, decoded.
    pub(super) user: Option<String>,
    /// The password, decoded.
    pub(super) password: Option<Zeroizing<String>>,
    /// The host with its port.
    pub(super) host: String,
    /// The path without its first slash.
    pub(super) path: String,
}

impl Address {
    /// Splits a URL. `None` for what has no scheme: an scp-like address or a local path.
    pub(super) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let (user, host) =
            authority.split_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        let (user, password) = match user.map(|user| user.split_once(':').ok_or(user)) {
            Some(Ok((user, password))) => (Some(decode(user)), Some(Zeroizing::new(decode(password)))),
            Some(Err(user)) => (Some(decode(user)), None),
            None => (None, None),
        };
        let path = decode(path.trim_start_matches('/').trim_end_matches('/'));
        Some(Self { scheme: scheme.to_owned(), user, password, host: decode(host), path })
    }

    /// True if git talks http or https to this address.
    pub(super) fn is_web(&self) -> bool {
        matches!(self.scheme.as_str(), "http" | "https")
    }

    /// The URL without a password, as git compares it with the subsections of its configuration.
    fn to_match(&self) -> Option<Url> {
        let mut url = Url::parse(&format!("{}://{}", self.scheme, self.host)).ok()?;
        url.set_path(&self.path);
        // Fails only for URLs without a host.
        url.set_username(self.user.as_deref().unwrap_or_default()).ok()?;
        Some(url)
    }
}

/// The host of an ssh address, in either form (git-clone(1), "GIT URLS").
pub(super) fn ssh_host(url: &str) -> Option<String> {
    let authority = match url.split_once("://") {
        Some(("ssh" | "git+ssh" | "ssh+git", rest)) => rest.split('/').next().unwrap_or_default(),
        Some(_) => return None,
        None => url.split_once(':').map(|(host, _)| host).filter(|host| !host.contains('/'))?,
    };
    let host = authority.rsplit('@').next().unwrap_or_default();
    Some(host.split(':').next().unwrap_or_default().to_ascii_lowercase()).filter(|host| !host.is_empty())
}

/// `url.<base>.insteadOf` or `pushInsteadOf`: git replaces the beginning of an address (git-config(1)).
pub(super) struct Rewrites<'a>(Vec<(&'a str, &'a Entry)>);

impl<'a> Rewrites<'a> {
    /// The rewrites of one name, in the order in which git compares them: by base, then by line.
    pub(super) fn of(entries: &'a [Entry], name: &str) -> Self {
        let rules: Vec<_> = entries
            .iter()
            .filter(|entry| entry.is("url", name))
            .filter_map(|entry| Some((entry.subsection.as_deref()?, entry)))
            .collect();
        let first = |base: &str| rules.iter().position(|(other, _)| *other == base);
        let mut sorted = rules.clone();
        sorted.sort_by_key(|(base, _)| first(base));
        Self(sorted)
    }

    /// The rewritten address and the entry that rewrites it: the longest beginning wins (`alias_url` in git's remote.c).
    pub(super) fn apply(&self, url: &str) -> Option<(Zeroizing<String>, &'a Entry)> {
        let mut longest: Option<(&str, &str, &Entry)> = None;
        for (base, entry) in &self.0 {
            let from = entry.value.as_deref().unwrap_or_default();
            if url.starts_with(from) && longest.is_none_or(|(_, other, _)| from.len() > other.len()) {
                longest = Some((base, from, entry));
            }
        }
        let (base, from, entry) = longest?;
        Some((Zeroizing::new(format!("{base}{}", &url[from.len()..])), entry))
    }
}

/// How well a subsection matches an address: git prefers a longer host, then a longer path, then a user name
/// (git-config(1), `http.<url>.*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Match {
    host: usize,
    path: usize,
    user: bool,
}

/// Replaces `*` in a host name, so that it can be parsed.
const WILDCARD: &str = "xxanyxx";

/// Compares the URL of a subsection with an address (git's urlmatch.c).
pub(super) fn matches(pattern: &str, address: &Address) -> Option<Match> {
    let pattern = Url::parse(&pattern.replace('*', WILDCARD)).ok().filter(Url::has_host)?;
    let asked = address.to_match()?;
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    let (wanted, name) = (host(&pattern), host(&asked));
    let same_host = wanted.split('.').count() == name.split('.').count()
        && wanted.split('.').zip(name.split('.')).all(|(label, other)| label == WILDCARD || label == other);
    let has_user = !pattern.username().is_empty();
    let prefix = pattern.path().trim_end_matches('/');
    let path = asked.path().strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'));
    let same = pattern.scheme() == asked.scheme()
        && same_host
        && pattern.port_or_known_default() == asked.port_or_known_default()
        && (!has_user || pattern.username() == asked.username())
        && path.is_some();
    same.then(|| Match { host: wanted.replace(WILDCARD, "*").len(), path: prefix.len() + 1, user: has_user })
}

/// True if git applies the section `credential` with this subsection to an address (gitcredentials(7), "CREDENTIAL
/// CONTEXTS"). A context without a scheme is a host name, perhaps with a path.
pub(super) fn is_context_of(context: &str, address: &Address) -> bool {
    if context.contains("://") {
        return matches(context, address).is_some();
    }
    let Some(wanted) = Address::parse(&format!("any://{context}")) else { return false };
    wanted.host == address.host
        && (wanted.path.is_empty() || wanted.path == address.path)
        && wanted.user.is_none_or(|user| address.user.as_ref() == Some(&user))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str) -> Address {
        Address::parse(url).unwrap()
    }

    #[test]
    fn splits_a_url_as_git_does() {
        let whole = address("https://me%40example.com:fake%2Fone@git.heroku.com:8443/app.git/");
        assert_eq!(whole.user.as_deref(), Some("me@example.com"));
        assert_eq!(whole.password.as_ref().map(|password| password.as_str()), Some("fake/one"));
        assert_eq!((whole.host.as_str(), whole.path.as_str()), ("git.heroku.com:8443", "app.git"));
        assert_eq!(address("https://me@git.heroku.com").password, None);
        assert_eq!(address("https://git.heroku.com/a@b").user, None);
        assert!(Address::parse("git@heroku.com:app.git").is_none());
    }

    #[test]
    fn knows_both_forms_of_an_ssh_address() {
        for url in
            ["git@heroku.com:app.git", "ssh://git@heroku.com/app.git", "ssh://git@Heroku.com:22/app.git"]
        {
            assert_eq!(ssh_host(url).as_deref(), Some("heroku.com"), "{url}");
        }
        for url in ["https://git.heroku.com/app.git", "/folder/app.git", "./a:b", "file:///app.git"] {
            assert_eq!(ssh_host(url), None, "{url}");
        }
    }

    #[test]
    fn applies_the_contexts_that_git_applies() {
        let (bare, app) = (address("https://git.heroku.com"), address("https://git.heroku.com/app.git"));
        let work = address("https://work@git.heroku.com/app.git");
        for context in [
            "https://git.heroku.com",
            "https://git.heroku.com/",
            "https://*.heroku.com",
            "git.heroku.com",
            "https://git.heroku.com:443",
            "https://GIT.heroku.com",
        ] {
            assert!(
                [&bare, &app, &work].into_iter().all(|address| is_context_of(context, address)),
                "{context}"
            );
        }
        for context in
            ["https://git.heroku.com/app.git", "https://git.heroku.com/app.git/", "git.heroku.com/app.git"]
        {
            assert!(!is_context_of(context, &bare), "{context}");
            assert!(is_context_of(context, &app) && is_context_of(context, &work), "{context}");
        }
        assert!(is_context_of("https://work@git.heroku.com", &work));
        assert!(!is_context_of("https://work@git.heroku.com", &app));
        for context in [
            "http://git.heroku.com",
            "https://heroku.com",
            "https://git.heroku.com/other.git",
            "https://git.heroku.com/app",
            "https://me@git.heroku.com",
            "https://git.heroku.com:8443",
            "https://git.heroku.com.evil.example",
        ] {
            assert!(
                [&bare, &app, &work].into_iter().all(|address| !is_context_of(context, address)),
                "{context}"
            );
        }
    }

    #[test]
    fn prefers_a_longer_host_then_a_longer_path_then_a_user() {
        let work = address("https://work@git.heroku.com/app.git");
        let patterns = [
            "https://*.heroku.com",
            "https://git.heroku.com",
            "https://work@git.heroku.com",
            "https://git.heroku.com/app.git",
        ];
        let matched: Vec<_> = patterns.iter().map(|pattern| matches(pattern, &work).unwrap()).collect();
        assert!(matched.is_sorted() && matched.windows(2).all(|two| two[0] < two[1]), "{matched:?}");
    }

    #[test]
    fn the_longest_beginning_is_rewritten() {
        let rule = |base: &str, from: &str| Entry {
            section: "url".to_owned(),
            subsection: Some(base.to_owned()),
            name: "insteadof".to_owned(),
            value: Some(from.to_owned()),
            scope: "global".to_owned(),
            file: None,
            line: None,
        };
        let rules = [
            rule("https://a/", "https://"),
            rule("ssh://b/", "https://git."),
            rule("https://c/", "https://git."),
        ];
        let rewritten = Rewrites::of(&rules, "insteadof").apply("https://git.heroku.com/app.git").unwrap();
        assert_eq!(rewritten.0.as_str(), "ssh://b/heroku.com/app.git");
        assert!(Rewrites::of(&rules, "pushinsteadof").apply("https://git.heroku.com").is_none());
    }
}
