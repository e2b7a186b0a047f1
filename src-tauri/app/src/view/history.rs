//! What Herokey did on this machine, as data.

use serde::Serialize;
use ts_rs::TS;

use super::Tone;
use herokey_core::base::error::Code;
use herokey_core::ledger::journal::{Outcome, PastAction};

/// One action and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryRow {
    /// When it ended, RFC 3339 in UTC.
    pub at: String,
    /// What it did, or what went wrong.
    pub title: String,
    /// The account, and the program that did it.
    pub detail: String,
    /// Good if it was done, neutral if it was cancelled, attention if something is left to do.
    pub tone: Tone,
}

/// Draws one action.
pub(super) fn row(past: &PastAction) -> HistoryRow {
    let (title, tone) = match &past.outcome {
        Outcome::Done { what, .. } => (what, Tone::Good),
        Outcome::Failed(error) => match error.code {
            Code::Cancelled => (&error.what, Tone::Neutral),
            Code::PartlyDone => (&error.what, Tone::Attention),
            _ => (&error.what, Tone::Bad),
        },
    };
    let by = format!("by {}", past.by.name());
    let detail = [past.account.clone(), Some(by)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    HistoryRow { at: past.at.to_string(), title: super::title(title), detail, tone }
}

#[cfg(test)]
mod tests {
    use super::*;
    use herokey_core::base::error::Error;
    use herokey_core::ledger::journal::{Program, Verb};

    #[test]
    fn each_outcome_has_a_tone() {
        let ended = |outcome| {
            let (verb, by, at) = (Verb::LogOut, Program::Tray, "2026-11-24T12:00:00Z".parse().unwrap());
            let row = row(&PastAction { verb, by, account: None, at, outcome });
            (row.title, row.detail, row.tone)
        };
        let expected = |tone| ("It ended".to_owned(), "by the tray".to_owned(), tone);
        let failed = |code| Outcome::Failed(Error::new(code, "It ended."));
        let done = Outcome::Done { what: "It ended.".to_owned(), note: String::new() };
        assert_eq!(ended(done), expected(Tone::Good));
        assert_eq!(ended(failed(Code::Cancelled)), expected(Tone::Neutral));
        assert_eq!(ended(failed(Code::PartlyDone)), expected(Tone::Attention));
        assert_eq!(ended(failed(Code::HerokuUnreachable)), expected(Tone::Bad));
    }
}
