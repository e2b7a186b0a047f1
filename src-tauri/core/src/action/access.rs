//! Who can act as the account: its authorizations and sessions, and which of them belong to this machine.

use jiff::Timestamp;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::text::Text;
use crate::base::token::Token;
use crate::heroku::authorizations;
use crate::heroku::authorizations::{Authorization, Lifetime};
use crate::heroku::{Heroku, sessions};
use crate::ledger::seen_access;
use crate::ledger::seen_access::Seen;
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::lookup;

/// An authorization or session that can act as the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// Heroku's id of the authorization or session.
    pub id: Text,
    /// Whether this is an authorization or a session.
    pub kind: AccessKind,
    /// Heroku's description, which usually names the program that asked for access.
    pub description: Text,
    /// The scopes of an authorization; empty for a session, which may do everything.
    pub scope: Vec<Text>,
    /// When it was created.
    pub created_at: Option<Timestamp>,
    /// How much longer its token is valid.
    pub lifetime: Lifetime,
    /// True if a token on this machine belongs to it, or may belong to it.
    pub this_machine: bool,
    /// True for the account's default authorization: the API key in the dashboard.
    pub default: bool,
}

impl Access {
    fn of(authorization: Authorization, this_machine: bool, default: bool) -> Self {
        Self {
            kind: AccessKind::Authorization,
            lifetime: authorization.lifetime(),
            this_machine,
            default,
            id: authorization.id,
            description: authorization.description,
            scope: authorization.scope,
            created_at: authorization.created_at,
        }
    }
}

/// The two kinds of access that Heroku lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    /// An authorization.
    Authorization,
    /// A session. Heroku does not show its token.
    Session,
}

/// Lists all that can act as a token's account: this machine's own first, then the newest.
pub fn list(env: &Env, heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Access>> {
    let all: Vec<_> = with_local_tokens(env, heroku, token)?.into_iter().map(|(access, _)| access).collect();
    record(env, &all);
    Ok(all)
}

/// Lists the authorizations of a team, the newest first, or all that can act as the account.
pub fn all(env: &Env, heroku: &Heroku<'_>, token: &Token, team: Option<&str>) -> Result<Vec<Access>> {
    let Some(team) = team else { return list(env, heroku, token) };
    let listed = authorizations::list_of_team(heroku, token, team).map_err(|error| of_team(error, team))?;
    let ours = local_tokens(env, token);
    let access = |authorization: Authorization| {
        let this_machine = ours.iter().any(|token| authorization.is_for(token));
        Access::of(authorization, this_machine, false)
    };
    let mut all: Vec<_> = listed.into_iter().map(access).collect();
    all.sort_by_key(|access| std::cmp::Reverse(access.created_at));
    record(env, &all);
    Ok(all)
}

fn record(env: &Env, all: &[Access]) {
    let seen = |access: &Access| Seen { id: access.id.clone(), description: access.description.clone() };
    seen_access::record(env, all.iter().map(seen));
}

/// Says what Heroku's refusal means for the tokens of a team.
pub(super) fn of_team(error: Error, team: &str) -> Error {
    let team = Text::of(team);
    match error.code {
        Code::NotFound => Error::new(
            Code::NotFound,
            format!("Heroku knows no team “{team}” with tokens of its own."),
        )
        .means("There is no such team, you are not a member, or it does not have the feature team-tokens.")
        .next_step("Check the name with `heroku teams`."),
        Code::Forbidden => {
            Error::new(Code::Forbidden, format!("You may not manage the tokens of the team “{team}”."))
                .means("That takes the right to manage tokens (manage_tokens).")
                .next_step("Ask an admin of the team.")
        }
        _ => error,
    }
}

/// The error for an id that is not in the list.
pub(super) fn not_found(id: &str) -> Error {
    Error::new(Code::NotFound, format!("The account has no authorization or session {id}."))
        .means("Nothing was changed.")
        .next_step("Run `herokey authorizations` to see what there is; `--team NAME` lists those of a team.")
}

/// Like [`list`], with the tokens on this machine that belong, or may belong, to each.
pub(super) fn with_local_tokens(
    env: &Env,
    heroku: &Heroku<'_>,
    token: &Token,
) -> Result<Vec<(Access, Vec<Token>)>> {
    let ours = local_tokens(env, token);
    let default = authorizations::default(heroku, token)?.map(|default| default.id);
    let mut unmatched = ours.clone();
    let mut all = Vec::new();
    for authorization in authorizations::list(heroku, token)? {
        unmatched.retain(|token| !authorization.is_for(token));
        let tokens: Vec<Token> = ours.iter().filter(|token| authorization.is_for(token)).cloned().collect();
        let is_default = default.as_ref() == Some(&authorization.id);
        let access = Access::of(authorization, !tokens.is_empty(), is_default);
        all.push((access, tokens));
    }
    for session in sessions::list(heroku, token)? {
        let access = Access {
            id: session.id,
            kind: AccessKind::Session,
            description: session.description,
            scope: Vec::new(),
            created_at: session.created_at,
            lifetime: session.lifetime,
            // A token without an authorization belongs to a session, but Heroku does not show to which.
            this_machine: !unmatched.is_empty(),
            default: false,
        };
        all.push((access, unmatched.clone()));
    }
    all.sort_by_key(|(access, _)| (!access.this_machine, std::cmp::Reverse(access.created_at)));
    Ok(all)
}

/// The token in use and the other stored tokens that can be read without a prompt.
fn local_tokens(env: &Env, in_use: &Token) -> Vec<Token> {
    let mut tokens = vec![in_use.clone()];
    let keychain = Keychain::open(env, Unlock::Never).and_then(|keychain| keychain.entries());
    tokens.extend(keychain.unwrap_or_default().into_iter().filter_map(|(_, token)| token));
    if let Ok(Some(stored)) = lookup::stored(env, Unlock::Never) {
        tokens.push(stored.token);
    }
    tokens
}

/// What scopes allow, in words (INTEROP.md, "Authorizations").
pub fn rights(scope: &[Text]) -> String {
    let has = |name: &str| scope.iter().any(|scope| **scope == *name);
    let mut rights = Vec::new();
    if scope.is_empty() || has("global") {
        return "everything".to_owned();
    }
    rights.extend(has("identity").then_some("read the account"));
    rights.extend((has("read") && !has("read-protected")).then_some("read apps without their configuration"));
    rights.extend(has("read-protected").then_some("read apps"));
    rights.extend(
        (has("write") && !has("write-protected")).then_some("change apps without their configuration"),
    );
    rights.extend(has("write-protected").then_some("change apps"));
    if rights.is_empty() { "unknown rights".to_owned() } else { rights.join(", ") }
}
