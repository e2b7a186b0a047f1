//! Every problem, as users read it, in `problems/CODE.txt`.

use std::collections::BTreeSet;
use std::fmt::Write;

use expect_test::expect_file;
use jiff::{SignedDuration, Timestamp};
use netrc_edit::Difference;

use crate::base::api_key::Flaw;
use crate::base::error::{Code, Error};
use crate::base::expiry::{Expiry, TokenLifetime};
use crate::base::host::Refused;
use crate::base::terminal::{Direnv, SetIn};
use crate::base::text::Text;
use crate::fixture::{
    ME, account_file, entry, fresh, helper, logged_in, mcp_server, record, route, trace, with_api_key,
    with_lifetime, with_netrc,
};
use crate::insight::diagnose::{NextStep, Problem, diagnose};
use crate::insight::facts::{
    BrokenAutostart, Facts, FolderAccount, FolderFacts, HiddenToken, LeftLock, NamedNetrc, NetrcFacts,
    NetrcReading, NetrcRecord, Observed, Overrides, ProtectedFile, ReadNetrc, Variable,
};
use crate::insight::programs::{McpKey, McpServer, Program, ProgramKind, UnreadConfiguration};
use crate::insight::readers::resolve;
use crate::ledger::damaged::{Damaged, Record};
use crate::ledger::journal::{self, Activity, JournalEntry, Verb};
use crate::ledger::leases::Lease;
use crate::stores::docker::DockerLogin;
use crate::stores::keychain::{KeychainFailure, error_for};
use crate::stores::netrc::MentionPlace;
use crate::tools::git::{Access, Answers, ConfigToken, Helper, HelperLine, Rewrite, Route};

/// A problem's code, and the machines on which its wording differs.
type Case = (&'static str, Vec<(&'static str, Facts)>);

#[test]
fn every_problem_matches_its_file() {
    for (code, machines) in cases() {
        let mut text = String::new();
        for (machine, facts) in machines {
            let problems = diagnose(&facts, &resolve(&facts));
            let found = problems.iter().find(|problem| problem.code == code);
            let found = found.unwrap_or_else(|| panic!("{code} not found ({machine}): {problems:?}"));
            write!(text, "## {machine}\n\n{}\n", shown(found)).unwrap();
        }
        expect_file![format!("problems/{code}.txt")].assert_eq(&text);
    }
}

#[test]
fn every_code_in_the_source_has_a_file() {
    let (sources, modules) = sources();
    let listed: BTreeSet<&str> = sources.iter().map(|(name, _)| *name).collect();
    assert_eq!(modules, listed, "`sources` lists every module of `diagnose`");
    let codes: BTreeSet<&str> = sources.iter().flat_map(|(_, text)| codes(text)).collect();
    assert_eq!(codes, cases().iter().map(|(code, _)| *code).collect());
}

/// The source of each module of `diagnose`, and the names of the modules that its `mod.rs` declares.
fn sources() -> ([(&'static str, &'static str); 12], BTreeSet<&'static str>) {
    const ROOT: &str = include_str!("../diagnose/mod.rs");
    let declared = ROOT.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let sources = [
        ("mod", ROOT),
        ("copies", include_str!("../diagnose/copies.rs")),
        ("environment", include_str!("../diagnose/environment.rs")),
        ("git", include_str!("../diagnose/git.rs")),
        ("git_routes", include_str!("../diagnose/git_routes.rs")),
        ("hidden", include_str!("../diagnose/hidden.rs")),
        ("keychain", include_str!("../diagnose/keychain.rs")),
        ("named_netrc", include_str!("../diagnose/named_netrc.rs")),
        ("netrc", include_str!("../diagnose/netrc.rs")),
        ("programs", include_str!("../diagnose/programs.rs")),
        ("records", include_str!("../diagnose/records.rs")),
        ("unfinished", include_str!("../diagnose/unfinished.rs")),
    ];
    (sources, declared.filter(|name| *name != "tests").chain(["mod"]).collect())
}

/// The string literals that look like a problem's code.
fn codes(source: &str) -> impl Iterator<Item = &str> {
    let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let lines = source.lines().filter(|line| !line.starts_with("#["));
    lines
        .flat_map(|line| line.split('"'))
        .filter(move |text| text.contains('-') && text.split('-').all(is_word))
}

fn shown(problem: &Problem) -> String {
    let Problem { code: _, severity, title, message, next_step, remedy, effect, keep_as_is, safe } = problem;
    let next_step = match next_step {
        NextStep::Command(command) => format!("`{command}`"),
        NextStep::Words(words) => words.clone(),
    };
    let mut text = format!("{severity:?}: {title}\n{message}\nNext step: {next_step}\n");
    if let Some(remedy) = remedy {
        let safe = if *safe { ", safe" } else { "" };
        writeln!(text, "Remedy: {remedy:?}{safe}\nEffect: {effect}").unwrap();
    }
    if let Some(remedy) = keep_as_is {
        writeln!(text, "Keep as is: {remedy:?}").unwrap();
    }
    text
}

fn cases() -> Vec<Case> {
    let netrc = [netrc_file(), netrc_records(), netrc_hidden()];
    let git = [git(), git_routes()];
    [&[environment(), keychain()], &netrc[..], &[token()], &git, &[copies(), programs(), records()]]
        .concat()
        .concat()
}

fn programs() -> Vec<Case> {
    let server = |server: McpServer| {
        let programs = vec![Program { kind: ProgramKind::McpServer(server), netrc: None }];
        Facts { programs, ..logged_in() }
    };
    let key = |token| mcp_server(McpKey::Token(trace(token)));
    let remote = McpServer { can_be_lent: false, ..key("one") };
    let refused = TokenLifetime { refused_at: Some(Timestamp::UNIX_EPOCH), ..TokenLifetime::default() };
    let error = Error::new(Code::McpFailed, "Cursor's configuration ~/.cursor/mcp.json cannot be read.")
        .means("Herokey cannot tell whether it holds a token.")
        .next_step("Correct ~/.cursor/mcp.json:3.");
    let unread = UnreadConfiguration { client: "Cursor", error };
    let login = DockerLogin {
        path: "/home/me/.docker/config.json".into(),
        shown: "~/.docker/config.json".to_owned(),
        trace: Some(trace("one")),
        helper: None,
    };
    let docker = Facts { docker: Observed::Present(login), ..logged_in() };
    vec![
        (
            "mcp-plain-token",
            vec![
                ("the token in use", server(key("one"))),
                ("another token", server(key("two"))),
                (
                    "a refused token",
                    with_lifetime(server(key("two")), "two", &refused, Timestamp::UNIX_EPOCH),
                ),
                ("a server that no command starts", server(remote)),
            ],
        ),
        (
            "mcp-config-unreadable",
            vec![("a damaged file", Facts { unread_configurations: vec![unread], ..logged_in() })],
        ),
        (
            "docker-plain-token",
            vec![
                ("with the helper", docker.clone()),
                ("without it", Facts { docker_helper_found: false, ..docker }),
            ],
        ),
    ]
}

fn netrc_hidden() -> Vec<Case> {
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

fn environment() -> Vec<Case> {
    let set = |name: &'static str, path: &str, line: usize| {
        let set_in = set_in(path, line);
        let mut facts = logged_in();
        facts.overrides.variables = vec![variable(name, "here", Some(set_in))];
        facts
    };
    let api_key = |path: Option<(&str, usize)>| {
        let mut facts = with_api_key(logged_in(), "key");
        let api_key = facts.overrides.api_key.as_mut().unwrap();
        api_key.set_in = path.map(|(path, line)| set_in(path, line));
        facts
    };
    let malformed = |flaw| {
        let mut facts = api_key(Some(("~/.zshrc", 12)));
        facts.overrides.api_key.as_mut().unwrap().flaw = Some(flaw);
        facts.git_helpers = Observed::Present(vec![helper(Helper::Heroku)]);
        facts
    };
    let mut part_of_a_line = api_key(Some(("~/.zshrc", 12)));
    let set_in = &mut part_of_a_line.overrides.api_key.as_mut().unwrap().set_in;
    set_in.as_mut().unwrap().can_be_commented_out = false;
    let certificates =
        Error::new(Code::CertificateRefused, "The certificates in NODE_EXTRA_CA_CERTS cannot be read.")
            .means("Node.js ignores them, and so do the heroku command and Herokey.")
            .next_step("Set NODE_EXTRA_CA_CERTS to a file with certificates in PEM format, or unset it.")
            .detail("entity not found");
    let certificates = Facts { ignored_certificates: Some(certificates), ..logged_in() };
    let mut api_token = set("HEROKU_API_TOKEN", "~/.profile", 4);
    api_token.overrides.api_token = true;
    let mut netrc_write = set("HEROKU_NETRC_WRITE", "~/.profile", 4);
    netrc_write.overrides.netrc_write = Some("1".to_owned());
    let mut host = set("HEROKU_HOST", "~/.profile", 4);
    host.overrides.refused_hosts =
        vec![Refused { name: "HEROKU_HOST", value: "https://heroku.evil.example".to_owned() }];
    let terminal =
        Overrides { variables: vec![variable("HEROKU_HOST", "there", None)], ..Overrides::default() };
    let differs = Facts { login_shell: Observed::Present(terminal), ..logged_in() };
    let alias = Some("heroku is aliased to `HEROKU_API_KEY=… heroku'".to_owned());
    vec![
        (
            "env-api-key-overrides",
            vec![
                ("set in a start-up file", api_key(Some(("~/.zshrc", 12)))),
                ("set in a file of the system", api_key(Some(("/etc/environment", 3)))),
                ("set in a line that does more", part_of_a_line),
                ("set by fish", api_key(Some(("~/.config/fish/fish_variables", 3)))),
                ("set by launchd", api_key(Some(("launchd", 0)))),
                ("set elsewhere", api_key(None)),
            ],
        ),
        (
            "env-api-key-malformed",
            vec![
                ("heroku cannot send it", malformed(Flaw::Unsendable('\n', 66))),
                ("Heroku refuses it", malformed(Flaw::Foreign('\u{a0}', 1))),
                ("with the word Bearer", malformed(Flaw::Scheme)),
                ("only blanks", malformed(Flaw::Blank)),
                ("only git cannot use it", malformed(Flaw::BlankAtEnd(' ', 66))),
            ],
        ),
        ("env-api-token-ignored", vec![("set in a start-up file", api_token)]),
        ("env-netrc-write-ignored", vec![("set in a start-up file", netrc_write)]),
        ("host-not-allowed", vec![("set in a start-up file", host)]),
        ("env-extra-certs-ignored", vec![("a file that does not exist", certificates)]),
        ("env-differs", vec![("one variable differs", differs)]),
        ("heroku-is-no-program", vec![("an alias", Facts { heroku_alias: alias, ..logged_in() })]),
    ]
}

fn keychain() -> Vec<Case> {
    let trouble = |trouble| {
        vec![("on Linux", Facts { keychain: Observed::Unknown(error_for(&trouble)), ..logged_in() })]
    };
    let entries = |one, other| Facts {
        keychain: Observed::Present(vec![entry(ME, one), entry(ME, other)]),
        ..logged_in()
    };
    let other_account = Observed::Present("other@example.com".to_owned());
    let missing = "org.freedesktop.secrets was not provided by any .service files".to_owned();
    vec![
        ("keychain-locked", trouble(KeychainFailure::Locked)),
        ("keychain-denied", trouble(KeychainFailure::Denied)),
        ("keychain-timeout", trouble(KeychainFailure::Timeout)),
        ("keychain-not-started", trouble(KeychainFailure::NotStarted)),
        ("keychain-unreachable", trouble(KeychainFailure::Unreachable("unix:path=/nowhere".to_owned()))),
        ("keychain-missing", trouble(KeychainFailure::Missing(missing))),
        ("keychain-failed", trouble(KeychainFailure::Failed("broken pipe".to_owned()))),
        (
            "keychain-cli-cannot-read",
            vec![("without secret-tool", Facts { cli_reads_keychain: false, ..logged_in() })],
        ),
        (
            "keychain-orphan",
            vec![
                ("login.json names nobody", Facts { login_state: Observed::Absent, ..logged_in() }),
                ("login.json names another account", Facts { login_state: other_account, ..logged_in() }),
            ],
        ),
        (
            "keychain-duplicate",
            vec![("the same token", entries("one", "one")), ("two tokens", entries("one", "two"))],
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

fn netrc_file() -> Vec<Case> {
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

fn netrc_records() -> Vec<Case> {
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

fn token() -> Vec<Case> {
    let end = Timestamp::from_second(2_000_000_000).unwrap();
    let lifetime = TokenLifetime { expiry: Expiry::At(end), ..TokenLifetime::default() };
    let refused = TokenLifetime { refused_at: Some(end), ..lifetime };
    let before =
        |days: i64| with_lifetime(logged_in(), "one", &lifetime, end - SignedDuration::from_hours(24 * days));
    let api_key = with_lifetime(with_api_key(logged_in(), "key"), "key", &lifetime, end);
    vec![
        ("token-refused", vec![("in the keychain", with_lifetime(logged_in(), "one", &refused, end))]),
        ("token-expired", vec![("in the keychain", before(0)), ("HEROKU_API_KEY", api_key)]),
        ("token-expiring", vec![("three days left", before(3))]),
        (
            "unfinished-action",
            vec![
                ("between two steps", half_done(&["Made a new token", "Stored it in the keychain"])),
                ("before the first step", half_done(&[])),
            ],
        ),
        ("unfinished-newer-action", vec![("of a later version", half_done_by_newer())]),
    ]
}

fn git() -> Vec<Case> {
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

fn git_routes() -> Vec<Case> {
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

fn copies() -> Vec<Case> {
    let file = |token| Facts {
        accounts: Observed::Present(vec![account_file("work", ME, Some(token))]),
        ..logged_in()
    };
    let no_keychain = Facts { cli_reads_keychain: false, ..file("one") };
    let (path, shown) = ("/home/me/.docker/config.json".into(), "~/.docker/config.json".to_owned());
    let login = DockerLogin { path, shown, trace: Some(trace("two")), helper: None };
    let docker = Facts { docker: Observed::Present(login), ..logged_in() };
    let lifetime = TokenLifetime { refused_at: Some(Timestamp::UNIX_EPOCH), ..TokenLifetime::default() };
    let refused = with_lifetime(docker.clone(), "two", &lifetime, Timestamp::UNIX_EPOCH);
    let sealed = ProtectedFile {
        path: "/home/me/.docker/config.json".into(),
        shown: "~/.docker/config.json".to_owned(),
        why: "it is read-only".to_owned(),
    };
    let sealed = Facts { protected: vec![sealed], ..docker.clone() };
    let no_json =
        Error::new(Code::DockerFailed, "Docker's configuration ~/.docker/config.json cannot be read.")
            .means("Docker ignores all of it, and it may hold a token for Heroku's registry.")
            .next_step("Correct ~/.docker/config.json:3.")
            .detail("it is not JSON at line 3, column 5");
    let unreadable = Facts { docker: Observed::Unknown(no_json), ..logged_in() };
    vec![
        ("docker-config-unreadable", vec![("a file that is not JSON", unreadable)]),
        (
            "accounts-plain-token",
            vec![
                ("the keychain has the same token", file("one")),
                ("the keychain has another token", file("two")),
                ("without a keychain", no_keychain),
            ],
        ),
        (
            "docker-login-stale",
            vec![
                ("a token of which nothing is known", docker),
                ("a token that Heroku refuses", refused),
                ("a file that cannot be changed", sealed),
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

fn records() -> Vec<Case> {
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

fn set_in(path: &str, line: usize) -> SetIn {
    let shown = if line == 0 { path.to_owned() } else { format!("{path}:{line}") };
    SetIn {
        path: path.into(),
        line,
        shown,
        can_be_commented_out: path.starts_with('~') && !path.ends_with("fish_variables"),
    }
}

fn variable(name: &'static str, value: &str, set_in: Option<SetIn>) -> Variable {
    Variable { name, value: trace(value), set_in }
}

/// A machine with a token in the keychain, and another one in this record of netrc.
fn stale_record(kept: usize) -> Facts {
    let mut facts = with_netrc(logged_in(), "two");
    let Observed::Present(records) = &mut facts.netrc.records else { panic!("no records") };
    *records = vec![records.swap_remove(kept)];
    facts
}

/// A machine with a folder whose account has no token.
fn with_folder(is_tree: bool) -> Facts {
    let account = "other@example.com".to_owned();
    let folder = FolderAccount { path: "/home/me/work".into(), shown: "~/work".to_owned(), account, is_tree };
    Facts { folders: vec![folder], ..logged_in() }
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

/// A machine on which a newer Herokey was killed.
fn half_done_by_newer() -> Facts {
    let newer = journal::Newer {
        verb: "fake-verb".to_owned(),
        started_at: Timestamp::from_second(2_000_000_000).ok(),
        shown: "~/.local/state/herokey/journal.json".to_owned(),
    };
    Facts { activity: Activity::InterruptedNewer(newer), ..logged_in() }
}

/// A machine on which a program was killed while it regenerated the token.
fn half_done(done: &[&str]) -> Facts {
    let entry = JournalEntry {
        verb: Verb::Regenerate,
        by: journal::Program::Window,
        started_at: Timestamp::from_second(2_000_000_000).unwrap(),
        account: Some(ME.to_owned()),
        place: None,
        masked: None,
        done: done.iter().map(|step| (*step).to_owned()).collect(),
        regeneration: None,
        must_finish: true,
        outcome: None,
        ended_at: None,
    };
    Facts { activity: Activity::Interrupted(entry), ..logged_in() }
}
