//! More than one keyring, locked ones, and those of other desktops.

use herokey_tests::{Collection, ME, OtherKeyring, TrayHost, World, netrc_record};
use heroku_sandbox::Grant;
use serde_json::Value;

const OPEN: &str = "HRKU-fake-open-a1b2";
const LOCKED: &str = "HRKU-fake-locked-c3d4";
const ATTRIBUTES: [(&str, &str); 2] = [("service", "heroku-cli"), ("account", ME)];

fn status(world: &World) -> Value {
    serde_json::from_str(world.herokey(["status", "--offline", "--json"]).ok()).unwrap()
}

fn lookup(world: &World) -> String {
    let lookup = world.program("secret-tool").args(["lookup", "service", "heroku-cli", "account", ME]).run();
    lookup.stdout.trim().to_owned()
}

/// Adds a locked collection, with a token of the same account in it if one is given.
fn add_locked(world: &World, token: Option<&str>) -> Collection {
    let second = world.keyring().create_collection("Work");
    if let Some(token) = token {
        world.keyring().add_to(&second, "Heroku CLI", &ATTRIBUTES, token);
    }
    world.keyring().lock_collection(&second);
    second
}

#[test]
fn a_locked_collection_does_not_hide_the_token_in_the_open_one() {
    let world = World::builder().keyring().build();
    world.store_as_cli(ME, OPEN);
    let second = add_locked(&world, Some(LOCKED));
    assert_eq!(lookup(&world), OPEN);
    assert_eq!(world.heroku(["auth:token"]).ok(), OPEN);
    assert_eq!(world.herokey(["token"]).ok(), OPEN);
    let report = status(&world);
    assert_eq!(report["tools"]["heroku"]["masked"], "…a1b2", "{report}");
    let keychain = &report["stores"]["keychain"];
    assert_eq!((&keychain["state"], &keychain["partly_locked"]), (&"available".into(), &true.into()));
    let accounts = world.herokey(["accounts"]);
    assert!(
        accounts.ok().contains(ME) && accounts.stderr.contains("A part of the keychain is locked"),
        "{accounts}"
    );
    assert!(!world.problem_codes().contains(&"keychain-locked".to_owned()), "the token in use is known");
    // The other way round, the one that was locked wins or loses by its date, as for secret-tool.
    world.keyring().unlock_collection(&second);
    assert_eq!(world.herokey(["token"]).ok(), lookup(&world));
}

#[test]
fn only_a_locked_collection_has_the_token() {
    let world = World::builder().keyring().build();
    world.write_login_json(ME);
    let second = add_locked(&world, Some(LOCKED));
    assert_unknown(&world);
    world.keyring().unlock_collection(&second);
    assert_eq!((world.herokey(["token"]).ok(), lookup(&world).as_str()), (LOCKED, LOCKED));
    assert_eq!(status(&world)["stores"]["keychain"]["partly_locked"], false);
}

#[test]
fn nothing_found_beside_a_locked_collection_is_unknown() {
    let world = World::builder().keyring().build();
    world.write_login_json(ME);
    add_locked(&world, None);
    assert_unknown(&world);
}

/// Nobody can tell whether the account has a token, and every command says so. Nobody answers the prompt.
#[track_caller]
fn assert_unknown(world: &World) {
    for command in [&["token"][..], &["logout"], &["regenerate", "--yes"], &["move", "netrc"]] {
        let refused = world.herokey(command.iter().copied());
        refused.failed_with(5);
        assert!(!refused.stderr.contains("Not logged in"), "{command:?}: {refused}");
    }
    assert_looks_unknown(world);
    let asked = format!("protocol=https\nhost={}\n\n", world.git_host());
    let helper = world.herokey_program("herokey").args(["git-credential", "get"]).input(asked).run();
    assert!(helper.ok().is_empty() && helper.stderr.contains("herokey: "), "{helper}");
}

/// What looks without a prompt says that it cannot tell.
#[track_caller]
fn assert_looks_unknown(world: &World) {
    let report = status(world);
    let codes: Vec<_> =
        report["problems"].as_array().unwrap().iter().map(|problem| &problem["code"]).collect();
    assert!(codes.iter().any(|code| *code == "keychain-locked"), "{report}");
    let accounts = world.herokey(["accounts"]);
    assert!(accounts.stderr.contains("locked") && !accounts.ok().contains("No account"), "{accounts}");
    let json: Value = serde_json::from_str(world.herokey(["accounts", "--json"]).ok()).unwrap();
    assert_eq!(json["keychain_unseen"], "keychain-locked");
    assert_eq!(world.file(".netrc"), None);
}

#[test]
fn a_login_stores_the_token_where_secret_tool_would() {
    let world = World::builder().keyring().build();
    let second = add_locked(&world, Some(LOCKED));
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    assert_eq!((lookup(&world), world.heroku(["auth:token"]).ok()), (token.clone(), token.as_str()));
    world.keyring().unlock_collection(&second);
    let secrets: Vec<_> = world.keyring().items().into_iter().filter_map(|item| item.secret).collect();
    assert!(secrets.contains(&LOCKED.to_owned()) && secrets.contains(&token), "{secrets:?}");
}

#[test]
fn a_logout_removes_the_copies_of_every_collection_or_says_what_is_locked() {
    let world = World::builder().keyring().build();
    world.herokey_login(ME);
    let second = add_locked(&world, None);
    let done = world.herokey(["logout"]);
    done.ok();
    assert!(done.stderr.contains("locked. What it holds was not removed"), "{done}");

    world.keyring().unlock_collection(&second);
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    world.keyring().add_to(&second, "Heroku CLI", &ATTRIBUTES, &token);
    world.keyring().lock_collection(&second);
    let left = world.herokey(["logout"]);
    assert!(left.failed_with(7).contains("the keychain entry"), "{left}");

    world.keyring().unlock_collection(&second);
    world.herokey(["logout", "--local-only"]);
    world.write_login_json(ME);
    world.keyring().add_to(&second, "Heroku CLI", &ATTRIBUTES, OPEN);
    world.herokey(["logout", "--local-only"]).ok();
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn the_tray_shows_a_locked_keyring_and_unlocks_it_on_request() {
    let world = World::desktop();
    world.store_as_cli(ME, OPEN);
    let second = add_locked(&world, None);
    let host = TrayHost::start(&world);
    let _tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(ME);
    assert!(!icon.lines().iter().any(|line| line.contains("nlock")), "{:?}", icon.lines());
    world.keyring().lock();
    icon.wait_for_line("Your keychain is locked");
    icon.wait_for_line("Unlock keychain…");
    assert!(!icon.lines().iter().any(|line| line.starts_with("Log in")), "{:?}", icon.lines());
    world.keyring().unlock();
    icon.wait_for_line(ME);
    world.keyring().unlock_collection(&second);
}

/// A look that started a keyring would get a locked one, and its prompt.
#[test]
fn only_what_the_user_asks_for_starts_a_keyring() {
    let world = World::builder().session_bus().build();
    world.write_login_json(ME);
    let started = world.make_activatable("org.freedesktop.secrets");
    let report = status(&world);
    assert_eq!(report["stores"]["keychain"]["state"], "not-started", "{report}");
    assert!(world.problem_codes().contains(&"keychain-not-started".to_owned()));
    let accounts = world.herokey(["accounts"]);
    assert!(accounts.stderr.contains("has not been started"), "{accounts}");
    let host = TrayHost::start(&world);
    let tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("Your keychain has not been started");
    drop(tray);
    assert!(
        !world
            .processes()
            .iter()
            .any(|process| process.arguments.iter().any(|word| word.contains("requested")))
    );

    let token = world.herokey_program("herokey").arg("token").start();
    std::fs::read(started).unwrap();
    drop(token);
}

#[test]
fn a_plain_token_is_still_found_beside_a_locked_keyring() {
    let world = World::builder().keyring().build();
    world.write_login_json(ME);
    add_locked(&world, None);
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file(".netrc", &netrc_record(&world.api_host(), ME, &token));
    assert_eq!(world.herokey(["token"]).ok(), world.heroku(["auth:token"]).ok());
}

#[test]
fn keepassxc_open() {
    let world = World::builder().session_bus().build();
    let Some(_keyring) = OtherKeyring::keepassxc(&world, true, false) else { return };
    shares_entries(&world);
}

#[test]
fn keepassxc_locked() {
    let world = World::builder().session_bus().build();
    let Some(_keyring) = OtherKeyring::keepassxc(&world, false, false) else { return };
    world.write_login_json(ME);
    assert_looks_unknown(&world);
    // KeePassXC waits for the password as long as its window is open.
    let token =
        world.herokey_program("herokey").arg("token").timeout(std::time::Duration::from_secs(90)).run();
    token.failed_with(5);
}

#[test]
fn keepassxc_that_asks_before_a_program_may_read() {
    let world = World::builder().session_bus().build();
    let Some(_keyring) = OtherKeyring::keepassxc(&world, true, true) else { return };
    let store = ["store", "--label=Heroku CLI", "service", "heroku-cli", "account", ME];
    world.program("secret-tool").args(store).input(OPEN).run().ok();
    world.write_login_json(ME);
    assert_looks_unknown(&world);
}

#[test]
fn kwallet_open() {
    let world = World::builder().session_bus().build();
    let Some(_keyring) = OtherKeyring::kwallet(&world) else { return };
    shares_entries(&world);
}

/// One of about a hundred sessions of `KWallet` has a broken key. Herokey opens another one for each secret that it moves.
#[test]
fn kwallet_answers_every_time() {
    let world = World::builder().session_bus().build();
    let Some(_keyring) = OtherKeyring::kwallet(&world) else { return };
    let env = world.env();
    let open = || {
        herokey_core::stores::keychain::Keychain::open(&env, herokey_core::stores::keychain::Unlock::Never)
    };
    let token = herokey_core::Token::parse(OPEN).unwrap();
    open().unwrap().set(ME, &token).unwrap();
    for number in 0..300 {
        let keychain = open().unwrap_or_else(|error| panic!("{number}: {error}"));
        let found = keychain.get(ME).unwrap_or_else(|error| panic!("{number}: {error}"));
        assert_eq!(found.as_ref(), Some(&token), "{number}");
        if number % 3 == 0 {
            keychain.set(ME, &token).unwrap_or_else(|error| panic!("{number}: {error}"));
        }
    }
}

/// `secret-tool`, the Heroku CLI and Herokey find each other's entries, and a removed one is gone for all.
#[track_caller]
fn shares_entries(world: &World) {
    let store = ["store", "--label=Heroku CLI", "service", "heroku-cli", "account", ME];
    world.program("secret-tool").args(store).input(OPEN).run().ok();
    world.write_login_json(ME);
    assert_eq!(world.heroku(["auth:token"]).ok(), OPEN);
    assert_eq!(world.herokey(["token"]).ok(), OPEN);
    assert_eq!(status(world)["tools"]["heroku"]["masked"], "…a1b2");
    world.herokey(["logout", "--local-only"]).ok();
    assert_eq!((lookup(world).as_str(), world.herokey(["token"]).code()), ("", Some(3)));
    world.herokey_login(ME);
    assert_eq!(world.herokey(["token"]).ok(), world.heroku(["auth:token"]).ok());
    assert_eq!(lookup(world), world.herokey(["token"]).ok());
}
