//! `HEROKU_API_KEY` as the real heroku and git take it, the lines that set it, and what Herokey writes on a terminal.

use herokey_tests::{Finished, ME, Program, World};
use heroku_sandbox::Grant;
use serde_json::Value;

const KEY: &str = "HEROKU_API_KEY";
const OVERRIDES: &str = "env-api-key-overrides";
const MALFORMED: &str = "env-api-key-malformed";

fn issued(world: &World) -> String {
    world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap()
}

fn with_key(program: Program, value: &str) -> Program {
    program.env(KEY, value)
}

fn herokey(world: &World, value: &str, arguments: &[&str]) -> Finished {
    with_key(world.herokey_program("herokey"), value).args(arguments.iter().copied()).run()
}

fn json(finished: &Finished) -> Value {
    serde_json::from_str(finished.ok()).expect("the report is JSON")
}

fn codes(report: &Value) -> Vec<&str> {
    report["problems"].as_array().unwrap().iter().map(|problem| problem["code"].as_str().unwrap()).collect()
}

#[test]
fn what_heroku_cannot_use_is_named() {
    let world = World::new();
    let token = issued(&world);
    let after = token.len() + 1;
    for (value, name) in [
        (format!("{token}\n"), format!("character {after} is a line break")),
        (format!("{token}\r"), format!("character {after} is a carriage return")),
        (format!(" {token}"), "character 1 is a blank".to_owned()),
        (format!("{token}\u{a0}"), format!("character {after} is a no-break space")),
        (format!("{token}\u{2028}"), format!("character {after} is not one of a token")),
        (format!("\"{token}\""), "character 1 is a quotation mark".to_owned()),
        (format!("Bearer {token}"), "begins with the word `Bearer`".to_owned()),
        ("  ".to_owned(), "only white space".to_owned()),
    ] {
        let whoami = with_key(world.heroku_program(), &value).arg("whoami").run();
        assert!(!whoami.status.success(), "{value:?}: {whoami}");
        let report = json(&herokey(&world, &value, &["status", "--json"]));
        assert_eq!(report["token"]["valid"], false, "{value:?}: {report:#}");
        assert_eq!(report["tools"]["heroku"]["source"], "env");
        assert!(codes(&report).contains(&MALFORMED), "{value:?}: {report:#}");
        let status = herokey(&world, &value, &["status"]);
        assert!(!status.ok().contains("accepted by Heroku"), "{value:?}: {status}");
        let doctor = herokey(&world, &value, &["doctor"]);
        assert!(doctor.ok().contains(&name), "{value:?}: {doctor}");
        for said in [&status, &doctor] {
            assert!(!said.to_string().contains(&token), "{said}");
        }
        let keys = herokey(&world, &value, &["keys"]);
        assert!(keys.failed_with(1).contains(MALFORMED), "{value:?}: {keys}");
        let said = herokey(&world, &value, &["token"]);
        if value.trim() == token {
            let heroku = with_key(world.heroku_program(), &value).arg("auth:token").run();
            assert_eq!(said.ok(), heroku.ok().trim(), "{value:?}");
            assert!(said.stderr.contains(&name) && !said.stderr.contains(&token), "{said}");
        }
    }
}

/// git drops the end of a line, so a line break does not matter to it. Blanks do.
#[test]
fn git_reads_one_line_of_it() {
    let world = World::new();
    let token = issued(&world);
    let fill = |helper: &str, value: &str| {
        // Running heroku adds its helper to the user's configuration, which must not answer the next time.
        world.write_file("no-configuration", "");
        let git = with_key(world.program("git"), value)
            .env("GIT_CONFIG_GLOBAL", world.home().join("no-configuration").display().to_string())
            .args(["-c", &format!("credential.helper={helper}")]);
        let fill = git.args(["credential", "fill"]).input(world.git_credential_input()).run();
        fill.stdout.lines().find_map(|line| line.strip_prefix("password=").map(str::to_owned))
    };
    for end in ["", "\n", "\r\n"] {
        let value = format!("{token}{end}");
        for helper in ["!herokey git-credential", "!heroku git:credentials"] {
            assert_eq!(fill(helper, &value).as_ref(), Some(&token), "{helper}, {end:?}");
        }
    }
    let blank = format!("{token} ");
    assert_eq!(fill("!herokey git-credential", &blank).as_ref(), Some(&token));
    assert_eq!(fill("!heroku git:credentials", &blank).as_ref(), Some(&blank));
    assert!(with_key(world.heroku_program(), &blank).arg("whoami").run().ok().contains(ME), "HTTP drops it");
    let key = format!("credential.https://{}.helper", world.git_host());
    world.git(["config", "--global", &key, "!heroku git:credentials"]).ok();
    let report = json(&herokey(&world, &blank, &["status", "--json"]));
    assert_eq!(report["token"]["valid"], true, "{report:#}");
    assert!(codes(&report).contains(&MALFORMED), "{report:#}");
}

#[test]
fn a_ci_machine_has_only_the_variable() {
    let world = World::builder().without_program("secret-tool").build();
    let token = issued(&world);
    assert_eq!(with_key(world.heroku_program(), &token).arg("whoami").run().ok().trim(), ME);
    for arguments in [&["status"][..], &["status", "--offline"], &["doctor"], &["doctor", "--offline"]] {
        let said = herokey(&world, &token, arguments);
        let text = said.ok().to_owned();
        for wrong in ["your token", "overrides", OVERRIDES, "stored"] {
            assert!(!text.contains(wrong), "{wrong}: {said}");
        }
    }
    herokey(&world, &token, &["git", "install"]).ok();
    assert_eq!(herokey(&world, &token, &["doctor"]).ok(), "No problems found.");
    world.write_file(".netrc", &world.netrc_records(ME, "HRKU-fake-stored-0123456789-a1b2"));
    let report = json(&herokey(&world, &token, &["status", "--json"]));
    assert!(codes(&report).contains(&OVERRIDES), "now it overrides one: {report:#}");
}

/// A line of `~/.profile` that sets the variable, its number, and whether it is a statement of its own.
const LINES: [(&str, usize, bool); 14] = [
    ("export HEROKU_API_KEY=$(printf HRKU-fake-%s line)\n", 1, true),
    ("export HEROKU_API_KEY=`printf 'HRKU-fake-%s' line`\n", 1, true),
    ("HEROKU_API_KEY=\"$(echo HRKU-fake | tr a-f A-F)\"; # mine\nexport HEROKU_API_KEY\n", 1, true),
    ("export HEROKU_API_KEY=${NOTHING:-HRKU-fake}\n", 1, true),
    ("export HEROKU_API_KEY='HRKU-fake-line'\r\n", 1, true),
    ("cat >/dev/null <<X\nit's\nX\nexport HEROKU_API_KEY=HRKU-fake\n", 4, true),
    ("if true; then\n  export HEROKU_API_KEY=HRKU-fake\nfi\n", 2, true),
    ("true && export HEROKU_API_KEY=HRKU-fake\n", 1, false),
    ("true &&\nexport HEROKU_API_KEY=HRKU-fake\ntrue\n", 2, false),
    ("export A=1 HEROKU_API_KEY=HRKU-fake\n", 1, false),
    ("export HEROKU_API_KEY=HRKU-fake; true\n", 1, false),
    ("export HEROKU_API_KEY=$(\nprintf HRKU-fake\n)\n", 1, false),
    ("export HEROKU_API_KEY=$(cat <<X\nHRKU-fake\nX\n)\n", 1, false),
    ("export PAGER=cat \\\nHEROKU_API_KEY=HRKU-fake\n", 2, false),
];

#[test]
fn every_fix_that_is_offered_works() {
    let world = World::desktop();
    world.store_as_cli(ME, &issued(&world));
    for (text, number, is_offered) in LINES {
        world.write_file(".profile", text);
        let doctor = |arguments: &[&str]| {
            let doctor = world.in_terminal("herokey").args(["doctor", "--offline"]);
            doctor.args(arguments.iter().copied()).run()
        };
        let report = json(&doctor(&["--json"]));
        let found =
            report["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == OVERRIDES);
        let found = found.unwrap_or_else(|| panic!("{text}: {report:#}"));
        assert_eq!(found["does"] != "", is_offered, "{text}: {found:#}");
        let fixed = doctor(&["--fix", OVERRIDES]);
        if !is_offered {
            assert!(found["fix"].as_str().unwrap().contains(&format!("~/.profile:{number}")), "{found:#}");
            fixed.failed_with(6);
            assert_eq!(world.file(".profile").as_deref(), Some(text));
            continue;
        }
        fixed.ok();
        let after = world.file(".profile").unwrap();
        let line = after.lines().nth(number - 1).unwrap();
        assert!(line.trim_start().starts_with(['#', ':']), "{text}: {after}");
        let left = world.program("sh").args(["-c", ". ./.profile; printenv HEROKU_API_KEY"]).run();
        assert_eq!((left.stdout.as_str(), left.stderr.as_str()), ("", ""), "{text}: {after}");
        world.in_terminal("herokey").args(["doctor", "--undo"]).run().ok();
        assert_eq!(world.file(".profile").as_deref(), Some(text));
    }
}

/// heroku takes the carriage return for a part of the token, and Node.js refuses to send it.
#[test]
fn a_carriage_return_in_netrc_is_not_accepted_by_heroku() {
    let mut world = World::new();
    let token = issued(&world);
    let host = world.api_host();
    world.write_file(".netrc", &format!("machine {host} login {ME} password {token}\r\n"));
    world.set_env("HEROKU_NETRC_WRITE", "true");
    assert!(!world.heroku(["whoami"]).status.success());
    let status = world.status();
    assert_eq!(status["token"]["valid"], false, "{status:#}");
    assert!(codes(&status).contains(&"netrc-carriage-return"), "{status:#}");
}

fn is_log(text: &str) -> bool {
    ["WARN", "ERROR", "INFO", "herokey_core", "herokey_tray"].iter().any(|word| text.contains(word))
}

#[test]
fn a_terminal_shows_sentences_and_no_log_lines() {
    let world = World::new();
    let token = issued(&world);
    let state = ".local/state/herokey";
    world.write_file(&format!("{state}/tokens.json"), "{ damaged");
    let status = herokey(&world, &token, &["status"]);
    status.ok();
    assert!(
        status.stderr.contains("herokey: Herokey could not read ~/.local/state/herokey/tokens.json"),
        "{status}"
    );
    assert!(!is_log(&status.stderr), "{status}");
    world.write_file(&format!("{state}/tokens.json"), "{ damaged");
    let logged =
        with_key(world.herokey_program("herokey"), &token).env("HEROKEY_LOG", "warn").arg("status").run();
    assert!(logged.stderr.contains("WARN"), "{logged}");

    let mut world = world;
    world.set_env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let tray = world.herokey_program("herokey-tray").arg("--at-login").on_terminal().run();
    let said = tray.to_string();
    assert!(!tray.status.success() && said.contains("herokey: ") && !is_log(&said), "{said}");
}
