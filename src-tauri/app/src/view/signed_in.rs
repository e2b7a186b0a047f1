//! The screen of a signed-in account: where its token is stored, and what each tool uses.

use super::{AccountCard, Arrow, Place, Screen, Tone, ToolRow};
use crate::controller::{OwnAction, State, Work};
use crate::request::{Act, Aside};
use herokey_core::base::error::Code;
use herokey_core::base::token::Trace;
use herokey_core::insight::diagnose::{Problem, Severity};
use herokey_core::insight::facts::{Facts, NetrcRecord, Observed};
use herokey_core::insight::readers::{Answer, Reader, Readers, Source, has_override, stored};
use herokey_core::ledger::journal::{Activity, Verb};
use herokey_core::stores;

pub(super) fn signed_in(state: &State, facts: &Facts, tools: &Readers, problems: &[Problem]) -> Screen {
    let email = tools.heroku.account.clone().unwrap_or_else(|| match tools.heroku.source {
        Source::ApiKey => "HEROKU_API_KEY".to_owned(),
        _ => stored(facts).account.unwrap_or_else(|| "Unknown account".to_owned()),
    });
    let attention = problems.iter().any(|problem| problem.severity != Severity::Info);
    let status = match facts.known(tools.heroku.trace.as_ref()) {
        _ if tools.heroku.is_flawed => "The heroku command cannot use the token".to_owned(),
        Some(known) if known.refused && tools.heroku.source == Source::ApiKey => {
            "Refused by Heroku".to_owned()
        }
        Some(known) if known.refused => "Refused by Heroku · log in again".to_owned(),
        Some(known) => format!("Signed in · {}", known.expiry_text),
        None if attention => "Signed in · needs your attention".to_owned(),
        None => "Signed in · expiry unknown".to_owned(),
    };
    let overrides = has_override(facts);
    let row = |tool: &str, answer: &Answer| ToolRow {
        tone: if overrides && answer.source == Source::ApiKey {
            Tone::Attention
        } else {
            tone(answer, tools)
        },
        tool: tool.to_owned(),
        source: answer.source,
        chip: answer.trace.as_ref().map(|trace| trace.masked.clone()),
        reason: answer.reason.clone(),
    };
    Screen::SignedIn {
        account: AccountCard {
            initial: email.chars().next().map(|first| first.to_uppercase().to_string()).unwrap_or_default(),
            email,
            status,
            tone: if attention { Tone::Attention } else { Tone::Good },
        },
        keychain: keychain_place(facts),
        netrc: netrc_place(facts),
        arrow: arrow(state, facts),
        tools: vec![row("heroku", &tools.heroku), row("git push", &tools.git), row("curl -n", &tools.curl)],
        others: others(facts, tools),
    }
}

/// What Herokey cannot see is neutral: these programs may have a session or a vault of their own.
fn others(facts: &Facts, tools: &Readers) -> Vec<ToolRow> {
    let refused = |answer: &Answer| facts.known(answer.trace.as_ref()).is_some_and(|known| known.refused);
    let row = |reader: &Reader| ToolRow {
        tone: match &reader.answer {
            answer if answer.source != Source::None && refused(answer) => Tone::Bad,
            answer if answer.source != Source::None && answer.trace.is_none() && !answer.is_flawed => {
                Tone::Neutral
            }
            answer => tone(answer, tools),
        },
        tool: reader.title.clone(),
        source: reader.answer.source,
        chip: reader.answer.trace.as_ref().map(|trace| trace.masked.clone()),
        reason: reader.answer.reason.clone(),
    };
    let mut rows: Vec<ToolRow> = tools.others.iter().map(row).collect();
    rows.sort_by_key(|row| !matches!(row.tone, Tone::Attention | Tone::Bad));
    rows
}

/// Points out of plain text if the Heroku CLI would look in the keychain; the other way asks first.
fn arrow(state: &State, facts: &Facts) -> Option<Arrow> {
    if let Some(to) = moving(state, facts) {
        let request = Act::MoveToken { to, keep_copy: false }.into();
        return Some(Arrow { to, label: "Moving".to_owned(), request, moving: true, advised: true });
    }
    let in_use = stored(facts);
    let in_netrc = held_in_netrc(facts);
    if in_netrc.is_some() && in_netrc == in_use.trace.as_ref() && facts.cli_uses_keychain() {
        let to = stores::Store::Keychain;
        let request = Act::MoveToken { to, keep_copy: false }.into();
        let label = "Move the token to the keychain".to_owned();
        return Some(Arrow { to, label, request, moving: false, advised: !facts.netrc.chosen_by_user });
    }
    // A move would replace the other token, so that must be settled first.
    (in_use.source == Source::Keychain && in_netrc.is_none()).then(|| {
        let to = stores::Store::Netrc;
        let request = Aside::ProposeMove { to }.into();
        Arrow { to, label: "Move the token to .netrc…".to_owned(), request, moving: false, advised: false }
    })
}

fn held_in_netrc(facts: &Facts) -> Option<&Trace> {
    facts.netrc.records.present()?.iter().find_map(NetrcRecord::shown_token)
}

fn moving(state: &State, facts: &Facts) -> Option<stores::Store> {
    match (&state.own, &facts.activity) {
        (Some(OwnAction { work: Work::Act(Act::MoveToken { to, .. }), .. }), _) => Some(*to),
        (None, Activity::Running(entry)) if entry.verb == Verb::MoveToken => entry.place,
        _ => None,
    }
}

fn keychain_place(facts: &Facts) -> Place {
    let named = facts.login_state.present();
    let (chip, empty, tone) = match &facts.keychain {
        Observed::Present(entries) => {
            let entry =
                entries.iter().find(|entry| Some(&entry.account) == named).or_else(|| entries.first());
            let chip = entry.and_then(|entry| entry.trace.as_ref()).map(|trace| trace.masked.clone());
            (chip, "empty", Tone::Neutral)
        }
        Observed::Absent => (None, "empty", Tone::Neutral),
        Observed::Unknown(error) => match error.code {
            Code::KeychainLocked => (None, "locked", Tone::Bad),
            Code::KeychainNotStarted => (None, "not started", Tone::Neutral),
            Code::KeychainDenied => (None, "access denied", Tone::Bad),
            Code::KeychainMissing => (None, "not on this machine", Tone::Neutral),
            Code::KeychainTimeout => (None, "not responding", Tone::Bad),
            _ => (None, "cannot be read", Tone::Bad),
        },
    };
    Place {
        title: "Keychain".to_owned(),
        subtitle: "heroku-cli · encrypted".to_owned(),
        tone: if chip.is_some() { Tone::Good } else { tone },
        chip,
        empty: empty.to_owned(),
    }
}

fn netrc_place(facts: &Facts) -> Place {
    let (chip, empty, tone) = match &facts.netrc.records {
        Observed::Present(_) | Observed::Absent => {
            (held_in_netrc(facts).map(|trace| trace.masked.clone()), "empty", Tone::Neutral)
        }
        Observed::Unknown(_) => (None, "cannot be read", Tone::Bad),
    };
    let kind = if facts.netrc.encrypted { "encrypted with gpg" } else { "plain text" };
    Place {
        title: ".netrc".to_owned(),
        subtitle: if chip.is_some() {
            format!("{} · {kind}", facts.netrc.shown)
        } else {
            facts.netrc.shown.clone()
        },
        tone: if chip.is_some() && !facts.netrc.chosen_by_user { Tone::Attention } else { tone },
        chip,
        empty: empty.to_owned(),
    }
}

/// Good is a tool that uses the same token as heroku, and can use it.
fn tone(answer: &Answer, tools: &Readers) -> Tone {
    match answer.source {
        Source::None => Tone::Neutral,
        _ if answer.is_flawed => Tone::Attention,
        _ if answer.trace.is_some() && answer.trace == tools.heroku.trace => Tone::Good,
        _ => Tone::Attention,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herokey_core::fixture::{fresh, logged_in, with_netrc};

    fn points_to(state: &State) -> Option<(stores::Store, bool)> {
        let facts = state.facts.as_ref().unwrap();
        arrow(state, facts).map(|arrow| (arrow.to, arrow.moving))
    }

    fn of(facts: Facts) -> State {
        State { facts: Some(facts), ..State::default() }
    }

    #[test]
    fn the_arrow_points_where_the_token_can_go() {
        use stores::Store::{Keychain, Netrc};
        assert_eq!(points_to(&of(logged_in())), Some((Netrc, false)));
        assert_eq!(points_to(&of(with_netrc(fresh(), "one"))), Some((Keychain, false)));
        assert_eq!(points_to(&of(with_netrc(logged_in(), "one"))), Some((Keychain, false)), "a second copy");
        assert_eq!(points_to(&of(with_netrc(logged_in(), "two"))), None, "another token is in the way");
        let blind = Facts { cli_reads_keychain: false, ..with_netrc(fresh(), "one") };
        assert_eq!(points_to(&of(blind)), None, "the CLI would not look there");
        let own = OwnAction {
            work: Work::Act(Act::MoveToken { to: Netrc, keep_copy: false }),
            waiting: None,
            steps: Vec::new(),
        };
        assert_eq!(points_to(&State { own: Some(own), ..of(logged_in()) }), Some((Netrc, true)));
    }
}
