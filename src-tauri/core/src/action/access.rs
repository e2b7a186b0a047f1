//! What can act as the account: its authorizations and sessions, and which of them are this machine's.

use jiff::Timestamp;

use crate::base::env::Env;
use crate::base::error::Result;
use crate::base::token::Token;
use crate::heroku::authorizations;
use crate::heroku::authorizations::Lifetime;
use crate::heroku::{Heroku, sessions};
use crate::stores::keychain::{Keychain, Unlock};
use crate::stores::lookup;

/// One way to act as the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Access {
    /// What it is called in paths.
    pub id: String,
    /// Which list it is in.
    pub kind: Kind,
    /// Who asked for it.
    pub description: String,
    /// What it may do; empty for a session, which may do everything.
    pub scope: Vec<String>,
    /// When it was made.
    pub created_at: Option<Timestamp>,
    /// How long its token lives from now on.
    pub lifetime: Lifetime,
    /// A token on this machine is, or may be, of this one.
    pub this_machine: bool,
    /// The account's default authorization: the dashboard's API key.
    pub default: bool,
}

/// The lists that Heroku keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An authorization.
    Authorization,
    /// A session, which shows no token.
    Session,
}

/// Everything that can act as the account of a token, this machine's first, then the newest.
pub fn list(env: &Env, heroku: &Heroku<'_>, token: &Token) -> Result<Vec<Access>> {
    let ours = local_tokens(env, token);
    let default = authorizations::default(heroku, token)?.map(|default| default.id);
    let mut without_authorization = ours.clone();
    let mut all = Vec::new();
    for authorization in authorizations::list(heroku, token)? {
        without_authorization.retain(|token| !authorization.is_for(token));
        all.push(Access {
            kind: Kind::Authorization,
            lifetime: authorization.lifetime(),
            this_machine: ours.iter().any(|token| authorization.is_for(token)),
            default: default.as_ref() == Some(&authorization.id),
            id: authorization.id,
            description: authorization.description,
            scope: authorization.scope,
            created_at: authorization.created_at,
        });
    }
    // A token of no authorization is a session's, and no session says which.
    let maybe_ours = !without_authorization.is_empty();
    all.extend(sessions::list(heroku, token)?.into_iter().map(|session| Access {
        id: session.id,
        kind: Kind::Session,
        description: session.description,
        scope: Vec::new(),
        created_at: session.created_at,
        lifetime: session.lifetime,
        this_machine: maybe_ours,
        default: false,
    }));
    all.sort_by_key(|access| (!access.this_machine, std::cmp::Reverse(access.created_at)));
    Ok(all)
}

/// The token in use and those that are stored beside it, as far as they can be read without asking anybody.
fn local_tokens(env: &Env, in_use: &Token) -> Vec<Token> {
    let mut tokens = vec![in_use.clone()];
    let keychain = Keychain::open(env, Unlock::Never).and_then(|keychain| keychain.entries());
    tokens.extend(keychain.unwrap_or_default().into_iter().filter_map(|(_, token)| token));
    if let Ok(Some(stored)) = lookup::stored(env, Unlock::Never) {
        tokens.push(stored.token);
    }
    tokens
}
