//! The window's page about access: who can act as the account, tokens for other programs, and those of a team.

use herokey_tests::{Display, ME, Page, World, artifacts, unknown_token};
use heroku_sandbox::{Account, Grant};
use serde_json::Value;

const OTHER: &str = "other@example.com";

#[test]
fn shows_and_revokes() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    let other = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file(".ssh/id_ed25519.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFake me@example.com\n");
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.text("[data-testid=account]");
    window.click("[data-testid=more]");
    window.screenshot(&artifacts().join("window-13-more.png"));
    window.click("[data-testid=show-access]");
    window.wait_for("access", "machine");
    window.screenshot(&artifacts().join("window-14-access.png"));
    window.click("[data-testid=add-key]");
    window.wait_for("notice", "added");
    window.wait_for("access", "me@example.com");
    window.click("[data-testid=access-remove_key]");
    window.wait_for("notice", "removed");
    window.wait_for("access", "This account has no SSH keys.");

    // This machine's own authorization comes first and needs confirmation.
    window.click("[data-testid=access-revoke]");
    assert!(window.text("[data-testid=question]").contains("stop working here"));
    window.screenshot(&artifacts().join("window-15-asked.png"));
    window.click("[data-testid=answer-no]");
    window.wait_until_gone("question");
    assert_eq!(world.heroku(["whoami"]).ok(), ME, "a no is a no");
    window.click("li:nth-child(2) [data-testid=access-revoke]");
    window.wait_for("notice", "Revoked");
    assert!(!world.sandbox().is_live(&other));
    window.click("[data-testid=close-page]");
    assert_eq!(window.text("[data-testid=account]"), ME);
}

#[test]
fn makes_and_replaces_a_token_for_another_program() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    let _display = Display::start(&mut world);
    let window = open(&world);
    window.click("[data-testid=new-authorization-title]");
    window.type_into("[data-testid=description]", "Shop CI");
    window.click("[data-testid=rights] option[value=write]");
    window.click("[data-testid=lifetime] option[value='7']");
    window.screenshot(&artifacts().join("window-16-new-authorization.png"));
    window.click("[data-testid=authorize]");
    window.wait_for("notice", "Made “Shop CI”");
    window.wait_for("notice", "clears the clipboard");
    let token = clipboard(&world);
    assert!(world.sandbox().is_live(&token));
    window.wait_for("access", "expires in 7 days · rights: read the account, change apps");
    window.screenshot(&artifacts().join("window-17-made.png"));
    let listed = world.herokey(["authorizations", "--json"]);
    let listed: Value = serde_json::from_str(listed.ok()).unwrap();
    let made = listed["authorizations"].as_array().unwrap();
    let made = made.iter().find(|one| one["description"] == "Shop CI").unwrap();
    assert_eq!(made["scope"], serde_json::json!(["identity", "write-protected"]));

    window.click("[data-testid=access-new_token]");
    assert!(window.text("[data-testid=question]").contains("Make a new token for “Shop CI”?"));
    window.click("[data-testid=answer-no]");
    window.wait_until_gone("question");
    assert!(world.sandbox().is_live(&token), "a no is a no");
    window.click("[data-testid=access-new_token]");
    window.click("[data-testid=answer-yes]");
    window.wait_for("notice", "the old one no longer works");
    let new = clipboard(&world);
    assert!(world.sandbox().is_live(&new) && !world.sandbox().is_live(&token));
    let page = window.execute("return document.documentElement.outerHTML").to_string();
    assert!(!page.contains(&token) && !page.contains(&new), "no token reaches the page");
}

#[test]
fn shows_and_makes_the_tokens_of_a_team() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    world.sandbox().add_account(Account::new(OTHER));
    world.sandbox().add_team("acme", &[ME]);
    let _display = Display::start(&mut world);
    let window = open(&world);
    window.click("[data-testid=access-of] option[value=acme]");
    window.wait_for("access", "This team has no tokens of its own.");
    window.click("[data-testid=new-authorization-title]");
    window.type_into("[data-testid=description]", "Deployments");
    window.click("[data-testid=authorize]");
    window.wait_for("notice", "Made “Deployments”");
    let token = clipboard(&world);
    window.wait_for("access", "Deployments");
    window.screenshot(&artifacts().join("window-18-team.png"));
    assert!(world.herokey(["authorizations", "--team", "acme"]).ok().contains("Deployments"));
    assert!(!world.herokey(["authorizations"]).ok().contains("Deployments"));
    window.click("[data-testid=access-revoke]");
    window.wait_for("access", "This team has no tokens of its own.");
    assert!(!world.sandbox().is_live(&token));

    // The right to manage a team's tokens can be taken away while the page is open.
    world.sandbox().add_team("acme", &[OTHER]);
    window.click("[data-testid=access-of] option[value='']");
    window.wait_for("access", "SSH keys");
    window.wait_until_gone("access-of");
}

#[test]
fn follows_the_account_in_use() {
    let mut world = World::desktop();
    world.sandbox().add_account(Account::new(OTHER));
    for (email, description) in [(OTHER, "Others CI"), (ME, "My CI")] {
        world.herokey_login(email);
        world.herokey(["authorizations", "create", "--description", description]).ok();
    }
    let _display = Display::start(&mut world);
    let window = open(&world);
    window.wait_for("access", "My CI");
    world.herokey(["use", OTHER]).ok();
    window.wait_for("access", "Others CI");
    assert!(!window.text("[data-testid=access]").contains("My CI"));
    world.heroku(["logout"]).ok();
    window.text("[data-testid=screen-signedOut]");
}

#[test]
fn finds_copies_of_tokens() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    world.write_file(".bash_history", &format!("ls\nexport HEROKU_API_KEY={token}\n"));
    world.write_file(".claude.json", &format!("{{\"key\": \"{}\"}}\n", unknown_token(1)));
    let _display = Display::start(&mut world);
    let window = open(&world);
    window.click("[data-testid=scan]");
    window.wait_for("scan", "Found 2 copies of Heroku tokens");
    let shown = window.text("[data-testid=scan]");
    assert!(shown.contains("~/.bash_history:2") && shown.contains("in the keychain"), "{shown}");
    assert!(shown.contains("~/.claude.json:1"), "{shown}");
    assert!(!shown.contains(&token));
    window.screenshot(&artifacts().join("window-19-scan.png"));
    window.click("[data-testid=notice-propose_regenerate]");
    window.wait_for("notice", "Replace your token with a new one?");
}

/// The window, with the page about access open and loaded.
fn open(world: &World) -> Page {
    let window = Page::herokey_window(world, &[]);
    window.text("[data-testid=account]");
    window.click("[data-testid=more]");
    window.click("[data-testid=show-access]");
    window.wait_for("access", "machine");
    window
}

fn clipboard(world: &World) -> String {
    world.program("xclip").args(["-selection", "clipboard", "-out"]).run().ok().to_owned()
}
