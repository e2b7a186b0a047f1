//! The token is only where it belongs: searches everything that a whole run writes, prints and sends.

use herokey_tests::{Display, Finished, ME, Notifications, Page, TrayHost, World};

/// Records every message that Rust sends to the page from now on. Answers, errors and events all go through the page's
/// list of callbacks.
const RECORD: &str = "
    const { callbacks } = window.__TAURI_INTERNALS__;
    window.heard = [];
    callbacks.get = (id) => {
        const callback = Map.prototype.get.call(callbacks, id);
        return callback && ((message) => (heard.push(message), callback(message)));
    };";

#[test]
fn no_command_ever_shows_the_token() {
    let mut world = World::desktop();
    world.set_env("HEROKEY_LOG", "trace");
    let herokey =
        |arguments: &[&str]| world.herokey_program("herokey").args(arguments.iter().copied()).traced().run();
    let login = {
        let login = world.herokey_program("herokey").arg("login").traced().start();
        world.approve(&world.browser().wait_for_address(), ME);
        login.finish()
    };
    login.ok();
    let token = world.herokey(["token"]).ok().to_owned();
    let journal = world.file(".local/state/herokey/journal.json").expect("a journal");
    let runs = [
        login,
        herokey(&["status"]),
        herokey(&["status", "--json"]),
        herokey(&["git", "install"]),
        herokey(&["git", "status"]),
        push(&world),
        herokey(&["logout"]),
    ];
    for run in &runs {
        for (place, text) in
            [("output", &run.stdout), ("errors and logs", &run.stderr), ("processes", &run.started_programs)]
        {
            assert!(!text.contains(&token), "`{}` shows the token in its {place}", run.line);
        }
        assert!(!run.started_programs.is_empty(), "`{}` was watched", run.line);
    }
    assert!(!journal.contains(&token));
    assert_eq!(world.tree().files_containing(&token), [""; 0].map(std::path::Path::new), "on the disk");
}

#[test]
fn neither_window_nor_tray_ever_shows_the_token() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    world.set_env("HEROKEY_LOG", "trace");
    let bus = world.program("dbus-monitor").start();
    bus.wait_for("NameAcquired");
    let host = TrayHost::start(&world);
    let _notifications = Notifications::start(&world);
    let tray = world.herokey_program("herokey-tray").traced().start();
    let icon = host.wait_for_icon();
    let window = Page::traced_herokey_window(&world);
    window.text("[data-testid=screen-signedOut]");
    window.execute(RECORD);

    window.click("[data-testid=log-in]");
    world.approve(&world.browser().wait_for_address(), ME);
    window.wait_for("notice", "Logged in as");
    icon.wait_for_line("Copy token");
    let clipboard =
        |target| world.program("xclip").args(["-selection", "clipboard", "-out", "-target", target]).run();
    window.click("[data-testid=copy-token]");
    window.wait_for("notice", "Token copied");
    let token = clipboard("UTF8_STRING").ok().to_owned();
    assert!(world.sandbox().is_live(&token), "the token is on the clipboard");
    assert_eq!(clipboard("x-kde-passwordManagerHint").ok(), "secret", "kept out of histories");
    icon.click("Copy token");
    bus.wait_for("Token copied");
    assert_eq!(clipboard("UTF8_STRING").ok(), token);
    let processes = world.processes();
    window.click("[data-testid=log-out]");
    window.wait_for("notice", "Logged out");
    icon.wait_for_line("Not logged in to Heroku");

    let heard = window.execute("return JSON.stringify(window.heard)").to_string();
    for part in ["waiting", "Logging in…", ME, "Token copied", "Logged out"] {
        assert!(heard.contains(part), "{part:?} is in the record: {heard}");
    }
    let helpers = [window.started_programs(), tray.started_programs()];
    for starts in &helpers {
        assert!(starts.contains("\"clipboard\", \"--secret\""), "{starts}");
    }
    let [window_starts, tray_starts] = helpers;
    assert!(bus.output().contains("GetLayout"));
    let in_numbers = format!("{:?}", token.as_bytes());
    let in_numbers = in_numbers.trim_matches(['[', ']']);
    for (place, text) in [
        ("the page's messages", heard),
        ("the page", window.execute("return document.documentElement.outerHTML").to_string()),
        ("the window's log", window.output()),
        ("the window's processes", window_starts),
        ("the tray's log", tray.output()),
        ("the tray's processes", tray_starts),
        ("the process list", format!("{processes:?}")),
        ("the session bus", bus.output()),
    ] {
        assert!(!text.is_empty(), "nothing of {place} was recorded");
        assert!(!text.contains(&token) && !text.contains(in_numbers), "the token is in {place}");
    }
    assert_eq!(world.tree().files_containing(&token), [""; 0].map(std::path::Path::new), "on the disk");
}

#[test]
fn a_token_in_netrc_is_in_no_other_file() {
    let mut world = World::desktop();
    world.set_env("HEROKU_NETRC_WRITE", "true");
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    assert_eq!(world.tree().files_containing(&token), [std::path::Path::new(".netrc")]);
}

fn push(world: &World) -> Finished {
    world.git(["init", "--quiet", "app"]).ok();
    let author = ["-c", "user.name=Me", "-c", "user.email=me@example.com", "-C", "app"];
    let commit = ["commit", "--quiet", "--allow-empty", "--message=One"];
    world.git(author.into_iter().chain(commit)).ok();
    let address = format!("https://{}/app.git", world.git_host());
    let push = world.program("git").args(["-C", "app", "push", &address, "HEAD:main"]).traced().run();
    push.ok();
    push
}

#[test]
fn does_not_wait_for_a_screen_that_never_answers() {
    let mut world = World::desktop();
    world.herokey_login(ME);
    // The port of X11 screen 5. Connections are opened, but nothing accepts them.
    let _screen = std::net::TcpListener::bind("127.0.0.1:6005").unwrap();
    world.set_env("DISPLAY", "127.0.0.1:5");
    let refused = world.herokey(["token", "--copy"]);
    assert!(refused.failed_with(1).contains("[clipboard-failed]"), "{refused}");
    assert!(refused.stderr.contains("timed out"), "{refused}");
    let serves = |process: &herokey_tests::Process| process.arguments.iter().any(|word| word == "clipboard");
    assert!(!world.processes().iter().any(serves), "nothing holds the token any more");
}
