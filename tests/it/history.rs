//! The history of actions, in the window and in the terminal.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use herokey_tests::{Display, ME, Page, World, artifacts};
use serde_json::Value;

/// Title and program of each row of the window's page.
const ROWS: &str = "return [...document.querySelectorAll('[data-testid=history] .what')].map((row) =>
    [row.querySelector('h2 bdi').innerText, row.querySelector('p').innerText.split('by ')[1]])";

#[test]
fn window_and_terminal_show_the_same_and_the_page_updates() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let window = Page::herokey_window(&world, &[]);
    window.click("[data-testid=move]");
    window.click("[data-testid=notice-move_token]");
    window.wait_for("notice", "has moved to ~/.netrc");
    window.click("[data-testid=notice-dismiss]");

    window.click("[data-testid=more]");
    window.click("[data-testid=show-history]");
    window.wait_for("history", "Your token has moved to ~/.netrc");
    window.screenshot(&artifacts().join("window-16-history.png"));
    world.herokey(["move", "keychain"]).ok();
    window.wait_for("history", "Your token has moved to the keychain");

    let told: Value = serde_json::from_str(world.herokey(["history", "--json"]).ok()).unwrap();
    assert_eq!(told["schema"], 1);
    let told = told["history"].as_array().unwrap();
    let verbs: Vec<_> = told.iter().map(|entry| (&entry["verb"], &entry["by"], &entry["account"])).collect();
    let by = |verb: &str, program: &str| (Value::from(verb), Value::from(program), Value::from(ME));
    let expected = [by("move-token", "terminal"), by("move-token", "window"), by("log-in", "terminal")];
    assert_eq!(verbs, expected.iter().map(|(verb, by, account)| (verb, by, account)).collect::<Vec<_>>());
    let rows = window.execute(ROWS);
    let names = |program: &str| if program == "window" { "the window" } else { "herokey in a terminal" };
    let expected: Vec<_> = told
        .iter()
        .map(|entry| {
            serde_json::json!([
                entry["what"].as_str().unwrap().trim_end_matches('.'),
                names(entry["by"].as_str().unwrap())
            ])
        })
        .collect();
    assert_eq!(rows, Value::from(expected));

    let kept = world.home().join(".local/state/herokey/history.json");
    assert!(!fs::read_to_string(&kept).unwrap().contains(&token));
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    window.click("[data-testid=close-page]");
    assert_eq!(window.text("[data-testid=account]"), ME);
}

#[test]
fn shows_a_failure_with_its_code() {
    let world = World::desktop();
    assert_eq!(world.herokey(["history"]).ok(), "Herokey has done nothing on this machine yet.");
    world.herokey(["move", "keychain"]).failed_with(3);
    let told: Value = serde_json::from_str(world.herokey(["history", "--json"]).ok()).unwrap();
    let last = &told["history"][0];
    assert_eq!((&last["done"], &last["code"]), (&Value::from(false), &Value::from("not-logged-in")));
    assert!(world.herokey(["history"]).ok().contains(last["what"].as_str().unwrap()));
}
