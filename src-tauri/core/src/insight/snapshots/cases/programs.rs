//! Other programs and their copies of tokens.

use jiff::Timestamp;

use super::Case;
use crate::base::error::{Code, Error};
use crate::base::expiry::TokenLifetime;
use crate::fixture::{ME, account_file, logged_in, mcp_server, trace, with_lifetime};
use crate::insight::facts::{Facts, Observed, ProtectedFile};
use crate::insight::programs::{McpKey, McpServer, Program, ProgramKind, UnreadConfiguration};
use crate::stores::docker::DockerLogin;

pub(super) fn programs() -> Vec<Case> {
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

pub(super) fn copies() -> Vec<Case> {
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
