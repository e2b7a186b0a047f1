//! What users read in the window and in the tray's menu, one file a state in `wording/STATE.txt`, so that a change of
//! wording is reviewed as a diff. `UPDATE_EXPECT=1 cargo test -p herokey-app --test wording` rewrites them.

#![allow(clippy::unwrap_used, reason = "a test")]
// The advice about keychains differs between systems.
#![cfg(target_os = "linux")]

use std::fmt::Write;

use expect_test::expect_file;
use herokey_app::controller::{
    AccessContent, AccessPage, Asked, Loaded, OwnAction, Page, Proposal, Reminder, State, Waiting, Work,
};
use herokey_app::menu::{Item, menu};
use herokey_app::request::{Act, WindowRequest};
use herokey_app::view::{Notice, overview, reminder};
use herokey_core::action::MovePlan;
use herokey_core::action::access::{Access, AccessKind};
use herokey_core::base::api_key::Flaw;
use herokey_core::base::expiry::{Expiry, Stage, TokenLifetime};
use herokey_core::base::person::Confirmation;
use herokey_core::base::text::Text;
use herokey_core::fixture::{
    ME, account_file, entry, fresh, logged_in, with_api_key, with_lifetime, with_netrc, with_programs,
};
use herokey_core::heroku::authorizations::Lifetime;
use herokey_core::heroku::keys::Key;
use herokey_core::insight::affected::{Change, affected};
use herokey_core::insight::facts::{Facts, Observed};
use herokey_core::ledger::journal::{Outcome, PastAction, Program, Verb};
use herokey_core::stores::Store;
use herokey_core::{Code, Error};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

#[test]
fn every_state_matches_its_file() {
    let signed_in = in_window(&State { facts: Some(logged_in()), ..State::default() });
    for (name, state) in states().into_iter().chain(questions()).chain(states_with_programs()) {
        let menu = menu(&state);
        let mut text = format!("## Tooltip\n\n{}\n\n## Menu\n\n", menu.tooltip);
        lines(&menu.items, "", &mut text);
        text.push_str("\n## Window\n\n");
        let window = in_window(&state);
        let is_new = |line: &&str| name == "signed-in" || !signed_in.lines().any(|other| other == *line);
        window.lines().filter(is_new).for_each(|line| writeln!(text, "{line}").unwrap());
        if name != "signed-in" {
            text.push_str("(lines of signed-in.txt are left out)\n");
        }
        expect_file![format!("wording/{name}.txt")].assert_eq(&text);
    }
}

fn in_window(state: &State) -> String {
    let mut text = String::new();
    texts("", &serde_json::to_value(overview(state)).unwrap(), &mut text);
    text
}

#[test]
fn every_notification_about_expiry_matches_its_file() {
    let mut text = String::new();
    for (words, stage) in [
        ("expires in 7 days", Stage::SevenDays),
        ("expires in 1 day", Stage::OneDay),
        ("expires in 1 hour", Stage::OneHour),
        ("expires within 10 minutes", Stage::TenMinutes),
        ("expired just now", Stage::Ended),
    ] {
        let Notice { title, body, buttons, .. } =
            reminder(&Reminder { account: ME.to_owned(), words: words.to_owned(), stage });
        writeln!(text, "{title}\n{body}\n[{}]\n", buttons[0].label).unwrap();
    }
    expect_file!["wording/notification-expiry.txt"].assert_eq(&text);
}

fn lines(items: &[Item], indent: &str, text: &mut String) {
    for item in items {
        match item {
            Item::Label(label) => writeln!(text, "{indent}{label}"),
            Item::Action { label, enabled: true, .. } => writeln!(text, "{indent}[{label}]"),
            Item::Action { label, .. } => writeln!(text, "{indent}[{label}] (greyed out)"),
            Item::Tick { label, is_on, .. } => {
                writeln!(text, "{indent}{} {label}", if *is_on { "✓" } else { "·" })
            }
            Item::Submenu { label, items } => {
                writeln!(text, "{indent}{label} >").unwrap();
                lines(items, "  ", text);
                Ok(())
            }
            Item::Separator => writeln!(text, "{indent}—"),
        }
        .unwrap();
    }
}

/// Every text in the overview, with its path. What a button asks for and how something looks is left out.
fn texts(path: &str, value: &Value, text: &mut String) {
    match value {
        Value::String(shown) if !shown.is_empty() => {
            writeln!(text, "{}: {shown}", path.trim_start_matches('.')).unwrap();
        }
        Value::Array(values) => {
            values
                .iter()
                .enumerate()
                .for_each(|(index, value)| texts(&format!("{path}.{index}"), value, text));
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                if !["request", "switch", "forget", "tone"].contains(&name.as_str()) {
                    texts(&format!("{path}.{name}"), value, text);
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// With programs besides heroku, git and curl.
fn states_with_programs() -> Vec<(&'static str, State)> {
    let of = |facts| State { facts: Some(facts), ..State::default() };
    let in_netrc = with_programs(with_netrc(fresh(), "one"), "one");
    let away = MovePlan {
        account: ME.to_owned(),
        masked: "…a1b2".to_owned(),
        to: Store::Keychain,
        steps: vec!["Store it".to_owned(), "Remove it from netrc".to_owned()],
        means: String::new(),
        affected: affected(&in_netrc, Change::Move(Store::Keychain)),
    };
    let left = affected(&in_netrc, Change::LogOut);
    vec![
        ("move-away-question", State { proposal: Some(Proposal::Move(away)), ..of(logged_in()) }),
        (
            "log-out-question",
            State { proposal: Some(Proposal::LogOut { affected: left }), ..of(logged_in()) },
        ),
        ("other-programs", of(in_netrc)),
        ("other-programs-without-netrc", of(with_programs(logged_in(), "two"))),
    ]
}

/// What waits for the user's consent.
fn questions() -> Vec<(&'static str, State)> {
    let of = |facts| State { facts: Some(facts), ..State::default() };
    let plan = MovePlan {
        account: ME.to_owned(),
        masked: "…a1b2".to_owned(),
        to: Store::Netrc,
        steps: vec!["Store it".to_owned(), "Remove it from the keychain".to_owned()],
        means: "Plain text.".to_owned(),
        affected: Vec::new(),
    };
    vec![
        ("move-question", State { proposal: Some(Proposal::Move(plan)), ..of(logged_in()) }),
        (
            "regenerate-question",
            State { proposal: Some(Proposal::Regenerate { affected: Vec::new() }), ..of(logged_in()) },
        ),
        ("undo-question", {
            let what = "The permissions of ~/.netrc are 0644 again.".to_owned();
            State { proposal: Some(Proposal::Undo { what, at: at(0) }), ..of(logged_in()) }
        }),
    ]
}

fn states() -> Vec<(&'static str, State)> {
    let of = |facts: Facts| State { facts: Some(facts), ..State::default() };
    let own = |work: Work| {
        let steps = vec!["Stored the token and read it back".to_owned()];
        State { own: Some(OwnAction { work, waiting: None, steps }), ..of(logged_in()) }
    };
    let waiting = Waiting {
        address: "https://cli-auth.heroku.com/fake".to_owned(),
        ends_at: at(600),
        browser_opened: true,
    };
    let keychain = |error| Facts { keychain: Observed::Unknown(error), ..fresh() };
    let named = |facts| Facts { login_state: Observed::Present(ME.to_owned()), ..facts };
    let failed = |next: Option<Act>| State {
        outcome: Some(Outcome::Failed(
            Error::new(Code::HerokuUnreachable, "Heroku could not be reached.")
                .means("Nothing was changed.")
                .next_step("Try again later.")
                .detail("connection refused"),
        )),
        next: next.map(Into::into),
        ..of(logged_in())
    };
    let done = |what: &str, next: Act| State {
        outcome: Some(Outcome::Done { what: what.to_owned(), note: "A note.".to_owned() }),
        next: Some(next.into()),
        ..of(logged_in())
    };
    let lifetime = TokenLifetime { expiry: Expiry::At(at(0)), ..TokenLifetime::default() };
    let refused = TokenLifetime { refused_at: Some(at(0)), ..lifetime };
    let expires_in = |hours: i64| with_lifetime(logged_in(), "one", &lifetime, at(-hours * 3600));
    let accounts = Facts {
        keychain: Observed::Present(vec![entry(ME, "one"), entry("other@example.com", "two")]),
        accounts: Observed::Present(vec![account_file("third", "third@example.com", Some("three"))]),
        ..logged_in()
    };
    let confirm = Confirmation {
        ask: "Revoke “fake”?".to_owned(),
        means: "It belongs to this machine.".to_owned(),
        yes: "Revoke".to_owned(),
    };
    vec![
        ("starting", State::default()),
        ("signed-out", of(fresh())),
        ("signed-out-no-keychain", of(keychain(Error::new(Code::KeychainMissing, "No keychain.")))),
        ("keychain-locked", of(named(keychain(Error::new(Code::KeychainLocked, "Locked."))))),
        ("keychain-locked-without-login-json", of(keychain(Error::new(Code::KeychainLocked, "Locked.")))),
        ("keychain-locked-netrc-in-use", {
            of(named(with_netrc(keychain(Error::new(Code::KeychainLocked, "Locked.")), "one")))
        }),
        ("keychain-not-started", of(named(keychain(Error::new(Code::KeychainNotStarted, "Not started."))))),
        ("signed-out-no-secret-tool", of(Facts { cli_reads_keychain: false, ..fresh() })),
        ("waiting", {
            let own = OwnAction { work: Work::Act(Act::LogIn), waiting: Some(waiting), steps: Vec::new() };
            State { own: Some(own), ..of(fresh()) }
        }),
        ("signed-in", of(logged_in())),
        ("signed-in-netrc", of(with_netrc(fresh(), "one"))),
        ("signed-in-both", of(with_netrc(logged_in(), "one"))),
        ("signed-in-api-key", of(with_api_key(logged_in(), "key"))),
        ("signed-in-api-key-alone", of(with_api_key(fresh(), "key"))),
        ("signed-in-api-key-malformed", {
            let mut facts = with_api_key(fresh(), "key");
            facts.overrides.api_key.as_mut().unwrap().flaw = Some(Flaw::Unsendable('\n', 66));
            of(facts)
        }),
        ("signed-in-expiring", of(expires_in(48))),
        ("signed-in-expired", of(expires_in(-1))),
        ("signed-in-refused", of(with_lifetime(logged_in(), "one", &refused, at(-9)))),
        ("several-accounts", of(accounts)),
        ("busy-moving", own(Work::Act(Act::MoveToken { to: Store::Netrc, keep_copy: false }))),
        ("busy-renewing", own(Work::Renew)),
        ("busy-logging-out", own(Work::Act(Act::LogOut))),
        ("failed-log-out", failed(Some(Act::LogOut))),
        ("failed", failed(None)),
        (
            "done-moved",
            done("Moved your token to the keychain.", Act::MoveToken { to: Store::Netrc, keep_copy: false }),
        ),
        ("done-fixed", {
            let undoes = Some("Line 12 of ~/.zshrc sets HEROKU_API_KEY again.".to_owned());
            State { undoes, ..done("Fixed it.", Act::Undo { at: at(0) }) }
        }),
        ("confirmation", State { asked: Some(Asked::Confirm(confirm)), ..own(Work::Act(Act::Regenerate)) }),
        ("update", State { update: Some("9.9.9".to_owned()), ..of(logged_in()) }),
        ("access", State { page: Some(Page::Access(access())), ..of(logged_in()) }),
        ("history", State { page: Some(Page::History(history())), ..of(logged_in()) }),
        ("changes-not-watched", {
            let error = Error::new(Code::Unsupported, "Changes by other programs are not noticed.");
            State { unwatched: Some(error.next_step("Refresh.")), ..of(logged_in()) }
        }),
        (
            "retry-update",
            State {
                outcome: Some(Outcome::Failed(Error::new(Code::HerokuError, "It failed."))),
                next: Some(WindowRequest::InstallUpdate.into()),
                ..of(logged_in())
            },
        ),
    ]
}

fn access() -> AccessPage {
    let one = |kind, description: &str, this_machine, default| Access {
        id: Text::of("1"),
        kind,
        description: Text::of(description),
        scope: vec![Text::of("global")],
        created_at: Some(at(0)),
        lifetime: Lifetime::Seconds(86_400),
        this_machine,
        default,
    };
    let key = Key {
        id: Text::of("1"),
        fingerprint: Text::of("00:11"),
        comment: Text::default(),
        public_key: Text::default(),
        created_at: None,
    };
    let content = AccessContent::Loaded(Box::new(Loaded {
        at: at(0),
        access: vec![
            one(AccessKind::Authorization, "Herokey login", true, false),
            one(AccessKind::Authorization, "", false, true),
            one(AccessKind::Authorization, "CI", false, false),
            one(AccessKind::Session, "Session", true, false),
        ],
        keys: vec![key],
        files: vec!["id_ed25519.pub".to_owned()],
    }));
    AccessPage { content, ..AccessPage::default() }
}

fn history() -> Vec<PastAction> {
    let outcome = Outcome::Done { what: "Logged out.".to_owned(), note: String::new() };
    vec![PastAction {
        verb: Verb::LogOut,
        by: Program::Tray,
        account: Some(ME.to_owned()),
        at: at(0),
        outcome,
    }]
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(2_000_000_000).unwrap() + SignedDuration::from_secs(seconds)
}
