//! The proxy of the environment, as the Heroku CLI chooses it (INTEROP.md, "Proxies and certificates").

use reqwest::{ClientBuilder, NoProxy, Proxy};
use url::Url;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::secrets::Secrets;

/// The variables with a proxy for https, the first of which counts. The Heroku CLI ignores the last two, which are curl's
/// and git's.
const FOR_HTTPS: [&str; 6] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
/// The variables with a proxy for http.
const FOR_HTTP: [&str; 4] = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const EXCEPTIONS: [&str; 2] = ["NO_PROXY", "no_proxy"];
/// The Heroku CLI's port for a proxy without one.
const DEFAULT_PORT: u16 = 8080;

/// Sets the proxies of the environment. Without any, macOS and Windows use their own settings.
pub(super) fn with_proxy(mut builder: ClientBuilder, env: &Env) -> Result<ClientBuilder> {
    let (https, http) = (first(env, &FOR_HTTPS), first(env, &FOR_HTTP));
    if cfg!(any(target_os = "macos", windows)) && https.is_none() && http.is_none() {
        return Ok(builder);
    }
    // Keeps reqwest from reading the process's variables, since `env` may hold others.
    builder = builder.no_proxy();
    let except = EXCEPTIONS.into_iter().find_map(|name| env.text(name));
    if except == Some("*") {
        return Ok(builder);
    }
    let except = except.and_then(NoProxy::from_string);
    if let Some(name) = https {
        let proxy = Proxy::https(address(env, name)?).map_err(|_| invalid(name))?;
        builder = builder.proxy(proxy.no_proxy(except.clone()));
    }
    if let Some(name) = http {
        let proxy = Proxy::http(address(env, name)?).map_err(|_| invalid(name))?;
        builder = builder.proxy(proxy.no_proxy(except));
    }
    Ok(builder)
}

/// The variable that names the proxy for https, if one does.
pub(super) fn variable(env: &Env) -> Option<&'static str> {
    first(env, &FOR_HTTPS)
}

/// The names and passwords that the proxies' addresses contain. A proxy can repeat them.
pub(super) fn secrets(env: &Env) -> Secrets {
    let mut secrets = Secrets::default();
    FOR_HTTPS.into_iter().filter_map(|name| env.text(name)).for_each(|url| secrets.add_user_info(url));
    secrets
}

fn first(env: &Env, names: &[&'static str]) -> Option<&'static str> {
    // In a program that a web server starts, HTTP_PROXY is from a header of the request (https://httpoxy.org).
    let is_a_header = |name: &str| name == "HTTP_PROXY" && env.os("REQUEST_METHOD").is_some();
    names.iter().copied().find(|name| env.os(name).is_some() && !is_a_header(name))
}

fn address(env: &Env, name: &str) -> Result<Url> {
    env.text(name).and_then(parsed).ok_or_else(|| invalid(name))
}

/// The address in a variable; `None` if it is not one of a proxy.
fn parsed(value: &str) -> Option<Url> {
    let value = value.trim();
    let full = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let mut url = Url::parse(&full).ok().filter(Url::has_host)?;
    match url.scheme() {
        "socks4" | "socks4a" | "socks5" | "socks5h" => {}
        "socks" => url.set_scheme("socks5").ok()?,
        // The Heroku CLI speaks plain HTTP with every proxy, since most that are set with `https` are no others. A password
        // that is meant for TLS is not sent without it.
        "https" if url.password().is_some() => {}
        "http" | "https" => {
            let port = port(&full).unwrap_or(DEFAULT_PORT);
            url.set_scheme("http").ok()?;
            url.set_port(Some(port)).ok()?;
        }
        _ => return None,
    }
    Some(url)
}

/// The port that is written in an address. `Url` drops the default one of the scheme.
fn port(address: &str) -> Option<u16> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    authority.rsplit_once('@').map_or(authority, |(_, host)| host).rsplit_once(':')?.1.parse().ok()
}

/// The library's own message is left out, because it may quote the address, which may contain a password.
fn invalid(name: &str) -> Error {
    Error::new(Code::HerokuUnreachable, format!("{name} is not the address of a proxy."))
        .means("Nothing was sent to Heroku.")
        .next_step(format!("Set {name} to an address such as `http://proxy.example.com:8080`, or unset it."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_heroku_cli_reads_them() {
        for (value, url) in [
            ("http://proxy.example:3128", "http://proxy.example:3128/"),
            ("http://proxy.example", "http://proxy.example:8080/"),
            ("http://me:fake@proxy.example:80", "http://me:fake@proxy.example/"),
            ("https://proxy.example:3128/", "http://proxy.example:3128/"),
            ("https://proxy.example:443", "http://proxy.example:443/"),
            ("https://me:fake@proxy.example:3128", "https://me:fake@proxy.example:3128/"),
            ("proxy.example:3128", "http://proxy.example:3128/"),
            (" http://[::1]:3128\n", "http://[::1]:3128/"),
            ("socks5h://127.0.0.1:1080", "socks5h://127.0.0.1:1080"),
            ("socks://127.0.0.1:1080", "socks5://127.0.0.1:1080"),
        ] {
            assert_eq!(parsed(value).map(String::from).as_deref(), Some(url), "{value}");
        }
        for value in [
            "not a url",
            "http://",
            "http://:x:",
            "ftp://proxy.example",
            "http://me:fake@",
            "://",
            "socks5://",
        ] {
            assert_eq!(parsed(value), None, "{value}");
        }
    }

    #[test]
    fn the_first_variable_counts() {
        let variable = |names: &[&str]| variable(&Env::new(names.iter().map(|name| (*name, "x"))));
        assert_eq!(variable(&["https_proxy", "HTTPS_PROXY", "ALL_PROXY"]), Some("HTTPS_PROXY"));
        assert_eq!(variable(&["HTTP_PROXY", "REQUEST_METHOD"]), None);
        if cfg!(windows) {
            assert_eq!(variable(&["http_proxy", "ALL_PROXY"]), Some("HTTP_PROXY"), "both spellings are one");
        } else {
            assert_eq!(variable(&["http_proxy", "ALL_PROXY"]), Some("http_proxy"));
            assert_eq!(variable(&["all_proxy"]), Some("all_proxy"));
        }
    }
}
