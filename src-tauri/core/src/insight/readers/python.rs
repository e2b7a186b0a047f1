//! Python's `requests`: netrc, for every program made with it that does not turn that off.

use super::{Answer, in_program_netrc};
use crate::insight::programs::ProgramNetrc;

pub(super) fn answer(netrc: Option<&ProgramNetrc>) -> Answer {
    let why = "A program made with requests sends it even instead of a token of its own.";
    let nothing = "requests reads only netrc. Programs may give it a token of their own.";
    Answer::first(in_program_netrc(netrc, why), nothing)
}
