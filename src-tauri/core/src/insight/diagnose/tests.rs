use jiff::{SignedDuration, Timestamp};
use netrc_edit::Difference;

use super::{Severity, diagnose};
use crate::base::api_key::Flaw;
use crate::base::error::{Code, Error};
use crate::base::expiry::{Expiry, TokenLifetime};
use crate::base::host::Refused;
use crate::fixture::{
    ME, account_file, entry, fresh, helper, logged_in, record, trace, with_api_key, with_lifetime, with_netrc,
};
use crate::insight::facts::{Facts, NetrcFacts, Observed};
use crate::insight::readers::resolve;
use crate::stores::docker::DockerLogin;
use crate::stores::keychain::{KeychainFailure, error_for};
use crate::tools::git::{Answers, Helper};

fn codes(facts: &Facts) -> Vec<&'static str> {
    diagnose(facts, &resolve(facts)).iter().map(|problem| problem.code).collect()
}

#[test]
fn a_machine_without_problems() {
    assert_eq!(codes(&fresh()), [""; 0]);
    assert_eq!(codes(&logged_in()), [""; 0]);
}

#[test]
fn the_token_in_use() {
    let end = Timestamp::from_second(2_000_000_000).unwrap();
    let lifetime = TokenLifetime { expiry: Expiry::At(end), ..TokenLifetime::default() };
    let before =
        |hours| codes(&with_lifetime(logged_in(), "one", &lifetime, end - SignedDuration::from_hours(hours)));
    assert_eq!(before(8 * 24), [""; 0]);
    assert_eq!(before(7 * 24), ["token-expiring"]);
    assert_eq!(before(1), ["token-expiring"]);
    assert_eq!(before(0), ["token-expired"]);
    let refused = TokenLifetime { refused_at: Some(end), ..lifetime };
    let facts = with_lifetime(logged_in(), "one", &refused, end);
    assert_eq!(codes(&facts), ["token-refused"]);
    assert!(diagnose(&facts, &resolve(&facts))[0].remedy.is_some());
    let of_another = with_lifetime(logged_in(), "two", &refused, end);
    assert_eq!(codes(&of_another), [""; 0], "only the token in use matters");
}

#[test]
fn the_environment() {
    let mut facts = with_api_key(logged_in(), "key");
    facts.overrides.api_token = true;
    assert_eq!(codes(&facts), ["env-api-key-overrides"]);
    let api_key = facts.overrides.api_key.as_mut().unwrap();
    api_key.flaw = Some(Flaw::Unsendable('\n', 42));
    assert_eq!(codes(&facts), ["env-api-key-malformed", "env-api-key-overrides"]);
    facts.overrides.api_key = None;
    facts.overrides.netrc_write = Some("1".to_owned());
    assert_eq!(codes(&facts), ["env-api-token-ignored", "env-netrc-write-ignored"]);
    let refused = Refused { name: "HEROKU_HOST", value: "evil.example".to_owned() };
    facts.overrides.refused_hosts = vec![refused];
    assert_eq!(codes(&facts)[0], "host-not-allowed", "the most serious problem comes first");
}

/// As on a CI machine.
#[test]
fn an_api_key_that_overrides_nothing_is_no_problem() {
    let mut facts = Facts { git_helpers: Observed::Absent, ..with_api_key(fresh(), "key") };
    assert_eq!(codes(&facts), [""; 0]);
    let api_key = facts.overrides.api_key.as_mut().unwrap();
    api_key.flaw = Some(Flaw::BlankAtEnd(' ', 42));
    assert_eq!(codes(&facts), [""; 0], "git does not ask the Heroku CLI");
    facts.git_helpers = Observed::Present(vec![helper(Helper::Heroku)]);
    assert_eq!(codes(&facts), ["env-api-key-malformed", "git-helper-missing"]);
}

#[test]
fn the_keychain() {
    let trouble = |trouble| Facts { keychain: Observed::Unknown(error_for(&trouble)), ..logged_in() };
    assert_eq!(codes(&trouble(KeychainFailure::Locked)), ["keychain-locked"]);
    assert_eq!(codes(&trouble(KeychainFailure::Timeout)), ["keychain-timeout"]);
    let missing = Facts { login_state: Observed::Absent, ..trouble(KeychainFailure::Missing(String::new())) };
    assert_eq!(codes(&missing), [""; 0], "the Heroku CLI uses netrc instead");

    assert_eq!(codes(&Facts { login_state: Observed::Absent, ..logged_in() }), ["keychain-orphan"]);
    let unread = Facts { cli_reads_keychain: false, ..logged_in() };
    assert_eq!(codes(&unread), ["keychain-cli-cannot-read"]);
    let twice =
        Facts { keychain: Observed::Present(vec![entry(ME, "one"), entry(ME, "two")]), ..logged_in() };
    assert_eq!(codes(&twice), ["keychain-duplicate"]);
}

#[test]
fn netrc() {
    let in_netrc = Facts { git_helpers: Observed::Absent, ..with_netrc(fresh(), "one") };
    assert_eq!(codes(&in_netrc), ["netrc-plain-token"]);
    let severity = |facts: &Facts| diagnose(facts, &resolve(facts))[0].severity;
    assert_eq!(severity(&in_netrc), Severity::Warning);
    let netrc = NetrcFacts { chosen_by_user: true, ..in_netrc.netrc.clone() };
    assert_eq!(severity(&Facts { netrc, ..in_netrc.clone() }), Severity::Info, "the user chose netrc");
    let stale = with_netrc(logged_in(), "two");
    assert_eq!(codes(&stale), ["netrc-stale-copy", "git-netrc-first"]);
    assert_eq!(codes(&with_netrc(logged_in(), "one")), ["netrc-plain-token"]);

    let mut odd = in_netrc.clone();
    let mut api = record("api.heroku.com", "one");
    (api.cli, api.records, api.difference) = (None, 2, Some(Difference::Layout));
    odd.netrc.records = Observed::Present(vec![api, record("git.heroku.com", "two")]);
    odd.netrc.mode = Some(0o644);
    let expected =
        ["netrc-plain-token", "netrc-duplicate", "netrc-cli-cannot-read", "netrc-hosts-differ", "netrc-mode"];
    assert_eq!(codes(&odd), expected);
}

#[test]
fn differences_between_readers() {
    let facts = |difference, cli: Option<&str>, curl: Option<&str>| {
        let mut facts = Facts { git_helpers: Observed::Absent, ..with_netrc(fresh(), "one") };
        let mut api = record("api.heroku.com", "one");
        (api.cli, api.curl, api.difference) = (cli.map(trace), curl.map(trace), Some(difference));
        facts.netrc.records = Observed::Present(vec![api]);
        codes(&facts)
    };
    let one = Some("one");
    assert_eq!(facts(Difference::CarriageReturn, one, one)[0], "netrc-carriage-return");
    assert_eq!(facts(Difference::CliHangs, one, one)[0], "netrc-cli-hangs");
    assert!(facts(Difference::Quotes, Some("two"), one).contains(&"netrc-readers-differ"));
    assert!(facts(Difference::ByteOrderMark, one, None).contains(&"netrc-readers-differ"));
    assert!(facts(Difference::Layout, None, one).contains(&"netrc-cli-cannot-read"));

    let mut broken = logged_in();
    broken.netrc.syntax_error = Some(3);
    broken.netrc.records = Observed::Present(Vec::new());
    assert_eq!(codes(&broken), ["netrc-syntax-error"]);
    let found = &diagnose(&broken, &resolve(&broken))[0];
    assert!(found.remedy.is_none() && found.next_step.text().contains("line 3 of ~/.netrc"), "{found:?}");
    let hidden = with_netrc(broken, "one");
    assert_eq!(codes(&hidden), ["netrc-plain-token"], "curl finds both records before the error");
}

#[test]
fn git() {
    let helpers = |helpers| Facts { git_helpers: Observed::Present(helpers), ..logged_in() };
    assert_eq!(codes(&helpers(vec![helper(Helper::Heroku)])), ["git-helper-missing"]);
    let shadowed = helpers([Helper::Other("store".to_owned()), Helper::Herokey].map(helper).to_vec());
    assert_eq!(codes(&shadowed), ["git-helper-shadowed"]);

    let mut store = helper(Helper::Other("store".to_owned()));
    store.answers = Answers::This { account: None, trace: Some(trace("old")) };
    let both = ["git-differs", "git-helper-missing"];
    assert_eq!(codes(&helpers(vec![store.clone()])), both);
    let mut gone = helper(Helper::Herokey);
    gone.answers = Answers::Nothing("The program /gone/herokey is not installed.".to_owned());
    assert_eq!(codes(&helpers(vec![gone.clone(), store.clone()])), both, "Herokey's program is gone");
    assert_eq!(codes(&helpers(vec![gone, helper(Helper::Heroku)])), ["git-helper-missing"]);
    store.answers = Answers::This { account: None, trace: Some(trace("one")) };
    assert_eq!(codes(&helpers(vec![store])), ["git-helper-missing"], "the same token");
}

#[test]
fn a_git_configuration_that_cannot_be_read_or_written() {
    let error = |what| Error::new(Code::GitConfigFailed, what).next_step("Add these lines:");
    let unreadable = Facts { git_helpers: Observed::Unknown(error("Could not read it.")), ..logged_in() };
    assert_eq!(codes(&unreadable), ["git-config-unreadable"]);
    let fixed = Facts { git_unwritable: Some(error("It is read-only.")), ..logged_in() };
    assert_eq!(codes(&fixed), [""; 0], "nothing has to be written");
    let facts = Facts { git_helpers: Observed::Present(vec![helper(Helper::Heroku)]), ..fixed };
    let found = &diagnose(&facts, &resolve(&facts))[0];
    assert_eq!((found.code, found.remedy.as_ref(), found.safe), ("git-helper-missing", None, false));
    assert_eq!(found.next_step.text(), "Add these lines:");
}

#[test]
fn each_problem_has_a_message_and_a_next_step() {
    let mut facts = with_api_key(with_netrc(logged_in(), "two"), "key");
    facts.keychain = Observed::Unknown(error_for(&KeychainFailure::Denied));
    let problems = diagnose(&facts, &resolve(&facts));
    assert!(problems.iter().any(|problem| problem.code == Code::KeychainDenied.to_string()));
    assert!(
        problems.iter().all(|problem| !problem.next_step.text().is_empty() && !problem.message.is_empty())
    );
    assert!(problems.is_sorted_by_key(|problem| problem.severity));
    assert_eq!(problems[0].severity, Severity::Error);
}

#[test]
fn copies_elsewhere() {
    let file = |token| Facts {
        accounts: Observed::Present(vec![account_file("work", ME, Some(token))]),
        ..logged_in()
    };
    assert_eq!(codes(&file("one")), ["accounts-plain-token"]);
    let buttons = |facts: &Facts| {
        diagnose(facts, &resolve(facts)).iter().filter(|problem| problem.remedy.is_some()).count()
    };
    assert_eq!(
        (buttons(&file("one")), buttons(&file("two"))),
        (1, 0),
        "a different token is not overwritten"
    );
    let docker = |token| {
        let (path, shown) = ("/home/me/.docker/config.json".into(), "~/.docker/config.json".to_owned());
        let login = DockerLogin { path, shown, trace: Some(trace(token)), helper: None };
        Facts { docker: Observed::Present(login), ..logged_in() }
    };
    assert_eq!(codes(&docker("one")), ["docker-plain-token"]);
    assert_eq!(codes(&docker("two")), ["docker-login-stale"]);
}

#[test]
fn a_password_instead_of_a_token() {
    let mut facts = Facts { git_helpers: Observed::Absent, ..with_netrc(fresh(), "one") };
    let Observed::Present(records) = &mut facts.netrc.records else { panic!("records") };
    records[0].is_token = false;
    assert_eq!(codes(&facts), ["netrc-account-password", "netrc-plain-token"]);
}

#[test]
fn every_remedy_has_an_effect_and_only_some_are_safe() {
    let mut facts = with_api_key(with_netrc(logged_in(), "two"), "key");
    facts.netrc.mode = Some(0o644);
    for problem in diagnose(&facts, &resolve(&facts)) {
        assert_eq!(problem.remedy.is_some(), !problem.effect.is_empty(), "{}", problem.code);
        assert_eq!(problem.safe, problem.code == "netrc-mode", "{}", problem.code);
    }
}
