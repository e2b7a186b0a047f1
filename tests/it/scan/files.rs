//! Tokens in files: in a large folder, in the well-known places, and beside everything that is no ordinary file.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use herokey_tests::{ME, World, herokey_path, plant, unknown_token};
use heroku_sandbox::Grant;
use rustix::fs::{CWD, Dev, FileType, Mode, mknodat};

use super::{MAX_MIB, found_in, held_token, list, scan};

const FILES: usize = 20_000;

#[test]
fn every_token_in_a_large_folder_is_found_and_nothing_else() {
    let world = World::desktop();
    let token = held_token(&world);
    let folder = world.home().join("large");
    let planted = plant(&folder, FILES, &token);
    let program = world.herokey_program("herokey").args(["scan", "--json", "large"]);
    let scan = program.timeout(Duration::from_mins(2)).start();
    let peak = scan.peak_memory();
    let told = scan.finish();
    told.failed_with(6);
    let report: serde_json::Value = serde_json::from_str(&told.stdout).unwrap();
    let expected: BTreeSet<_> = planted
        .into_iter()
        .map(|(path, line)| (path.strip_prefix(&folder).unwrap().to_str().unwrap().to_owned(), line))
        .collect();
    assert_eq!(expected.len(), FILES / 200);
    assert_eq!(found_in(&report, &folder), expected);
    assert_eq!(list(&report, "findings").len(), expected.len());
    let held = list(&report, "findings").iter().filter(|finding| finding["held_in"] == "the keychain");
    assert_eq!(held.count(), expected.len() / 2);
    assert_eq!(report["searched"]["files"], FILES);
    assert!(!told.stdout.contains(&token) && !told.stderr.contains(&token));
    assert!(peak > 1.0 && peak < MAX_MIB, "{peak} MiB");
}

/// One file is larger than the memory that the program may have.
#[test]
fn a_large_file_is_streamed() {
    use std::io::Write;
    let world = World::desktop();
    let token = held_token(&world);
    let mut file = std::io::BufWriter::new(fs::File::create(world.home().join("log")).unwrap());
    let line = "2026-11-28T00:00:00Z fake line of a log without a token in it\n".repeat(1000);
    for _ in 0..3 * 1024 {
        file.write_all(line.as_bytes()).unwrap();
    }
    writeln!(file, "token {token}").unwrap();
    drop(file);
    let size = fs::metadata(world.home().join("log")).unwrap().len();
    assert!(size > 150 << 20);
    let program = world.herokey_program("herokey").args(["scan", "--json", "log"]);
    let scan = program.timeout(Duration::from_mins(2)).start();
    let peak = scan.peak_memory();
    let report: serde_json::Value = serde_json::from_str(&scan.finish().stdout).unwrap();
    assert_eq!(list(&report, "findings")[0]["line"], 3 * 1024 * 1000 + 1);
    assert_eq!(report["searched"]["bytes"], size);
    assert!(peak > 1.0 && peak < MAX_MIB, "{peak} MiB");
}

#[test]
fn without_a_folder_the_well_known_places_are_searched() {
    let world = World::desktop();
    let token = held_token(&world);
    let basic = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, format!(":{token}"));
    let wanted = [
        (".bash_history", format!("ls\ncurl -H 'Authorization: Bearer {token}' https://api.heroku.com\n")),
        (".zsh_history", format!(": 1764288000:0;curl -H 'Authorization: Basic {basic}'\n")),
        (".local/share/fish/fish_history", format!("- cmd: set -x HEROKU_API_KEY {token}\n")),
        (".local/share/powershell/PSReadLine/ConsoleHost_history.txt", format!("$env:A='{token}'\n")),
        (".profile", format!("export HEROKU_API_KEY={token}\n")),
        (".env.production", format!("HEROKU_API_KEY={token}\n")),
        (".claude/projects/app/session.jsonl", format!("{{\"output\":\"token\\n{token}\\n\"}}\n")),
        (".config/Code/User/mcp.json", format!("{{\"env\":{{\"HEROKU_API_KEY\":\"{token}\"}}}}\n")),
        (".git-credentials", format!("https://me:{token}@git.heroku.com\n")),
        (".local/share/heroku/error.log", format!("heroku: Bearer {token}\n")),
        ("app/.env", format!("A=1\nHEROKU_API_KEY={token}\n")),
    ];
    let elsewhere =
        [("Documents/notes.txt", format!("{token}\n")), (".netrc", world.netrc_records(ME, &token))];
    for (path, text) in wanted.iter().chain(&elsewhere) {
        world.write_file(path, text);
    }
    // A dotfile is often a link to where the dotfiles are kept.
    fs::rename(world.home().join(".profile"), world.home().join("Documents/profile")).unwrap();
    symlink("Documents/profile", world.home().join(".profile")).unwrap();
    let run = |folder: &str| {
        let told =
            world.herokey_program("herokey").args(["scan", "--json"]).in_folder(world.home().join(folder));
        let report: serde_json::Value = serde_json::from_str(&told.run().stdout).unwrap();
        found_in(&report, &world.home()).into_iter().map(|(file, _)| file).collect::<BTreeSet<_>>()
    };
    let mut expected: BTreeSet<_> = wanted.iter().map(|(path, _)| (*path).to_owned()).collect();
    assert_eq!(run("app"), expected);
    expected.remove("app/.env");
    assert_eq!(run(""), expected, "the home folder itself is not searched as a whole");
}

#[test]
fn a_token_is_no_finding_where_it_is_stored() {
    let world = World::desktop();
    let token = held_token(&world);
    let other = unknown_token(1);
    world.write_file(".netrc", &world.netrc_records(ME, &token));
    let report = scan(&world, &[".netrc", ".local"]);
    assert_eq!(list(&report, "findings").len(), 0, "{report}");
    assert_eq!(list(&report, "stores"), [world.home().join(".netrc").to_str().unwrap()]);
    world.write_file("copy", &world.netrc_records(ME, &token));
    let told = world.herokey(["scan", "copy", ".netrc"]);
    let summary = told.failed_with(6);
    assert!(summary.contains("~/.netrc is where a token is stored, so it is not listed."), "{told}");
    assert!(told.stdout.starts_with("~/copy:3: …"), "{told}");
    assert!(told.stdout.contains(&format!("(the token of {ME} in the keychain)")), "{told}");
    assert!(summary.contains("`herokey regenerate`"), "{told}");
    // What no store has is a finding everywhere.
    world.write_file(".docker/config.json", &format!("{{\"auths\":{{}},\"note\":\"{other}\"}}"));
    assert_eq!(list(&scan(&world, &[".docker"]), "findings").len(), 1);
}

/// What Heroku has refused is harmless, and Herokey remembers that.
#[test]
fn a_token_that_was_revoked_is_told_apart() {
    let world = World::desktop();
    let token = held_token(&world);
    world.write_file("notes", &format!("{token}\n"));
    world.sandbox().revoke_token(&token);
    world.herokey(["status"]);
    let told = world.herokey(["scan", "notes"]);
    assert!(told.stdout.contains("refused by Heroku since"), "{told}");
}

#[test]
fn a_locked_keychain_is_not_unlocked_but_named() {
    let world = World::builder().keyring().build();
    let token = held_token(&world);
    let (old, unknown) = ("fa4efa4e-89ab-cdef-0123-456789abcdef", unknown_token(3));
    world.add_to_keyring("old@example.com", old);
    world.write_file("notes", &format!("{old}\n{token}\n{unknown}\n"));
    let lines = |report: &serde_json::Value| {
        found_in(report, &world.home()).into_iter().map(|(_, line)| line).collect::<Vec<_>>()
    };
    assert_eq!(lines(&scan(&world, &["notes"])), [1, 2, 3]);
    world.keyring().lock();
    let report = scan(&world, &["notes"]);
    assert_eq!(lines(&report), [2, 3], "what has a shape of its own is found nevertheless");
    assert_eq!(list(&report, "missed")[0]["code"], "keychain-locked");
    let told = world.herokey(["scan", "notes"]);
    assert!(told.stderr.contains("The keychain is locked."), "{told}");
    assert!(world.keyring().is_locked());
}

#[test]
fn what_only_may_be_a_token_is_counted_on_request() {
    let world = World::desktop();
    let uuid = "01234567-89ab-cdef-0123-456789abcdef";
    world.write_file("config", &format!("id={uuid}\nHEROKU_API_KEY={uuid}\nheroku {}\n", "0a".repeat(20)));
    assert!(scan(&world, &["config"])["unsure"].is_null());
    let report = scan(&world, &["config", "--unsure"]);
    assert_eq!(list(&report, "unsure")[0]["count"], 2);
    let told = world.herokey(["scan", "config", "--unsure"]);
    assert_eq!(told.ok(), "~/config: 2 that may be old tokens");
    assert!(!format!("{told}").contains(uuid));
}

#[test]
fn only_ordinary_files_are_opened() {
    let world = World::desktop();
    let token = held_token(&world);
    let at = |name: &str| world.home().join("odd").join(name);
    fs::create_dir_all(at("inside")).unwrap();
    for (name, kind) in
        [("fifo", FileType::Fifo), ("socket", FileType::Socket), ("zero", FileType::CharacterDevice)]
    {
        // /dev/zero never ends.
        let device = if name == "zero" { rustix::fs::makedev(1, 5) } else { Dev::default() };
        if let Err(error) = mknodat(CWD, at(name), kind, Mode::from(0o600), device) {
            println!("SKIPPED: no {name}: {error}");
        }
    }
    symlink("..", at("inside/loop")).unwrap();
    symlink("self", at("self")).unwrap();
    world.write_file("elsewhere", &token);
    symlink("../elsewhere", at("out")).unwrap();
    symlink(world.home(), at("home")).unwrap();
    fs::write(at("inside/token"), &token).unwrap();
    fs::write(at("new\nline \u{1b}[2J\u{202e}.txt"), &token).unwrap();
    let bytes: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"bytes\xff.txt");
    fs::write(world.home().join("odd").join(bytes), &token).unwrap();
    let told = world.herokey(["scan", "odd"]);
    told.failed_with(6);
    let mut lines: Vec<_> = told.stdout.lines().collect();
    lines.sort_unstable();
    let what = format!(": …{} (the token of {ME} in the keychain)", &token[token.len() - 4..]);
    let expected = ["bytes\u{fffd}.txt", "inside/token", "new line \u{fffd}[2J\u{fffd}.txt"];
    assert_eq!(lines, expected.map(|name| format!("~/odd/{name}:1{what}")));
}

#[test]
fn what_cannot_be_read_is_said() {
    let world = World::desktop();
    held_token(&world);
    world.write_file("closed/file", "fake");
    world.write_file("closed/folder/file", "fake");
    for name in ["closed/file", "closed/folder"] {
        fs::set_permissions(world.home().join(name), std::os::unix::fs::PermissionsExt::from_mode(0o0))
            .unwrap();
    }
    // Root may read everything unless it gives that up.
    let herokey = herokey_path("herokey").display().to_string();
    let setpriv = ["--bounding-set", "-dac_override,-dac_read_search", herokey.as_str(), "scan", "closed"];
    let told = world.program("setpriv").args(setpriv).run();
    assert_eq!(told.ok(), "");
    for part in [
        "Could not read",
        "~/closed/file (Permission denied",
        "~/closed/folder (Permission denied",
        "No Heroku tokens",
    ] {
        assert!(told.stderr.contains(part), "{part}: {told}");
    }
}

/// Also the end of the program that reads the output.
#[test]
fn it_can_be_ended_at_any_time() {
    let world = World::desktop();
    held_token(&world);
    // Nobody can read it to its end.
    fs::File::create(world.home().join("endless")).unwrap().set_len(1 << 42).unwrap();
    let mut scan = world.herokey_program("herokey").args(["scan", "endless"]).on_terminal().start();
    scan.wait_for("Searching… Files: 0, ");
    scan.type_in("\u{3}");
    let ended = scan.finish();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&ended.status), Some(2), "{ended}");
    let left = ended.stdout.rsplit('\r').next().unwrap();
    assert!(left.starts_with("\u{1b}[K"), "the line is removed: {ended:?}");
    assert!(!left.contains("Searching"), "{ended:?}");

    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    for number in 0..2000 {
        world.write_file(&format!("many/{number}"), &token);
    }
    let herokey = herokey_path("herokey");
    let script = format!("{} scan many | head -n 1; echo \"${{PIPESTATUS[0]}}\"", herokey.display());
    let told = world.program("bash").args(["-c", &script]).run();
    assert_eq!(told.ok().lines().count(), 2, "{told}");
    assert_eq!(told.ok().lines().last(), Some("0"), "{told}");
}

#[test]
fn a_terminal_shows_the_progress_and_keeps_none_of_it() {
    let world = World::desktop();
    held_token(&world);
    fs::File::create(world.home().join("large")).unwrap().set_len(1 << 29).unwrap();
    let program = world.herokey_program("herokey").args(["scan", "large"]).timeout(Duration::from_mins(2));
    let told = program.clone().on_terminal().run();
    assert!(told.stdout.contains(" Searching… Files: 0, "), "{told:?}");
    assert!(told.stdout.contains("\r\u{1b}[KSearched 1 file.\r\n"), "{told:?}");
    let told = program.run();
    assert!(told.stderr.starts_with("Searched 1 file.\n"), "no line without a terminal: {told:?}");
}
