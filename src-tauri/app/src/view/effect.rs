//! What a request will do, in words, for buttons whose label does not say it: "Try again", "Undo".

use crate::request::{Act, Aside, PageRequest, WindowRequest};
use herokey_core::stores::Store;

/// What the request will do, in full sentences; empty if its own label says so.
pub(super) fn effect(request: &PageRequest) -> String {
    match request {
        PageRequest::Act(act) => of_act(act),
        PageRequest::Aside(Aside::ShowAccess { team: None }) => {
            "Asks Heroku again who can act as you.".to_owned()
        }
        PageRequest::Aside(Aside::ShowAccess { team: Some(team) }) => {
            format!("Asks Heroku again who can act for the team {team}.")
        }
        PageRequest::Window(WindowRequest::InstallUpdate) => {
            "Downloads the new Herokey again, checks its signature and installs it.".to_owned()
        }
        PageRequest::Aside(_) | PageRequest::Window(_) => String::new(),
    }
}

fn of_act(act: &Act) -> String {
    let words = match act {
        Act::LogIn => "Opens the browser, then stores the new token where the Heroku CLI looks for it.",
        Act::LogInByOauth => "Opens the browser, then stores a token of eight hours that renews itself.",
        Act::LogOut => {
            "Logs out again: revokes the token at Heroku, then removes its copies from this machine."
        }
        Act::RemoveLocalCopies => {
            "Removes the token's copies from this machine. Heroku is not asked and may still accept the token."
        }
        Act::ForgetAccount { account } => {
            return format!("Removes the token of {account} from this machine. Heroku may still accept it.");
        }
        Act::Regenerate => {
            "Gets a new token, puts it in every place of the old one, then revokes the old one."
        }
        Act::SetGitHelper => "Adds Herokey's helper lines for git.heroku.com to git's global configuration.",
        Act::MoveToken { to: Store::Keychain, keep_copy: true } => {
            "Stores the token in the keychain and leaves a copy in .netrc."
        }
        Act::MoveToken { to: Store::Keychain, .. } => {
            "Stores the token in the keychain and reads it back, then removes it from .netrc."
        }
        Act::MoveToken { to: Store::Netrc, .. } => {
            "Stores the token in .netrc, in plain text, and reads it back, then removes it from the keychain."
        }
        Act::Link { account } => return format!("Writes {account} into login.json again."),
        Act::Fix { .. } => "Makes the same change again.",
        Act::Undo { .. } => "Puts back what was there before the change.",
        Act::UseAccount { account } => return format!("Makes heroku and git use the token of {account}."),
        Act::Authorize { description, .. } => return format!("Makes another token for “{description}”."),
        Act::NewToken { .. } => "Makes a new token for the authorization; its old one stops working.",
        Act::Revoke { .. } => "Asks Heroku again to revoke it.",
        Act::AddKey { file } => return format!("Adds ~/.ssh/{file} to your account at Heroku."),
        Act::RemoveKey { .. } => "Removes the SSH key from your account at Heroku.",
        Act::FinishAction => "Continues the interrupted action where it stopped.",
    };
    words.to_owned()
}
