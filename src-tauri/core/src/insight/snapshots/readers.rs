//! What each reader uses on some machines, and why, in `readers/MACHINE.txt`.

use std::fmt::Write;

use expect_test::expect_file;

use crate::base::api_key::Flaw;
use crate::base::error::{Code, Error};
use crate::fixture::{ME, fresh, helper, logged_in, record, route, trace, with_api_key, with_netrc};
use crate::insight::facts::{Facts, NetrcRecord, Observed};
use crate::insight::readers::{Answer, resolve};
use crate::stores::keychain::{KeychainFailure, error_for};
use crate::tools::git::{Access, Answers, Helper, Route, SetCredential};

#[test]
fn the_readers_of_every_machine_match_its_file() {
    for (machine, facts) in machines() {
        let readers = resolve(&facts);
        let text =
            shown("heroku", &readers.heroku) + &shown("git", &readers.git) + &shown("curl", &readers.curl);
        expect_file![format!("readers/{machine}.txt")].assert_eq(&text);
    }
}

fn shown(reader: &str, answer: &Answer) -> String {
    let trace = answer.trace.as_ref().map_or("no token", |trace| trace.masked.as_str());
    let account = answer.account.as_deref().unwrap_or("no account");
    let mut text =
        format!("## {reader}: {}, {trace}, {account}\n\n{}\n\n", answer.source.name(), answer.reason);
    for lookup in &answer.chain {
        writeln!(text, "- {:?} in {}: {}", lookup.found, lookup.place, lookup.reason).unwrap();
    }
    text + "\n"
}

fn machines() -> Vec<(&'static str, Facts)> {
    let helpers = |helpers| Facts { git_helpers: Observed::Present(helpers), ..logged_in() };
    let other = |value: &str, answers| {
        let mut other = helper(Helper::Other(value.to_owned()));
        other.answers = answers;
        other
    };
    let answers = Answers::This { account: Some(ME.to_owned()), trace: None };
    let empty = Answers::Nothing("Its file ~/.git-credentials is empty.".to_owned());
    let without_password =
        NetrcRecord { curl: None, cli: None, curl_versions_differ: true, ..record("api.heroku.com", "one") };
    let mut unclear = fresh();
    unclear.netrc.records = Observed::Present(vec![without_password]);
    let mut only_curl = fresh();
    only_curl.netrc.records =
        Observed::Present(vec![NetrcRecord { cli: None, ..record("api.heroku.com", "one") }]);
    let mut netrc_only = with_netrc(logged_in(), "two");
    netrc_only.overrides.netrc_only = true;
    let mut no_token = with_api_key(logged_in(), "key");
    let api_key = no_token.overrides.api_key.as_mut().unwrap();
    (api_key.trace, api_key.token, api_key.from_cli) = (None, None, None);
    api_key.flaw = Some(Flaw::Foreign(' ', 3));
    let git_error =
        Error::new(Code::GitConfigFailed, "Could not read git's configuration.").detail("bad line 3");
    let routes = |routes| Facts { git_routes: routes, ..logged_in() };
    let set = |key: &str, trace| SetCredential {
        account: Some("heroku".to_owned()),
        trace,
        key: key.to_owned(),
        shown: "~/.gitconfig:7".to_owned(),
    };
    let to_heroku = |set, user: Option<&str>| Route {
        access: Access::Heroku {
            set,
            user: user.map(str::to_owned),
            helpers: Ok(vec![helper(Helper::Herokey)]),
        },
        ..route(Some("heroku"))
    };
    let in_address = to_heroku(Some(set("remote.heroku.url", Some(trace("inside")))), Some("heroku"));
    let header = to_heroku(Some(set("http.extraheader", None)), None);
    let work = to_heroku(None, Some("work"));
    let ssh = Route { access: Access::Ssh { host: "heroku.com".to_owned() }, ..route(Some("heroku")) };
    vec![
        ("signed-out", fresh()),
        ("keychain", logged_in()),
        ("keychain-and-netrc", with_netrc(logged_in(), "two")),
        (
            "keychain-locked",
            Facts { keychain: Observed::Unknown(error_for(&KeychainFailure::Locked)), ..logged_in() },
        ),
        ("keychain-missing", Facts { keychain: Observed::Absent, ..logged_in() }),
        ("keychain-empty", Facts { keychain: Observed::Present(Vec::new()), ..logged_in() }),
        ("keychain-unused-by-cli", Facts { cli_reads_keychain: false, ..logged_in() }),
        ("netrc", with_netrc(fresh(), "one")),
        ("netrc-only", netrc_only),
        ("netrc-only-curl-reads", only_curl),
        ("netrc-without-password", unclear),
        ("api-key", with_api_key(logged_in(), "key")),
        ("api-key-is-no-token", no_token),
        ("helper-of-heroku", helpers(vec![helper(Helper::Heroku)])),
        ("helper-unknown", helpers(vec![other("manager", Answers::Unseen), helper(Helper::Herokey)])),
        ("helper-with-password", helpers(vec![other("store", answers), helper(Helper::Herokey)])),
        ("helper-without-password", helpers(vec![other("store", empty), helper(Helper::Herokey)])),
        ("git-token-in-address", routes(vec![in_address])),
        ("git-header-of-every-host", routes(vec![header])),
        ("git-over-ssh", routes(vec![ssh])),
        ("git-user-in-address", with_netrc(routes(vec![work]), "two")),
        ("git-missing", Facts { git_helpers: Observed::Absent, ..logged_in() }),
        ("git-unreadable", Facts { git_helpers: Observed::Unknown(git_error), ..logged_in() }),
    ]
}
