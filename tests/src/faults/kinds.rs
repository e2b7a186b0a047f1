//! The ways to fail.

use herokey_core::Code;
use heroku_sandbox::{ApiErrorId, ConnectionFault, Fault};

/// One way to fail.
pub struct Kind {
    /// Its name in the table.
    pub name: &'static str,
    /// What the sandbox does.
    pub(super) trouble: Trouble,
    /// What an action says that cannot go on.
    pub(super) code: Code,
    /// It ends with the limit.
    pub(super) is_slow: bool,
    /// Heroku did the work all the same.
    pub(super) is_done: bool,
}

pub(super) enum Trouble {
    Fault(fn() -> Fault),
    Connection(ConnectionFault),
}

const fn kind(name: &'static str, code: Code, fault: fn() -> Fault) -> Kind {
    Kind { name, trouble: Trouble::Fault(fault), code, is_slow: false, is_done: false }
}

const fn done(kind: Kind) -> Kind {
    Kind { is_done: true, ..kind }
}

const fn slow(kind: Kind) -> Kind {
    Kind { is_slow: true, is_done: true, ..kind }
}

const fn connection(name: &'static str, code: Code, fault: ConnectionFault) -> Kind {
    Kind { name, trouble: Trouble::Connection(fault), code, is_slow: false, is_done: false }
}

/// Every way to fail.
pub const KINDS: &[Kind] = &[
    connection("connection refused", Code::HerokuUnreachable, ConnectionFault::Refused),
    connection("certificate expired", Code::CertificateRefused, ConnectionFault::ExpiredCertificate),
    kind("dropped before", Code::HerokuUnreachable, || Fault::DropBefore),
    done(kind("dropped after", Code::HerokuUnreachable, || Fault::DropAfter)),
    kind("401 unauthorized", Code::TokenRefused, || Fault::Error(ApiErrorId::Unauthorized)),
    kind("403 forbidden", Code::Forbidden, || Fault::Error(ApiErrorId::Forbidden)),
    kind("403 two_factor", Code::SecondFactorNeeded, || Fault::Error(ApiErrorId::TwoFactor)),
    kind("403 mfa_required", Code::BrowserNeeded, || Fault::Error(ApiErrorId::MfaRequired)),
    kind("403 device_trust_required", Code::BrowserNeeded, || Fault::Error(ApiErrorId::DeviceTrustRequired)),
    kind("403 suspended", Code::AccountSuspended, || Fault::Error(ApiErrorId::Suspended)),
    kind("404 not_found", Code::NotFound, || Fault::Error(ApiErrorId::NotFound)),
    kind("409 conflict", Code::Conflict, || Fault::Error(ApiErrorId::Conflict)),
    kind("422 invalid_params", Code::RequestRefused, || Fault::Error(ApiErrorId::InvalidParams)),
    kind("429 rate_limit", Code::RateLimited, || Fault::Error(ApiErrorId::RateLimit)),
    kind("429, again in an hour", Code::RateLimited, || Fault::RetryAfter { seconds: 3_600 }),
    kind("500", Code::HerokuError, || Fault::Error(ApiErrorId::InternalServerError)),
    kind("503", Code::HerokuError, || Fault::Error(ApiErrorId::ServiceUnavailable)),
    done(kind("empty", Code::HerokuGarbled, || Fault::Empty)),
    done(kind("not JSON", Code::HerokuGarbled, || Fault::NotJson)),
    done(kind("other JSON", Code::HerokuGarbled, || Fault::WrongJson)),
    done(kind("wrong types", Code::HerokuGarbled, || Fault::WrongTypes)),
    done(kind("100 MB", Code::HerokuGarbled, || Fault::Huge { bytes: 100_000_000 })),
    slow(kind("1 byte a second", Code::HerokuUnreachable, || Fault::Trickle)),
    slow(kind("no answer", Code::HerokuUnreachable, || Fault::Delay { ms: 120_000 })),
    kind("redirect elsewhere", Code::HerokuGarbled, || Fault::Redirect {
        to: "https://dashboard.heroku.com/elsewhere".to_owned(),
    }),
];
