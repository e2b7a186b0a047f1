//! The window, by real clicks in the real web view, and on Heroku's page in a real browser.

use herokey_tests::{Display, ME, Page, World, artifacts};
use heroku_sandbox::{Fault, FaultRule};

/// What Rust tells the page: the events carry the same.
const ASK: &str = "return window.__TAURI_INTERNALS__.invoke('overview').then(JSON.stringify)";

#[test]
fn logs_in_and_out_by_clicks() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let window = Page::of_herokey(&world, &[]);
    let folder = artifacts();
    let picture = |page: &Page, name: &str| page.screenshot(&folder.join(format!("window-{name}.png")));

    window.text("[data-testid=screen-signedOut]");
    picture(&window, "1-signed-out");
    window.click("[data-testid=log-in]");
    let shown = window.text("[data-testid=login-address]");
    picture(&window, "2-waiting");

    let address = world.browser().wait_for_address();
    assert!(shown.contains("cli-auth") || !world.has_own_network(), "{shown}");
    let browser = Page::of_person(&world);
    browser.open(&address);
    picture(&browser, "3-herokus-page");
    browser.click("#log-in");

    assert_eq!(window.text("[data-testid=account]"), ME);
    assert!(window.text("[data-testid=place-keychain]").contains('…'));
    assert!(window.text("[data-testid=tool-git]").contains("Herokey helper"));
    picture(&window, "4-signed-in");
    assert_eq!(world.heroku(["whoami"]).ok(), ME);

    let token = world.herokey(["token"]).ok().to_owned();
    let heard = window.execute(ASK);
    let heard = heard.as_str().unwrap_or_default();
    assert!(heard.contains(ME), "{heard}");
    let page = window.execute("return document.documentElement.outerHTML");
    assert!(!heard.contains(&token) && !page.to_string().contains(&token));

    let down = FaultRule { method: None, path: "/oauth/*".to_owned(), times: 20, fault: Fault::DropBefore };
    world.sandbox().add_fault(down);
    window.click("[data-testid=log-out]");
    assert!(window.text("[data-testid=notice]").contains("still valid at Heroku"));
    picture(&window, "5-heroku-unreachable");
    window.click("[data-testid=notice-remove_local_copies]");
    window.text("[data-testid=screen-signedOut]");
    picture(&window, "6-logged-out");
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn shows_what_other_programs_do() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let window = Page::of_herokey(&world, &[]);
    window.text("[data-testid=screen-signedOut]");
    world.heroku_login(ME);
    assert_eq!(window.text("[data-testid=account]"), ME);
    world.heroku(["logout"]).ok();
    window.text("[data-testid=screen-signedOut]");
}

#[test]
fn cancels_a_login_that_the_tray_began() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let window = Page::of_herokey(&world, &["--log-in"]);
    window.text("[data-testid=login-address]");
    window.click("[data-testid=cancel]");
    window.text("[data-testid=screen-signedOut]");
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn moves_the_token_and_moves_it_back() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    world.herokey(["move", "netrc"]).ok();
    let window = Page::of_herokey(&world, &[]);
    let picture = |name: &str| window.screenshot(&artifacts().join(format!("window-{name}.png")));

    assert!(window.text("[data-testid=place-netrc]").contains('…'));
    window.text("[data-testid=problem-netrc-plain-token]");
    picture("8-in-netrc");
    window.click("[data-testid=move]");
    assert!(window.text("[data-testid=notice]").contains("Your token has moved to the keychain."));
    picture("9-moved");
    assert!(window.text("[data-testid=place-keychain]").contains('…'));
    assert!(!world.netrc().unwrap().contains(&token));
    assert_eq!(world.heroku(["auth:token"]).ok(), token);

    window.click("[data-testid=notice-move_token]");
    assert!(window.text("[data-testid=notice]").contains("Your token has moved to ~/.netrc."));
    assert!(world.netrc().unwrap().contains(&token));
    window.click("[data-testid=notice-dismiss]");
    window.click("[data-testid=fix-move_token]");
    assert!(window.text("[data-testid=notice]").contains("Your token has moved to the keychain."));
    window.click("[data-testid=notice-dismiss]");

    window.click("[data-testid=move]");
    let question = window.text("[data-testid=notice]");
    assert!(question.contains("Move the token to .netrc?"), "{question}");
    assert!(question.contains("every program you run can read it"), "{question}");
    picture("10-asked");
    assert!(!world.netrc().unwrap().contains(&token), "nothing happens before the answer");
    window.click("[data-testid=notice-dismiss]");
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
}

#[test]
fn a_denied_login_says_so() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let window = Page::of_herokey(&world, &[]);
    window.click("[data-testid=log-in]");
    world.deny(&world.browser().wait_for_address());
    assert!(window.text("[data-testid=notice]").contains("denied in the browser"));
    window.screenshot(&artifacts().join("window-7-denied.png"));
}
