//! The tray in the notification area, used with the mouse and the keyboard, on a Windows without `WebView2`.

use std::fmt;
use std::time::{Duration, Instant};

use herokey_tests::{Display, ME, PATIENCE, Process, Windows, eventually};
use heroku_sandbox::Grant;

use crate::{OTHERS, netrc_of};

/// The only icon in Wine's task bar, on a screen of 900 by 700 pixels.
const ICON: [&str; 2] = ["891", "690"];
const NO_WINDOW: &str = "Herokey's window could not be opened";
const TRAY: &str = r"C:\Program Files\Herokey\herokey-desktop.exe";
const RUN: &str = r"HKCU\Software\Microsoft\Windows\CurrentVersion\Run";

/// The lines of the menu, counted from the last one, if somebody is logged in.
mod line {

    pub(super) const START_AT_LOGIN: usize = 1;
    pub(super) const OPEN: usize = 2;
    pub(super) const LOG_OUT: usize = 3;
    pub(super) const REGENERATE: usize = 5;
    /// If nobody is logged in.
    pub(super) const LOG_IN: usize = 3;
}

/// A button of a dialog. The first one has the keyboard.
#[derive(Clone, Copy, PartialEq)]
enum Button {
    First,
    Second,
}

/// Names the windows that are there, if it does not come.
struct Awaited<'a> {
    what: &'a str,
    on: &'a Desktop,
}

impl fmt::Display for Awaited<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (windows: {:?})", self.what, self.on.titles())
    }
}

/// A Windows whose user, who is logged in, has started the tray.
struct Desktop {
    windows: Windows,
    token: String,
    _display: Display,
}

impl Desktop {
    /// `None` as for [`Windows::new`].
    fn start() -> Option<Self> {
        let (windows, display) = Windows::new()?.with_screen();
        let token = windows.world().sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
        windows.write_file("_netrc", &netrc_of(&token));
        let desktop = Self { windows, token, _display: display };
        desktop.start_tray(&["--at-login"]);
        desktop.focus();
        Some(desktop)
    }

    fn start_tray(&self, arguments: &[&str]) {
        let explorer = self.windows.program("explorer").arg("/desktop=test,900x700").arg(TRAY);
        // Explorer goes on, as on Windows. The world ends it.
        std::mem::forget(explorer.args(arguments.iter().copied()).start());
    }

    /// Gives the keyboard to Wine's desktop. Without a window manager nobody else does.
    fn focus(&self) {
        self.eventually("a desktop", || {
            let found = self.xdotool(["search", "--name", "Wine desktop"]);
            found.lines().next().map(|window| self.xdotool(["windowfocus", "--sync", window]))
        });
    }

    fn xdotool<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> String {
        self.windows.world().program("xdotool").args(arguments).run().stdout
    }

    #[track_caller]
    fn eventually<T>(&self, what: &str, find: impl Fn() -> Option<T>) -> T {
        eventually(Awaited { what, on: self }, find)
    }

    /// Herokey's visible windows, with their titles. The menu has none.
    fn windows(&self) -> Vec<(String, String)> {
        let windows = self.xdotool(["search", "--onlyvisible", "--class", "herokey"]);
        let title = |window: &str| self.xdotool(["getwindowname", window]).trim_end().to_owned();
        windows.lines().map(|window| (window.to_owned(), title(window))).collect()
    }

    fn titles(&self) -> Vec<String> {
        self.windows().into_iter().map(|(_, title)| title).collect()
    }

    /// Clicks on the icon until the menu is there, since at first there is no icon. The pointer is on the last line then.
    #[track_caller]
    fn open_menu(&self) {
        let menu =
            || self.windows().into_iter().find_map(|(window, title)| title.is_empty().then_some(window));
        let menu = self.eventually("the menu", || {
            self.xdotool(["mousemove", "--sync", ICON[0], ICON[1]]);
            self.click("3");
            let begun = Instant::now();
            std::iter::repeat_with(menu)
                .take_while(|_| begun.elapsed() < Duration::from_secs(3))
                .flatten()
                .next()
        });
        let geometry = self.xdotool(["getwindowgeometry", "--shell", &menu]);
        let height: u32 =
            geometry.lines().find_map(|line| line.strip_prefix("HEIGHT=")?.parse().ok()).unwrap();
        self.xdotool(["mousemove", "--sync", "--window", &menu, "60", &(height - 12).to_string()]);
    }

    fn click(&self, button: &str) {
        self.xdotool(["mousedown", button]);
        self.xdotool(["mouseup", button]);
    }

    /// Chooses a line of the menu with the keyboard. X gives the keys to the program under the pointer.
    #[track_caller]
    fn choose(&self, line: usize) {
        self.open_menu();
        for _ in 0..line {
            self.xdotool(["key", "Up"]);
        }
        self.xdotool(["key", "Return"]);
    }

    #[track_caller]
    fn close_menu(&self) {
        self.xdotool(["key", "Escape"]);
        self.eventually("its end", || self.titles().is_empty().then_some(()));
    }

    /// Waits for a dialog with this title, and presses its first button or its second.
    #[track_caller]
    fn press(&self, button: Button, title: &str) {
        self.eventually(title, || self.titles().contains(&title.to_owned()).then_some(()));
        self.xdotool(["mousemove", "--sync", "450", "350"]);
        if button == Button::Second {
            self.xdotool(["key", "Tab"]);
        }
        self.xdotool(["key", "Return"]);
        self.eventually("its end", || (!self.titles().contains(&title.to_owned())).then_some(()));
    }

    fn trays(&self) -> Vec<Process> {
        let is_tray = |process: &Process| {
            let program = process.arguments.first();
            program.is_some_and(|name| name.ends_with("herokey-desktop.exe")) && process.is_running()
        };
        self.windows.world().processes().into_iter().filter(is_tray).collect()
    }

    fn starts_at_login(&self) -> bool {
        self.windows.program("reg").args(["query", RUN, "/v", "Herokey"]).run().stdout.contains("--at-login")
    }
}

#[test]
fn the_keyboard_switches_start_at_login_on_and_off() {
    let Some(desktop) = Desktop::start() else { return };
    assert!(!desktop.starts_at_login());
    for on in [true, false] {
        desktop.choose(line::START_AT_LOGIN);
        desktop.eventually("the setting", || (desktop.starts_at_login() == on).then_some(()));
    }
}

#[test]
fn logs_out_and_in_again() {
    let Some(desktop) = Desktop::start() else { return };
    let (windows, world) = (&desktop.windows, desktop.windows.world());
    desktop.choose(line::LOG_OUT);
    desktop.eventually("the logout", || (!world.sandbox().is_live(&desktop.token)).then_some(()));
    // Until the action has ended, no other can be chosen.
    desktop
        .eventually("its end", || windows.herokey(["history"]).stdout.contains("Logged out").then_some(()));
    assert_eq!(windows.netrc().as_deref(), Some(OTHERS));
    desktop.choose(line::LOG_IN);
    world.approve(&world.browser().wait_for_address(), ME);
    desktop.eventually("the login", || windows.herokey(["token"]).status.success().then_some(()));
    assert_eq!(windows.status()["token"]["source"], "keychain");
    assert_eq!(desktop.titles(), [""; 0], "no window was needed");
}

#[test]
fn asks_before_it_replaces_the_token() {
    let Some(desktop) = Desktop::start() else { return };
    let question = "Replace your token with a new one?";
    desktop.choose(line::REGENERATE);
    desktop.press(Button::First, question);
    assert!(desktop.windows.world().sandbox().is_live(&desktop.token));
    desktop.choose(line::REGENERATE);
    desktop.press(Button::Second, question);
    let history = || desktop.windows.herokey(["history"]).stdout;
    desktop.eventually("a new token", || history().contains("Regenerated the token").then_some(()));
    assert_eq!(history().matches("Regenerated the token").count(), 1, "{}", history());
    let new = desktop.windows.herokey(["token"]).ok().trim_end().to_owned();
    assert!(new != desktop.token && desktop.windows.world().sandbox().is_live(&new));
}

#[test]
fn a_click_says_what_the_window_needs_and_where_to_get_it() {
    let Some(desktop) = Desktop::start() else { return };
    desktop.open_menu();
    desktop.close_menu();
    desktop.xdotool(["mousemove", "--sync", ICON[0], ICON[1]]);
    desktop.click("1");
    desktop.press(Button::Second, NO_WINDOW);
    let browser = desktop.windows.world().browser();
    desktop.choose(line::OPEN);
    desktop.press(Button::First, NO_WINDOW);
    assert_eq!(
        browser.wait_for_address(),
        "https://developer.microsoft.com/microsoft-edge/webview2/consumer/"
    );
    assert_eq!(browser.address_within(Duration::ZERO), None, "only once: `Close` opens no page");
}

#[test]
fn runs_once_until_the_mouse_quits_it() {
    let Some(desktop) = Desktop::start() else { return };
    desktop.open_menu();
    let first = desktop.trays();
    assert_eq!(first.len(), 1, "{first:?}");
    desktop.close_menu();
    desktop.start_tray(&[]);
    desktop.press(Button::Second, NO_WINDOW);
    let ids = || desktop.trays().iter().map(|tray| tray.id).collect::<Vec<_>>();
    desktop.eventually("the end of the second one", || (ids() == [first[0].id]).then_some(()));
    desktop.open_menu();
    desktop.click("1");
    assert!(first[0].ends_within(PATIENCE), "{:?}", desktop.trays());
}
