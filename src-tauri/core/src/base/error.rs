//! What went wrong, said so that a person can act on it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The result of everything here that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure: a stable code, what happened, what it means for the token, and what to do next.
///
/// No field ever holds a token. It can be written to the journal, so that another program can show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// Stable, for scripts and bug reports.
    pub code: Code,
    /// What happened, in one sentence.
    pub what: String,
    /// What that means for the token, in one sentence; empty where it goes without saying.
    pub means: String,
    /// What to do next.
    #[serde(rename = "fix")]
    pub next_step: String,
    /// Technical detail: the error of a library, Heroku's `Request-Id`.
    pub detail: String,
}

impl Error {
    /// A failure with its code and what happened; say more with [`means`](Self::means), [`next_step`](Self::next_step) and
    /// [`detail`](Self::detail).
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Self {
            code,
            what: what.into(),
            means: String::new(),
            next_step: String::new(),
            detail: String::new(),
        }
    }

    /// Says what it means for the token.
    #[must_use]
    pub fn means(mut self, means: impl Into<String>) -> Self {
        self.means = means.into();
        self
    }

    /// Says what to do next.
    #[must_use]
    pub fn next_step(mut self, next_step: impl Into<String>) -> Self {
        self.next_step = next_step.into();
        self
    }

    /// True if Heroku may have done what it was asked, although no answer came, or none that makes sense.
    pub(crate) fn is_lost(&self) -> bool {
        use Code::{Cancelled, HerokuError, HerokuGarbled, HerokuUnreachable};
        matches!(self.code, HerokuUnreachable | HerokuGarbled | HerokuError | Cancelled)
    }

    /// True if the same may well succeed a little later: the network, or Heroku at the moment.
    pub fn is_transient(&self) -> bool {
        use Code::{HerokuError, HerokuGarbled, HerokuUnreachable, RateLimited};
        matches!(self.code, HerokuUnreachable | HerokuError | HerokuGarbled | RateLimited)
    }

    /// Adds technical detail.
    #[must_use]
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = detail.to_string();
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        for part in [&self.means, &self.next_step] {
            if !part.is_empty() {
                write!(f, " {part}")?;
            }
        }
        if !self.detail.is_empty() {
            write!(f, " ({})", self.detail)?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}

/// The kinds of failure, written in kebab-case wherever a person or a script sees them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// There is no credential.
    NotLoggedIn,
    /// `HEROKU_API_KEY` is set, so a login would have no effect.
    EnvApiKeyOverrides,
    /// The person chose *Deny*.
    LoginDenied,
    /// Nobody decided within the limit.
    LoginTimedOut,
    /// Cancelled here.
    Cancelled,
    /// Heroku could not be reached.
    HerokuUnreachable,
    /// Heroku answered with an error.
    HerokuError,
    /// Heroku does not accept the token.
    TokenRefused,
    /// What answered in Heroku's name makes no sense.
    HerokuGarbled,
    /// The certificate shown for Heroku is not valid here.
    CertificateRefused,
    /// Heroku takes no more requests for the moment.
    RateLimited,
    /// Heroku has suspended the account.
    AccountSuspended,
    /// The token is not one that renews itself.
    NotRenewable,
    /// The token is good, but may not do this.
    Forbidden,
    /// Heroku does not do what it was asked: 400, 422.
    RequestRefused,
    /// Heroku has no such thing.
    NotFound,
    /// Something stands in the way at Heroku.
    Conflict,
    /// Heroku does not accept an email and its password.
    PasswordRefused,
    /// Heroku asks for the code of a second factor.
    SecondFactorNeeded,
    /// Only the browser will do.
    BrowserNeeded,
    /// What a person gave makes no sense.
    WrongUsage,
    /// A person must answer, and there is none to ask.
    PersonNeeded,
    /// The keychain is locked.
    KeychainLocked,
    /// The keychain refused, or a person did.
    KeychainDenied,
    /// There is no keychain here.
    KeychainMissing,
    /// The keychain did not answer in time.
    KeychainTimeout,
    /// The keychain failed in another way.
    KeychainFailed,
    /// netrc could not be read or written.
    NetrcFailed,
    /// The Heroku CLI's `login.json` could not be read or written.
    LoginStateFailed,
    /// The files of `heroku accounts` could not be read or written.
    AccountsFailed,
    /// Docker's configuration could not be read.
    DockerFailed,
    /// The login shell did not say what it sets.
    ShellFailed,
    /// git's configuration could not be changed.
    GitConfigFailed,
    /// The token cannot be moved there; it stays where it is.
    CannotMove,
    /// git uses another credential than heroku.
    GitDiffers,
    /// git has no credential for Heroku.
    GitNoCredential,
    /// Nothing is left to finish of an interrupted action.
    NothingLeft,
    /// A fix does not serve here, or not any more.
    CannotFix,
    /// A fix cannot be taken back.
    CannotUndo,
    /// The clipboard could not be reached.
    ClipboardFailed,
    /// A newer Herokey could not be installed.
    UpdateFailed,
    /// Another program is at an action on this machine.
    Busy,
    /// The journal could not be read or written.
    JournalFailed,
    /// Done in part: what is left is named.
    PartlyDone,
    /// This system lacks something that Herokey needs.
    Unsupported,
}

impl Code {
    /// The exit code of the terminal companion.
    pub fn exit(self) -> u8 {
        match self {
            Self::WrongUsage => 2,
            Self::NotLoggedIn => 3,
            Self::HerokuUnreachable
            | Self::HerokuError
            | Self::TokenRefused
            | Self::PasswordRefused
            | Self::HerokuGarbled
            | Self::CertificateRefused
            | Self::RateLimited
            | Self::AccountSuspended
            | Self::Forbidden
            | Self::RequestRefused
            | Self::NotFound
            | Self::Conflict => 4,
            Self::KeychainLocked
            | Self::KeychainDenied
            | Self::KeychainMissing
            | Self::KeychainTimeout
            | Self::KeychainFailed => 5,
            Self::LoginDenied
            | Self::LoginTimedOut
            | Self::Cancelled
            | Self::SecondFactorNeeded
            | Self::BrowserNeeded
            | Self::PersonNeeded => 6,
            Self::PartlyDone => 7,
            Self::EnvApiKeyOverrides
            | Self::NotRenewable
            | Self::NetrcFailed
            | Self::LoginStateFailed
            | Self::AccountsFailed
            | Self::DockerFailed
            | Self::ShellFailed
            | Self::GitConfigFailed
            | Self::CannotMove
            | Self::GitDiffers
            | Self::GitNoCredential
            | Self::NothingLeft
            | Self::CannotFix
            | Self::CannotUndo
            | Self::ClipboardFailed
            | Self::UpdateFailed
            | Self::Busy
            | Self::JournalFailed
            | Self::Unsupported => 1,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

#[cfg(test)]
mod tests {
    use super::{Code, Error};

    #[test]
    fn reads_as_one_text() {
        let error = Error::new(Code::KeychainLocked, "The keychain is locked.")
            .means("Your token is still in it.")
            .next_step("Unlock it and try again.")
            .detail("org.freedesktop.Secret.Error.IsLocked");
        assert_eq!(
            error.to_string(),
            "The keychain is locked. Your token is still in it. Unlock it and try again. \
             (org.freedesktop.Secret.Error.IsLocked)"
        );
        assert_eq!(error.code.to_string(), "keychain-locked");
    }
}
