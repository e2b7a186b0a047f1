//! The machines of the snapshots: for each problem's code, those on which its wording differs.

mod environment;
mod git;
mod keychain;
mod netrc;
mod programs;
mod records;
mod token;

use crate::insight::facts::Facts;

/// A problem's code, and the machines on which its wording differs.
pub(super) type Case = (&'static str, Vec<(&'static str, Facts)>);

pub(super) fn cases() -> Vec<Case> {
    [
        environment::environment(),
        keychain::keychain(),
        netrc::netrc_file(),
        netrc::netrc_records(),
        netrc::netrc_hidden(),
        token::token(),
        git::git(),
        git::git_routes(),
        programs::copies(),
        programs::programs(),
        records::records(),
    ]
    .concat()
}
