//! The keychain: whether it can be read, and whether the Heroku CLI uses what is in it.

use super::{Problem, Severity, command, problem, problem_of};
use crate::base::error::{Code, Error};
use crate::insight::facts::{Facts, KeychainEntry, Observed};
use crate::insight::readers::{Readers, Source};
use crate::insight::remedy::{Fix, Remedy};

pub(super) fn find(facts: &Facts, readers: &Readers, problems: &mut Vec<Problem>) {
    let in_use = facts.cli_reads_keychain && !facts.overrides.netrc_only;
    match &facts.keychain {
        Observed::Unknown(error) if in_use => problems.extend(unreadable(facts, error)),
        Observed::Unknown(_) | Observed::Absent => {}
        Observed::Present(entries) => {
            if !facts.cli_reads_keychain && !entries.is_empty() {
                problems.push(problem(
                    "keychain-cli-cannot-read",
                    Severity::Error,
                    "The Heroku CLI cannot read the keychain",
                    "It reads the keychain through secret-tool, which is not installed.",
                    "Install the package libsecret-tools.",
                ));
            }
            match &facts.keychain_missed {
                Some(missed) if in_use && lacks_named(facts, entries) => {
                    problems.push(problem_of("keychain-locked", missed));
                }
                _ if in_use => problems.extend(orphan(facts, readers, entries)),
                _ => {}
            }
            problems.extend(duplicate(entries));
        }
    }
}

/// `login.json` names an account that none of these entries is for.
fn lacks_named(facts: &Facts, entries: &[KeychainEntry]) -> bool {
    facts.login_state.present().is_some_and(|named| entries.iter().all(|entry| entry.account != *named))
}

/// `login.json` names no account, or one that has no token in the keychain.
fn orphan(facts: &Facts, readers: &Readers, entries: &[KeychainEntry]) -> Option<Problem> {
    let named = facts.login_state.present();
    if entries.iter().any(|entry| Some(&entry.account) == named) {
        return None;
    }
    let orphan = entries.first()?;
    let title = if named.is_some() {
        "login.json names an account without a token"
    } else {
        "The Heroku CLI does not use your token in the keychain"
    };
    let found = problem(
        "keychain-orphan",
        Severity::Warning,
        title,
        format!(
            "The keychain has a token for {}, but login.json does not name that account.",
            orphan.account
        ),
        command(format!("herokey link {}", orphan.account)),
    );
    let effect =
        format!("Writes {} into login.json, which tells the Heroku CLI whose token to use.", orphan.account);
    let only_one = entries.iter().all(|entry| entry.account == orphan.account);
    let safe = only_one && named.is_none() && readers.heroku.source == Source::None;
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
        problem(
            "keychain-duplicate",
            Severity::Warning,
            "The keychain has several entries for one account",
            message,
            "",
        )
    };
    if all.all(|entry| entry.trace == twice.trace) {
        let message = format!(
            "The entries for {account} hold the same token. A new token would replace only one of them."
        );
        let fix = Fix::OneKeychainEntry { account: account.clone() };
        let effect = format!("Removes all entries for {account} but the newest. No token is lost.");
        return Some(found(message).fixed_by(fix, effect).safe_if(true));
    }
    let message = format!(
        "The entries for {account} hold different tokens. The Heroku CLI reads the newest; a new token would replace \
         only one of them."
    );
    let fix = Fix::OneKeychainEntry { account: account.clone() };
    let effect = format!(
        "Asks Heroku which tokens it accepts, and removes all entries for {account} but the newest with an accepted \
         token. The keychain keeps the removed entries, so that you can undo this."
    );
    Some(found(message).fixed_by(fix, effect))
}

fn unreadable(facts: &Facts, error: &Error) -> Option<Problem> {
    let code = match error.code {
        Code::KeychainLocked => "keychain-locked",
        Code::KeychainDenied => "keychain-denied",
        Code::KeychainTimeout => "keychain-timeout",
        Code::KeychainUnreachable => "keychain-unreachable",
        // The Heroku CLI uses the keychain only for the account in login.json.
        // Without a keychain, the CLI and Herokey use netrc.
        Code::KeychainNotStarted | Code::KeychainMissing if facts.login_state.present().is_none() => {
            return None;
        }
        Code::KeychainNotStarted => "keychain-not-started",
        Code::KeychainMissing => "keychain-missing",
        _ => "keychain-failed",
    };
    Some(problem_of(code, error))
}
