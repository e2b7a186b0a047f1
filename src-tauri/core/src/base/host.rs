//! Heroku's hosts. Herokey sends a token only to these.

use url::Url;

use crate::base::error::{Code, Error, Result};
use crate::base::masking::hide_credentials;
use crate::base::text::shown;

/// Heroku's domains (INTEROP.md, "Hosts").
const DOMAINS: [&str; 4] = ["heroku.com", "herokai.com", "herokuspace.com", "herokudev.com"];
/// Names of this machine, for tests.
const LOCAL: [&str; 2] = ["localhost", "127.0.0.1"];
/// The longest host name (RFC 1035, 2.3.4), less room for a service's name in front.
const MAX_NAME_BYTES: usize = 240;

/// The hosts in use: those of heroku.com, or others that environment variables name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hosts {
    /// The API's host, as netrc names it: `api.heroku.com`, or `localhost:5000`.
    pub api: String,
    /// The API's base URL.
    pub api_url: Url,
    /// The git host, as netrc and git's helper keys name it: `git.heroku.com`, or `localhost:5000`.
    pub git: String,
    /// The base URL of the browser login.
    pub login_url: Url,
    /// The base URL of OAuth, at `id.heroku.com`.
    pub id_url: Url,
    /// The base URL of single sign-on, at `sso.heroku.com`.
    pub sso_url: Url,
    /// Variables that do not name a host of Heroku's.
    pub refused: Vec<Refused>,
}

/// A variable whose value is not a host of Heroku's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The variable's name.
    pub name: &'static str,
    /// The variable's value, safe to show.
    pub value: String,
}

impl Hosts {
    /// The hosts for the values of `HEROKU_HOST`, `HEROKU_GIT_HOST` and `HEROKU_LOGIN_HOST`. In place of a refused value,
    /// they are what other programs on this machine use by default, for a survey to look at. Nothing is sent or changed
    /// then: see [`require_allowed`](Self::require_allowed).
    ///
    /// The Heroku CLI accepts any host that contains `localhost`. Herokey compares whole names, because it sends the token
    /// there.
    pub fn of(host: Option<&str>, git_host: Option<&str>, login_host: Option<&str>) -> Self {
        let mut refused = Vec::new();
        let services = allowed("HEROKU_HOST", host, &mut refused, Services::at);
        let git = allowed("HEROKU_GIT_HOST", git_host, &mut refused, |address| Some(address.authority()));
        let login_url = allowed("HEROKU_LOGIN_HOST", login_host, &mut refused, Address::url);
        let Services { api, git: usual_git, api_url, id_url, sso_url } =
            services.unwrap_or_else(Services::at_heroku_com);
        let git = git.unwrap_or(usual_git);
        let login_url = login_url.unwrap_or_else(|| constant("https://cli-auth.heroku.com"));
        Self { api, api_url, git, login_url, id_url, sso_url, refused }
    }

    /// Fails if a variable names a host that is not Heroku's. Whatever sends a token or changes this machine calls this
    /// first, so that nothing goes to another host than the one that the user named.
    pub fn require_allowed(&self) -> Result<()> {
        let Some(Refused { name, value }) = self.refused.first() else { return Ok(()) };
        Err(Error::new(Code::HostNotAllowed, format!("{name} is not the name of a Heroku host."))
            .means("No token was sent anywhere, and nothing was changed.")
            .next_step(format!(
                "Set {name} to a host name such as `heroku.com`, or unset it. Then try again in a new terminal or after \
                 restarting Herokey."
            ))
            .detail(format_args!("its value is `{value}`")))
    }

    /// The hosts that netrc has records for: the API's and git's, or one if both are the same.
    pub fn in_netrc(&self) -> Vec<&str> {
        let mut hosts = vec![self.api.as_str(), self.git.as_str()];
        hosts.dedup();
        hosts
    }
}

fn allowed<T>(
    variable: &'static str,
    value: Option<&str>,
    refused: &mut Vec<Refused>,
    make: impl Fn(&Address) -> Option<T>,
) -> Option<T> {
    let value = value?;
    let made = Address::parse(value).as_ref().and_then(make);
    if made.is_none() {
        // It may contain a user name and a password.
        let value = value.rsplit_once('@').map_or_else(|| value.to_owned(), |(_, host)| format!("…@{host}"));
        refused.push(Refused { name: variable, value: hide_credentials(&shown(&value)) });
    }
    made
}

/// The names and addresses that follow from `HEROKU_HOST`.
struct Services {
    api: String,
    git: String,
    api_url: Url,
    id_url: Url,
    sso_url: Url,
}

impl Services {
    /// A URL stands for all services; each service of a domain has a host of its own.
    fn at(address: &Address) -> Option<Self> {
        let of = |service: &str| match address.scheme {
            Some(_) => address.clone(),
            None => Address { name: format!("{service}.{}", address.name), ..address.clone() },
        };
        let (api, git) = (of("api"), of("git"));
        git.url()?;
        Some(Self {
            api_url: api.url()?,
            id_url: of("id").url()?,
            sso_url: of("sso").url()?,
            api: api.authority(),
            git: git.authority(),
        })
    }

    fn at_heroku_com() -> Self {
        Self {
            api: "api.heroku.com".to_owned(),
            git: "git.heroku.com".to_owned(),
            api_url: constant("https://api.heroku.com"),
            id_url: constant("https://id.heroku.com"),
            sso_url: constant("https://sso.heroku.com"),
        }
    }
}

/// A host of Heroku's or this machine, as a variable names it: a name and perhaps a port, or a scheme and that.
#[derive(Clone)]
struct Address {
    scheme: Option<&'static str>,
    name: String,
    port: Option<u16>,
}

impl Address {
    /// Refuses anything else, such as a user name, a path, a line break or an upper-case letter, and a host to which a token
    /// would cross a network unencrypted.
    fn parse(value: &str) -> Option<Self> {
        let https = value.strip_prefix("https://").map(|rest| (Some("https"), rest));
        let http = || value.strip_prefix("http://").map(|rest| (Some("http"), rest));
        let (scheme, rest) = https.or_else(http).unwrap_or((None, value));
        let (name, port) = match rest.split_once(':') {
            Some((name, port)) => (name, Some(port_number(port)?)),
            None => (rest, None),
        };
        let local = LOCAL.contains(&name);
        let may_be_sent = local || is_herokus(name) && scheme != Some("http");
        may_be_sent.then(|| Self { scheme, name: name.to_owned(), port })
    }

    /// The name and port, as netrc and git's helper keys have them.
    fn authority(&self) -> String {
        self.port.map_or_else(|| self.name.clone(), |port| format!("{}:{port}", self.name))
    }

    /// `None` if no host can have the name, such as `api.127.0.0.1`.
    fn url(&self) -> Option<Url> {
        let url = Url::parse(&format!("{}://{}", self.scheme.unwrap_or("https"), self.authority())).ok()?;
        (url.host_str() == Some(&self.name)).then_some(url)
    }
}

/// True for one of Heroku's domains, or a name below it that consists of letters, digits and hyphens.
fn is_herokus(name: &str) -> bool {
    let plain = |c: char| matches!(c, 'a'..='z' | '0'..='9' | '-');
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.chars().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let is_or_is_below =
        |domain: &&str| name.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    name.len() <= MAX_NAME_BYTES && name.split('.').all(is_label) && DOMAINS.iter().any(is_or_is_below)
}

fn port_number(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
}

#[expect(clippy::expect_used, reason = "a constant that a test parses")]
fn constant(url: &str) -> Url {
    Url::parse(url).expect("a constant URL")
}

#[cfg(test)]
mod tests {
    use super::{Code, Hosts};

    fn hosts(host: &str) -> Hosts {
        Hosts::of(Some(host), None, None)
    }

    #[test]
    fn are_those_of_heroku_com_by_default() {
        let hosts = Hosts::of(None, None, None);
        assert_eq!((hosts.api.as_str(), hosts.git.as_str()), ("api.heroku.com", "git.heroku.com"));
        assert_eq!(hosts.api_url.as_str(), "https://api.heroku.com/");
        assert_eq!(hosts.login_url.as_str(), "https://cli-auth.heroku.com/");
        assert_eq!(hosts.id_url.as_str(), "https://id.heroku.com/");
        assert_eq!(hosts.sso_url.as_str(), "https://sso.heroku.com/");
    }

    #[test]
    fn follow_heroku_host() {
        assert_eq!(hosts("herokudev.com").in_netrc(), ["api.herokudev.com", "git.herokudev.com"]);
        assert_eq!(hosts("my.herokudev.com").api, "api.my.herokudev.com");
        assert_eq!(hosts("https://localhost:5000").in_netrc(), ["localhost:5000"]);
        assert_eq!(hosts("my.herokudev.com").id_url.as_str(), "https://id.my.herokudev.com/");
        assert_eq!(hosts("https://localhost:5000").sso_url.as_str(), "https://localhost:5000/");
        let git = Hosts::of(None, Some("git.herokai.com"), None);
        assert_eq!(git.in_netrc(), ["api.heroku.com", "git.herokai.com"]);
    }

    #[test]
    fn of_this_machine_are_as_the_cli_has_them() {
        for (value, api, url) in [
            ("http://localhost:5000", "localhost:5000", "http://localhost:5000/"),
            ("https://127.0.0.1:5000", "127.0.0.1:5000", "https://127.0.0.1:5000/"),
            ("http://127.0.0.1", "127.0.0.1", "http://127.0.0.1/"),
            ("https://localhost:443", "localhost:443", "https://localhost/"),
            ("localhost", "api.localhost", "https://api.localhost/"),
            ("localhost:5000", "api.localhost:5000", "https://api.localhost:5000/"),
        ] {
            let hosts = hosts(value);
            assert_eq!((hosts.api.as_str(), hosts.api_url.as_str()), (api, url), "{value}");
            assert_eq!(hosts.refused, [], "{value}");
        }
        let git = Hosts::of(None, Some("127.0.0.1:5000"), Some("http://127.0.0.1:5000"));
        assert_eq!((git.git.as_str(), git.login_url.as_str()), ("127.0.0.1:5000", "http://127.0.0.1:5000/"));
        assert!(git.require_allowed().is_ok());
    }

    /// What is no host of Heroku's, or more than a host.
    const OTHERS: [&str; 37] = [
        "localhost.evil.example",
        "evilheroku.com",
        "heroku.com.evil.example",
        "https://heroku.com@evil.example",
        "https://evil.example/?localhost",
        "http://heroku.com",
        "127.0.0.1.evil.example",
        "evil.example\n.heroku.com",
        "git.heroku.com/#\nhost=github.com",
        "git.heroku.com\nhost=github.com",
        "git.heroku.com\r",
        "git.heroku.com\0",
        "git.heroku.com\t",
        " git.heroku.com",
        "git.heroku.com ",
        "git.heroku.com/",
        "https://heroku.com/",
        "https://localhost:5000/",
        "git.heroku.com#x",
        "git.heroku.com?x",
        "git.heroku.com\\x",
        "me@git.heroku.com",
        "me:fake-password@git.heroku.com",
        "git.heroku.com:",
        "git.heroku.com:0",
        "git.heroku.com:+443",
        "git.heroku.com:443:443",
        "git.heroku.com:99999",
        "ftp://heroku.com",
        "HTTPS://heroku.com",
        "HEROKU.COM",
        "heroku.com.",
        ".heroku.com",
        "a..heroku.com",
        "evil.example%2f.heroku.com",
        "evil.example\u{2044}.heroku.com",
        "\u{ff27}.heroku.com",
    ];

    #[test]
    fn are_compared_whole() {
        for other in OTHERS {
            for hosts in [
                Hosts::of(Some(other), None, None),
                Hosts::of(None, Some(other), None),
                Hosts::of(None, None, Some(other)),
            ] {
                assert_eq!(hosts.refused.len(), 1, "{other:?}");
                let refused = Hosts { refused: Vec::new(), ..hosts.clone() };
                assert_eq!(refused, Hosts::of(None, None, None), "{other:?}");
                let error = hosts.require_allowed().unwrap_err();
                assert_eq!(error.code, Code::HostNotAllowed);
                assert!(error.what.starts_with(hosts.refused[0].name), "{error}");
            }
        }
        assert_eq!(hosts("127.0.0.1").refused.len(), 1, "`api.127.0.0.1` cannot exist");
        assert_eq!(hosts("xn--a.heroku.com").refused.len(), 1, "not a name");
    }

    #[test]
    fn a_refused_value_is_safe_to_show() {
        for (value, shown) in [
            ("https://me:fake-password@evil.example", "…@evil.example"),
            ("me:fake-password@evil.example", "…@evil.example"),
            ("evil\u{1b}\n\u{202e}.example", "evil\u{fffd} \u{fffd}.example"),
            ("HRKU-fake-token-in-a-wrong-place", "…"),
        ] {
            assert_eq!(hosts(value).refused[0].value, shown);
        }
    }
}
