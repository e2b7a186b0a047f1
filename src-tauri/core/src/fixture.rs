//! Facts that tests make up, and a check for Wine.

#![allow(clippy::unwrap_used, clippy::missing_panics_doc, reason = "only tests use this module")]

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::base::expiry::TokenLifetime;
use crate::base::token::{Token, Trace};
use crate::insight::facts::{
    Facts, KeychainEntry, KnownToken, NetrcFacts, NetrcReading, NetrcRecord, Observed, Override, Overrides,
    ReadNetrc,
};
use crate::insight::programs::{McpKey, McpServer, Program, ProgramKind, ProgramNetrc};
use crate::ledger::journal::Activity;
use crate::ledger::known_tokens::Known;
use crate::stores::accounts_files::AccountFile;
use crate::tools::git::{Access, Answers, Direction, Helper, HelperLine, Route};

/// The account of [`logged_in`].
pub const ME: &str = "me@example.com";

/// The trace of the token `HRKU-fake-TOKEN`.
pub fn trace(token: &str) -> Trace {
    Token::parse(&format!("HRKU-fake-{token}")).unwrap().trace()
}

/// True under Wine, which lacks some features of Windows.
pub fn is_wine() -> bool {
    #[cfg(windows)]
    return windows_registry::CURRENT_USER.open(r"Software\Wine").is_ok();
    #[cfg(not(windows))]
    false
}

/// A machine on which nobody has logged in.
pub fn fresh() -> Facts {
    Facts {
        overrides: Overrides::default(),
        login_shell: Observed::Absent,
        keychain: Observed::Present(Vec::new()),
        keychain_missed: None,
        cli_reads_keychain: true,
        login_state: Observed::Absent,
        netrc: NetrcFacts {
            path: "/home/me/.netrc".into(),
            shown: "~/.netrc".to_owned(),
            plain_shown: "~/.netrc".to_owned(),
            encrypted: false,
            syntax_error: None,
            mode: None,
            chosen_by_user: false,
            records: Observed::Absent,
            hidden: Vec::new(),
            lock: None,
            curl: ReadNetrc::Home,
            git: ReadNetrc::Home,
        },
        accounts: Observed::Absent,
        docker: Observed::Absent,
        git_helpers: Observed::Present(Vec::new()),
        git_routes: Vec::new(),
        programs: Vec::new(),
        unread_configurations: Vec::new(),
        docker_helper_found: true,
        git_tokens: Vec::new(),
        git_unwritable: None,
        folders: Vec::new(),
        time_zone: TimeZone::UTC,
        protected: Vec::new(),
        left_leases: Vec::new(),
        known: Vec::new(),
        program: Observed::Absent,
        heroku_alias: None,
        folder: None,
        autostart: false,
        broken_autostart: None,
        activity: Activity::Idle,
        ignored_certificates: None,
        unwritable: None,
        damaged: Vec::new(),
        api_host: "api.heroku.com".to_owned(),
        git_host: "git.heroku.com".to_owned(),
    }
}

/// A machine after a login with Herokey, with the token `one` in the keychain.
pub fn logged_in() -> Facts {
    Facts {
        keychain: Observed::Present(vec![entry(ME, "one")]),
        login_state: Observed::Present(ME.to_owned()),
        git_helpers: Observed::Present(vec![helper(Helper::Herokey), helper(Helper::Heroku)]),
        ..fresh()
    }
}

/// A helper line in `~/.gitconfig`. What another program's helper answers is unknown.
pub fn helper(helper: Helper) -> HelperLine {
    HelperLine {
        answers: match helper {
            Helper::Other(_) => Answers::Unseen,
            Helper::Herokey | Helper::Heroku => Answers::CliToken,
        },
        helper,
        key: "credential.https://git.heroku.com.helper".to_owned(),
        scope: "global".to_owned(),
        file: Some("/home/me/.gitconfig".into()),
        line: Some(2),
        shown: "~/.gitconfig:2".to_owned(),
    }
}

/// The route of a remote, or of Heroku's git host, to that host; git asks Herokey's helper.
pub fn route(remote: Option<&str>) -> Route {
    Route {
        remote: remote.map(str::to_owned),
        direction: Direction::Both,
        address: "https://git.heroku.com/app.git".to_owned(),
        rewrite: None,
        access: Access::Heroku { set: None, user: None, helpers: Ok(vec![helper(Helper::Herokey)]) },
    }
}

/// A keychain entry of an account.
pub fn entry(account: &str, token: &str) -> KeychainEntry {
    KeychainEntry { account: account.to_owned(), trace: Some(trace(token)) }
}

/// A file of `heroku accounts`.
pub fn account_file(alias: &str, username: &str, token: Option<&str>) -> AccountFile {
    let shown = format!("~/.config/heroku/accounts/{alias}");
    AccountFile {
        alias: alias.to_owned(),
        path: shown.clone().into(),
        shown,
        username: username.to_owned(),
        trace: token.map(trace),
    }
}

/// Adds netrc records of both Heroku hosts with one token, which every tool can read.
pub fn with_netrc(facts: Facts, token: &str) -> Facts {
    let hosts = [&facts.api_host, &facts.git_host].map(|host| record(host, token)).to_vec();
    let netrc = NetrcFacts { mode: Some(0o600), records: Observed::Present(hosts), ..facts.netrc };
    Facts { netrc, ..facts }
}

/// One of each of the other programs; those that read netrc find this token there, and a server has it as its key.
pub fn with_programs(facts: Facts, token: &str) -> Facts {
    let reading =
        NetrcReading { trace: Some(trace(token)), login: Some(ME.to_owned()), versions_differ: false };
    let netrc = ProgramNetrc { shown: "~/.netrc".to_owned(), reading: Observed::Present(reading) };
    let program = |kind| Program { kind, netrc: Some(netrc.clone()) };
    let alone = |kind| Program { kind, netrc: None };
    let programs = vec![
        program(ProgramKind::VsCode { editor: "Cursor" }),
        program(ProgramKind::Terraform { name: "Terraform" }),
        alone(ProgramKind::Docker),
        alone(ProgramKind::McpServer(mcp_server(McpKey::Token(trace(token))))),
        alone(ProgramKind::McpServer(mcp_server(McpKey::Reference))),
        alone(ProgramKind::McpServer(mcp_server(McpKey::None))),
        alone(ProgramKind::McpServer(McpServer { is_lent: true, ..mcp_server(McpKey::None) })),
        program(ProgramKind::Python),
        program(ProgramKind::Jvm),
        alone(ProgramKind::OnePassword),
        program(ProgramKind::CliPlugin { name: "heroku-fake".to_owned() }),
    ];
    Facts { programs, ..facts }
}

/// A server of an assistant.
pub fn mcp_server(key: McpKey) -> McpServer {
    McpServer {
        client: "Cursor",
        name: "heroku".to_owned(),
        path: "/home/me/.cursor/mcp.json".into(),
        shown: "~/.cursor/mcp.json".to_owned(),
        entry: vec!["mcpServers".to_owned(), "heroku".to_owned()],
        line: 7,
        key,
        is_lent: false,
        can_be_lent: true,
    }
}

/// A netrc record that every tool can read.
pub fn record(host: &str, token: &str) -> NetrcRecord {
    NetrcRecord {
        host: host.to_owned(),
        curl: Some(trace(token)),
        curl_login: Some(ME.to_owned()),
        curl_versions_differ: false,
        difference: None,
        cli: Some(trace(token)),
        cli_login: Some(ME.to_owned()),
        is_token: true,
        records: 1,
    }
}

/// Sets `HEROKU_API_KEY`.
pub fn with_api_key(mut facts: Facts, token: &str) -> Facts {
    let [sent, given, from_cli] = [(); 3].map(|()| Some(trace(token)));
    facts.overrides.api_key =
        Some(Override { trace: sent, token: given, from_cli, flaw: None, set_in: None });
    facts
}

/// Adds what Heroku has said about a token.
pub fn with_lifetime(facts: Facts, token: &str, lifetime: &TokenLifetime, now: Timestamp) -> Facts {
    let known = Known { name: format!("name of {token}"), account: None, lifetime: *lifetime };
    let known = KnownToken::of(trace(token), &known, now);
    Facts { known: vec![known], ..facts }
}
