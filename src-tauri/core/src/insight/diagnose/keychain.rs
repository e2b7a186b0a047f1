//! The keychain, and what the Heroku CLI makes of it.

use super::{Problem, Severity, command, problem};
use crate::base::error::{Code, Error};
use crate::insight::facts::{Facts, KeychainEntry, Look};
use crate::insight::readers::{Source, Tools};
use crate::insight::remedy::{Fix, Remedy};

pub(super) fn find(facts: &Facts, tools: &Tools, problems: &mut Vec<Problem>) {
    let in_use = facts.cli_reads_keychain && !facts.overrides.netrc_only;
    match &facts.keychain {
        Look::Unknown(error) if in_use => problems.extend(unreadable(facts, error)),
        Look::Unknown(_) | Look::Absent => {}
        Look::Present(entries) => {
            if !facts.cli_reads_keychain && !entries.is_empty() {
                problems.push(problem(
                    "keychain-cli-cannot-read",
                    Severity::Error,
                    "The Heroku CLI cannot read the keychain",
                    "It reads the keychain through secret-tool, which is not installed.",
                    "Install the package libsecret-tools.",
                ));
            }
            if in_use {
                problems.extend(orphan(facts, tools, entries));
            }
            problems.extend(duplicate(entries));
        }
    }
}

/// `login.json` names nobody, or somebody whose token is not there.
fn orphan(facts: &Facts, tools: &Tools, entries: &[KeychainEntry]) -> Option<Problem> {
    let named = facts.login_state.present();
    if entries.iter().any(|entry| Some(&entry.account) == named) {
        return None;
    }
    let orphan = entries.first()?;
    let title = if named.is_some() {
        "login.json names an account without a token"
    } else {
        "A token that nothing points to"
    };
    let found = problem(
        "keychain-orphan",
        Severity::Warning,
        title,
        format!("The keychain has a token of {}, but the Heroku CLI effect not look for it.", orphan.account),
        command(format!("herokey link {}", orphan.account)),
    );
    let effect =
        format!("Writes {} into login.json, where the Heroku CLI reads whose token to use.", orphan.account);
    let only_one = entries.iter().all(|entry| entry.account == orphan.account);
    let safe = only_one && named.is_none() && tools.heroku.source == Source::None;
    Some(found.offer(Remedy::Link { account: orphan.account.clone() }, effect).safe_if(safe))
}

fn duplicate(entries: &[KeychainEntry]) -> Option<Problem> {
    let is_double = |(index, entry): &(usize, &KeychainEntry)| {
        entries[..*index].iter().any(|other| other.account == entry.account)
    };
    let (_, twice) = entries.iter().enumerate().find(is_double)?;
    let account = &twice.account;
    let mut all = entries.iter().filter(|entry| entry.account == *account);
    let found = |message: String| {
        problem("keychain-duplicate", Severity::Warning, "Two entries of one account", message, "")
    };
    if all.all(|entry| entry.trace == twice.trace) {
        let message = format!(
            "The keychain has more than one entry of {account}; they hold the same token, and a new one would \
             replace only one of them."
        );
        let fix = Fix::OneKeychainEntry { account: account.clone() };
        let effect = format!("Removes all but the newest entry of {account}. No token is lost.");
        return Some(found(message).fixed_by(fix, effect).safe_if(true));
    }
    let message = format!(
        "The keychain has entries of {account} with different tokens; tools read the newest, and a new token would \
         replace only one of them."
    );
    let fix = Fix::OneKeychainEntry { account: account.clone() };
    let effect = format!(
        "Asks Heroku about them and removes all entries of {account} but the newest that it accepts. The keychain keeps \
         what is removed, so that it can be put back."
    );
    Some(found(message).fixed_by(fix, effect))
}

fn unreadable(facts: &Facts, error: &Error) -> Option<Problem> {
    let code = match error.code {
        Code::KeychainLocked => "keychain-locked",
        Code::KeychainDenied => "keychain-denied",
        Code::KeychainTimeout => "keychain-timeout",
        // Without a keychain the CLI uses netrc, and so effect Herokey.
        Code::KeychainMissing if facts.login_state.present().is_none() => return None,
        Code::KeychainMissing => "keychain-missing",
        _ => "keychain-failed",
    };
    let message = format!("{} {}", error.means, error.detail);
    Some(problem(code, Severity::Error, error.what.clone(), message.trim(), error.next_step.clone()))
}
