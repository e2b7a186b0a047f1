//! The netrc files.

use jiff::Timestamp;
use netrc_edit::Difference;

use super::Case;
use crate::base::error::{Code, Error};
use crate::base::expiry::TokenLifetime;
use crate::fixture::{ME, fresh, logged_in, record, trace, with_lifetime, with_netrc};
use crate::insight::facts::{
    Facts, HiddenToken, LeftLock, NamedNetrc, NetrcFacts, NetrcReading, NetrcRecord, Observed, ReadNetrc,
};
use crate::stores::netrc::MentionPlace;

pub(super) fn netrc_file() -> Vec<Case> {
    let mut chosen = only_netrc();
    chosen.netrc.chosen_by_user = true;
    let mut chosen_without_keychain = chosen.clone();
    chosen_without_keychain.cli_reads_keychain = false;
    let without_keychain = Facts { cli_reads_keychain: false, ..only_netrc() };
    let mut encrypted = with_netrc(logged_in(), "two");
    encrypted.netrc.encrypted = true;
    "~/.netrc.gpg".clone_into(&mut encrypted.netrc.shown);
    let mut mode = only_netrc();
    mode.netrc.mode = Some(0o644);
    let mut broken = logged_in();
    broken.netrc.syntax_error = Some(3);
    broken.netrc.records = Observed::Present(Vec::new());
    let mut hidden = broken.clone();
    let behind = NetrcRecord {
        curl: None,
        difference: Some(Difference::SyntaxError),
        ..record("api.heroku.com", "one")
    };
    hidden.netrc.records = Observed::Present(vec![behind]);
    let mut unreadable = logged_in();
    unreadable.netrc.records = Observed::Unknown(
        Error::new(Code::NetrcFailed, "Could not read ~/.netrc.")
            .means("The file is as it was.")
            .next_step("Allow yourself to read it.")
            .detail("permission denied"),
    );
    vec![
        (
            "netrc-plain-token",
            vec![
                ("with a keychain", only_netrc()),
                ("without a keychain", without_keychain),
                ("the user wants it there", chosen),
                ("the user wants it there, and there is no keychain", chosen_without_keychain),
                ("in the file that curl's configuration names", named(logged_in(), "one")),
                ("only there, so that heroku does not find it", named(fresh(), "one")),
            ],
        ),
        (
            "netrc-stale-copy",
            vec![
                ("plain", with_netrc(logged_in(), "two")),
                ("for the API alone", stale_record(0)),
                ("for git alone", stale_record(1)),
                ("beside an encrypted file", encrypted),
                ("in the file that curl's configuration names", named(logged_in(), "two")),
                ("in the file that curl and git read", named_for_both(named(logged_in(), "two"))),
            ],
        ),
        ("netrc-mode", vec![("mode 0644", mode)]),
        (
            "netrc-syntax-error",
            vec![("without a record behind it", broken), ("before Heroku's record", hidden)],
        ),
        ("netrc-unreadable", vec![("permission denied", unreadable)]),
    ]
}

pub(super) fn netrc_records() -> Vec<Case> {
    let differing = |difference, cli: Option<&str>, curl: Option<&str>| {
        let (cli, curl) = (cli.map(trace), curl.map(trace));
        api_record(|api| (api.cli, api.curl, api.difference) = (cli, curl, Some(difference)))
    };
    let one = Some("one");
    let mut encrypted = api_record(|api| api.records = 2);
    encrypted.netrc.encrypted = true;
    let two_tokens = api_record(|api| (api.cli, api.curl) = (Some(trace("two")), Some(trace("two"))));
    let password = api_record(|api| api.is_token = false);
    let lifetime = TokenLifetime { refused_at: Some(Timestamp::UNIX_EPOCH), ..TokenLifetime::default() };
    let refused = with_lifetime(password.clone(), "one", &lifetime, Timestamp::UNIX_EPOCH);
    vec![
        ("netrc-duplicate", vec![("plain", api_record(|api| api.records = 2)), ("encrypted", encrypted)]),
        ("netrc-hosts-differ", vec![("two tokens", two_tokens)]),
        ("netrc-account-password", vec![("not yet refused", password), ("refused by Heroku", refused)]),
        ("netrc-carriage-return", vec![("one line", differing(Difference::CarriageReturn, one, one))]),
        (
            "netrc-readers-differ",
            vec![
                ("with quotes", differing(Difference::Quotes, Some("two"), one)),
                ("too large for curl", differing(Difference::TooLarge, one, None)),
            ],
        ),
        ("netrc-cli-cannot-read", vec![("with another layout", differing(Difference::Layout, None, one))]),
        ("netrc-cli-hangs", vec![("at a comment", differing(Difference::CliHangs, one, one))]),
    ]
}

pub(super) fn netrc_hidden() -> Vec<Case> {
    let hidden = |place, host: Option<&str>, line| HiddenToken {
        path: "/home/me/.netrc".into(),
        shown: "~/.netrc".to_owned(),
        encrypted: false,
        line,
        place,
        host: host.map(str::to_owned),
        login: Some(ME.to_owned()),
        trace: trace("hidden"),
    };
    let with = |facts: Facts, hidden: Vec<HiddenToken>| Facts {
        netrc: NetrcFacts { hidden, ..facts.netrc.clone() },
        ..facts
    };
    let record = hidden(MentionPlace::Record, Some("api.heroku.com"), 4);
    let comment = hidden(MentionPlace::Comment, None, 1);
    let outside = hidden(MentionPlace::Outside, Some("git.heroku.com"), 9);
    let encrypted = HiddenToken { encrypted: true, shown: "~/.netrc.gpg".to_owned(), ..record.clone() };
    let locked = |machine: Option<&str>, age: Option<&str>| {
        let lock = LeftLock {
            shown: "~/.netrc.lock".to_owned(),
            machine: machine.map(str::to_owned),
            age: age.map(str::to_owned),
        };
        Facts { netrc: NetrcFacts { lock: Some(lock), ..logged_in().netrc }, ..logged_in() }
    };
    let left = vec![
        ("another machine", locked(Some("other-machine"), Some("3 days ago"))),
        ("another machine with another clock", locked(Some("other-machine"), None)),
        ("nobody says who", locked(None, Some("less than an hour ago"))),
    ];
    vec![
        ("netrc-lock-left", left),
        (
            "netrc-hidden-token",
            vec![
                ("nobody is logged in", with(fresh(), vec![record.clone()])),
                ("behind another record", with(logged_in(), vec![record])),
                ("in a comment, and one more", with(logged_in(), vec![comment, outside.clone()])),
                ("outside", with(logged_in(), vec![outside])),
                ("encrypted", with(logged_in(), vec![encrypted])),
            ],
        ),
    ]
}

/// A machine whose curl reads another netrc file, which has this token.
fn named(mut facts: Facts, token: &str) -> Facts {
    let reading =
        NetrcReading { trace: Some(trace(token)), login: Some(ME.to_owned()), versions_differ: false };
    facts.netrc.curl = ReadNetrc::Named(NamedNetrc {
        shown: "~/work-netrc".to_owned(),
        by: "~/.curlrc".to_owned(),
        reading: Observed::Present(reading),
    });
    facts
}

/// git reads that file, too.
fn named_for_both(mut facts: Facts) -> Facts {
    facts.netrc.git = facts.netrc.curl.clone();
    facts
}

/// A machine with a token in the keychain, and another one in this record of netrc.
fn stale_record(kept: usize) -> Facts {
    let mut facts = with_netrc(logged_in(), "two");
    let Observed::Present(records) = &mut facts.netrc.records else { panic!("no records") };
    *records = vec![records.swap_remove(kept)];
    facts
}

/// A machine whose only token is in netrc.
fn only_netrc() -> Facts {
    Facts { git_helpers: Observed::Absent, ..with_netrc(fresh(), "one") }
}

/// The same, after a change to the record for the API's host.
fn api_record(change: impl FnOnce(&mut NetrcRecord)) -> Facts {
    let mut facts = only_netrc();
    let Observed::Present(records) = &mut facts.netrc.records else { panic!("no records") };
    change(&mut records[0]);
    facts
}
