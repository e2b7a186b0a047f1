//! Reads and edits a netrc file, and leaves every byte that is not asked about as it was.
//!
//! Programs do not agree on what such a file says. This crate answers for two of them, [curl](Netrc::curl)
//! (and so git) and the [Heroku CLI](Netrc::heroku_cli), and writes records that both read alike.
//!
//! ```
//! use netrc_edit::Netrc;
//!
//! let mut netrc = Netrc::parse("# work\nmachine ftp.example.com login anna password \"two words\"\ndefault login anonymous\n");
//! netrc.set("api.heroku.com", "me@example.com", "HRKU-fake")?;
//! assert_eq!(
//!     netrc.as_bytes(),
//!     b"# work
//! machine ftp.example.com login anna password \"two words\"
//! machine api.heroku.com
//!   login me@example.com
//!   password HRKU-fake
//! default login anonymous
//! "
//! );
//! let credential = netrc.curl("api.heroku.com").unwrap();
//! assert_eq!(credential.password(), Some(&b"HRKU-fake"[..]));
//! assert_eq!(netrc.heroku_cli("api.heroku.com"), Some(credential));
//! # Ok::<(), netrc_edit::EditError>(())
//! ```
//!
//! Where the two readers disagree, [`Netrc::difference`] says why; [`Netrc::set`] makes them agree.
//!
//! ```
//! use netrc_edit::{Difference, Netrc};
//!
//! let mut netrc = Netrc::parse("machine api.heroku.com login me@example.com password \"HRKU-fake\"\n");
//! assert_eq!(netrc.difference("api.heroku.com"), Some(Difference::Quotes));
//! netrc.set("api.heroku.com", "me@example.com", "HRKU-fake")?;
//! assert_eq!(netrc.difference("api.heroku.com"), None);
//! # Ok::<(), netrc_edit::EditError>(())
//! ```
//!
//! # Limits
//!
//! - curl's grammar is that of curl 8.21 and 8.22 (2026). Before 8.11 a quoted word could not span lines; before
//!   8.21 words after a macro or before the first record could still count, and entries that lack a login or a
//!   password were treated differently from one version to the next. An edit changes what an older curl finds for
//!   other hosts only if that curl already took the file for something else than curl 8.22 does.
//! - [`Netrc::curl`] answers for a request that names no user. With one, curl looks for a record with that login.
//! - From a syntax error on (a quote that is not closed, a value of more than 4095 bytes, a carriage return
//!   followed by a blank) curl reads nothing. Neither does this crate; those bytes stay as they are, a record of
//!   the host among them too. The Heroku CLI may read it: ask [`Netrc::heroku_cli`] after [`Netrc::remove`].
//! - The same goes for comments, which are kept, whatever they hold, also those inside a record that is removed.
//!   The Heroku CLI takes `# machine api.heroku.com …` for a record.
//! - In a file with a NUL, [`Netrc::entries`] and [`Netrc::remove`] take it for a character like any other, whereas
//!   curl loses what follows it; [`Netrc::curl`] answers as curl does. What a NUL inside a record hid from curl may
//!   come to light when that record is removed.
//! - Words that belong to no record are a record's once it has to stand before them, and go with it.
//! - curl 8.22 crashes on two kinds of file, for which [`Netrc::curl`] answers `None`: one of nothing but comments
//!   whose last line does not end (no edit leaves one), and one whose first value of all is `default login ""`.
//! - The Heroku CLI does not come back from a long `machine` line with a comment that a carriage return ends.
//!   [`Netrc::heroku_cli`] answers as if it did; [`Netrc::difference`] tells.
//! - The buffers of this crate are wiped when dropped. [`Netrc::into_bytes`] hands that duty on.

mod credential;
mod curl;
mod difference;
mod edit;
mod error;
mod heroku_cli;
mod lex;
mod netrc;
mod record;
mod scan;
mod splice;

pub use credential::Credential;
pub use difference::Difference;
pub use error::{EditError, Value};
pub use netrc::{Entry, Netrc};
