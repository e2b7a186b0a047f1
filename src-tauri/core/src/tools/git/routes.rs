//! Where git goes for an address of Heroku, and which credential it takes along (INTEROP.md, "git").

use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::zeroize::Zeroizing;

use super::address::{Address, Match, Rewrites, matches, ssh_host};
use super::entries::Entry;
use super::helpers::{self, HelperLine};
use super::tokens::is_token;
use crate::base::env::Env;
use crate::base::error::Error;
use crate::base::text::shown;
use crate::base::token::{Token, Trace};

/// What git does with an address.
#[derive(Clone, Debug, PartialEq)]
pub struct Route {
    /// The remote's name; `None` for Heroku's git host itself, outside any repository.
    pub remote: Option<String>,
    /// git uses the route to push, to fetch or for both.
    pub direction: Direction,
    /// The address that git connects to, without a secret.
    pub address: String,
    /// What rewrites the address, if anything does.
    pub rewrite: Option<Rewrite>,
    /// How git gets its credential there.
    pub access: Access,
}

/// A line that rewrites an address (git-config(1), `url.<base>.insteadOf`).
#[derive(Clone, Debug, PartialEq)]
pub struct Rewrite {
    /// `insteadOf` or `pushInsteadOf`.
    pub name: &'static str,
    /// The file; `None` if the line comes from the environment.
    pub file: Option<PathBuf>,
    /// The file and line: `~/.gitconfig:12`.
    pub shown: String,
}

/// What git uses a route for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// To push and to fetch.
    Both,
    /// To push alone.
    Push,
    /// To fetch alone.
    Fetch,
}

/// How git gets its credential for an address.
#[derive(Clone, Debug, PartialEq)]
pub enum Access {
    /// Heroku's git host, over https.
    Heroku {
        /// The credential that the configuration itself contains. git uses it and no other.
        set: Option<SetCredential>,
        /// The user name in the address. git sends it with the password of netrc or of a helper.
        user: Option<String>,
        /// The helpers that git asks, or why it cannot read their lines. It reads them only when it asks.
        helpers: Result<Vec<HelperLine>, Box<Error>>,
    },
    /// ssh to this host, with an SSH key instead of a token.
    Ssh {
        /// The host.
        host: String,
    },
    /// Another host or protocol.
    Elsewhere,
}

/// A credential in git's configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct SetCredential {
    /// The user name, if there is one.
    pub account: Option<String>,
    /// The token; `None` if it cannot be told which one git sends.
    pub trace: Option<Trace>,
    /// The key that contains it, without the secret: `remote.heroku.url` or `http.extraHeader`.
    pub key: String,
    /// The file and line: `~/app/.git/config:7`.
    pub shown: String,
}

impl Route {
    /// The address to ask git's helpers about. Without a remote it is that of an app, because where `useHttpPath` is set
    /// the host alone is not what git asks for.
    pub(crate) fn asked_address(&self) -> String {
        match self.remote {
            Some(_) => self.address.clone(),
            None => format!("{}/app.git", self.address.trim_end_matches('/')),
        }
    }
}

/// The route of Heroku's git host itself first, then those of the Heroku remotes of the folder's repository.
pub(super) fn routes(env: &Env, entries: &[Entry]) -> Vec<Route> {
    let host = env.hosts().git;
    let setup = Setup { env, entries, host: &host };
    let mut routes = vec![setup.route(None, Direction::Both, &format!("https://{host}/"), None)];
    for name in remotes(entries) {
        routes.extend(setup.routes_of(name));
    }
    routes
}

/// The names of the remotes, in the order of the configuration.
fn remotes(entries: &[Entry]) -> Vec<&str> {
    let mut names = Vec::new();
    for entry in entries.iter().filter(|entry| entry.section == "remote") {
        let name = entry.subsection.as_deref().unwrap_or_default();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

struct Setup<'a> {
    env: &'a Env,
    entries: &'a [Entry],
    host: &'a str,
}

impl Setup<'_> {
    /// The routes of a remote that leads to Heroku, or would without a rewrite.
    fn routes_of(&self, name: &str) -> Vec<Route> {
        let urls = |wanted: &str| {
            let of_remote =
                |entry: &&Entry| entry.is("remote", wanted) && entry.subsection.as_deref() == Some(name);
            self.entries.iter().filter(of_remote).collect::<Vec<_>>()
        };
        let (fetched, pushed) = (urls("url"), urls("pushurl"));
        let fetch = fetched.first().and_then(|entry| self.of_entry(name, Direction::Fetch, entry));
        let own_push = !pushed.is_empty();
        let pushed = if own_push { pushed } else { fetched };
        let direction = if own_push { Direction::Fetch } else { Direction::Push };
        let push = pushed.into_iter().filter_map(|entry| self.of_entry(name, direction, entry));
        let mut routes: Vec<_> = push.map(|route| Route { direction: Direction::Push, ..route }).collect();
        match (fetch, routes.first_mut()) {
            (Some(fetch), Some(push)) if fetch == (Route { direction: Direction::Fetch, ..push.clone() }) => {
                push.direction = Direction::Both;
            }
            (fetch, _) => routes.extend(fetch),
        }
        routes
    }

    /// The route of one address of a remote. `None` if it has nothing to do with Heroku.
    fn of_entry(&self, name: &str, direction: Direction, entry: &Entry) -> Option<Route> {
        let url = entry.value.as_deref().filter(|url| !url.is_empty())?;
        let route = self.route(Some(name), direction, url, Some(entry));
        let is_herokus = matches!(route.access, Access::Heroku { .. }) || self.is_herokus(url);
        is_herokus.then_some(route)
    }

    /// True if an address, as it is written, is one of Heroku's.
    fn is_herokus(&self, url: &str) -> bool {
        let domain = self.host.strip_prefix("git.").unwrap_or(self.host);
        Address::parse(url)
            .is_some_and(|address| address.is_web() && address.host.eq_ignore_ascii_case(self.host))
            || ssh_host(url).is_some_and(|host| host == domain || host == self.host)
    }

    fn route(&self, remote: Option<&str>, direction: Direction, url: &str, entry: Option<&Entry>) -> Route {
        let pushed = Rewrites::of(self.entries, "pushinsteadof").apply(url);
        let pushed = pushed.filter(|_| direction != Direction::Fetch);
        let rewritten = pushed.or_else(|| Rewrites::of(self.entries, "insteadof").apply(url));
        let rule = rewritten.as_ref().map(|(_, rule)| *rule);
        let used = rewritten.as_ref().map_or(url, |(used, _)| used.as_str());
        let address = Address::parse(used);
        let access = match &address {
            Some(address) if address.is_web() && address.host.eq_ignore_ascii_case(self.host) => {
                self.access(address, rule.or(entry))
            }
            _ => ssh_host(used).map_or(Access::Elsewhere, |host| Access::Ssh { host: shown(&host) }),
        };
        Route {
            remote: remote.map(shown),
            direction,
            address: without_secret(used, address.as_ref()),
            rewrite: rule.map(|rule| Rewrite {
                name: if rule.name == "insteadof" { "insteadOf" } else { "pushInsteadOf" },
                file: rule.file.clone(),
                shown: rule.shown(self.env),
            }),
            access,
        }
    }

    fn access(&self, address: &Address, set_by: Option<&Entry>) -> Access {
        let user = address.user.as_deref().filter(|user| !user.is_empty());
        let user = user.map(|user| if is_token(user) { trace_of(user).masked } else { shown(user) });
        let in_address = || {
            let password = address.password.as_ref()?;
            let entry = set_by?;
            // Without a user name, some versions of git send the password and others do not.
            let is_sent = user.is_some() && !password.is_empty();
            Some(SetCredential {
                account: user.clone(),
                trace: is_sent.then(|| trace_of(password)),
                key: key_without_secret(entry),
                shown: entry.shown(self.env),
            })
        };
        Access::Heroku {
            set: self.header(address).or_else(in_address),
            user,
            helpers: helpers::asked(self.env, self.entries, address).map_err(Box::new),
        }
    }

    /// The credential in a `http.<url>.extraHeader`, which wins over every other: curl sends a header that is given to it
    /// instead of its own.
    fn header(&self, address: &Address) -> Option<SetCredential> {
        let headers: Vec<_> = headers(self.entries, address)
            .into_iter()
            .filter_map(|entry| Some((entry, authorization(entry.value.as_deref()?)?)))
            .collect();
        let (entry, (account, secret)) = headers.last()?;
        Some(SetCredential {
            account: account.as_deref().map(shown),
            // git sends all of them.
            trace: (headers.len() == 1).then(|| trace_of(secret)),
            key: key_without_secret(entry),
            shown: entry.shown(self.env),
        })
    }
}

/// The extra headers of an address: each line counts unless an earlier one matches better, and an empty one drops those
/// before it (`urlmatch_config_entry` in git's urlmatch.c).
fn headers<'a>(entries: &'a [Entry], address: &Address) -> Vec<&'a Entry> {
    let mut best = None;
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| entry.is("http", "extraheader")) {
        let Some(matched) =
            entry.subsection.as_deref().map_or(Some(Match::default()), |pattern| matches(pattern, address))
        else {
            continue;
        };
        if best.is_some_and(|best| matched < best) {
            continue;
        }
        best = Some(matched);
        match entry.value.as_deref() {
            Some("") => found.clear(),
            _ => found.push(entry),
        }
    }
    found
}

/// The user name and secret of an `Authorization` header.
pub(super) fn authorization(header: &str) -> Option<(Option<String>, Zeroizing<String>)> {
    let (name, value) = header.split_once(':')?;
    let (scheme, secret) = value.trim().split_once(' ')?;
    if !name.trim().eq_ignore_ascii_case("authorization") {
        return None;
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return Some((None, Zeroizing::new(secret.trim().to_owned())));
    }
    let decoded = Zeroizing::new(String::from_utf8(STANDARD.decode(secret.trim()).ok()?).ok()?);
    let (user, password) = decoded.split_once(':')?;
    Some((Some(user.to_owned()), Zeroizing::new(password.to_owned())))
}

fn trace_of(secret: &str) -> Trace {
    Token::parse(secret).map_or_else(|| Trace::of(secret), |token| token.trace())
}

/// An address without its password, and without a user name that is a token.
fn without_secret(url: &str, address: Option<&Address>) -> String {
    match address {
        Some(address) if address.user.is_some() => {
            let user = address.user.as_deref().filter(|user| !user.is_empty() && !is_token(user));
            let user = user.map_or_else(|| "…@".to_owned(), |user| format!("{user}@"));
            shown(&format!("{}://{user}{}/{}", address.scheme, address.host, address.path))
        }
        _ => shown(url),
    }
}

/// The key of an entry; the base of a rewrite may contain a token.
fn key_without_secret(entry: &Entry) -> String {
    match (entry.section.as_str(), entry.subsection.as_deref()) {
        ("url", Some(base)) => {
            shown(&format!("url.{}.{}", without_secret(base, Address::parse(base).as_ref()), entry.name))
        }
        ("http", Some(pattern)) => {
            let pattern = without_secret(pattern, Address::parse(pattern).as_ref());
            shown(&format!("http.{pattern}.{}", entry.name))
        }
        _ => shown(&entry.key()),
    }
}
