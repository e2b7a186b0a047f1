//! The tray over time: what a click on it takes, what it holds after much has happened, what it does while nothing does.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a measurement is printed, and ends where it cannot go on"
)]

use std::fs;
use std::time::{Duration, Instant};

use herokey_tests::{Display, Running, TrayHost, TrayIcon, World, herokey_path, netrc_record};

use crate::linux::{median, memory, start};

const WINDOWS: usize = 50;
const CHANGES: usize = 1000;
const TIMED_CHANGES: usize = 50;
const IDLE: Duration = Duration::from_mins(5);
/// A tray that has just started, or a window that has just drawn, does what it does by then.
const SETTLED: Duration = Duration::from_secs(2);

pub(crate) fn run(world: &World, display: &Display) {
    let host = TrayHost::start(world);
    // As on most days: somebody is logged in, so Heroku is asked about the token at once.
    write_netrc(world, "start@example.com");
    let tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("⚠ Heroku does not accept the token");
    std::thread::sleep(SETTLED);
    let mut held = vec![("at start", memory(&tray))];
    idle(&tray);
    changes(world, &icon);
    std::thread::sleep(SETTLED);
    held.push(("after 1,000 changes", memory(&tray)));
    clicks(world, display, &icon);
    held.push(("after 50 windows", memory(&tray)));
    println!("the tray's memory");
    let (_, (_, first)) = held[0];
    for (when, (rss, private)) in held {
        let growth = (private / first - 1.0) * 100.0;
        println!("{when:<22} {rss:>6.1} MiB RSS, {private:.2} MiB private, {growth:+.1} %");
    }
    println!("windows left: {}\n", world.windows().len());
}

/// CPU time and context switches over minutes without any change: each switch is a wake-up.
fn idle(tray: &Running) {
    let before = (cpu(tray), switches(tray));
    std::thread::sleep(IDLE);
    let after = (cpu(tray), switches(tray));
    println!("the tray, idle for {} minutes", IDLE.as_secs() / 60);
    println!("CPU {} ticks, wake-ups {}\n", after.0 - before.0, after.1 - before.1);
}

/// Ticks of CPU time (proc(5), `stat`: `utime` and `stime`).
fn cpu(tray: &Running) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", tray.id())).expect("it runs");
    let fields = stat.rsplit(") ").next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// Context switches of all its threads (proc(5), `status`).
fn switches(tray: &Running) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", tray.id())).expect("it runs");
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("status")).unwrap_or_default();
    let count = |status: String| -> u64 {
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
    };
    tasks.flatten().map(of).map(count).sum()
}

/// From another program's write to the line in the tray's menu.
fn changes(world: &World, icon: &TrayIcon) {
    let mut times = Vec::new();
    for number in 0..CHANGES {
        let email = format!("{number}@example.com");
        let started = Instant::now();
        write_netrc(world, &email);
        icon.wait_for_line(&email);
        if times.len() < TIMED_CHANGES {
            times.push(started.elapsed().as_secs_f64() * 1000.0);
        }
    }
    fs::remove_file(world.home().join(".netrc")).expect("the file is there");
    icon.wait_for_line("Log in…");
    let middle = median(&mut times);
    let worst = times.last().copied().unwrap_or(f64::NAN);
    println!("a change by another program, in the tray after: median {middle:.0} ms, worst {worst:.0} ms\n");
}

/// Another account, with a token that Heroku has never seen.
fn write_netrc(world: &World, email: &str) {
    world.write_file(".netrc", &netrc_record("api.heroku.com", email, &format!("HRKU-fake-{email}")));
}

/// From the click in the tray to the first pixel and to the last, beside the launch of a bare window.
fn clicks(world: &World, display: &Display, icon: &TrayIcon) {
    let bare = herokey_path("examples/bare_window");
    let mut herokeys = (Vec::new(), Vec::new());
    let mut bares = (Vec::new(), Vec::new());
    let empty = display.pixels();
    for run in 0..WINDOWS {
        let timed = run < crate::linux::RUNS;
        let (first, last) = painted(display, timed, || icon.activate());
        if timed {
            herokeys.0.push(first);
            herokeys.1.push(last);
        }
        close(world);
        // Or else the next click would seem to have painted what goes now.
        while display.pixels() != empty {
            std::thread::sleep(Duration::from_millis(5));
        }
        if timed {
            std::thread::sleep(SETTLED);
        }
        if timed && bare.is_file() {
            let mut running = None;
            let (first, last) = painted(display, true, || running = Some(start(world, &bare)));
            bares.0.push(first);
            bares.1.push(last);
            drop(running);
            std::thread::sleep(SETTLED);
        }
    }
    let [ours_first, ours_last] = [&mut herokeys.0, &mut herokeys.1].map(|times| median(times));
    let [bare_first, bare_last] = [&mut bares.0, &mut bares.1].map(|times| median(times));
    println!("window, from the click in the tray: first paint {ours_first:.0} ms, content {ours_last:.0} ms");
    println!("bare Tauri window, from its launch: first paint {bare_first:.0} ms, content {bare_last:.0} ms");
    println!("ratios {:.2} and {:.2}\n", ours_first / bare_first, ours_last / bare_last);
}

/// When the screen changes first and, if that is wanted, last; in milliseconds.
fn painted(display: &Display, to_the_end: bool, act: impl FnOnce()) -> (f64, f64) {
    let mut shown = display.pixels();
    let started = Instant::now();
    act();
    let (mut first, mut changed) = (None, started);
    while first.is_none() || to_the_end && changed.elapsed() < SETTLED {
        let now = display.pixels();
        if now != shown {
            changed = Instant::now();
            first.get_or_insert(changed);
            shown = now;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "a window should have opened by now");
        std::thread::sleep(Duration::from_millis(1));
    }
    let since = |moment: Instant| (moment - started).as_secs_f64() * 1000.0;
    (first.map_or(f64::NAN, since), since(changed))
}

/// As when the window is closed, whatever it is at.
fn close(world: &World) {
    loop {
        let windows = world.windows();
        if windows.is_empty() {
            break;
        }
        for window in windows {
            world.program("kill").arg(window.id.to_string()).run();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
