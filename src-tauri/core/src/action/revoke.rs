//! Revoke: revokes an authorization or ends a session of the account.

use super::{Done, Start};
use crate::action::access;
use crate::action::access::{Access, AccessKind};
use crate::base::error::{Code, Error, Result};
use crate::base::person::Confirmation;
use crate::heroku::{authorizations, sessions};
use crate::stores::keychain::Unlock;
use crate::stores::lookup;

/// Revokes an authorization, or ends a session, by its id. Asks the user first if it belongs to this machine or is the
/// account's default one.
pub(super) fn revoke(start: &Start<'_>, id: &str) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        let token = lookup::require_token(env, Unlock::Ask)?.token;
        let heroku = start.runner.heroku()?;
        let all = access::list(env, &heroku, &token)?;
        let access = all.iter().find(|access| &*access.id == id).ok_or_else(|| not_found(id))?;
        if let Some(question) = question(access) {
            start.runner.person.confirm(&question)?;
        }
        let revoked = match access.kind {
            AccessKind::Authorization => authorizations::revoke(&heroku, &token, id),
            AccessKind::Session => sessions::end(&heroku, &token, id),
        };
        let found = match revoked {
            // Heroku revoked the token in use, but its answer was lost, so the retry was refused.
            Err(error) if error.code == Code::TokenRefused && access.this_machine => true,
            other => other
                .map_err(|error| error.means("It may still be valid. Nothing on this machine was changed."))?,
        };
        let name = name(access);
        let what =
            if found { format!("Revoked {name}.") } else { format!("{name} had already been revoked.") };
        let note = if access.this_machine && access.kind == AccessKind::Authorization {
            "A token on this machine no longer works. Log in again, or remove it with `herokey logout --local-only`."
        } else {
            ""
        };
        Ok(Done { what, note: note.to_owned() })
    })
}

/// The question to ask before revoking; `None` if it can be revoked without asking.
fn question(access: &Access) -> Option<Confirmation> {
    let means = match (access.default, access.this_machine) {
        (true, _) => {
            "This is the account's default authorization (the API key in the dashboard). Scripts and other machines may use it."
        }
        (false, true) if access.kind == AccessKind::Session => {
            "This may be this machine's session. If it is, heroku and git stop working here until you log in again."
        }
        (false, true) => {
            "This authorization belongs to this machine. heroku and git stop working here until you log in again."
        }
        (false, false) => return None,
    };
    Some(Confirmation {
        ask: format!("Revoke {}?", name(access)),
        means: means.to_owned(),
        yes: "Revoke".to_owned(),
    })
}

fn name(access: &Access) -> String {
    if access.description.is_empty() {
        access.id.to_string()
    } else {
        format!("“{}”", access.description)
    }
}

fn not_found(id: &str) -> Error {
    Error::new(Code::NotFound, format!("The account has no authorization or session {id}."))
        .means("Nothing was revoked.")
        .next_step("Run `herokey authorizations` to see what you can revoke.")
}
