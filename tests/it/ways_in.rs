//! Every way to log in except with the browser (`login`) and OAuth (`oauth`), and how the Heroku CLI sees it.

use herokey_tests::{Finished, ME, World};
use heroku_sandbox::{Account, Grant, Refusal};

const PASSWORD: &str = "fake-password";
const CODE: &str = "123456";

fn with_password(account: impl FnOnce(&mut Account)) -> World {
    let world = World::desktop();
    let mut me = Account { password: Some(PASSWORD.to_owned()), ..Account::new(ME) };
    account(&mut me);
    world.sandbox().add_account(me);
    world
}

fn login(world: &World, arguments: &[&str], input: &str) -> Finished {
    let arguments = [&["login", "--method"], arguments].concat();
    world.herokey_program("herokey").args(arguments).input(input).run()
}

fn by_password(world: &World, input: &str) -> Finished {
    login(world, &["password"], input)
}

#[track_caller]
fn assert_logged_in(world: &World) {
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    let token = world.herokey(["token"]).ok().to_owned();
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    assert_eq!(world.netrc(), None, "nothing in plain text");
}

#[track_caller]
fn assert_nobody_logged_in(world: &World) {
    assert_eq!(world.keyring().items(), []);
    assert_eq!(world.login_json(), None);
    assert_eq!(world.sandbox().live_tokens().len(), 0);
}

#[test]
fn by_email_and_password() {
    let world = with_password(|_| {});
    by_password(&world, &format!("{ME}\n{PASSWORD}\n")).ok();
    assert_logged_in(&world);
    let token = &world.sandbox().live_tokens()[0];
    assert!(token.description.starts_with("Herokey login from "), "{}", token.description);
    assert_eq!(world.tree().files_containing(PASSWORD), [""; 0].map(std::path::Path::new));
}

#[test]
fn a_password_login_gets_the_requested_lifetime() {
    let world = with_password(|_| {});
    let input = format!("{ME}\n{PASSWORD}\n");
    login(&world, &["password", "--expires-in", "60"], &input).ok();
    assert_logged_in(&world);
    world.sandbox().advance(std::time::Duration::from_secs(61));
    let status = world.status();
    assert_eq!(status["token"]["valid"], false, "{status}");
    login(&world, &["password", "--expires-in", "2592001"], &input).failed_with(2);
    login(&world, &["browser", "--expires-in", "60"], "").failed_with(2);
}

#[test]
fn reads_the_second_factor_from_the_third_line() {
    let world = with_password(|me| me.second_factor = Some(CODE.to_owned()));
    let without = by_password(&world, &format!("{ME}\n{PASSWORD}\n"));
    assert!(without.failed_with(6).contains("[second-factor-needed]"), "{without}");
    let wrong = by_password(&world, &format!("{ME}\n{PASSWORD}\n000000\n"));
    assert!(wrong.failed_with(6).contains("[second-factor-needed]"), "{wrong}");
    assert_nobody_logged_in(&world);
    by_password(&world, &format!("{ME}\n{PASSWORD}\n{CODE}\n")).ok();
    assert_logged_in(&world);
}

#[test]
fn the_terminal_does_not_show_the_password() {
    let world = with_password(|me| me.second_factor = Some(CODE.to_owned()));
    let program = world.herokey_program("herokey").args(["login", "--method", "password"]);
    let mut login = program.on_terminal().start();
    login.wait_for("Email: ");
    login.type_in(&format!("{ME}\n"));
    login.wait_for("Password: ");
    login.type_in(&format!("{PASSWORD}\n"));
    login.wait_for("Two-factor code: ");
    login.type_in("000000\n");
    login.wait_for("Heroku did not accept this code.");
    login.type_in(&format!("{CODE}\n"));
    let finished = login.finish();
    finished.ok();
    assert!(!finished.stdout.contains(PASSWORD), "{finished}");
    assert_logged_in(&world);
}

#[test]
fn cancelling_at_the_password_restores_the_terminal() {
    let world = with_password(|_| {});
    let program = world.herokey_program("herokey").args(["login", "--method", "password"]);
    let mut login = program.on_terminal().start();
    login.wait_for("Email: ");
    login.type_in(&format!("{ME}\n"));
    login.wait_for("Password: ");
    assert!(!login.echoes());
    login.type_in("fake\u{3}");
    login.wait_for("Nothing was typed.");
    assert!(login.echoes());
    login.finish().failed_with(6);
    assert_nobody_logged_in(&world);
}

#[test]
fn reports_a_wrong_password() {
    let world = with_password(|_| {});
    let output = by_password(&world, &format!("{ME}\nwrong\n"));
    let output = output.failed_with(4);
    assert!(output.contains("does not accept this email and password. [password-refused]"), "{output}");
    by_password(&world, ME).failed_with(2);
    assert_nobody_logged_in(&world);
}

#[test]
fn says_if_only_the_browser_works() {
    let world = World::desktop();
    for refusal in [Refusal::MfaRequired, Refusal::DeviceTrustRequired] {
        let password = Some(PASSWORD.to_owned());
        world.sandbox().add_account(Account { password, refusal: Some(refusal), ..Account::new(ME) });
        let output = by_password(&world, &format!("{ME}\n{PASSWORD}\n"));
        let output = output.failed_with(6);
        assert!(
            output.contains("[browser-needed]") && output.contains("Log in with the browser."),
            "{output}"
        );
        assert_nobody_logged_in(&world);
    }
    world.herokey_login(ME);
    assert_logged_in(&world);
}

#[test]
fn checks_a_pasted_token_first() {
    let world = World::desktop();
    let before = world.tree();
    let output = login(&world, &["token"], "HRKU-fake-made-up\n");
    assert!(output.failed_with(4).contains("[token-refused]"), "{output}");
    login(&world, &["token"], "two words\n").failed_with(2);
    login(&world, &["token"], "").failed_with(2);
    assert_nobody_logged_in(&world);
    assert_eq!(before.files_containing("HRKU-fake-made-up"), [""; 0].map(std::path::Path::new));

    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    login(&world, &["token"], &format!("  {token}\r\n")).ok();
    assert_logged_in(&world);
    assert_eq!(world.herokey(["token"]).ok(), token);
}

#[test]
fn a_refused_token_does_not_replace_the_stored_one() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    login(&world, &["token"], "HRKU-fake-made-up\n").failed_with(4);
    assert_eq!(world.herokey(["token"]).ok(), token);
    assert_logged_in(&world);
}

#[test]
fn by_single_sign_on() {
    let world = World::desktop();
    let program = world.herokey_program("herokey");
    let program = program.args(["login", "--method", "sso", "--organization", "fake-org"]);
    let mut login = program.on_terminal().start();
    let address = world.browser().wait_for_address();
    assert!(address.ends_with("/saml/fake-org/init?cli=true"), "{address}");
    let form = ["--data", "decision=log-in", "--data-urlencode", "email=me@example.com"];
    let page = world.curl(["--fail-with-body", &address].into_iter().chain(form));
    let token = page.ok().split("<code id=\"token\">").nth(1).and_then(|rest| rest.split('<').next());
    let token = token.expect("the page shows a token").to_owned();
    login.wait_for("Token shown on the page: ");
    login.type_in(&format!("{token}\n"));
    let finished = login.finish();
    finished.ok();
    assert!(!finished.stdout.contains(&token), "{finished}");
    assert_logged_in(&world);
    world.herokey(["logout"]).ok();
    assert!(!world.sandbox().is_live(&token), "the session ended");
}

#[test]
fn single_sign_on_needs_an_organization() {
    let world = World::desktop();
    let output = world.herokey(["login", "--method", "sso"]);
    assert!(output.failed_with(2).contains("--organization"), "{output}");
    assert_eq!(world.browser().address_within(std::time::Duration::ZERO), None);
}
