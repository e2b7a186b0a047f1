//! What a program writes to standard error about itself. No token is ever in it.

use tracing_subscriber::filter::LevelFilter;

use crate::base::env::Env;

/// Begins to log: warnings and errors, or from the level that `HEROKEY_LOG` names (`debug`, `info`, …).
pub fn start(env: &Env) {
    let level = env.text("HEROKEY_LOG").and_then(|level| level.parse().ok()).unwrap_or(LevelFilter::WARN);
    tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).init();
}
