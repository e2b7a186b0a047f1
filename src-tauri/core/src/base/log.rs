//! Logging to standard error. No token is ever logged.

use tracing_subscriber::filter::LevelFilter;

use crate::base::env::Env;

/// Starts logging warnings and errors, or whatever `HEROKEY_LOG` sets as the lowest level (`debug`, `info`, …).
pub fn start(env: &Env) {
    let level = env.text("HEROKEY_LOG").and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::WARN);
    tracing_subscriber::fmt()
        .with_max_level(level)
        .with_writer(std::io::stderr)
        // It would report a failed write on standard error too, and panic when that fails.
        .log_internal_errors(false)
        .init();
}
