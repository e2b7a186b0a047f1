//! Errors that tell the user what happened and what to do next.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::secrets::Secrets;
use crate::base::text::paragraph;

/// A result whose error is [`Error`] unless another is named.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error: a stable code, what happened, what that means for the token, and what to do next.
///
/// No field ever holds a token, or characters that control a terminal, although names and words of others are part of them.
/// The journal stores errors, so that another program can show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Error {
    /// The kind of error, stable for scripts and bug reports.
    pub code: Code,
    /// What happened, in one sentence.
    pub what: String,
    /// What that means for the token, in one sentence. Empty if it is obvious.
    pub means: String,
    /// What to do next. Empty if there is nothing to do.
    #[serde(rename = "fix")]
    pub next_step: String,
    /// Technical details, such as a library's error or Heroku's `Request-Id`.
    pub detail: String,
}

impl Error {
    /// Makes an error from its code and what happened. [`means`](Self::means), [`next_step`](Self::next_step) and
    /// [`detail`](Self::detail) add the rest.
    pub fn new(code: Code, what: impl Into<String>) -> Self {
        Self {
            code,
            what: paragraph(&what.into()),
            means: String::new(),
            next_step: String::new(),
            detail: String::new(),
        }
    }

    /// Sets what the error means for the token.
    #[must_use]
    pub fn means(mut self, means: impl Into<String>) -> Self {
        self.means = paragraph(&means.into());
        self
    }

    /// Sets what to do next.
    #[must_use]
    pub fn next_step(mut self, next_step: impl Into<String>) -> Self {
        self.next_step = paragraph(&next_step.into());
        self
    }

    /// Sets what to do next, and lines to copy, which stay lines.
    #[must_use]
    pub(crate) fn next_step_with_lines(mut self, next_step: impl Into<String>, lines: &[String]) -> Self {
        let lines = lines.iter().map(|line| paragraph(line));
        self.next_step =
            std::iter::once(paragraph(&next_step.into())).chain(lines).collect::<Vec<_>>().join("\n");
        self
    }

    /// Takes what to do next from another error or a problem, which is safe to show.
    #[must_use]
    pub fn same_next_step(self, safe: &str) -> Self {
        Self { next_step: safe.to_owned(), ..self }
    }

    /// True if Heroku may have carried out the request although no usable answer arrived.
    pub(crate) fn outcome_is_unknown(&self) -> bool {
        use Code::{Cancelled, HerokuError, HerokuGarbled, HerokuUnreachable};
        matches!(self.code, HerokuUnreachable | HerokuGarbled | HerokuError | Cancelled)
    }

    /// True if a retry may succeed, because the network or Heroku failed only for the moment.
    pub fn is_transient(&self) -> bool {
        use Code::{HerokuError, HerokuGarbled, HerokuUnreachable, RateLimited};
        matches!(self.code, HerokuUnreachable | HerokuError | HerokuGarbled | RateLimited)
    }

    /// The same error without secrets in its details, which may quote another program.
    #[must_use]
    pub(crate) fn without(mut self, secrets: &Secrets) -> Self {
        self.detail = secrets.hide(&self.detail);
        self
    }

    /// Sets the technical details.
    #[must_use]
    pub fn detail(mut self, detail: impl fmt::Display) -> Self {
        self.detail = paragraph(&detail.to_string());
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

/// The kinds of errors. Users and scripts see them in kebab-case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    /// No token was found.
    NotLoggedIn,
    /// `HEROKU_API_KEY` is set, so a login would have no effect.
    EnvApiKeyOverrides,
    /// `HEROKU_API_KEY` is not a token as it is.
    EnvApiKeyMalformed,
    /// A variable names a host that is not Heroku's.
    HostNotAllowed,
    /// The user chose *Deny*.
    LoginDenied,
    /// The user did not answer the login in time.
    LoginTimedOut,
    /// The user cancelled the action in Herokey.
    Cancelled,
    /// Heroku could not be reached.
    HerokuUnreachable,
    /// Heroku answered with an error.
    HerokuError,
    /// Heroku does not accept the token.
    TokenRefused,
    /// The answer does not have the form of one from Heroku.
    HerokuGarbled,
    /// This machine does not trust the certificate that Heroku's server presented.
    CertificateRefused,
    /// Heroku refuses further requests for now.
    RateLimited,
    /// Heroku has suspended the account.
    AccountSuspended,
    /// The token has no refresh token to renew it with.
    NotRenewable,
    /// The token is valid, but lacks the permission.
    Forbidden,
    /// Heroku rejected the request as invalid (400 or 422).
    RequestRefused,
    /// What was asked for does not exist.
    NotFound,
    /// Heroku reports a conflict with what it already has.
    Conflict,
    /// Heroku does not accept the email and password.
    PasswordRefused,
    /// Heroku asks for the code of a second factor.
    SecondFactorNeeded,
    /// The account can log in only with the browser.
    BrowserNeeded,
    /// The user passed something invalid.
    WrongUsage,
    /// The user must answer a question, but cannot be asked here.
    PersonNeeded,
    /// The keychain is locked.
    KeychainLocked,
    /// The keychain, or the user, denied access.
    KeychainDenied,
    /// The keychain runs only once a program uses it, and Herokey was only looking.
    KeychainNotStarted,
    /// The bus that leads to the keychain cannot be reached.
    KeychainUnreachable,
    /// This machine has no keychain.
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
    /// The configuration of an MCP client cannot be read or changed.
    McpFailed,
    /// The login shell did not report its variables.
    ShellFailed,
    /// git's configuration could not be changed.
    GitConfigFailed,
    /// The token cannot be moved to that store. It stays where it is.
    CannotMove,
    /// git uses a different credential from heroku.
    GitDiffers,
    /// git has no credential for Heroku.
    GitNoCredential,
    /// The interrupted action has nothing left to finish.
    NothingLeft,
    /// The fix does not apply, or no longer does.
    CannotFix,
    /// The last change cannot be undone.
    CannotUndo,
    /// The clipboard could not be used.
    ClipboardFailed,
    /// The output could not be written.
    OutputFailed,
    /// A newer Herokey could not be installed.
    UpdateFailed,
    /// Another program is performing an action on this machine.
    Busy,
    /// The journal could not be read or written.
    JournalFailed,
    /// Only a part was done. The error says what is left.
    PartlyDone,
    /// This system lacks something that Herokey needs.
    Unsupported,
}

impl Code {
    /// The exit code that `herokey` returns for it.
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
            | Self::KeychainNotStarted
            | Self::KeychainUnreachable
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
            | Self::EnvApiKeyMalformed
            | Self::HostNotAllowed
            | Self::NotRenewable
            | Self::NetrcFailed
            | Self::LoginStateFailed
            | Self::AccountsFailed
            | Self::DockerFailed
            | Self::McpFailed
            | Self::ShellFailed
            | Self::GitConfigFailed
            | Self::CannotMove
            | Self::GitDiffers
            | Self::GitNoCredential
            | Self::NothingLeft
            | Self::CannotFix
            | Self::CannotUndo
            | Self::ClipboardFailed
            | Self::OutputFailed
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
    fn displays_all_parts_in_one_line() {
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
