//! git's addresses: Herokey names the credential that the real git uses for the address that it really connects to.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use herokey_tests::{Finished, ME, World};
use heroku_sandbox::Grant;
use serde_json::Value;

const MINE: &str = "HRKU-fake-keychain-token-a1b2";
const INSIDE: &str = "HRKU-fake-inside-the-address-c3d4";

/// A world that is logged in, whose folder `app` is a repository with the remote `heroku`.
fn world() -> World {
    let world = World::desktop();
    world.store_as_cli(ME, MINE);
    world.herokey(["git", "install"]).ok();
    world.git(["init", "--quiet", "app"]).ok();
    set_remote(&world, "heroku", "");
    world
}

/// Sets the address of a remote: `https://USER_INFO` and then Heroku's app.
fn set_remote(world: &World, name: &str, user_info: &str) {
    let address = format!("https://{user_info}{}/app.git", world.git_host());
    world.git(["-C", "app", "config", &format!("remote.{name}.url"), &address]).ok();
}

/// What git does with the remote, with its requests written out.
fn git(world: &World, arguments: &[&str]) -> Finished {
    let git = world.program("git").env("GIT_CURL_VERBOSE", "1").env("GIT_TRACE_REDACT", "0");
    git.env("GIT_SSH_COMMAND", "echo connects over ssh to >&2; echo")
        .args(["-C", "app"])
        .args(arguments.iter().copied())
        .run()
}

/// The password that git sends first when it pushes to the remote.
fn pushed_with(world: &World, remote: &str) -> Option<String> {
    sent(&git(world, &["push", remote, ":nothing"]).stderr)
}

/// The first password in an `Authorization` header. curl sends the user name of an address alone at first.
fn sent(log: &str) -> Option<String> {
    log.lines().find_map(|line| {
        let at = line.to_ascii_lowercase().find("authorization: basic ")?;
        let encoded = line.get(at + "authorization: basic ".len()..)?;
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).unwrap()).unwrap();
        decoded
            .split_once(':')
            .map(|(_, password)| password.to_owned())
            .filter(|password| !password.is_empty())
    })
}

fn status(world: &World) -> Value {
    serde_json::from_str(world.herokey(["status", "--offline", "--json", "--in", "app"]).ok()).unwrap()
}

fn codes(world: &World) -> Vec<String> {
    let report = status(world);
    let problems = report["problems"].as_array().unwrap().iter();
    problems.map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

/// Herokey says that git uses this token, from this source, and the real git does.
#[track_caller]
fn agrees(world: &World, source: &str, token: Option<&str>) {
    let report = status(world);
    let said = &report["tools"]["git"];
    assert_eq!(said["source"], source, "{report:#}");
    let real = pushed_with(world, "heroku");
    assert_eq!(real.as_deref(), token, "{report:#}");
    let masked = token.map(|token| format!("…{}", &token[token.len() - 4..]));
    assert_eq!(said["masked"].as_str().map(str::to_owned), masked, "{report:#}");
}

#[test]
fn a_token_in_a_remote_is_what_git_uses() {
    let world = world();
    set_remote(&world, "heroku", &format!("heroku:{INSIDE}@"));
    agrees(&world, "git-config", Some(INSIDE));
    assert!(codes(&world).contains(&"git-plain-token".to_owned()));
    let shown = world.herokey(["status", "--offline", "--in", "app"]);
    assert!(
        shown.ok().contains("remote.heroku.url, set in ~/app/.git/config:") && !shown.stdout.contains(INSIDE)
    );

    let fix = ["doctor", "--offline", "--in", "app", "--fix", "git-plain-token"];
    world.herokey(fix).ok();
    let config = world.file("app/.git/config").unwrap();
    assert!(config.contains(&format!("\turl = https://{}/app.git\n", world.git_host())), "{config}");
    agrees(&world, "helper:herokey", Some(MINE));
    world.herokey(["doctor", "--undo"]).ok();
    agrees(&world, "git-config", Some(INSIDE));
}

/// The test asks git about the address that a push uses: that of the folder's remote, or that of an app.
#[test]
fn the_test_asks_about_the_address_that_git_uses() {
    let world = world();
    let tested = |arguments: &[&str]| {
        let command = ["git", "status", "--test"].iter().chain(arguments).copied();
        world.herokey(command.collect::<Vec<_>>())
    };
    assert!(tested(&["--in", "app"]).ok().contains("for the remote `heroku`, the same token as heroku"));
    world.write_file(".git-credentials", &format!("https://work:{INSIDE}@{}\n", world.git_host()));
    let key = format!("credential.https://work@{}.helper", world.git_host());
    world.git(["config", "--global", &key, ""]).ok();
    world.git(["config", "--global", "--add", &key, "store"]).ok();
    set_remote(&world, "heroku", "work@");
    let differs = tested(&["--in", "app"]);
    assert!(differs.failed_with(1).contains("git-differs") && differs.stderr.contains("…c3d4"), "{differs}");
    assert_eq!(pushed_with(&world, "heroku").as_deref(), Some(INSIDE));
    tested(&[]).ok();

    world.write_file(".gitconfig", "[credential]\n\tuseHttpPath = true\n\thelper = store\n");
    let of_an_app = tested(&[]);
    assert!(of_an_app.failed_with(1).contains("git has no password"), "a line without a path: {of_an_app}");
}

#[test]
fn a_rewrite_with_a_token_counts_outside_repositories_too() {
    let world = world();
    let base = format!("https://x:{INSIDE}@{}/", world.git_host());
    let key = format!("url.{base}.insteadOf");
    world.git(["config", "--global", &key, &format!("https://{}/", world.git_host())]).ok();
    agrees(&world, "git-config", Some(INSIDE));
    let report: Value = serde_json::from_str(world.herokey(["status", "--offline", "--json"]).ok()).unwrap();
    assert_eq!(report["tools"]["git"]["source"], "git-config");
    assert!(!world.herokey(["status", "--offline"]).ok().contains(INSIDE));
    world.herokey(["doctor", "--offline", "--fix", "git-plain-token"]).ok();
    agrees(&world, "helper:herokey", Some(MINE));
}

#[test]
fn a_rewrite_to_ssh_leads_away_from_the_token() {
    let world = world();
    let from = format!("https://{}/", world.git_host());
    for name in ["insteadOf", "pushInsteadOf"] {
        let key = format!("url.ssh://git@ssh.example.com/.{name}");
        world.git(["config", "--global", &key, &from]).ok();
        let report = status(&world);
        assert_eq!(report["tools"]["git"]["source"], "none", "{name}: {report:#}");
        let shown = world.herokey(["status", "--offline", "--in", "app"]);
        assert!(shown.ok().contains("ssh.example.com over ssh"), "{shown}");
        assert!(codes(&world).contains(&"git-other-address".to_owned()), "{name}");
        assert!(git(&world, &["push", "heroku", ":nothing"]).stderr.contains("connects over ssh"), "{name}");
        world.git(["config", "--global", "--unset", &key]).ok();
    }
}

#[test]
fn the_command_that_is_offered_against_a_rewrite_works() {
    let world = world();
    for name in ["insteadOf", "pushInsteadOf"] {
        let key = format!("url.ssh://git@ssh.example.com/.{name}");
        world.git(["config", "--global", &key, "https://"]).ok();
        let report = status(&world);
        let problems = report["problems"].as_array().unwrap();
        let problem = problems.iter().find(|problem| problem["code"] == "git-other-address").unwrap();
        let command = problem["fix"].as_str().unwrap().split('`').nth(1).unwrap();
        world.program("sh").args(["-c", command]).run().ok();
        agrees(&world, "helper:herokey", Some(MINE));
        assert!(!codes(&world).contains(&"git-other-address".to_owned()), "{name}");
    }
}

#[test]
fn a_remote_over_ssh_is_named() {
    let world = world();
    let domain = world.git_host();
    let domain = domain.strip_prefix("git.").unwrap_or(&domain);
    world.git(["-C", "app", "config", "remote.heroku.url", &format!("git@{domain}:app.git")]).ok();
    assert_eq!(status(&world)["tools"]["git"]["source"], "none");
    assert!(codes(&world).contains(&"git-other-address".to_owned()));
}

#[test]
fn an_extra_header_wins_over_everything() {
    let world = world();
    world.write_file(".netrc", &world.netrc_records(ME, "HRKU-fake-netrc-token-e5f6"));
    let header = format!("Authorization: Basic {}", STANDARD.encode(format!("x:{INSIDE}")));
    let key = format!("http.https://{}.extraHeader", world.git_host());
    world.git(["config", "--global", &key, &header]).ok();
    agrees(&world, "git-config", Some(INSIDE));
    world.herokey(["doctor", "--offline", "--fix", "git-plain-token"]).ok();
    agrees(&world, "netrc", Some("HRKU-fake-netrc-token-e5f6"));
}

#[test]
fn contexts_with_a_path_or_a_user_name_apply_to_their_remotes() {
    let world = world();
    let host = world.git_host();
    set_remote(&world, "work", "work@");
    world.write_file("path", &format!("https://x:HRKU-fake-for-the-path-0001@{host}\n"));
    world.write_file("user", &format!("https://work:HRKU-fake-for-the-user-0002@{host}\n"));
    for (context, file) in
        [(format!("https://{host}/app.git"), "path"), (format!("https://work@{host}"), "user")]
    {
        let key = format!("credential.{context}.helper");
        world.git(["config", "--global", &key, ""]).ok();
        world.git(["config", "--global", "--add", &key, &format!("store --file ~/{file}")]).ok();
    }
    // git removes from these files what Heroku refuses, so look first.
    let report = status(&world);
    let remotes = report["folder"]["remotes"].as_array().unwrap();
    let work = remotes.iter().find(|remote| remote["name"] == "work").unwrap();
    assert_eq!(work["masked"], "…0002", "{report:#}");
    assert!(codes(&world).contains(&"git-remote-differs".to_owned()));
    agrees(&world, "helper:other", Some("HRKU-fake-for-the-path-0001"));
    assert_eq!(pushed_with(&world, "work").as_deref(), Some("HRKU-fake-for-the-user-0002"));
}

#[test]
fn a_user_name_in_the_address_goes_with_the_password_of_netrc_or_of_a_helper() {
    let world = world();
    set_remote(&world, "heroku", "work@");
    agrees(&world, "helper:herokey", Some(MINE));
    world.write_file(".netrc", &world.netrc_records("work", "HRKU-fake-netrc-token-e5f6"));
    agrees(&world, "netrc", Some("HRKU-fake-netrc-token-e5f6"));
    // Another login: it depends on curl's version whether it counts.
    world.write_file(".netrc", &world.netrc_records(ME, "HRKU-fake-netrc-token-e5f6"));
    let report = status(&world);
    assert_eq!(
        report["tools"]["git"],
        serde_json::json!({ "source": "netrc", "account": null, "masked": null })
    );
}

#[test]
fn an_address_with_an_empty_password_keeps_git_from_asking() {
    let world = world();
    set_remote(&world, "heroku", "work:@");
    assert_eq!(pushed_with(&world, "heroku"), None);
    let report = status(&world);
    assert_eq!(report["tools"]["git"]["source"], "git-config", "{report:#}");
    assert_eq!(report["tools"]["git"]["masked"], Value::Null, "{report:#}");
}

#[test]
fn a_home_folder_that_is_a_repository_decides_only_for_itself() {
    let world = world();
    world.git(["init", "--quiet", "."]).ok();
    world.git(["config", "credential.helper", ""]).ok();
    let report: Value = serde_json::from_str(world.herokey(["status", "--offline", "--json"]).ok()).unwrap();
    assert_eq!(report["tools"]["git"]["source"], "helper:herokey", "{report:#}");
    agrees(&world, "helper:herokey", Some(MINE));
}

#[test]
fn a_repository_of_another_user_is_one_that_git_refuses() {
    let world = world();
    std::os::unix::fs::chown(world.home().join("app"), Some(12345), Some(12345)).unwrap();
    let refused = git(&world, &["push", "heroku", ":nothing"]);
    assert!(refused.stderr.contains("dubious ownership"), "{refused}");
    let report = status(&world);
    let problems = report["problems"].as_array().unwrap();
    let problem = problems.iter().find(|problem| problem["code"] == "git-repository-refused");
    let command = problem.unwrap_or_else(|| panic!("{report:#}"))["fix"].as_str().unwrap();
    world.program("sh").args(["-c", command]).run().ok();
    agrees(&world, "helper:herokey", Some(MINE));
}

#[test]
fn regenerating_and_logging_out_reach_the_token_in_an_address() {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    let key = format!("url.https://heroku:{token}@{}/.insteadOf", world.git_host());
    world.git(["config", "--global", &key, "heroku:"]).ok();
    world.git(["init", "--quiet", "app"]).ok();
    let address = format!("https://heroku:{token}@{}/app.git", world.git_host());
    world.git(["-C", "app", "config", "remote.heroku.url", &address]).ok();
    let old = world.herokey(["token"]).ok().to_owned();
    world.program("herokey").in_folder(world.home().join("app")).args(["regenerate", "--yes"]).run().ok();
    let new = world.herokey(["token"]).ok().to_owned();
    assert_ne!(old, new);
    for file in [".gitconfig", "app/.git/config"] {
        let text = world.file(file).unwrap();
        assert!(text.contains(&format!("heroku:{new}@")) && !text.contains(&old), "{file}: {text}");
    }
    world.program("herokey").in_folder(world.home().join("app")).args(["logout"]).run().ok();
    for file in [".gitconfig", "app/.git/config"] {
        let text = world.file(file).unwrap();
        assert!(
            text.contains(&format!("https://{}/", world.git_host())) && !text.contains(&new),
            "{file}: {text}"
        );
    }
    assert!(!world.sandbox().is_live(&new));
}
