//! A certificate authority and the certificates it signs, created for one run.

use std::io::Error as IoError;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
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
    let ca_key = key()?;
    let ca_certificate = signed(|| ca.self_signed(&ca_key))?;
    std::fs::write(authority, ca_certificate.pem()).map_err(|source| write_error(authority, source))?;

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
    let key = key()?;
    let certificate = signed(|| leaf.signed_by(&key, issuer))?;
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

/// A key of P-256 whose coordinates both have 32 bytes. A number that begins with zeros is encoded shorter, which Wine 8 may
/// take for a wrong one.
fn key() -> Result<KeyPair, Error> {
    loop {
        let key = KeyPair::generate()?;
        let point = key.public_key_raw();
        if point.get(1) != Some(&0) && point.get(33) != Some(&0) {
            return Ok(key);
        }
    }
}

/// A certificate whose signature has two numbers of 32 bytes, for the same reason.
fn signed(sign: impl Fn() -> Result<Certificate, rcgen::Error>) -> Result<Certificate, Error> {
    loop {
        let certificate = sign()?;
        if has_whole_numbers(certificate.der()) {
            return Ok(certificate);
        }
    }
}

/// Looks at the end of a certificate: a sequence of two integers (RFC 3279, section 2.2.3). An integer that would be negative
/// begins with a zero.
fn has_whole_numbers(der: &[u8]) -> bool {
    let is_whole = |number: &[u8]| match number {
        [0, rest @ ..] => rest.len() == 32,
        whole => whole.len() == 32 && whole[0] != 0,
    };
    (68..=72).any(|length| {
        let Some([0x30, inner, 0x02, first, rest @ ..]) = der.len().checked_sub(length).map(|at| &der[at..])
        else {
            return false;
        };
        let (inner, first) = (usize::from(*inner), usize::from(*first));
        inner + 2 == length
            && matches!(rest.split_at_checked(first), Some((one, [0x02, second, other @ ..]))
                if usize::from(*second) == other.len() && is_whole(one) && is_whole(other))
    })
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
