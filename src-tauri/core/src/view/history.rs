//! What Herokey did on this machine, as data.

use serde::Serialize;
use ts_rs::TS;

use super::Tone;
use crate::error::Code;
use crate::journal::{Entry, Outcome};

/// One action and its outcome.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "camelCase")]
pub struct HistoryRow {
    /// When it ended, RFC 3339 in UTC.
    pub at: String,
    /// What was done, or what went wrong.
    pub title: String,
    /// Whose token it was and which program did it.
    pub detail: String,
    /// Good where it was done.
    pub tone: Tone,
}

/// Draws one action; `None` for one that has not ended.
pub(super) fn row(entry: &Entry) -> Option<HistoryRow> {
    let (title, tone) = match entry.outcome.as_ref()? {
        Outcome::Done { what, .. } => (what, Tone::Good),
        Outcome::Failed(error) if error.code == Code::Cancelled => (&error.what, Tone::Neutral),
        Outcome::Failed(error) => (&error.what, Tone::Bad),
    };
    let by = format!("by {}", entry.by.name());
    let detail = [entry.account.clone(), Some(by)].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let at = entry.ended_at.unwrap_or(entry.started_at).to_string();
    Some(HistoryRow { at, title: title.clone(), detail, tone })
}
