//! The window, with real clicks in the real web view, and Heroku's page in a real browser.

use herokey_tests::{Display, ME, Page, World, artifacts};
use heroku_sandbox::{Account, Fault, FaultRule, Grant};

/// The overview that Rust sends to the page, also in its events.
const ASK: &str = "return window.__TAURI_INTERNALS__.invoke('overview').then(JSON.stringify)";

#[test]
fn logs_in_and_out_by_clicks() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    let folder = artifacts();
    let picture = |page: &Page, name: &str| page.screenshot(&folder.join(format!("window-{name}.png")));

    window.text("[data-testid=screen-signedOut]");
    picture(&window, "1-signed-out");
    window.click("[data-testid=log-in]");
    let shown = window.text("[data-testid=login-address]");
    picture(&window, "2-waiting");

    let address = world.browser().wait_for_address();
    assert!(shown.contains("cli-auth") || !world.has_own_network(), "{shown}");
    let browser = Page::browser(&world);
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
    window.wait_for("notice", "may still be valid at Heroku");
    picture(&window, "5-heroku-unreachable");
    window.click("[data-testid=notice-remove_local_copies]");
    window.text("[data-testid=screen-signedOut]");
    picture(&window, "6-logged-out");
    assert_eq!(world.keyring().items(), []);
}

#[test]
fn the_overview_that_the_page_starts_with_holds_no_token() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.text("[data-testid=account]");
    let handed = window.execute("return JSON.stringify(window.firstOverview ?? null)");
    let handed = handed.as_str().unwrap_or_default();
    // On a machine under load, the first survey takes longer than the page waits.
    assert!(handed == "null" || handed.contains(ME) && handed.contains("signedIn"), "{handed}");
    assert!(!handed.contains(&token), "{handed}");
}

#[test]
fn shows_logins_and_logouts_of_the_cli() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
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
    let window = Page::herokey_window(&world, &["--log-in"]);
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
    let window = Page::herokey_window(&world, &[]);
    let picture = |name: &str| window.screenshot(&artifacts().join(format!("window-{name}.png")));

    assert!(window.text("[data-testid=place-netrc]").contains('…'));
    window.text("[data-testid=problem-netrc-plain-token]");
    picture("8-in-netrc");
    window.click("[data-testid=move]");
    assert!(window.text("[data-testid=notice]").contains("Your token has moved to the keychain"));
    picture("9-moved");
    assert!(window.text("[data-testid=place-keychain]").contains('…'));
    assert!(!world.netrc().unwrap().contains(&token));
    assert_eq!(world.heroku(["auth:token"]).ok(), token);

    window.click("[data-testid=notice-move_token]");
    assert!(window.text("[data-testid=notice]").contains("Your token has moved to ~/.netrc"));
    assert!(world.netrc().unwrap().contains(&token));
    window.click("[data-testid=notice-dismiss]");
    window.click("[data-testid=fix-move_token]");
    assert!(window.text("[data-testid=notice]").contains("Your token has moved to the keychain"));
    window.click("[data-testid=notice-dismiss]");

    window.click("[data-testid=move]");
    let question = window.text("[data-testid=notice]");
    assert!(question.contains("Move the token to .netrc?"), "{question}");
    assert!(question.contains("any program you run can read it"), "{question}");
    picture("10-asked");
    assert!(!world.netrc().unwrap().contains(&token), "nothing happens before the answer");
    window.click("[data-testid=notice-dismiss]");
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
}

#[test]
fn keeps_the_token_in_netrc_on_request() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.write_file(".netrc", &world.netrc_records(ME, &token));
    let severity = || {
        let status = world.status();
        let mut problems = status["problems"].as_array().unwrap().iter();
        problems.find(|problem| problem["code"] == "netrc-plain-token").unwrap()["severity"].clone()
    };
    assert_eq!(severity(), "warning");

    let window = Page::herokey_window(&world, &[]);
    window.click("[data-testid=keep_in_netrc]");
    window.wait_for("problem-netrc-plain-token", "You chose to keep the token");
    window.wait_until_gone("keep_in_netrc");
    assert_eq!(severity(), "info");

    world.herokey(["move", "keychain"]).ok();
    world.write_file(".netrc", &world.netrc_records(ME, &token));
    assert_eq!(severity(), "warning", "a move to the keychain ends it");
}

#[test]
fn says_that_the_login_was_denied() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.click("[data-testid=log-in]");
    world.deny(&world.browser().wait_for_address());
    assert!(window.text("[data-testid=notice]").contains("denied in the browser"));
    window.screenshot(&artifacts().join("window-7-denied.png"));
}

#[test]
fn logs_in_by_password_and_second_factor() {
    let mut world = World::desktop();
    let mut me = Account::new(ME);
    (me.password, me.second_factor) = (Some("fake-password".to_owned()), Some("123456".to_owned()));
    world.sandbox().add_account(me);
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.click("[data-testid=other-ways] summary");
    window.click("[data-testid=way-password]");
    window.type_into("[data-testid=email]", ME);
    window.type_into("[data-testid=password]", "fake-password");
    window.screenshot(&artifacts().join("window-11-password.png"));
    window.click("[data-testid=form-log-in]");
    assert!(window.text("[data-testid=question]").contains("Two-factor code"));
    window.type_into("[data-testid=code]", "000000");
    window.click("[data-testid=answer-yes]");
    window.wait_for("question", "did not accept that code");
    window.screenshot(&artifacts().join("window-12-second-factor.png"));
    window.type_into("[data-testid=code]", "123456");
    window.click("[data-testid=answer-yes]");
    assert_eq!(window.text("[data-testid=account]"), ME);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    let page = window.execute("return document.documentElement.outerHTML").to_string();
    assert!(!page.contains("fake-password"), "what was typed is not kept");
}

#[test]
fn logs_in_with_a_pasted_token() {
    let mut world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.click("[data-testid=other-ways] summary");
    window.click("[data-testid=way-token]");
    window.type_into("[data-testid=token]", "HRKU-fake-nobodys");
    window.click("[data-testid=form-log-in]");
    window.wait_for("notice", "does not accept this token");
    window.type_into("[data-testid=token]", &token);
    window.click("[data-testid=form-log-in]");
    assert_eq!(window.text("[data-testid=account]"), ME);
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
}

#[test]
fn copies_a_report_without_token_and_email() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let _display = Display::start(&mut world);
    let window = Page::herokey_window(&world, &[]);
    window.text("[data-testid=account]");
    window.click("[data-testid=more]");
    window.click("[data-testid=copy-report]");
    window.wait_for("notice", "Report copied");
    let copied = world.program("xclip").args(["-selection", "clipboard", "-out"]).run();
    let text = copied.ok();
    assert!(text.contains("heroku: keychain <token 1>") && text.contains("<account 1>"), "{text}");
    for secret in [&token, ME, &token[token.len() - 4..]] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[test]
fn reopens_at_the_same_position() {
    let mut world = World::desktop();
    let display = Display::start(&mut world);
    let xdotool = |act: &[&str]| {
        let search = ["search", "--sync", "--onlyvisible", "--name", "^Herokey$"];
        world.program("xdotool").args(search).args(act.iter().copied()).run().ok().to_owned()
    };
    let place = || {
        let told = xdotool(&["getwindowgeometry", "--shell"]);
        told.lines().filter(|line| line.starts_with(['X', 'Y'])).map(str::to_owned).collect::<Vec<_>>()
    };
    let window = world.herokey_program("herokey-desktop").start();
    xdotool(&["windowmove", "--sync", "173", "59"]);
    assert_eq!(place(), ["X=173", "Y=59"]);
    display.close(xdotool(&[]).trim().parse().unwrap());
    window.finish().ok();
    let _window = world.herokey_program("herokey-desktop").start();
    assert_eq!(place(), ["X=173", "Y=59"]);
}

#[test]
fn opens_while_the_previous_window_is_ending() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    // Stands in for a window that receives the second start's call and ends before it answers.
    let ending = world.connect_to_bus();
    ending.request_name("dev.herokey.desktop.SingleInstance").unwrap();
    let end = std::thread::spawn(move || {
        let mut calls = zbus::blocking::MessageIterator::from(&ending).flatten();
        calls.any(|message| message.message_type() == zbus::message::Type::MethodCall)
    });
    let window = Page::herokey_window(&world, &[]);
    window.text("[data-testid=screen-signedOut]");
    assert!(end.join().unwrap(), "the second start called the first");
}
