//! Heroku's hosts. Herokey sends a token only to these.

use url::Url;

/// Heroku's domains (INTEROP.md, "Hosts").
const DOMAINS: [&str; 4] = ["heroku.com", "herokai.com", "herokuspace.com", "herokudev.com"];
/// Names of this machine, for tests.
const LOCAL: [&str; 2] = ["localhost", "127.0.0.1"];

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
    /// Variables that are ignored because they name a host that is not Heroku's.
    pub refused: Vec<Refused>,
}

/// A variable that is ignored because its host is not Heroku's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The variable's name.
    pub name: &'static str,
    /// The variable's value.
    pub value: String,
}

impl Hosts {
    /// The hosts for the values of `HEROKU_HOST`, `HEROKU_GIT_HOST` and `HEROKU_LOGIN_HOST`.
    ///
    /// The Heroku CLI accepts any host that contains `localhost`. Herokey compares whole names, because it sends the token
    /// there.
    pub fn of(host: Option<&str>, git_host: Option<&str>, login_host: Option<&str>) -> Self {
        let mut refused = Vec::new();
        let host = allowed("HEROKU_HOST", host, &mut refused);
        let git_host = allowed("HEROKU_GIT_HOST", git_host, &mut refused);
        let login = allowed("HEROKU_LOGIN_HOST", login_host, &mut refused);

        let domain = match &host {
            // One URL for all services.
            Some((value, url)) if value.starts_with("http") => Err(url.clone()),
            Some((value, _)) => Ok(*value),
            None => Ok("heroku.com"),
        };
        let (api, git, api_url) = match &domain {
            Err(url) => (authority(url), authority(url), url.clone()),
            Ok(domain) => service_hosts(domain),
        };
        let service = |name: &str| match &domain {
            Err(url) => url.clone(),
            Ok(domain) => https(&format!("{name}.{domain}")),
        };
        let (id_url, sso_url) = (service("id"), service("sso"));
        Self {
            api,
            api_url,
            git: git_host.map_or(git, |(value, _)| value.to_owned()),
            login_url: login.map_or_else(|| https("cli-auth.heroku.com"), |(_, url)| url),
            id_url,
            sso_url,
            refused,
        }
    }

    /// The hosts that netrc has records for: the API's and git's, or one if both are the same.
    pub fn in_netrc(&self) -> Vec<&str> {
        let mut hosts = vec![self.api.as_str(), self.git.as_str()];
        hosts.dedup();
        hosts
    }
}

fn allowed<'a>(
    name: &'static str,
    value: Option<&'a str>,
    refused: &mut Vec<Refused>,
) -> Option<(&'a str, Url)> {
    let value = value?;
    let url = heroku_url(value);
    if url.is_none() {
        refused.push(Refused { name, value: value.to_owned() });
    }
    url.map(|url| (value, url))
}

fn service_hosts(domain: &str) -> (String, String, Url) {
    let api = format!("api.{domain}");
    let url = https(&api);
    (api, format!("git.{domain}"), url)
}

/// The URL of a host that `allowed` has checked.
fn https(host: &str) -> Url {
    let mut url = default_url();
    // This cannot fail: `allowed` has parsed the name as part of a URL.
    let (name, port) = host.split_once(':').map_or((host, None), |(name, port)| (name, port.parse().ok()));
    if url.set_host(Some(name)).is_err() || url.set_port(port).is_err() {
        return default_url();
    }
    url
}

#[expect(clippy::expect_used, reason = "a constant that a test parses")]
fn default_url() -> Url {
    Url::parse("https://api.heroku.com").expect("a constant URL")
}

/// The URL of a host or URL, if its whole name is Heroku's and a token would not cross a network unencrypted.
fn heroku_url(value: &str) -> Option<Url> {
    let url = if value.starts_with("http://") || value.starts_with("https://") {
        Url::parse(value).ok()?
    } else {
        Url::parse(&format!("https://{value}")).ok()?
    };
    let name = url.host_str()?;
    let local = LOCAL.contains(&name);
    let heroku = DOMAINS
        .iter()
        .any(|domain| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')));
    let plain =
        url.username().is_empty() && url.password().is_none() && url.path() == "/" && url.query().is_none();
    (plain && (local || (heroku && url.scheme() == "https"))).then_some(url)
}

fn authority(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::Hosts;

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
    fn are_compared_whole() {
        for other in [
            "localhost.evil.example",
            "evilheroku.com",
            "heroku.com.evil.example",
            "https://heroku.com@evil.example",
            "https://evil.example/?localhost",
            "http://heroku.com",
            "127.0.0.1.evil.example",
        ] {
            let hosts = hosts(other);
            assert_eq!(hosts.api, "api.heroku.com", "{other}");
            assert_eq!(hosts.refused.len(), 1, "{other}");
        }
        let login = Hosts::of(None, None, Some("https://cli-auth.evil.example"));
        assert_eq!(login.login_url.as_str(), "https://cli-auth.heroku.com/");
        assert_eq!(login.refused[0].name, "HEROKU_LOGIN_HOST");
    }
}
