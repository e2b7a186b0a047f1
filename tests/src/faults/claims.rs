//! What an action claims to have done, compared with what the sandbox and the stores say at that moment.

use herokey_core::Token;
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use heroku_sandbox::LiveToken;

use super::TOKEN;
use crate::world::{ME, World};

/// The state before an action, with which its claims are compared.
pub(super) struct Before {
    /// The token that was in use at first, and the one that an earlier attempt has put in its place.
    tokens: Vec<String>,
    live: Vec<LiveToken>,
}

impl Before {
    pub(super) fn of(world: &World) -> Self {
        let tokens = [Some(TOKEN.to_owned()), in_use(world)].into_iter().flatten().collect();
        Self { tokens, live: world.sandbox().live_tokens() }
    }

    /// Why a line that the terminal shows with a `✓` is not true. `None` if it is.
    pub(super) fn contradiction(&self, world: &World, line: &str) -> Option<String> {
        self.is_true(world, line).map_or_else(
            || Some(format!("no rule checks the line “{line}”")),
            |is_true| (!is_true).then(|| format!("“{line}” is not true")),
        )
    }

    /// `None` for a line that this function does not know.
    fn is_true(&self, world: &World, line: &str) -> Option<bool> {
        let sandbox = world.sandbox();
        let accepted = |token: &str| sandbox.is_live(token);
        let is_refused = |token: &String| !accepted(token) || was_refused(world, token);
        let is_revoked = || self.tokens.iter().all(is_refused);
        let is_replaced = || {
            let now = in_use(world);
            self.tokens.iter().filter(|token| now.as_ref() != Some(token)).all(is_refused)
        };
        let is_valid = || in_use(world).is_some_and(|token| accepted(&token));
        let fingerprint = || line.split_whitespace().nth(1).unwrap_or_default().to_owned();
        let is_true = match line {
            "Revoked the token at Heroku" => is_revoked(),
            "Revoked the old token" | "Revoked the old authorization" => is_replaced(),
            "Created a new token" => sandbox.live_tokens().iter().any(|token| !self.live.contains(token)),
            "Saved the new grant" => stored(world, "herokey").next().is_some(),
            "Removed the local copies" => {
                stored(world, "heroku-cli").all(|token| !self.tokens.contains(&token))
            }
            "Pointed the Heroku CLI at it" => world.login_json().is_some_and(|json| json["account"] == ME),
            "Set up git to use Herokey" => world.gitconfig().is_some_and(|text| text.contains("herokey")),
            "Registered an OAuth client on your account" => sandbox.has_clients(),
            "Undid the interrupted regeneration: your token is unchanged." => {
                in_use(world).as_ref() == self.tokens.last() && is_valid()
            }
            _ if line.starts_with("Logged out of ") => is_revoked() && in_use(world).is_none(),
            _ if line.starts_with("Regenerated the token for ") => is_replaced() && is_valid(),
            _ if line.starts_with("Revoked “") || line.ends_with(" had already been revoked.") => {
                self.live.last().is_some_and(|newest| !sandbox.live_tokens().contains(newest))
            }
            _ if line.starts_with("Key ") && line.ends_with(" added.") => sandbox.has_key(&fingerprint()),
            _ if line.starts_with("Key ") && line.ends_with(" removed.") => !sandbox.has_key(&fingerprint()),
            _ if VALID.iter().any(|start| line.starts_with(start)) => is_valid(),
            _ => return None,
        };
        Some(is_true)
    }
}

/// How the lines begin that claim no more than that the stored token is valid.
const VALID: [&str; 5] = [
    "Stored the token and read it back",
    "Stored the new token and read it back",
    "Logged in as ",
    "Renewed the token for ",
    "Finished the interrupted regeneration: the new token is in place.",
];

fn in_use(world: &World) -> Option<String> {
    let found = lookup::token_in_use(&world.env(), Unlock::Never).ok().flatten();
    found.map(|found| found.token.expose().to_owned())
}

/// Whether Heroku's last answer to this token was 401, as with a fault. Then the claim is as good as what Heroku says.
fn was_refused(world: &World, token: &str) -> bool {
    let masked = Token::parse(token).map(|token| token.trace().masked);
    let requests = world.sandbox().requests();
    requests
        .iter()
        .rev()
        .find(|request| request.masked == masked)
        .is_some_and(|last| last.status == Some(401))
}

fn stored(world: &World, service: &str) -> impl Iterator<Item = String> {
    let items = world.keyring().items().into_iter();
    items.filter(move |item| item.attributes["service"] == service).filter_map(|item| item.secret)
}
