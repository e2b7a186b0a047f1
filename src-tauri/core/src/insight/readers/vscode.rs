//! Heroku's extension of VS Code: its own session, then netrc, whose keychain and environment it does not see.

use super::{Answer, Found, Lookup, Source, in_program_netrc};
use crate::insight::programs::ProgramNetrc;

pub(super) fn answer(editor: &str, netrc: Option<&ProgramNetrc>) -> Answer {
    let session = Lookup::new(
        Source::Config,
        "the editor's secrets",
        Found::Unseen,
        format!("A session that was started in {editor} comes first. Herokey cannot see it."),
    );
    let why = "It reads neither the keychain nor HEROKU_API_KEY. A session that was started in the editor comes first.";
    let nothing = "It reads only netrc, and asks you to sign in.";
    Answer::first([Some(session), in_program_netrc(netrc, why)].into_iter().flatten(), nothing)
}
