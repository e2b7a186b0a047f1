//! A certificate authority and the certificates it signs, created for one run.

use std::io::Error as IoError;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, SigningKey,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::PrivateKeyDer;

use crate::Error;

const DAY: Duration = Duration::from_hours(24);

/// The TLS configurations that a socket can use, each with its own certificate of the same authority.
#[derive(Clone, Debug)]
pub(crate) struct Certificates {
    pub(crate) valid: Arc<ServerConfig>,
    /// Expired yesterday.
    pub(crate) expired: Arc<ServerConfig>,
}

/// Creates certificates for `names`, and writes the certificate of their authority to the file `authority`, as PEM.
///
/// The key of the authority is dropped on return, so it can never sign anything else.
pub(crate) fn create(names: &[String], authority: &Path) -> Result<Certificates, Error> {
    let mut ca = params(&[], "Heroku sandbox authority")?;
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let ca_key = KeyPair::generate()?;
    let ca_pem = ca.self_signed(&ca_key)?.pem();
    std::fs::write(authority, ca_pem).map_err(|source| write_error(authority, source))?;

    let issuer = Issuer::from_params(&ca, &ca_key);
    let valid = params(names, "Heroku sandbox")?;
    let mut expired = valid.clone();
    (expired.not_before, expired.not_after) =
        ((SystemTime::now() - 3 * DAY).into(), (SystemTime::now() - DAY).into());
    Ok(Certificates { valid: config(valid, &issuer)?, expired: config(expired, &issuer)? })
}

fn config(
    mut leaf: CertificateParams,
    issuer: &Issuer<'_, impl SigningKey>,
) -> Result<Arc<ServerConfig>, Error> {
    leaf.use_authority_key_identifier_extension = true;
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, issuer)?;
    let private = PrivateKeyDer::try_from(key.serialize_der()).map_err(|reason| {
        Error::Tls(rustls::Error::General(format!("the generated key cannot be used: {reason}")))
    })?;

    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

fn params(names: &[String], common_name: &str) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::new(names.to_vec())?;
    params.distinguished_name.push(DnType::CommonName, common_name);
    let now = SystemTime::now();
    // Starts a day early in case clocks differ. Every TLS library accepts a lifetime of a year.
    params.not_before = (now - DAY).into();
    params.not_after = (now + 365 * DAY).into();
    Ok(params)
}

fn write_error(path: &Path, source: IoError) -> Error {
    Error::Write { path: path.to_owned(), source }
}
