//! Heroku's plug-in for Maven: the environment, then netrc, then `heroku auth:token`.

use super::{Answer, Found, Lookup, in_program_netrc, variable};
use crate::insight::facts::Facts;
use crate::insight::programs::ProgramNetrc;

pub(super) fn answer(facts: &Facts, heroku: &Answer, netrc: Option<&ProgramNetrc>) -> Answer {
    let found = if heroku.source == super::Source::None { Found::Nothing } else { Found::Used };
    let cli = Lookup::new(heroku.source, "heroku auth:token", found, "It asks the Heroku CLI.")
        .with(heroku.account.clone(), heroku.trace.clone())
        .flawed_if(heroku.is_flawed);
    let why = "It comes before what the Heroku CLI uses.";
    let places = [Some(variable(facts)), in_program_netrc(netrc, why), Some(cli)];
    Answer::first(places.into_iter().flatten(), "It finds no token.")
}
