//! The teams of an account (Heroku Dev Center, "Platform API reference", "Team").

use serde::Deserialize;

use super::Heroku;
use super::client::Answer;
use crate::base::error::{Code, Error, Result};
use crate::base::text::Text;
use crate::base::token::Token;

#[derive(Debug, Deserialize)]
struct Team {
    name: Text,
}

impl Answer for Team {
    fn texts(&mut self) -> Vec<&mut Text> {
        vec![&mut self.name]
    }
}

/// The names of the teams that the account is a member of, sorted; none if the token may not ask.
pub fn names(heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Text>> {
    match heroku.list("/teams", token).map_err(Error::from) {
        Ok(teams) => {
            let mut names: Vec<Text> = teams.into_iter().map(|team: Team| team.name).collect();
            names.sort_unstable();
            Ok(names)
        }
        Err(error) if matches!(error.code, Code::Forbidden | Code::NotFound) => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
