//! What a program writes to standard error besides its answers: the log, or for a user at a terminal, plain sentences. No
//! token is ever written.

use std::fmt::{self, Write};
use std::io::IsTerminal;

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::base::env::Env;
use crate::base::text::paragraph;

/// The target of what a user should know although the program goes on.
const NOTICE: &str = "herokey";

/// Who reads standard error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A user or a script: they get notices and errors as sentences.
    User,
    /// A log, such as the journal of a desktop, unless it is a terminal.
    Log,
}

/// Starts writing to standard error: warnings and errors to a log, sentences to a user. If `HEROKEY_LOG` sets a lowest level
/// (`debug`, `info`, …), everything from that level on is logged, whoever reads it.
pub fn start(env: &Env, reader: Reader) {
    let level = env.text("HEROKEY_LOG").and_then(|level| level.parse().ok());
    let log = tracing_subscriber::fmt()
        .with_max_level(level.unwrap_or(LevelFilter::WARN))
        .with_writer(std::io::stderr)
        // It would report a failed write on standard error too, and panic when that fails.
        .log_internal_errors(false);
    if level.is_none() && (reader == Reader::User || std::io::stderr().is_terminal()) {
        log.event_format(Sentences).init();
    } else {
        log.init();
    }
}

/// Says something that the user should know although the program goes on: what happened, and what it means.
pub(crate) fn notice(sentences: &str) {
    tracing::warn!(target: NOTICE, "{}", paragraph(sentences));
}

/// Writes notices and errors as sentences, and leaves out all that is for the log.
struct Sentences;

impl<S, N> FormatEvent<S, N> for Sentences
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut out: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let is_for_users = event.metadata().target() == NOTICE || *event.metadata().level() == Level::ERROR;
        if !is_for_users {
            return Ok(());
        }
        let mut text = Text::default();
        event.record(&mut text);
        let Text { message, cause } = text;
        writeln!(out, "herokey: {message}{cause}")
    }
}

/// The message of an event, and its error.
#[derive(Default)]
struct Text {
    message: String,
    cause: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a String cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "error" => write!(self.cause, ": {value:?}"),
            _ => Ok(()),
        };
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_user_reads_sentences_and_nothing_else() {
        let written = Written::default();
        let writer = written.clone();
        let log =
            tracing_subscriber::fmt().with_writer(move || writer.clone()).event_format(Sentences).finish();
        tracing::subscriber::with_default(log, || {
            tracing::warn!(path = "/home/me/.netrc.lock", "could not remove the netrc lock");
            notice("Herokey could not remove ~/.netrc.lock.\u{1b}[31m");
            let error = io::Error::other("permission denied");
            tracing::error!(%error, "file changes are no longer noticed");
        });
        let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
        assert_eq!(
            text,
            "herokey: Herokey could not remove ~/.netrc.lock.\u{fffd}[31m\n\
             herokey: file changes are no longer noticed: permission denied\n"
        );
    }
}
