//! How requests travel: rustls with the system's roots and a company's own, and the proxy of the environment.

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy};

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};

/// A client that follows no redirect, which could carry the token to another host.
pub(super) fn client(env: &Env) -> Result<Client> {
    // A second installation answers with the provider that is already there: the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let accepted = HeaderValue::from_static("application/json");
    let builder = Client::builder()
        .user_agent(concat!("herokey/", env!("CARGO_PKG_VERSION")))
        .default_headers(HeaderMap::from_iter([(ACCEPT, accepted)]))
        .connect_timeout(env.limits.connect)
        .redirect(reqwest::redirect::Policy::none())
        .tls_certs_merge(extra_roots(env)?);
    let builder = with_proxy(builder, env)?;
    builder.build().map_err(|error| {
        failed("Could not set up a secure connection.", "Check the certificates of this system.", &error)
    })
}

/// The roots of `SSL_CERT_FILE`, as OpenSSL's programs honour it: a company's own, or a test's.
fn extra_roots(env: &Env) -> Result<Vec<Certificate>> {
    let Some(path) = env.os("SSL_CERT_FILE") else { return Ok(Vec::new()) };
    let roots = std::fs::read(path)
        .map_err(|error| error.to_string())
        .and_then(|pem| Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string()));
    roots.map_err(|error| {
        failed(
            "The certificates of SSL_CERT_FILE cannot be read.",
            "Correct or remove that variable.",
            &error,
        )
    })
}

/// `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` as curl reads them, small letters first. Without one, the
/// system's own settings where it has some.
///
/// `HTTP_PROXY` counts in small letters only: a server sets the other from a request's header `Proxy`.
fn with_proxy(mut builder: ClientBuilder, env: &Env) -> Result<ClientBuilder> {
    let all = either(env, "all_proxy", "ALL_PROXY");
    let https = either(env, "https_proxy", "HTTPS_PROXY").or(all);
    let http = env.text("http_proxy").map(|value| ("http_proxy", value)).or(all);
    let except = either(env, "no_proxy", "NO_PROXY").and_then(|(_, value)| NoProxy::from_string(value));
    if cfg!(any(target_os = "macos", windows)) && https.is_none() && http.is_none() {
        return Ok(builder);
    }
    // Not what the library would read from the process by itself: `env` need not be the process's.
    builder = builder.no_proxy();
    if let Some((name, value)) = https {
        builder = builder.proxy(Proxy::https(value).map_err(|e| bad(name, &e))?.no_proxy(except.clone()));
    }
    if let Some((name, value)) = http {
        builder = builder.proxy(Proxy::http(value).map_err(|e| bad(name, &e))?.no_proxy(except));
    }
    Ok(builder)
}

fn either<'a>(env: &'a Env, small: &'a str, capital: &'a str) -> Option<(&'a str, &'a str)> {
    [small, capital].into_iter().find_map(|name| env.text(name).map(|value| (name, value)))
}

fn bad(name: &str, error: &reqwest::Error) -> Error {
    failed(&format!("{name} is not the address of a proxy."), "Correct or remove that variable.", error)
}

fn failed(what: &str, fix: &str, error: &dyn std::fmt::Display) -> Error {
    Error::new(Code::HerokuUnreachable, what)
        .means("Nothing was sent to Heroku.")
        .next_step(fix)
        .detail(error)
}
