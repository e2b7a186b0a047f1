//! The failures of Heroku and the network that the table tries.

use herokey_core::Code;
use heroku_sandbox::{ApiErrorId, ConnectionFault, Fault};

/// One way in which a request can fail.
pub struct Failure {
    /// Its name in the table.
    pub name: &'static str,
    /// How the sandbox causes it.
    pub(super) cause: Cause,
    /// The error code of an action that fails because of it.
    pub(super) code: Code,
    /// The request ends only when it times out.
    pub(super) is_slow: bool,
    /// Heroku does the work although the request fails.
    pub(super) is_done: bool,
    /// Heroku answers, but does not show that the token in use has an authorization.
    pub(super) hides_token: bool,
}

pub(super) enum Cause {
    Fault(fn() -> Fault),
    Connection(ConnectionFault),
}

const fn fault(name: &'static str, code: Code, fault: fn() -> Fault) -> Failure {
    Failure { name, cause: Cause::Fault(fault), code, is_slow: false, is_done: false, hides_token: false }
}

const fn done(failure: Failure) -> Failure {
    Failure { is_done: true, ..failure }
}

const fn slow(failure: Failure) -> Failure {
    Failure { is_slow: true, is_done: true, ..failure }
}

/// A failure of a list only, after which an action that must revoke the token can do just a part.
const fn hiding(failure: Failure) -> Failure {
    Failure { is_done: true, hides_token: true, ..failure }
}

const fn connection(name: &'static str, code: Code, fault: ConnectionFault) -> Failure {
    Failure {
        name,
        cause: Cause::Connection(fault),
        code,
        is_slow: false,
        is_done: false,
        hides_token: false,
    }
}

/// Every failure that the table tries.
pub const FAILURES: &[Failure] = &[
    connection("connection refused", Code::HerokuUnreachable, ConnectionFault::Refused),
    connection("certificate expired", Code::CertificateRefused, ConnectionFault::ExpiredCertificate),
    fault("dropped before", Code::HerokuUnreachable, || Fault::DropBefore),
    done(fault("dropped after", Code::HerokuUnreachable, || Fault::DropAfter)),
    fault("401 unauthorized", Code::TokenRefused, || Fault::Error(ApiErrorId::Unauthorized)),
    fault("403 forbidden", Code::Forbidden, || Fault::Error(ApiErrorId::Forbidden)),
    fault("403 two_factor", Code::SecondFactorNeeded, || Fault::Error(ApiErrorId::TwoFactor)),
    fault("403 mfa_required", Code::BrowserNeeded, || Fault::Error(ApiErrorId::MfaRequired)),
    fault("403 device_trust_required", Code::BrowserNeeded, || Fault::Error(ApiErrorId::DeviceTrustRequired)),
    fault("403 suspended", Code::AccountSuspended, || Fault::Error(ApiErrorId::Suspended)),
    fault("404 not_found", Code::NotFound, || Fault::Error(ApiErrorId::NotFound)),
    fault("409 conflict", Code::Conflict, || Fault::Error(ApiErrorId::Conflict)),
    fault("422 invalid_params", Code::RequestRefused, || Fault::Error(ApiErrorId::InvalidParams)),
    fault("429 rate_limit", Code::RateLimited, || Fault::Error(ApiErrorId::RateLimit)),
    fault("429, again in an hour", Code::RateLimited, || Fault::RetryAfter { seconds: 3_600 }),
    fault("500", Code::HerokuError, || Fault::Error(ApiErrorId::InternalServerError)),
    fault("503", Code::HerokuError, || Fault::Error(ApiErrorId::ServiceUnavailable)),
    done(fault("empty", Code::HerokuGarbled, || Fault::Empty)),
    done(fault("not JSON", Code::HerokuGarbled, || Fault::NotJson)),
    done(fault("other JSON", Code::HerokuGarbled, || Fault::WrongJson)),
    done(fault("wrong types", Code::HerokuGarbled, || Fault::WrongTypes)),
    done(fault("100 MB", Code::HerokuGarbled, || Fault::Huge { bytes: 100_000_000 })),
    slow(fault("1 byte a second", Code::HerokuUnreachable, || Fault::Trickle)),
    slow(fault("no answer", Code::HerokuUnreachable, || Fault::Delay { ms: 120_000 })),
    fault("redirect elsewhere", Code::HerokuGarbled, || Fault::Redirect {
        to: "https://dashboard.heroku.com/elsewhere".to_owned(),
    }),
    hiding(fault("own token not listed", Code::PartlyDone, || Fault::HideOwn)),
    hiding(fault("tokens listed in another form", Code::PartlyDone, || Fault::HideTokens)),
];
