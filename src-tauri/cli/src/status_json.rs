//! `herokey status --json`, schema 1. Scripts rely on these fields, so none may be renamed or removed.

use herokey_core::base::error::Code;
use herokey_core::base::expiry::Expiry;
use herokey_core::base::terminal::SetIn;
use herokey_core::base::token::Trace;
use herokey_core::insight::diagnose::Problem;
use herokey_core::insight::facts::{Facts, FolderAccount, Observed, Overrides, Variable};
use herokey_core::insight::readers::{Answer, Reader, Readers, Source};
use herokey_core::stores::keychain;
use serde_json::{Value, json};

use crate::status::TokenStatus;

/// Builds the report. A masked token is `…` and its last four characters; `null` means "unknown" or "none".
pub(crate) fn report(
    facts: &Facts,
    tools: &Readers,
    problems: &[Problem],
    token: Option<&TokenStatus>,
) -> Value {
    json!({
        "schema": 1,
        "account": token.and_then(|token| token.account.clone()),
        "token": token.map(|token| json!({
            "masked": masked(token.trace.as_ref()),
            "source": token.source.name(),
            "valid": token.valid,
            "expires_at": match token.expiry {
                Expiry::At(at) => Some(format!("{at:.0}")),
                Expiry::Never | Expiry::Unknown => None,
            },
            "expiry": match token.expiry {
                Expiry::At(_) => "known",
                Expiry::Never => "never",
                Expiry::Unknown => "unknown",
            },
        })),
        "stores": { "keychain": keychain(facts), "netrc": netrc(facts) },
        "overrides": overrides(facts),
        "tools": {
            "heroku": answer(&tools.heroku),
            "git": answer(&tools.git),
            "curl": answer(&tools.curl),
        },
        "readers": tools.all().iter().map(reader).collect::<Vec<_>>(),
        "problems": problems.iter().map(problem).collect::<Vec<_>>(),
    })
}

/// The folders whose repositories have an account of their own.
pub(crate) fn folders(facts: &Facts) -> Value {
    let folder = |folder: &FolderAccount| json!({ "path": folder.path.display().to_string(), "account": folder.account, "below": folder.is_tree });
    facts.folders.iter().map(folder).collect()
}

fn keychain(facts: &Facts) -> Value {
    let (state, entries) = match &facts.keychain {
        Observed::Present(entries) => ("available", entries.as_slice()),
        Observed::Absent => ("missing", &[][..]),
        Observed::Unknown(error) => (keychain_state(error.code), &[][..]),
    };
    let accounts =
        entries.iter().map(|entry| json!({ "email": entry.account, "masked": masked(entry.trace.as_ref()) }));
    json!({
        "backend": (state != "missing").then_some(keychain::BACKEND),
        "state": state,
        "partly_locked": facts.keychain_missed.is_some(),
        "accounts": accounts.collect::<Vec<_>>(),
        "login_state": facts.login_state.present(),
    })
}

fn keychain_state(code: Code) -> &'static str {
    match code {
        Code::KeychainLocked => "locked",
        Code::KeychainNotStarted => "not-started",
        Code::KeychainUnreachable => "unreachable",
        Code::KeychainMissing => "missing",
        Code::KeychainTimeout => "timeout",
        _ => "denied",
    }
}

fn netrc(facts: &Facts) -> Value {
    let netrc = &facts.netrc;
    let (state, records) = match &netrc.records {
        Observed::Present(records) => ("present", records.as_slice()),
        Observed::Absent => ("absent", &[][..]),
        Observed::Unknown(_) => ("unreadable", &[][..]),
    };
    let hosts = records.iter().map(|record| {
        json!({
            "host": record.host,
            "login": record.shown_login(),
            "masked": masked(record.shown_token()),
            "cli_reads_it": record.cli.is_some(),
        })
    });
    json!({
        "path": netrc.path.to_string_lossy(),
        "state": state,
        "mode": netrc.mode.map(|mode| format!("{mode:04o}")),
        "encrypted": netrc.encrypted,
        "hosts": hosts.collect::<Vec<_>>(),
    })
}

/// The variables set for this process, and those that have a different value in new terminals.
fn overrides(facts: &Facts) -> Vec<Value> {
    let differing = facts.differing_variables();
    let in_new =
        facts.login_shell.present().map_or_else(Vec::new, |shell| variables(shell, "in new terminals: "));
    let in_new = in_new.into_iter().filter(|(name, _)| differing.contains(name));
    variables(&facts.overrides, "").into_iter().chain(in_new).map(|(_, value)| value).collect()
}

/// Each variable by name, with its effect, which begins with `when`.
fn variables<'a>(overrides: &'a Overrides, when: &str) -> Vec<(&'a str, Value)> {
    let report = |variable: &'a Variable| {
        let (effect, trace) = match variable.name {
            "HEROKU_API_KEY" => ("wins over every store", Some(&variable.value)),
            "HEROKU_NETRC_WRITE" if overrides.netrc_only => ("netrc only, the keychain is not used", None),
            "HEROKU_NETRC_WRITE" | "HEROKU_API_TOKEN" => ("ignored", None),
            "HEROKU_DATA_DIR" => ("the folder of login.json", None),
            name if overrides.refused_hosts.iter().any(|refused| refused.name == name) => {
                ("refused, not a host of Heroku's", None)
            }
            _ => ("the host in use", None),
        };
        let set_in = variable.set_in.as_ref().map(SetIn::path_and_line);
        let value = json!({
            "name": variable.name, "effect": format!("{when}{effect}"), "set_in": set_in, "masked": masked(trace),
        });
        (variable.name, value)
    };
    overrides.variables.iter().map(report).collect()
}

/// What a tool uses, as JSON.
pub(crate) fn answer(answer: &Answer) -> Value {
    let masked = if answer.source == Source::None { None } else { masked(answer.trace.as_ref()) };
    json!({ "source": answer.source.name(), "account": answer.account, "masked": masked })
}

fn reader(reader: &Reader) -> Value {
    let mut report = answer(&reader.answer);
    report["name"] = reader.name.into();
    report["title"] = reader.title.clone().into();
    report["reason"] = reader.answer.reason.clone().into();
    report
}

fn problem(problem: &Problem) -> Value {
    json!({
        "code": problem.code,
        "severity": problem.severity,
        "message": format!("{}. {}", problem.title, problem.message),
        "fix": problem.next_step.text(),
        "does": problem.effect,
        "safe": problem.safe,
    })
}

fn masked(trace: Option<&Trace>) -> Option<&str> {
    trace.map(|trace| trace.masked.as_str())
}
