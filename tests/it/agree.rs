//! The window, the tray and the terminal always agree, in states that have their real causes.

use std::time::Instant;

use herokey_tests::{
    Display, ME, PATIENCE, Page, Running, TrayHost, TrayIcon, World, artifacts, netrc_record,
};
use heroku_sandbox::{Fault, FaultRule, Grant};
use serde_json::Value;

const ASK: &str = "return window.__TAURI_INTERNALS__.invoke('overview')";

/// What each of the three shows to the user.
#[derive(Debug, Default, PartialEq)]
struct Told {
    account: Option<String>,
    /// Source and mask of the credential of heroku, git and curl.
    tools: Vec<(String, Option<String>)>,
    /// The codes of the problems, worst first.
    problems: Vec<String>,
}

/// The three in one world.
struct Faces {
    window: Page,
    icon: TrayIcon,
    _host: TrayHost,
    _tray: Running,
    _display: Display,
}

impl Faces {
    fn of(world: &mut World) -> Self {
        let display = Display::start(world);
        let host = TrayHost::start(world);
        let tray = world.herokey_program("herokey-tray").start();
        let icon = host.wait_for_icon();
        let window = Page::herokey_window(world, &[]);
        Self { window, icon, _host: host, _tray: tray, _display: display }
    }

    /// Waits for `css` in the window, then until all three agree, and returns what they show.
    #[track_caller]
    fn agree(&self, world: &World, name: &str, css: &str) -> Told {
        self.window.text(css);
        let until = Instant::now() + PATIENCE;
        loop {
            let (window, titles) = in_window(&self.window.execute(ASK));
            let terminal = in_terminal(world);
            let (account, warned) = in_tray(&self.icon);
            let terminal =
                Told { tools: if window.tools.is_empty() { Vec::new() } else { terminal.tools }, ..terminal };
            if window == terminal && account == window.account && warned == titles {
                self.window.screenshot(&artifacts().join(format!("agree-{name}.png")));
                return window;
            }
            assert!(
                Instant::now() < until,
                "{name}\nwindow: {window:#?} {titles:#?}\nterminal: {terminal:#?}\ntray: {account:?} {warned:#?}"
            );
        }
    }
}

fn in_window(overview: &Value) -> (Told, Vec<String>) {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let screen = &overview["screen"];
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let problems = list(&overview["problems"]);
    let warned = problems.iter().filter(|problem| problem["tone"] != "neutral");
    let told = Told {
        account: text(&screen["account"]["email"]).filter(|email| email.contains('@')),
        tools: list(&screen["tools"])
            .iter()
            .map(|row| (text(&row["source"]).unwrap_or_default(), text(&row["chip"])))
            .collect(),
        // The problem that a locked keychain is has a screen instead of a card.
        problems: [&screen["code"]]
            .into_iter()
            .chain(problems.iter().map(|problem| &problem["code"]))
            .filter_map(text)
            .collect(),
    };
    (told, warned.filter_map(|problem| text(&problem["title"])).collect())
}

fn in_terminal(world: &World) -> Told {
    let report = world.in_terminal("herokey").args(["status", "--json"]).run();
    let report: Value = serde_json::from_str(report.ok()).expect("the report is JSON");
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let tool = |name: &str| {
        let answer = &report["tools"][name];
        (text(&answer["source"]).unwrap_or_default(), text(&answer["masked"]))
    };
    Told {
        account: text(&report["account"]),
        tools: ["heroku", "git", "curl"].map(tool).into(),
        problems: report["problems"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|one| text(&one["code"]))
            .collect(),
    }
}

/// The account, and the titles of the problems that need attention.
fn in_tray(icon: &TrayIcon) -> (Option<String>, Vec<String>) {
    let tooltip = icon.tooltip();
    let account = tooltip.lines().find_map(|line| line.strip_prefix("Herokey: ")).unwrap_or_default();
    let warned = icon.lines().iter().filter_map(|line| line.strip_prefix("⚠ ").map(str::to_owned)).collect();
    (account.contains('@').then(|| account.to_owned()), warned)
}

#[test]
fn from_a_login_to_a_logout() {
    let mut world = World::desktop();
    let faces = Faces::of(&mut world);
    let told = faces.agree(&world, "signed-out", "[data-testid=screen-signedOut]");
    assert_eq!(told, Told::default());

    let login = world.herokey_program("herokey").arg("login").start();
    let page = world.browser().wait_for_address();
    faces.window.wait_for("busy", "Herokey in a terminal is logging in");
    faces.icon.wait_for_line("Herokey in a terminal is logging in…");
    world.approve(&page, ME);
    login.finish().ok();
    let told = faces.agree(&world, "signed-in", "[data-testid=account]");
    assert_eq!(told.account.as_deref(), Some(ME));
    assert_eq!(told.problems, Vec::<String>::new());

    world.herokey(["move", "netrc"]).ok();
    faces.agree(&world, "in-netrc", "[data-testid=problem-netrc-plain-token]");
    world.write_file(".profile", "export HEROKU_API_KEY=HRKU-fake-of-a-forgotten-dotfile\n");
    let told = faces.agree(&world, "overridden", "[data-testid=problem-env-api-key-overrides]");
    assert_eq!(
        (told.account, told.tools[0].0.as_str()),
        (None, "env"),
        "nobody knows whose a refused key is"
    );
    world.write_file(".profile", "");
    faces.window.wait_until_gone("problem-env-api-key-overrides");
    world.heroku(["logout"]).ok();
    faces.agree(&world, "logged-out", "[data-testid=screen-signedOut]");
}

#[test]
fn after_a_login_with_the_cli() {
    let mut world = World::desktop();
    let faces = Faces::of(&mut world);
    world.heroku_login(ME);
    faces.agree(&world, "cli-login", "[data-testid=problem-git-helper-missing]");
    world.herokey(["git", "install"]).ok();
    faces.window.wait_until_gone("problem-git-helper-missing");
    let token = world.herokey(["token"]).ok().to_owned();

    world.write_file(".netrc", &netrc_record(&world.api_host(), ME, "HRKU-fake-forgotten"));
    faces.agree(&world, "stale-copy", "[data-testid=problem-netrc-stale-copy]");
    world.write_file(".netrc", &world.netrc_records(ME, &token));
    faces.agree(&world, "both", "[data-testid=problem-netrc-plain-token]");
    world.write_file(".netrc", "");

    world.keyring().lock();
    faces.agree(&world, "locked", "[data-testid=screen-locked]");
    world.keyring().unlock();
    faces.window.wait_until_gone("screen-locked");
    faces.agree(&world, "unlocked", "[data-testid=account]");
}

#[test]
fn when_heroku_is_unreachable_or_refuses_the_token() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    world.set_env("HEROKEY_LOG", "info");
    let faces = Faces::of(&mut world);
    faces.agree(&world, "at-start", "[data-testid=account]");
    world.sandbox().add_fault(FaultRule {
        method: None,
        path: "/*".to_owned(),
        times: 1000,
        fault: Fault::DropBefore,
    });
    faces.window.click("[data-testid=more]");
    faces.window.click("[data-testid=refresh]");
    faces.window.wait_for_output("Heroku could not be asked about the token");
    faces.agree(&world, "offline", "[data-testid=account]");
    world.sandbox().clear_faults();

    let token = world.herokey(["token"]).ok().to_owned();
    assert!(world.sandbox().revoke_token(&token));
    faces.window.click("[data-testid=more]");
    faces.window.click("[data-testid=refresh]");
    faces.agree(&world, "refused", "[data-testid=problem-token-refused]");
}

#[test]
fn with_several_accounts() {
    let mut world = World::desktop();
    world.sandbox().add_account(heroku_sandbox::Account::new("other@example.com"));
    world.herokey_login("other@example.com");
    world.herokey_login(ME);
    let faces = Faces::of(&mut world);
    let told = faces.agree(&world, "two-accounts", "[data-testid=account]");
    assert_eq!(told.account.as_deref(), Some(ME));
    world.herokey(["use", "other@example.com"]).ok();
    faces.window.wait_for("account", "other@example.com");
    let told = faces.agree(&world, "other-account", "[data-testid=account]");
    assert_eq!(told.account.as_deref(), Some("other@example.com"));
}

#[test]
fn with_the_api_key_of_another_account() {
    let mut world = World::desktop();
    world.sandbox().add_account(heroku_sandbox::Account::new("other@example.com"));
    world.herokey_login(ME);
    let key = world.sandbox().issue_token("other@example.com", Grant::Authorization, None).unwrap();
    world.write_file(".profile", &format!("export HEROKU_API_KEY={key}\n"));
    let faces = Faces::of(&mut world);
    let told = faces.agree(&world, "another-accounts-key", "[data-testid=problem-env-api-key-overrides]");
    assert_eq!(
        told.account.as_deref(),
        Some("other@example.com"),
        "whoever the key acts as, not who logged in"
    );
}
