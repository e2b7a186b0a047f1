//! The HTTP client: rustls with the system's root certificates and those that variables name, and the environment's proxy.

use std::io;
use std::path::Path;

use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use reqwest::{Certificate, Client};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::proxy;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;

/// More than the certificates of all known authorities.
const MAX_ROOTS_BYTES: u64 = 4 << 20;
/// The variable that names root certificates for Node.js, and so for the Heroku CLI.
const NODE_ROOTS: &str = "NODE_EXTRA_CA_CERTS";

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
    let builder = proxy::with_proxy(builder, env)?;
    builder.build().map_err(|error| {
        // reqwest's own words are only "builder error".
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        let cause = causes.last().map(ToString::to_string).unwrap_or_default();
        failed("Could not set up a secure connection.", "Check the certificates of this system.", &cause)
    })
}

/// The root certificates in `SSL_CERT_FILE`, which OpenSSL reads too, and in [`NODE_ROOTS`]: those of a company, or of a
/// test.
fn extra_roots(env: &Env) -> Result<Vec<Certificate>> {
    let (mut roots, error) = certificates(env, "SSL_CERT_FILE");
    if let Some(error) = error {
        return Err(failed(
            "The certificates in SSL_CERT_FILE cannot be read.",
            "Correct or remove that variable.",
            &error,
        ));
    }
    // Node.js ignores what it cannot read there; `ignored_roots` reports that.
    roots.extend(certificates(env, NODE_ROOTS).0);
    Ok(roots)
}

/// Why certificates in `NODE_EXTRA_CA_CERTS` are ignored, by Node.js and by Herokey; `None` if none are.
pub(crate) fn ignored_roots(env: &Env) -> Option<Error> {
    let error = certificates(env, NODE_ROOTS).1?;
    Some(
        Error::new(Code::CertificateRefused, format!("The certificates in {NODE_ROOTS} cannot be read."))
            .means("Node.js ignores them, and so do the heroku command and Herokey.")
            .next_step(format!("Set {NODE_ROOTS} to a file with certificates in PEM format, or unset it."))
            .detail(error),
    )
}

/// The certificates in the file that a variable names, up to the first one that is not valid, and what is wrong.
fn certificates(env: &Env, variable: &str) -> (Vec<Certificate>, Option<String>) {
    let Some(path) = env.os(variable) else { return (Vec::new(), None) };
    let pem = files::read(Path::new(path), MAX_ROOTS_BYTES)
        .and_then(|pem| pem.ok_or_else(|| io::ErrorKind::NotFound.into()));
    let pem = match pem {
        Ok(pem) => pem,
        Err(error) => return (Vec::new(), Some(error.to_string())),
    };
    let mut found = Vec::new();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        match certificate.map_err(|error| error.to_string()).and_then(|der| checked(&der)) {
            Ok(certificate) => found.push(certificate),
            Err(error) => return (found, Some(error)),
        }
    }
    let error = found.is_empty().then(|| "the file has no certificate".to_owned());
    (found, error)
}

fn checked(der: &CertificateDer<'_>) -> Result<Certificate, String> {
    RootCertStore::empty().add(der.clone().into_owned()).map_err(|error| error.to_string())?;
    Certificate::from_der(der).map_err(|error| error.to_string())
}

fn failed(what: &str, next_step: &str, error: &dyn std::fmt::Display) -> Error {
    Error::new(Code::HerokuUnreachable, what)
        .means("Nothing was sent to Heroku.")
        .next_step(next_step)
        .detail(error)
}
