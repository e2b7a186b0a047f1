//! The HTTP client: rustls with the system's root certificates and those of `SSL_CERT_FILE`, and the environment's proxy.

use std::io;
use std::path::Path;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client, ClientBuilder, NoProxy, Proxy};

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::secrets::Secrets;

/// More than the certificates of all known authorities.
const MAX_ROOTS_BYTES: u64 = 4 << 20;

/// A client that follows no redirects, since they could send the token to another host.
pub(super) fn client(env: &Env) -> Result<Client> {
    // Fails if a provider is already installed, which is then this one.
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

/// The root certificates in `SSL_CERT_FILE`, which OpenSSL reads too: those of a company, or of a test.
fn extra_roots(env: &Env) -> Result<Vec<Certificate>> {
    let Some(path) = env.os("SSL_CERT_FILE") else { return Ok(Vec::new()) };
    let roots = files::read(Path::new(path), MAX_ROOTS_BYTES)
        .and_then(|pem| pem.ok_or_else(|| io::ErrorKind::NotFound.into()))
        .map_err(|error| error.to_string())
        .and_then(|pem| Certificate::from_pem_bundle(&pem).map_err(|error| error.to_string()));
    roots.map_err(|error| {
        failed(
            "The certificates in SSL_CERT_FILE cannot be read.",
            "Correct or remove that variable.",
            &error,
        )
    })
}

/// Sets the proxies of `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` as curl does: lower-case names win. Without
/// any, macOS and Windows use their own settings.
///
/// `HTTP_PROXY` in upper case is ignored, since a web server sets it from a request's `Proxy` header.
fn with_proxy(mut builder: ClientBuilder, env: &Env) -> Result<ClientBuilder> {
    let all = either(env, "all_proxy", "ALL_PROXY");
    let https = either(env, "https_proxy", "HTTPS_PROXY").or(all);
    let http = env.text("http_proxy").map(|value| ("http_proxy", value)).or(all);
    let no_proxy = either(env, "no_proxy", "NO_PROXY").and_then(|(_, value)| NoProxy::from_string(value));
    if cfg!(any(target_os = "macos", windows)) && https.is_none() && http.is_none() {
        return Ok(builder);
    }
    // Keeps reqwest from reading the process's variables, since `env` may hold others.
    builder = builder.no_proxy();
    if let Some((name, value)) = https {
        builder =
            builder.proxy(Proxy::https(value).map_err(|_| invalid_proxy(name))?.no_proxy(no_proxy.clone()));
    }
    if let Some((name, value)) = http {
        builder = builder.proxy(Proxy::http(value).map_err(|_| invalid_proxy(name))?.no_proxy(no_proxy));
    }
    Ok(builder)
}

/// The names and passwords that the proxies' addresses contain. A proxy can repeat them.
pub(super) fn secrets(env: &Env) -> Secrets {
    let mut secrets = Secrets::default();
    let names = ["https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"];
    names.into_iter().filter_map(|name| env.text(name)).for_each(|url| secrets.add_user_info(url));
    secrets
}

fn either<'a>(env: &'a Env, lower: &'a str, upper: &'a str) -> Option<(&'a str, &'a str)> {
    [lower, upper].into_iter().find_map(|name| env.text(name).map(|value| (name, value)))
}

/// The library's own message is left out, because it may quote the address, which may contain a password.
fn invalid_proxy(name: &str) -> Error {
    failed(&format!("{name} is not the address of a proxy."), "Correct or remove that variable.", &"")
}

fn failed(what: &str, next_step: &str, error: &dyn std::fmt::Display) -> Error {
    Error::new(Code::HerokuUnreachable, what)
        .means("Nothing was sent to Heroku.")
        .next_step(next_step)
        .detail(error)
}
