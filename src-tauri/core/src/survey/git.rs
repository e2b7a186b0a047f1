//! What git's configuration says about Heroku's git host.

use std::path::PathBuf;

use super::known::FoundTokens;
use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::token::Token;
use crate::insight::facts::{Facts, Observed};
use crate::tools::git;
use crate::tools::git::{ConfigToken, HelperLine, Route};

/// Reads the configuration; `None` if git is not installed.
pub(super) fn configuration(env: &Env, tokens: &FoundTokens<'_>) -> Result<Option<Configuration>> {
    if git::program(env).is_none() {
        return Ok(None);
    }
    let git::Configuration { helpers, routes, tokens: found } = git::configuration(env)?;
    let token = |(path, line, token): (PathBuf, usize, Token)| ConfigToken {
        shown: format!("{}:{line}", env.tilde(&path)),
        path,
        line,
        trace: tokens.trace(&token),
    };
    Ok(Some(Configuration { helpers, routes, tokens: found.into_iter().map(token).collect() }))
}

/// What git's configuration says about Heroku's git host, with traces instead of tokens.
pub(super) struct Configuration {
    helpers: Result<Vec<HelperLine>>,
    routes: Vec<Route>,
    tokens: Vec<ConfigToken>,
}

impl Facts {
    pub(super) fn with_git(self, read: Result<Option<Configuration>>) -> Self {
        match read {
            Ok(Some(Configuration { helpers, routes, tokens })) => Self {
                git_helpers: Observed::of(helpers.map(Some)),
                git_routes: routes,
                git_tokens: tokens,
                ..self
            },
            Ok(None) => Self { git_helpers: Observed::Absent, ..self },
            Err(error) => Self { git_helpers: Observed::Unknown(error), ..self },
        }
    }
}
