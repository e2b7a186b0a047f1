//! Revoke: one authorization or session of the account ends.

use super::{Done, Start};
use crate::action::access;
use crate::action::access::{Access, Kind};
use crate::base::error::{Code, Error, Result};
use crate::base::person::Question;
use crate::heroku::{authorizations, sessions};
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// Revokes an authorization, or ends a session, by its id. Where it is this machine's own or the account's default
/// one, the person is asked first.
pub(super) fn revoke(start: &Start<'_>, id: &str) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        let token = lookup::require_token(env, Unlock::Ask)?.token;
        let heroku = start.runner.heroku()?;
        let all = access::list(env, &heroku, &token)?;
        let access = all.iter().find(|access| access.id == id).ok_or_else(|| not_there(id))?;
        if let Some(question) = question(access) {
            start.runner.person.confirm(&question)?;
        }
        let revoked = match access.kind {
            Kind::Authorization => authorizations::revoke(&heroku, &token, id),
            Kind::Session => sessions::end(&heroku, &token, id),
        };
        let found = match revoked {
            // The answer was lost after Heroku did the work, and the token in use is dead with its authorization.
            Err(error) if error.code == Code::TokenRefused && access.this_machine => true,
            other => {
                other.map_err(|error| error.means("It may still be valid; nothing was changed here."))?
            }
        };
        let what = if found { "Revoked" } else { "It was revoked already" };
        let note = if access.this_machine && access.kind == Kind::Authorization {
            "A token on this machine is dead now. Log in again, or remove it with `herokey logout --local-only`."
        } else {
            ""
        };
        Ok(Done { what: format!("{what}: {}.", named(access)), note: note.to_owned() })
    })
}

fn question(access: &Access) -> Option<Question> {
    let means = match (access.default, access.this_machine) {
        (true, _) => {
            "It is the account's default one, the API key of the dashboard: scripts and other machines may use it."
        }
        (false, true) if access.kind == Kind::Session => {
            "It may be the session of this machine's token; heroku and git would stop working here."
        }
        (false, true) => "It is this machine's own; heroku and git stop working here until you log in again.",
        (false, false) => return None,
    };
    Some(Question {
        ask: format!("Revoke {}?", named(access)),
        means: means.to_owned(),
        yes: "Revoke".to_owned(),
    })
}

fn named(access: &Access) -> String {
    if access.description.is_empty() { access.id.clone() } else { format!("“{}”", access.description) }
}

fn not_there(id: &str) -> Error {
    Error::new(Code::NotFound, format!("The account has no authorization or session {id}."))
        .means("Nothing was revoked.")
        .next_step("See `herokey authorizations` for what is there.")
}
