//! Which programs notice a change before it is made: those that would find no token, another one, or one that Heroku then
//! refuses. Pure.

use std::fmt;

use crate::base::token::Trace;
use crate::insight::facts::{Facts, KeychainEntry, NetrcReading, Observed, ReadNetrc};
use crate::insight::readers::{Answer, Reader, Source, resolve, stored};
use crate::stores::Store;

/// A change to the token that is stored on this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change<'a> {
    /// Move it to this store, and keep no copy.
    Move(Store),
    /// Revoke it and remove every copy.
    LogOut,
    /// Replace it and its copies with a new one, and revoke it.
    Regenerate,
    /// Remove what this store holds, for this account or the one in use.
    Forget(Store, Option<&'a str>),
    /// Switch to another account.
    Use(&'a str),
}

/// A program that a change affects. Displayed, it is a sentence or two.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Affected {
    /// The program's name in JSON.
    pub name: &'static str,
    /// The program's name at the beginning of a sentence.
    pub title: String,
    /// What the change means for it.
    pub effect: Effect,
}

/// What a change means for a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It finds no token, for this reason.
    SignedOut(String),
    /// It uses another token or credential.
    Another(String),
    /// It keeps a token that Heroku refuses then.
    Refused(String),
    /// It stays with this account.
    Stays(String),
}

impl Affected {
    /// True for a program that is on many machines, and that few people give a Heroku token.
    pub fn is_common(&self) -> bool {
        matches!(self.name, "curl" | "python-requests" | "terraform")
    }
}

impl fmt::Display for Affected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let title = &self.title;
        match &self.effect {
            Effect::SignedOut(why) => write!(f, "{title} will find no token. {why}"),
            Effect::Another(which) => write!(f, "{title} will use {which}"),
            Effect::Refused(why) => {
                write!(f, "{title} keeps the old token, which Heroku then refuses. {why}")
            }
            Effect::Stays(account) => write!(f, "{title} still uses the token of {account}."),
        }
    }
}

/// The programs that the change affects, besides those that it is about, the common ones last.
pub fn affected(facts: &Facts, change: Change<'_>) -> Vec<Affected> {
    let mut found = in_order_of_readers(facts, change);
    found.sort_by_key(Affected::is_common);
    found
}

fn in_order_of_readers(facts: &Facts, change: Change<'_>) -> Vec<Affected> {
    let in_use = stored(facts);
    let before = programs(facts);
    let Some(token) = &in_use.trace else { return Vec::new() };
    let account = in_use.account.as_deref().unwrap_or("the other account");
    match change {
        Change::Move(Store::Keychain) => {
            let after = in_keychain(without(facts, Store::Netrc, |held| held == token), token, account);
            compare(&before, &programs(&after), |reader| !matches!(reader.name, "heroku" | "git"))
        }
        Change::LogOut => {
            let is_it = |held: &Trace| held == token;
            let after = programs(&without(&without(facts, Store::Netrc, is_it), Store::Keychain, is_it));
            // That nobody finds a token after a logout is no news. What heroku and its git helper find then, the logout
            // asks Heroku about.
            let mut told = compare(&before, &after, |reader| !matches!(reader.name, "heroku" | "git"));
            told.retain(|one| !matches!(one.effect, Effect::SignedOut(_)));
            told.into_iter().chain(left_with(&after, token)).collect()
        }
        Change::Regenerate => {
            // The keys of servers are replaced like every other copy.
            let keep = before
                .into_iter()
                .filter(|reader| reader.answer.source == Source::Config && reader.name != "mcp");
            left_with(&keep.collect::<Vec<_>>(), token)
        }
        Change::Forget(store, of) => {
            let held = |trace: &Trace| match store {
                Store::Netrc => true,
                Store::Keychain => is_of(facts, trace, of),
            };
            compare(&before, &programs(&without(facts, store, held)), |_| true)
        }
        Change::Use(other) if other != account && facts.cli_uses_keychain() => {
            let stays = |reader: &&Reader| {
                reader.answer.trace.as_ref() == Some(token)
                    && matches!(reader.answer.source, Source::Netrc | Source::Config)
                    && reader.name != "heroku"
            };
            let still = |reader: &Reader| reader.affected(Effect::Stays(account.to_owned()));
            before.iter().filter(stays).map(still).collect()
        }
        Change::Move(Store::Netrc) | Change::Use(_) => Vec::new(),
    }
}

/// The programs that use this token from netrc, and so need the copy there.
pub fn need_netrc(facts: &Facts, token: &Trace) -> Vec<String> {
    let readers = resolve(facts).others.into_iter();
    let uses = |reader: &Reader| {
        reader.answer.source == Source::Netrc && reader.answer.trace.as_ref() == Some(token)
    };
    readers.filter(uses).map(|reader| reader.title).collect()
}

/// All programs, with names for people.
fn programs(facts: &Facts) -> Vec<Reader> {
    let named = |reader: Reader| match reader.name {
        "curl" => Reader { title: "curl -n".to_owned(), ..reader },
        _ => reader,
    };
    resolve(facts).all().into_iter().map(named).collect()
}

/// The programs that `counts` and that use a token before the change, and another one or none after it.
fn compare(before: &[Reader], after: &[Reader], counts: impl Fn(&Reader) -> bool) -> Vec<Affected> {
    let pairs = before.iter().zip(after).filter(|(before, _)| counts(before));
    pairs
        .filter_map(|(before, after)| Some(before.affected(difference(&before.answer, &after.answer)?)))
        .collect()
}

fn difference(before: &Answer, after: &Answer) -> Option<Effect> {
    let used = before.trace.as_ref().filter(|_| before.source != Source::None)?;
    if after.source == Source::None {
        return Some(Effect::SignedOut(after.reason.clone()));
    }
    match &after.trace {
        Some(trace) if trace == used => None,
        Some(trace) => Some(Effect::Another(format!("another token ({}). {}", trace.masked, after.reason))),
        None => Some(Effect::Another(format!("another credential. {}", after.reason))),
    }
}

/// The programs that keep a token that Heroku no longer accepts.
fn left_with(readers: &[Reader], revoked: &Trace) -> Vec<Affected> {
    let keeps = |reader: &&Reader| reader.answer.trace.as_ref() == Some(revoked);
    let told = |reader: &Reader| reader.affected(Effect::Refused(reader.answer.reason.clone()));
    readers.iter().filter(keeps).map(told).collect()
}

impl Reader {
    fn affected(&self, effect: Effect) -> Affected {
        Affected { name: self.name, title: self.title.clone(), effect }
    }
}

/// Whether a token in the keychain is this account's, or, without an account, the one that heroku reads.
fn is_of(facts: &Facts, trace: &Trace, account: Option<&str>) -> bool {
    let account = account.or(facts.login_state.present().map(String::as_str));
    let entries = facts.keychain.present().into_iter().flatten();
    entries
        .filter(|entry| Some(entry.account.as_str()) == account)
        .any(|entry| entry.trace.as_ref() == Some(trace))
}

/// The facts without the tokens in a store for which `gone` is true.
fn without(facts: &Facts, store: Store, gone: impl Fn(&Trace) -> bool) -> Facts {
    let mut facts = facts.clone();
    let is_gone = |trace: &Option<Trace>| trace.as_ref().is_some_and(&gone);
    match store {
        Store::Keychain => {
            if let Observed::Present(entries) = &mut facts.keychain {
                entries.retain(|entry| !is_gone(&entry.trace));
            }
        }
        Store::Netrc => {
            if let Observed::Present(records) = &mut facts.netrc.records {
                for record in records.iter_mut() {
                    record.cli.take_if(|trace| gone(trace));
                    record.curl.take_if(|trace| gone(trace));
                }
                records.retain(|record| record.shown_token().is_some());
            }
            for read in [&mut facts.netrc.curl, &mut facts.netrc.git] {
                if let ReadNetrc::Named(file) = read {
                    forget(&mut file.reading, is_gone);
                }
            }
            for netrc in facts.programs.iter_mut().filter_map(|program| program.netrc.as_mut()) {
                forget(&mut netrc.reading, is_gone);
            }
        }
    }
    facts
}

fn forget(reading: &mut Observed<NetrcReading>, is_gone: impl Fn(&Option<Trace>) -> bool) {
    if reading.present().is_some_and(|found| is_gone(&found.trace)) {
        *reading = Observed::Absent;
    }
}

/// The facts with the token in the keychain, where heroku looks.
fn in_keychain(mut facts: Facts, token: &Trace, account: &str) -> Facts {
    let entry = KeychainEntry { account: account.to_owned(), trace: Some(token.clone()) };
    match &mut facts.keychain {
        Observed::Present(entries) => {
            entries.retain(|held| held.account != account);
            entries.push(entry);
        }
        other => *other = Observed::Present(vec![entry]),
    }
    facts.login_state = Observed::Present(account.to_owned());
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{ME, fresh, logged_in, mcp_server, trace, with_netrc, with_programs};
    use crate::insight::programs::{McpKey, Program, ProgramKind};

    fn with_editor(facts: Facts, token: &str) -> Facts {
        let all = with_programs(facts, token);
        let is_editor = |program: &Program| matches!(program.kind, ProgramKind::VsCode { .. });
        Facts { programs: all.programs.into_iter().filter(is_editor).collect(), ..all }
    }

    fn with_server(facts: Facts, token: &str) -> Facts {
        let server = mcp_server(McpKey::Token(trace(token)));
        Facts { programs: vec![Program { kind: ProgramKind::McpServer(server), netrc: None }], ..facts }
    }

    fn titles(affected: &[Affected]) -> Vec<&str> {
        affected.iter().map(|one| one.title.as_str()).collect()
    }

    #[test]
    fn a_move_to_the_keychain_names_who_reads_only_netrc() {
        let facts = with_editor(with_netrc(fresh(), "one"), "one");
        let told = affected(&facts, Change::Move(Store::Keychain));
        assert_eq!(titles(&told), ["Heroku's extension of Cursor", "curl -n"]);
        assert!(told.iter().all(|one| matches!(one.effect, Effect::SignedOut(_))), "{told:?}");
        assert_eq!(need_netrc(&facts, &trace("one")), ["Heroku's extension of Cursor"]);
        assert_eq!(affected(&with_editor(logged_in(), "two"), Change::Move(Store::Keychain)), []);
        assert_eq!(affected(&fresh(), Change::Move(Store::Keychain)), []);
    }

    #[test]
    fn a_revoked_token_is_left_where_herokey_does_not_write() {
        let facts = with_server(with_netrc(fresh(), "one"), "one");
        let told = affected(&facts, Change::LogOut);
        assert_eq!(titles(&told), ["The MCP server `heroku` of Cursor"]);
        assert!(matches!(&told[0].effect, Effect::Refused(place) if place.contains("~/.cursor/mcp.json:7")));
        assert_eq!(affected(&facts, Change::Regenerate), [], "its key is replaced");
        assert_eq!(affected(&with_server(with_netrc(fresh(), "one"), "two"), Change::LogOut), []);
    }

    #[test]
    fn a_logout_that_uncovers_another_token_says_so() {
        let mut facts = with_netrc(logged_in(), "two");
        let Observed::Present(records) = &mut facts.netrc.records else { panic!("records") };
        records.retain(|record| record.host == "api.heroku.com");
        let told = affected(&facts, Change::LogOut);
        assert_eq!(titles(&told), [""; 0], "the logout itself says what heroku finds then");
        let plugin = Program { kind: ProgramKind::Jvm, netrc: None };
        let told = affected(&Facts { programs: vec![plugin], ..facts }, Change::LogOut);
        assert_eq!(titles(&told), ["Heroku's plug-in for Maven"]);
        assert!(told[0].to_string().contains("will use another token (…-two). "), "{told:?}");
    }

    #[test]
    fn a_forgotten_copy_names_everybody_who_used_it() {
        let facts = with_editor(with_netrc(fresh(), "one"), "one");
        let told = affected(&facts, Change::Forget(Store::Netrc, None));
        assert_eq!(titles(&told), ["heroku", "git", "Heroku's extension of Cursor", "curl -n"]);
        let told = affected(&logged_in(), Change::Forget(Store::Keychain, None));
        assert_eq!(titles(&told)[0], "heroku");
    }

    #[test]
    fn a_switch_names_who_stays_with_the_old_account() {
        let facts = with_editor(with_netrc(logged_in(), "one"), "one");
        let told = affected(&facts, Change::Use("other@example.com"));
        assert_eq!(titles(&told), ["git", "Heroku's extension of Cursor", "curl -n"]);
        assert!(told.iter().all(|one| one.effect == Effect::Stays(ME.to_owned())));
        assert_eq!(affected(&facts, Change::Use(ME)), []);
    }
}
