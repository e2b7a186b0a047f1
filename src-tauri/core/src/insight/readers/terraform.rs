//! Heroku's provider for Terraform and OpenTofu: its block, the environment, then netrc.

use super::{Answer, Found, Lookup, Source, in_program_netrc, variable};
use crate::insight::facts::{Facts, Observed};
use crate::insight::programs::ProgramNetrc;

pub(super) fn answer(facts: &Facts, netrc: Option<&ProgramNetrc>) -> Answer {
    let block = Lookup::new(
        Source::Config,
        "provider \"heroku\"",
        Found::Unseen,
        "A key in the provider's block comes first. Herokey does not read it.",
    );
    let why = "It does not read the keychain.";
    let nothing = "It reads HEROKU_API_KEY and netrc, not the keychain. `herokey exec -- terraform …` gives it a token.";
    let netrc_place = in_program_netrc(netrc, why);
    // It reads netrc first, and fails with an error there, whatever else it has.
    if netrc.is_some_and(|netrc| matches!(netrc.reading, Observed::Unknown(_))) {
        return Answer::first(netrc_place, nothing);
    }
    let places = [Some(block), Some(variable(facts)), netrc_place];
    Answer::first(places.into_iter().flatten(), nothing)
}
