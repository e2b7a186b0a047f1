//! Herokey's own records and settings.

use jiff::Timestamp;

use super::Case;
use crate::base::error::{Code, Error};
use crate::base::text::Text;
use crate::fixture::logged_in;
use crate::insight::facts::{BrokenAutostart, Facts, FolderAccount};
use crate::ledger::damaged::{Damaged, Record};
use crate::ledger::leases::Lease;

pub(super) fn records() -> Vec<Case> {
    let error = Error::new(
        Code::JournalFailed,
        "Herokey cannot write to its folder ~/.local/state/herokey: it belongs to root.",
    )
    .means(
        "Your tokens are not affected, but Herokey changes nothing that it could not finish after a crash.",
    )
    .next_step("Run `sudo chown -R 1000 ~/.local/state/herokey`, then start Herokey again.");
    let damaged = |record, name, set_aside| {
        let shown = format!("~/.local/state/herokey/{name}");
        Facts { damaged: vec![Damaged { record, shown, set_aside }], ..logged_in() }
    };
    let left = |ends_at, id: Option<&str>| {
        let lease = Lease {
            description: Text::of("herokey exec: make on laptop"),
            host: "api.heroku.com".to_owned(),
            account: None,
            asked_at: Timestamp::UNIX_EPOCH,
            ends_at,
            id: id.map(Text::of),
        };
        Facts { left_leases: vec![lease], ..logged_in() }
    };
    vec![
        (
            "folder-account-missing",
            vec![("of a repository", with_folder(false)), ("below a folder", with_folder(true))],
        ),
        (
            "exec-token-left",
            vec![
                ("with an end", left(Some(Timestamp::UNIX_EPOCH), Some("an-id"))),
                ("without an end", left(None, Some("an-id"))),
                ("without an answer", left(Some(Timestamp::UNIX_EPOCH), None)),
            ],
        ),
        (
            "autostart-broken",
            vec![
                ("after Herokey has moved", with_autostart(Some("/usr/bin/herokey-tray"))),
                ("without another program", with_autostart(None)),
            ],
        ),
        ("state-folder-not-writable", vec![("after sudo", Facts { unwritable: Some(error), ..logged_in() })]),
        (
            "record-damaged",
            vec![
                ("of undoing, before an action", damaged(Record::Undo, "undo.json", false)),
                ("of undoing", damaged(Record::Undo, "undo.json.damaged-1", true)),
                ("the journal", damaged(Record::Journal, "journal.json.damaged-1", true)),
                ("the history", damaged(Record::History, "history.json.damaged-1", true)),
                ("of tokens", damaged(Record::KnownTokens, "tokens.json.damaged-1", true)),
                ("of a command's token", damaged(Record::Lease, "exec-1-2.json.damaged-1", true)),
            ],
        ),
    ]
}

fn with_autostart(replacement: Option<&str>) -> Facts {
    let entry = BrokenAutostart {
        path: "/home/me/.config/autostart/herokey.desktop".into(),
        shown: "~/.config/autostart/herokey.desktop".to_owned(),
        program: "/opt/herokey/herokey-tray".to_owned(),
        replacement: replacement.map(str::to_owned),
    };
    Facts { broken_autostart: Some(entry), ..logged_in() }
}

/// A machine with a folder whose account has no token.
fn with_folder(is_tree: bool) -> Facts {
    let account = "other@example.com".to_owned();
    let folder = FolderAccount { path: "/home/me/work".into(), shown: "~/work".to_owned(), account, is_tree };
    Facts { folders: vec![folder], ..logged_in() }
}
