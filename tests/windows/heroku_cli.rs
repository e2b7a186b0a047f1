//! The real Heroku CLI on Windows, in node.exe, judges what Herokey does.

#[path = "../it/machines/chance.rs"]
mod chance;
#[path = "../it/machines/netrc.rs"]
mod netrc;

use std::fs;
use std::time::Duration;

use herokey_tests::{HEROKU_ON_WINDOWS as HEROKU, ME, Windows};
use heroku_sandbox::{Decision, Grant};

use crate::{OTHERS, netrc_of, with_netrc};

/// How many netrc files to compare.
const FILES: u64 = 24;

/// What the generator of netrc files wants to know.
mod machine {
    pub(super) struct Hosts {
        pub(super) api: String,
        pub(super) git: String,
    }
}

#[test]
fn uses_the_token_that_herokey_put_into_the_vault() {
    let Some(windows) = Windows::new().and_then(Windows::with_heroku) else { return };
    let sandbox = windows.world().sandbox();
    let token = sandbox.issue_token(ME, Grant::Authorization, None).unwrap();
    windows.herokey_program().args(["login", "--method", "token"]).input(token.as_str()).run().ok();
    assert_eq!(windows.status()["token"]["source"], "keychain");
    assert_eq!(windows.heroku(["whoami"]).ok().trim(), ME);
    assert_eq!(windows.heroku(["auth:token"]).ok().trim(), token);
    windows.heroku(["logout"]).ok();
    assert!(!sandbox.is_live(&token));
    assert_eq!(windows.herokey(["token"]).code(), Some(3));
    assert_eq!(windows.status()["stores"]["keychain"]["accounts"], serde_json::json!([]));
    assert_eq!(windows.file("AppData/Local/heroku/login.json"), None);
}

#[test]
fn logs_in_with_the_browser_and_writes_what_herokey_reads() {
    let Some(windows) = Windows::without_vault().and_then(Windows::with_heroku) else { return };
    let sandbox = windows.world().sandbox();
    windows.write_file("_netrc", OTHERS);
    // The CLI asks for the raw mode of a terminal, which a file does not have.
    fs::write(windows.drive().join("raw.mjs"), "process.stdin.setRawMode ??= () => process.stdin;\n")
        .unwrap();
    let login = windows.node_program(["--import", "file:///C:/raw.mjs", HEROKU, "login"]).start();
    let pending = sandbox.wait_for_login(Duration::from_mins(2)).expect("a login waits");
    sandbox.decide_login(pending.id, Decision::Approve(ME.to_owned())).unwrap();
    windows.node_output(login.finish()).ok();
    let token = windows.herokey(["token"]).ok().trim_end().to_owned();
    assert!(sandbox.is_live(&token));
    assert_eq!(windows.netrc(), Some(netrc_of(&token)));
    assert_eq!(windows.status()["account"], ME);

    windows.herokey(["regenerate"]).ok();
    let new = windows.herokey(["token"]).ok().trim_end().to_owned();
    assert_ne!(new, token);
    assert_eq!(windows.heroku(["whoami"]).ok().trim(), ME);
    windows.heroku(["logout"]).ok();
    assert!(!sandbox.is_live(&new));
    // The CLI's own logout loses quoted passwords of others.
    assert!(!windows.netrc().unwrap().contains("heroku.com"));
    assert_eq!(windows.herokey(["token"]).code(), Some(3));
}

#[test]
fn is_logged_out_by_herokeys_logout() {
    let Some((windows, token)) = with_netrc() else { return };
    let Some(windows) = windows.with_heroku() else { return };
    assert_eq!(windows.heroku(["auth:token"]).ok().trim(), token);
    windows.herokey(["logout"]).ok();
    assert!(windows.heroku(["auth:token"]).stderr.contains("not logged in"));
}

#[test]
fn reads_the_token_that_herokey_says_from_generated_netrc_files() {
    let Some(windows) = Windows::without_vault().and_then(Windows::with_heroku) else { return };
    let hosts = machine::Hosts { api: "api.heroku.com".to_owned(), git: "git.heroku.com".to_owned() };
    let script = include_str!("judge.mjs");
    fs::write(windows.drive().join("judge.mjs"), script).unwrap();
    let homes: Vec<String> = (0..FILES).map(|seed| format!(r"C:\machines\Häuschen {seed}")).collect();
    for (seed, home) in (0..).zip(&homes) {
        let folder = windows.drive().join(home.trim_start_matches(r"C:\").replace('\\', "/"));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("_netrc"), netrc::file(&mut chance::Chance(seed), &hosts)).unwrap();
    }
    let judged = windows
        .node([r"C:\judge.mjs", r"C:\node\node_modules"].into_iter().chain(homes.iter().map(String::as_str)));
    let judged: Vec<Option<String>> = serde_json::from_str(judged.ok()).unwrap();
    assert!(judged.iter().any(Option::is_some), "the CLI finds a token in some of them");
    for (home, theirs) in homes.iter().zip(judged) {
        // Wine keeps HOME of Unix from its programs.
        let ours = windows.cmd(&format!("set HOME={home}&& herokey token"));
        let found = ours.status.success().then(|| ours.stdout.trim().to_owned());
        // A carriage return at the end of a one-line record is what Herokey warns of.
        assert_eq!(
            found,
            theirs.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty()),
            "{home}: {ours}"
        );
    }
}
