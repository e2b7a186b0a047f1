//! Reads and edits netrc files, and leaves every byte that it does not edit unchanged.
//!
//! Programs disagree about what a netrc file says. This crate models two of them, [curl](Netrc::curl) (and so git)
//! and the [Heroku CLI](Netrc::heroku_cli), and writes records that both read the same way.
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
//! Where the two readers disagree, [`Netrc::difference`] says why and [`Netrc::set`] makes them agree.
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
//! Other programs read the file in yet other ways: Heroku's [extension for VS Code](Netrc::vscode), Terraform
//! ([Go](Netrc::go)), [Python](Netrc::python) and Heroku's deployer for the JVM ([`JGit`](Netrc::jgit)). An edit does
//! not take them into account.
//!
//! # Limits
//!
//! - The curl model follows curl 8.21 and 8.22 (2026). Before 8.11 a quoted word could not span lines. Before 8.21
//!   curl could use words after a macro or before the first record, and versions differ on records that lack a login
//!   or a password. An edit changes what an older curl finds for another host only if that curl already read the
//!   file differently from curl 8.22.
//! - [`Netrc::curl`] models a request that names no user. If a request names one, curl looks for a record with that
//!   login.
//! - curl stops reading at a syntax error: an unclosed quote, a value over 4095 bytes, or a carriage return followed
//!   by a space or tab. This crate stops there too and leaves the rest unchanged, including any record of the host.
//!   The Heroku CLI may still read that record, so check [`Netrc::heroku_cli`] after [`Netrc::remove`].
//! - Comments stay, whatever they contain, even inside a record that is removed. The Heroku CLI reads
//!   `# machine api.heroku.com …` as a record.
//! - [`Netrc::records`] and [`Netrc::remove`] treat a NUL as an ordinary character. curl drops the text after it, and
//!   [`Netrc::curl`] does the same. Removing a record can therefore reveal to curl what a NUL inside it had hidden.
//! - Words that belong to no record become part of a record that is inserted before them, and are removed with it.
//! - curl 8.22 crashes on two kinds of file, for which [`Netrc::curl`] returns `None`: a file of comments without a
//!   final newline (no edit produces one), and a file whose first value is `default login ""`.
//! - The Heroku CLI hangs on a long `machine` line whose comment ends in a carriage return. [`Netrc::heroku_cli`]
//!   answers as if it did not; [`Netrc::difference`] reports [`Difference::CliHangs`].
//! - This crate wipes its buffers when they are dropped. [`Netrc::into_bytes`] leaves that to the caller.

mod credential;
mod curl;
mod difference;
mod edit;
mod error;
mod go;
mod heroku_cli;
mod jgit;
mod lex;
mod mention;
mod netrc;
mod python;
mod record;
mod scan;
mod splice;
mod vscode;

pub use credential::Credential;
pub use difference::Difference;
pub use error::{EditError, Field, ParseError};
pub use mention::Mention;
pub use netrc::{Netrc, Record};
