//! Other programs that read Heroku's credentials: each uses what Herokey says, and who would be signed out is told before.

mod docker;
mod mcp;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use herokey_tests::{Display, ME, Page, TrayHost, World, artifacts};
use heroku_sandbox::Grant;
use serde_json::Value;

/// `findPasswordLineNumber` of Heroku's extension for VS Code, 1.0.7 (heroku/heroku-vscode,
/// `src/extension/utils/netrc-locator.ts`), and what it does with the line (`commands/auth/token.ts`).
pub(crate) const EXTENSION: &str = r"
const lines = require('fs').readFileSync(process.argv[2], 'utf8').split('\n');
const start = lines.findIndex((line) => line.trim() === 'machine api.heroku.com');
if (start < 0) process.exit(1);
for (const line of lines.slice(start + 1)) {
  const trimmed = line.trim();
  if (trimmed.startsWith('machine')) process.exit(1);
  if (trimmed.startsWith('password')) {
    process.stdout.write(trimmed.slice('password'.length).trim());
    process.exit(0);
  }
}
process.exit(1);
";

/// What `requests` sends by itself.
pub(crate) const REQUESTS: &str = "import sys, requests.utils as u\n\
                        found = u.get_netrc_auth(sys.argv[1])\n\
                        print(found[1] if found else '', end='')\n";

/// Instead of a value: the variable is not set.
const UNSET: &str = "(not set)";

fn masked(token: &str) -> String {
    format!("…{}", &token[token.len() - 4..])
}

fn reader(world: &World, name: &str) -> Option<Value> {
    let status = world.status();
    status["readers"].as_array().unwrap().iter().find(|reader| reader["name"] == name).cloned()
}

/// An editor with Heroku's extension.
pub(crate) fn with_editor(world: &World) {
    fs::create_dir_all(world.home().join(".vscode/extensions/heroku-dev-tools.heroku-1.0.7")).unwrap();
    world.write_file("extension.js", EXTENSION);
}

/// What the extension finds.
fn extension(world: &World) -> String {
    world.program("node").args(["extension.js", ".netrc"]).run().stdout
}

fn in_netrc(world: &World) -> String {
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file(".netrc", &world.netrc_records(ME, &token));
    fs::set_permissions(world.home().join(".netrc"), fs::Permissions::from_mode(0o600)).unwrap();
    token
}

#[test]
fn only_what_is_on_the_machine_is_listed() {
    let world = World::builder().without_program("terraform").without_program("docker").build();
    let names = |world: &World| -> Vec<String> {
        let status = world.status();
        let readers = status["readers"].as_array().unwrap().clone();
        readers.iter().map(|reader| reader["name"].as_str().unwrap().to_owned()).collect()
    };
    let before = names(&world);
    assert_eq!(before[..3], ["heroku", "git", "curl"]);
    assert!(!before.contains(&"vscode-heroku".to_owned()) && !before.contains(&"terraform".to_owned()));
    with_editor(&world);
    world.write_file(".config/op/plugins.sh", "alias heroku=\"op plugin run -- heroku\"\n");
    world.write_file(
        ".local/share/heroku/package.json",
        r#"{"dependencies":{"heroku-fake":"1.0.0","heroku-new":"2.0.0"}}"#,
    );
    for (plugin, version) in [("heroku-fake", "12.3.3"), ("heroku-new", "12.4.0")] {
        let path = format!(
            ".local/share/heroku/node_modules/{plugin}/node_modules/@heroku-cli/command/package.json"
        );
        world.write_file(&path, &format!(r#"{{"version":"{version}"}}"#));
    }
    let after = names(&world);
    let new: Vec<&str> = after.iter().filter(|name| !before.contains(name)).map(String::as_str).collect();
    assert_eq!(new, ["vscode-heroku", "1password", "heroku-plugin"]);
    let shown = world.herokey(["status", "--offline"]).ok().to_owned();
    assert!(shown.contains("Heroku's extension of VS Code: none."), "{shown}");
    assert!(shown.contains("The plugin heroku-fake of heroku: none."), "{shown}");
    let report = world.herokey(["doctor", "--offline", "--report"]).ok().to_owned();
    assert!(report.contains("Heroku's extension of VS Code: none"), "{report}");
}

/// The extension and `requests` themselves, before and after a move.
#[test]
fn a_move_says_who_it_signs_out() {
    let world = World::desktop();
    let token = in_netrc(&world);
    with_editor(&world);
    assert_eq!(extension(&world), token);
    assert_eq!(reader(&world, "vscode-heroku").unwrap()["masked"], masked(&token));
    let plan = world.herokey(["move", "keychain", "--dry-run"]).ok().to_owned();
    assert!(plan.contains("Heroku's extension of VS Code will find no token."), "{plan}");
    assert!(plan.contains("--keep-copy"), "{plan}");
    let moved = world.herokey(["move", "keychain"]);
    moved.ok();
    let (before, after) = moved.stderr.split_once("Stored the token").unwrap();
    assert!(before.contains("Heroku's extension of VS Code will find no token."), "{moved}");
    assert!(after.contains("Heroku's extension of VS Code now finds no token."), "{moved}");
    assert_eq!(extension(&world), "");
    assert_eq!(reader(&world, "vscode-heroku").unwrap()["source"], "none");
}

#[test]
fn a_copy_that_is_kept_stays_fresh() {
    let world = World::desktop();
    let token = in_netrc(&world);
    with_editor(&world);
    let moved = world.herokey(["move", "keychain", "--keep-copy"]);
    assert!(!moved.stderr.contains("find no token") && !moved.stderr.contains("finds no token"), "{moved}");
    assert!(moved.stderr.contains("and a copy in ~/.netrc"), "{moved}");
    assert_eq!((extension(&world), world.heroku(["auth:token"]).ok()), (token.clone(), token.as_str()));
    let status = world.status();
    assert_eq!(status["token"]["source"], "keychain");
    let problems = status["problems"].as_array().unwrap();
    let plain = problems.iter().find(|problem| problem["code"] == "netrc-plain-token").unwrap();
    assert_eq!(plain["severity"], "info");
    let message = plain["message"].as_str().unwrap();
    assert!(message.contains("It is read there by Heroku's extension of VS Code"), "{message}");
    world.herokey(["regenerate", "--yes"]).ok();
    let new = world.heroku(["auth:token"]).ok().to_owned();
    assert_ne!(new, token);
    assert_eq!(extension(&world), new);
    assert!(world.herokey(["move", "netrc", "--keep-copy"]).failed_with(2).contains("only goes with"));
}

/// The same in the window, before the click does anything, and by the tray's menu.
#[test]
fn the_window_and_the_tray_ask_before_a_move_that_signs_somebody_out() {
    let mut world = World::desktop();
    let token = in_netrc(&world);
    with_editor(&world);
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.wait_for("other-programs", "more program");
    window.click("[data-testid=other-programs] > summary");
    window.screenshot(&artifacts().join("window-17-programs.png"));
    window.click("[data-testid=move]");
    window.wait_for("notice", "extension of VS Code will find no token.");
    window.screenshot(&artifacts().join("window-18-signs-out.png"));
    assert_eq!(extension(&world), token, "nothing has happened yet");
    window.click("[data-testid=notice-keep_copy]");
    window.wait_for("notice", "and a copy in");
    assert_eq!((extension(&world), world.heroku(["auth:token"]).ok()), (token.clone(), token.as_str()));
    drop(window);

    world.herokey(["move", "netrc"]).ok();
    let host = TrayHost::start(&world);
    let _tray = world.tray_beside_a_fake_window().start();
    let icon = host.wait_for_icon();
    icon.wait_until("a token in netrc", |icon| {
        icon.lines().iter().any(|line| line.starts_with("Token in .netrc, plain text"))
    });
    icon.click("Move token to keychain");
    let opened = world.browser().wait_for_address();
    assert!(opened.ends_with("--move-to-keychain"), "{opened}");
    assert_eq!(extension(&world), token);
}

#[test]
fn requests_uses_what_herokey_says() {
    let world = World::desktop();
    let token = in_netrc(&world);
    let other = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file("other", &format!("machine {} login me password {other}\n", world.api_host()));
    let address = format!("https://{}/account", world.api_host());
    let with = |program: herokey_tests::Program, netrc: &str| {
        if netrc == UNSET { program } else { program.env("NETRC", netrc) }
    };
    let sent = |netrc: &str| {
        let program = world.program("python3").args(["-c", REQUESTS, &address]);
        with(program, netrc).run().ok().to_owned()
    };
    let said = |netrc: &str| {
        let status = world.program("herokey").args(["status", "--offline", "--json"]);
        let report: Value = serde_json::from_str(with(status, netrc).run().ok()).unwrap();
        let readers = report["readers"].as_array().unwrap();
        readers.iter().find(|reader| reader["name"] == "python-requests").unwrap().clone()
    };
    let named = world.home().join("other").display().to_string();
    for (netrc, expected) in [(UNSET, &token), (&named, &other)] {
        assert_eq!(sent(netrc), *expected);
        assert_eq!(said(netrc)["masked"], masked(expected));
    }
    assert_eq!(
        (sent("~/other"), said("~/other")["masked"].as_str()),
        (other.clone(), Some(&*masked(&other)))
    );
    let relative = said("other")["reason"].as_str().unwrap().to_owned();
    assert!(relative.starts_with("other is relative to the folder"), "{relative}");
    // Unlike for curl, an empty variable counts.
    assert_eq!((sent(""), said("")["source"].as_str()), (String::new(), Some("none")));
    // Python stops at a comment after an empty line (its module `netrc`), and sends nothing.
    let records = world.netrc_records(ME, &token);
    world.write_file(".netrc", &format!("{records}\n\n# for work\n"));
    assert_eq!(sent(UNSET), "");
    let said = said(UNSET);
    assert!(said["reason"].as_str().unwrap().starts_with("It stops at line"), "{said}");
    assert_eq!(world.status()["tools"]["curl"]["masked"], masked(&token), "curl reads on");
}

/// The provider's two meanings of a variable, as a stand-in: `NETRC_PATH` is a file, `NETRC` a folder.
#[test]
fn terraform_finds_its_file() {
    let world = World::builder().build();
    let program = world.home().with_file_name("bin").join("terraform");
    if !program.exists() {
        std::os::unix::fs::symlink("/bin/true", &program).unwrap();
    }
    let token = in_netrc(&world);
    let other = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file("folder/.netrc", &world.netrc_records(ME, &other));
    let folder = world.home().join("folder").display().to_string();
    let file = world.home().join("folder/.netrc").display().to_string();
    let said = |variable: (&str, &str)| {
        let herokey = world.program("herokey").args(["status", "--offline", "--json"]);
        let status = herokey.env(variable.0, variable.1).run();
        let report: Value = serde_json::from_str(status.ok()).unwrap();
        let readers = report["readers"].as_array().unwrap();
        readers.iter().find(|reader| reader["name"] == "terraform").unwrap().clone()
    };
    assert_eq!(said(("NETRC", ""))["masked"], masked(&token));
    assert_eq!(said(("NETRC", &folder))["masked"], masked(&other));
    assert_eq!(said(("NETRC_PATH", &file))["masked"], masked(&other));
    assert_eq!(said(("HEROKU_API_KEY", "HRKU-fake-env-0001"))["source"], "env");
    // An unknown word stops the provider, whatever else it has.
    world.write_file(".netrc", "machine api.heroku.com\n  port 443\n");
    let stopped = said(("HEROKU_API_KEY", "HRKU-fake-env-0001"));
    assert!(stopped["reason"].as_str().unwrap().starts_with("It stops at line 2"), "{stopped}");
}
