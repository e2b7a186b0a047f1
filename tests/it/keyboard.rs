//! The window without a mouse: every action with the keyboard alone.

use herokey_tests::{Display, ME, Page, World, artifacts};
use heroku_sandbox::{Account, Grant};

const OTHER: &str = "other@example.com";
const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const DOWN: &str = "\u{e015}";
const CONTROL: &str = "\u{e009}";
const SHIFT: &str = "\u{e008}";
/// More than the focusable elements of any page.
const STOPS: usize = 60;

/// Presses Tab until this element has the focus, then Enter.
#[track_caller]
fn go_and_press(window: &Page, test_id: &str) {
    window.text(&format!("[data-testid={test_id}]"));
    let at = || window.execute("return document.activeElement?.dataset.testid ?? ''");
    let there = (0..STOPS).any(|_| {
        window.press(TAB);
        at().as_str() == Some(test_id)
    });
    assert!(there, "Tab leads to {test_id}");
    window.press(ENTER);
}

#[test]
fn unlocks_the_keychain() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    world.keyring().lock();
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.wait_for("screen-locked", "Your keychain is locked");
    window.screenshot(&artifacts().join("window-20-locked.png"));
    go_and_press(&window, "unlock");
    // Nobody answers the desktop's prompt here.
    world.keyring().unlock();
    assert_eq!(window.text("[data-testid=account]"), ME);
}

#[test]
fn from_a_login_to_a_logout() {
    let mut world = World::desktop();
    world.sandbox().add_account(Account::new(OTHER));
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.text("[data-testid=screen-signedOut]");

    window.press_together(&[CONTROL, "l"]);
    window.text("[data-testid=login-address]");
    go_and_press(&window, "cancel");
    window.text("[data-testid=screen-signedOut]");
    go_and_press(&window, "log-in");
    window.text("[data-testid=login-address]");
    world.browser().wait_for_address();
    world.approve(&world.browser().wait_for_address(), ME);
    assert_eq!(window.text("[data-testid=account]"), ME);
    let token = world.herokey(["token"]).ok().to_owned();

    window.press_together(&[CONTROL, SHIFT, "M"]);
    window.wait_for("notice", "Move the token to .netrc?");
    go_and_press(&window, "notice-move_token");
    window.wait_for("notice", "has moved to ~/.netrc");
    assert!(world.netrc().unwrap().contains(&token));
    go_and_press(&window, "fix-move_token");
    window.wait_for("notice", "has moved to the keychain");
    window.press(ESCAPE);
    window.wait_until_gone("notice");

    go_and_press(&window, "test-git");
    window.wait_for("notice", "git");
    window.press(ESCAPE);
    window.wait_until_gone("notice");

    window.press_together(&[CONTROL, "c"]);
    window.wait_for("notice", "Token copied");
    window.press(ESCAPE);
    window.wait_until_gone("notice");

    window.press_together(&[CONTROL, SHIFT, "G"]);
    window.wait_for("notice", "Regenerated");
    assert!(!world.sandbox().is_live(&token));
    window.press(ESCAPE);
    window.wait_until_gone("notice");

    window.press_together(&[CONTROL, "k"]);
    window.wait_for("access", "machine");
    window.press(ESCAPE);
    window.wait_until_gone("access");

    window.press("?");
    window.text("[data-testid=shortcuts]");
    window.press(ESCAPE);
    window.wait_until_gone("shortcuts");

    go_and_press(&window, "more");
    for _ in 0..4 {
        window.press(DOWN);
    }
    let chosen = window.execute("return document.activeElement.dataset.testid");
    assert_eq!(chosen, "refresh");
    let refused = world.herokey(["token"]).ok().to_owned();
    assert!(world.sandbox().revoke_token(&refused));
    window.press(ENTER);
    window.text("[data-testid=problem-token-refused]");

    let other = world.sandbox().issue_token(OTHER, Grant::Authorization, None).unwrap();
    world.add_to_keyring(OTHER, &other);
    window.wait_for("use-account", OTHER);
    window.press_together(&[CONTROL, "j"]);
    let is_there = || window.execute("return document.activeElement.innerText").to_string().contains(OTHER);
    let there = is_there()
        || (0..STOPS).any(|_| {
            window.press(DOWN);
            is_there()
        });
    assert!(there, "the arrow leads to {OTHER}");
    window.press(ENTER);
    window.wait_for("account", OTHER);
    assert_eq!(world.heroku(["whoami"]).ok(), OTHER);

    window.press_together(&[CONTROL, SHIFT, "O"]);
    window.wait_for("notice", "Logged out of");
    assert!(!world.sandbox().is_live(&other));
}
