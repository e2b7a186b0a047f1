//! Random machines, generated from everything that decides which credential a tool uses. On each, the real `heroku`,
//! `git` and `curl` must use the credential that Herokey names.
//!
//! The test suite runs a hundred of them; `cargo xtask machines N` runs N others.

mod chance;
mod git;
mod machine;
mod netrc;
mod tools;

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use herokey_tests::World;

use self::machine::{Keychain, Machine};

/// The variable with the seeds to try: `N`, or `FROM..TO`.
const SEEDS: &str = "HEROKEY_MACHINES";
/// How many worlds run at the same time.
const WORLDS: usize = 2;

#[test]
fn every_tool_gets_what_herokey_says() {
    let asked = std::env::var(SEEDS).unwrap_or_else(|_| "100".to_owned());
    let (from, to) = asked.split_once("..").unwrap_or(("0", &asked));
    let (from, to): (u64, u64) = (from.parse().unwrap(), to.parse().unwrap());
    let (next, wrong) = (AtomicU64::new(from), Mutex::new(Vec::new()));
    std::thread::scope(|threads| {
        for _ in 0..WORLDS {
            threads.spawn(|| {
                let mut world = tools::world();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= to {
                        break;
                    }
                    let machine = Machine::of_seed(seed, &world);
                    if let Err(why) = tools::disagreement(&machine, &mut world) {
                        println!("seed {seed}: {why}\n{machine:#?}\n");
                        wrong.lock().unwrap().push(seed);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    println!("{} machines from seed {from}, {} of them wrong", to - from, wrong.len());
    assert!(wrong.is_empty(), "seeds {wrong:?}");
}

#[track_caller]
fn agree(machine: impl FnOnce(&World) -> Machine) {
    agree_each(|world| vec![machine(world)]);
}

#[track_caller]
fn agree_each(machines: impl FnOnce(&World) -> Vec<Machine>) {
    let mut world = tools::world();
    for machine in machines(&world) {
        if let Err(why) = tools::disagreement(&machine, &mut world) {
            panic!("{why}\n{machine:#?}");
        }
    }
}

#[test]
fn on_an_empty_machine() {
    agree(|_| Machine::default());
}

#[test]
fn with_a_locked_keychain_and_a_record_in_netrc() {
    agree(|world| Machine {
        keychain: Keychain::Locked,
        items: vec![(herokey_tests::ME.to_owned(), "HRKU-fake-keychain-0001".to_owned())],
        login_json: Some(format!("{{\"account\":\"{}\"}}\n", herokey_tests::ME)),
        netrc: Some(format!("machine {}\n  login me\n  password HRKU-fake-netrc-0001\n", world.api_host())),
        ..Machine::default()
    });
}

/// Seeds 10017, 10041 and 10076: git compares protocol, host and port of a line literally.
#[test]
fn with_password_lines_that_almost_match_herokus_git() {
    let lines =
        ["https://me:PASSWORD@HOST:443", "HTTPS://me:PASSWORD@HOST", "https://me:PASSWORD@Git.heroku.com"];
    agree_each(|world| {
        let line = |line: &str| {
            line.replace("PASSWORD", "HRKU-fake-store-0001").replace("HOST", &world.git_host()) + "\n"
        };
        let machine = |text| Machine {
            git_files: vec![
                (".gitconfig", "[credential]\n\thelper = store\n".to_owned()),
                (".git-credentials", line(text)),
            ],
            ..Machine::default()
        };
        lines.map(machine).into()
    });
}

/// Seed 30401: git asks for each app by its path, so a line of `git credential-store` without one does not fit.
#[test]
fn with_use_http_path_outside_a_repository() {
    agree(|world| Machine {
        git_files: vec![
            (".gitconfig", "[credential]\n\tuseHttpPath = true\n\thelper = store\n".to_owned()),
            (".git-credentials", format!("https://me:HRKU-fake-store-0001@{}\n", world.git_host())),
        ],
        ..Machine::default()
    });
}

/// Seeds 10040 and 12109: the path is relative to the folder in which git runs, and a shell does not expand `~` after
/// `=`.
#[test]
fn with_a_relative_password_file() {
    agree_each(|world| {
        let machine = |file| Machine {
            git_files: vec![
                (".gitconfig", format!("[credential]\n\thelper = store {file}\n")),
                ("passwords", format!("https://me:HRKU-fake-store-0001@{}\n", world.git_host())),
            ],
            ..Machine::default()
        };
        ["--file passwords", "--file=~/passwords"].map(machine).into()
    });
}

/// Seed 10052: the CLI accepts only an object, and uses the last of two accounts.
#[test]
fn with_other_shapes_of_login_json() {
    let texts = [r#"["me@example.com"]"#, r#"{"account":"other@example.com","account":"me@example.com"}"#];
    let machine = |text: &str| Machine {
        items: vec![(herokey_tests::ME.to_owned(), "HRKU-fake-keychain-0001".to_owned())],
        login_json: Some(text.to_owned()),
        ..Machine::default()
    };
    agree_each(|_| texts.map(machine).into());
}

/// Seed 50012: Herokey's helper answers nothing while a variable names another host than Heroku's.
#[test]
fn with_a_host_that_is_not_herokus_and_herokeys_helper() {
    agree(|_| Machine {
        variables: vec![("HEROKU_HOST", "heroku.example.com".to_owned())],
        items: vec![(herokey_tests::ME.to_owned(), "HRKU-fake-keychain-0001".to_owned())],
        login_json: Some(format!("{{\"account\":\"{}\"}}\n", herokey_tests::ME)),
        git_files: vec![(
            ".gitconfig",
            "[credential \"https://git.heroku.com\"]\n\thelper =\n\thelper = !herokey git-credential\n"
                .to_owned(),
        )],
        ..Machine::default()
    });
}

/// Seed 40081: before 8.10, curl reads `.curlrc` in `XDG_CONFIG_HOME`, and since then `curlrc`.
#[test]
fn with_curls_configuration_in_a_folder_of_its_own() {
    let record = |host: String, token: &str| format!("machine {host}\n  login me\n  password {token}\n");
    agree_each(|world| {
        let machine = |path, variables: &[(&'static str, &str)]| Machine {
            netrc: Some(record(world.api_host(), "HRKU-fake-netrc-0001")),
            named_netrc: Some(record(world.api_host(), "HRKU-fake-named-0001")),
            variables: variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect(),
            curlrc: Some((path, "netrc-file = HOME/named-netrc\n".to_owned())),
            ..Machine::default()
        };
        let mut machines = Vec::new();
        for path in [".config/curlrc", ".config/.curlrc", ".curlrc"] {
            machines.push(machine(path, &[]));
            machines.push(machine(path, &[("XDG_CONFIG_HOME", "~/.config")]));
            machines.push(machine(path, &[("CURL_HOME", "~")]));
        }
        machines
    });
}

/// curl reads the file that its configuration names, and not the one in the home folder; git does not.
#[test]
fn with_another_netrc_file_for_curl() {
    let record = |host: String, token: &str| format!("machine {host}\n  login me\n  password {token}\n");
    agree_each(|world| {
        let both = |token: &str| record(world.api_host(), token) + &record(world.git_host(), token);
        let machine = |text: &str| Machine {
            netrc: Some(both("HRKU-fake-netrc-0001")),
            named_netrc: Some(both("HRKU-fake-named-0001")),
            variables: vec![("NETRC", "~/named-netrc".to_owned())],
            curlrc: Some((".curlrc", text.to_owned())),
            ..Machine::default()
        };
        [
            "netrc-file = \"HOME/named-netrc\"\n",
            "netrc-file=HOME/missing\n",
            "netrc\n",
            "user = me:HRKU-fake-1\n",
        ]
        .map(machine)
        .into()
    });
}

/// git then stops reading its configuration and asks no helper. It reads these lines only when it asks, so what the
/// configuration itself contains still counts (seeds 292 and 20006).
#[test]
fn with_a_helper_without_a_value() {
    agree_each(|world| {
        let host = world.git_host();
        let header = STANDARD.encode("me:HRKU-fake-header-0001");
        let texts = [
            String::new(),
            format!("[url \"https://me:HRKU-fake-address-0001@{host}/\"]\n\tinsteadOf = https://{host}/\n"),
            format!("[http]\n\textraHeader = Authorization: Basic {header}\n"),
            format!("[url \"ssh://git@{host}/\"]\n\tinsteadOf = https://{host}/\n"),
        ];
        let helper = "[credential]\n\thelper\n\thelper = store\n";
        let machine =
            |text: String| Machine { git_files: vec![(".gitconfig", text + helper)], ..Machine::default() };
        texts.map(machine).into()
    });
}

/// Seed 429: the CLI treats the carriage return as part of the password, and prints it.
#[test]
fn with_a_line_that_ends_in_a_carriage_return() {
    agree(|world| Machine {
        variables: vec![("HEROKU_NETRC_WRITE", "true".to_owned())],
        netrc: Some(format!("machine {} login me password HRKU-fake-netrc-0000\r\n", world.api_host())),
        ..Machine::default()
    });
}

/// Seed 74: for a record without a password, curl before 8.12 uses that of `default`. Later versions do not.
#[test]
fn with_a_record_that_has_no_password() {
    agree(|world| Machine {
        netrc: Some(format!(
            "machine {}\n  login me\nmachine {}\n  password HRKU-fake-netrc-0001\n\
             default login any password HRKU-fake-default-0001\n",
            world.git_host(),
            world.api_host()
        )),
        ..Machine::default()
    });
}
