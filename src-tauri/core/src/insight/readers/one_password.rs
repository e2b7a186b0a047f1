//! 1Password's shell plugin: its own vault, and then `HEROKU_API_KEY` for the `heroku` that it starts.

use super::{Answer, Found, Lookup, Source};

pub(super) fn answer() -> Answer {
    let vault = Lookup::new(
        Source::Config,
        "1Password",
        Found::Unseen,
        "`heroku` in a terminal is 1Password's: it gets the key from your vault, and uses no token of this machine.",
    );
    Answer::first([vault.ending()], "")
}
