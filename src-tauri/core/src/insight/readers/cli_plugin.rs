//! A plugin of the Heroku CLI that brings a library from before the keychain: the environment, then netrc.

use super::{Answer, in_program_netrc, variable};
use crate::insight::facts::Facts;
use crate::insight::programs::ProgramNetrc;

pub(super) fn answer(facts: &Facts, netrc: Option<&ProgramNetrc>) -> Answer {
    let why = "Its library is from before the keychain. A newer version of the plugin may read the keychain.";
    let nothing = "Its library is from before the keychain, so it reads only HEROKU_API_KEY and netrc.";
    Answer::first([Some(variable(facts)), in_program_netrc(netrc, why)].into_iter().flatten(), nothing)
}
