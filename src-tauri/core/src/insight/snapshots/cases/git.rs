//! git's helpers and addresses.

use super::Case;
use crate::base::error::{Code, Error};
use crate::base::terminal::Direnv;
use crate::fixture::{fresh, helper, logged_in, record, route, trace, with_netrc};
use crate::insight::facts::{Facts, FolderFacts, NetrcRecord, Observed};
use crate::tools::git::{Access, Answers, ConfigToken, Helper, HelperLine, Rewrite, Route};

pub(super) fn git() -> Vec<Case> {
    let helpers = |helpers| Facts { git_helpers: Observed::Present(helpers), ..logged_in() };
    let other = |value: &str, answers| {
        let mut other = helper(Helper::Other(value.to_owned()));
        other.answers = answers;
        other
    };
    let shadowed = |value: &str, answers| helpers(vec![other(value, answers), helper(Helper::Herokey)]);
    let old = Answers::This { account: None, trace: Some(trace("old")) };
    let missing = Answers::Nothing("The program git-credential-manager is not installed.".to_owned());
    let mut gone = helper(Helper::Herokey);
    gone.answers = Answers::Nothing("The program /opt/herokey is not installed.".to_owned());
    let unwritable =
        Error::new(Code::GitConfigFailed, "Herokey cannot change ~/.gitconfig: it is read-only.")
            .next_step_with_lines(
                "Make it writable, or add these lines where the file is made:",
                &["[credential \"https://git.heroku.com\"]".to_owned(), "    helper = \"\"".to_owned()],
            );
    let no_value = Error::new(Code::GitConfigFailed, "Could not read git's configuration.")
        .detail("credential.helper has no value, in ~/.gitconfig:2");
    let unreadable = Facts { git_helpers: Observed::Unknown(no_value), ..logged_in() };
    let mut default = with_netrc(logged_in(), "two");
    let records = vec![NetrcRecord { records: 0, ..record("git.heroku.com", "two") }];
    default.netrc.records = Observed::Present(records);
    vec![
        (
            "git-helper-missing",
            vec![
                ("the Heroku CLI's helper", helpers(vec![helper(Helper::Heroku)])),
                ("no helper", helpers(Vec::new())),
                ("a helper that cannot be seen", helpers(vec![other("manager", Answers::Unseen)])),
                ("a helper with another token", helpers(vec![other("store", old.clone())])),
                (
                    "netrc",
                    Facts { git_helpers: Observed::Present(Vec::new()), ..with_netrc(logged_in(), "one") },
                ),
                ("Herokey's program is gone", helpers(vec![gone.clone(), helper(Helper::Heroku)])),
                (
                    "a configuration that cannot be written",
                    Facts { git_unwritable: Some(unwritable), ..helpers(vec![helper(Helper::Heroku)]) },
                ),
            ],
        ),
        ("git-differs", vec![("another helper", helpers(vec![gone, other("store", old.clone())]))]),
        ("git-config-unreadable", vec![("a helper without a value", unreadable)]),
        (
            "git-helper-shadowed",
            vec![
                ("by one with a known token", shadowed("store", old)),
                ("by one that is not installed", shadowed("manager", missing)),
                ("by the Heroku CLI's", helpers(vec![helper(Helper::Heroku), helper(Helper::Herokey)])),
                ("by one that cannot be seen", shadowed("manager", Answers::Unseen)),
                ("by a command line", shadowed("!echo password=…", Answers::Unseen)),
            ],
        ),
        (
            "git-netrc-first",
            vec![("a record", with_netrc(logged_in(), "two")), ("the default record", default)],
        ),
    ]
}

pub(super) fn git_routes() -> Vec<Case> {
    let token = |line| ConfigToken {
        path: "/home/me/.gitconfig".into(),
        line,
        shown: format!("~/.gitconfig:{line}"),
        trace: trace("inside"),
    };
    let rewritten = |name| Route {
        rewrite: Some(Rewrite { name, file: None, shown: "~/.gitconfig:7".to_owned() }),
        address: "ssh://git@ssh.example.com/".to_owned(),
        access: Access::Ssh { host: "ssh.example.com".to_owned() },
        ..route(None)
    };
    let elsewhere = Route {
        address: "https://example.com/app.git".to_owned(),
        access: Access::Elsewhere,
        ..rewritten("insteadOf")
    };
    let ssh = Route { rewrite: None, remote: Some("heroku".to_owned()), ..rewritten("insteadOf") };
    let old = Answers::This { account: None, trace: Some(trace("old")) };
    let helpers = vec![HelperLine { answers: old, ..helper(Helper::Other("store".to_owned())) }];
    let set = None;
    let work = Route {
        access: Access::Heroku { set, user: Some("work".to_owned()), helpers: Ok(helpers) },
        ..route(Some("work"))
    };
    let routes = |routes: Vec<Route>| Facts { git_routes: routes, ..logged_in() };
    let folder = FolderFacts {
        path: "/srv/it's app".into(),
        git_refuses: true,
        direnv: Direnv::Absent,
        sets: Vec::new(),
    };
    vec![
        (
            "git-plain-token",
            vec![
                ("one", Facts { git_tokens: vec![token(7)], ..logged_in() }),
                ("two in one file", Facts { git_tokens: vec![token(7), token(9)], ..fresh() }),
            ],
        ),
        (
            "git-other-address",
            vec![
                ("a rewrite to ssh", routes(vec![rewritten("insteadOf")])),
                ("a rewrite of pushes", routes(vec![rewritten("pushInsteadOf")])),
                ("a rewrite to another host", routes(vec![elsewhere])),
                ("a remote over ssh", routes(vec![route(None), ssh])),
            ],
        ),
        ("git-remote-differs", vec![("a context", routes(vec![route(None), route(Some("heroku")), work]))]),
        ("git-repository-refused", vec![("a folder", Facts { folder: Some(folder), ..logged_in() })]),
    ]
}
