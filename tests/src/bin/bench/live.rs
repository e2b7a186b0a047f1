//! The tray over time: how long a click and a change take, how much memory it uses after many of them, and how often it
//! wakes up while idle.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints figures, and panics with the reason if it cannot continue"
)]

use std::fs;
use std::time::{Duration, Instant};

use herokey_tests::{Display, Running, TrayHost, TrayIcon, World, herokey_path, netrc_record};

use crate::linux::{RUNS, SETTLED, median, memory, start};

const WINDOWS: usize = 50;
const CHANGES: usize = 1000;
const TIMED_CHANGES: usize = 50;
const IDLE: Duration = Duration::from_mins(5);

pub(crate) fn run(world: &World, display: &Display) {
    let host = TrayHost::start(world);
    // With a token, as on most days, so the tray asks Heroku about it right away.
    write_netrc(world, "start@example.com");
    let tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("⚠ Heroku does not accept the token");
    std::thread::sleep(SETTLED);
    let mut measured = vec![("at start", memory(&tray))];
    measure_idle(&tray);
    measure_changes(world, &icon);
    std::thread::sleep(SETTLED);
    measured.push(("after 1,000 changes", memory(&tray)));
    measure_clicks(world, display, &icon);
    measured.push(("after 50 windows", memory(&tray)));
    println!("memory of the tray");
    let (_, (_, first)) = measured[0];
    for (when, (rss, private)) in measured {
        let growth = (private / first - 1.0) * 100.0;
        println!("{when:<22} {rss:>6.1} MiB RSS, {private:.2} MiB private, {growth:+.1} %");
    }
    println!("windows still open: {}\n", world.windows().len());
}

/// CPU time and wake-ups over some minutes without any change. Each context switch is a wake-up.
fn measure_idle(tray: &Running) {
    let before = (cpu_ticks(tray), context_switches(tray));
    std::thread::sleep(IDLE);
    let after = (cpu_ticks(tray), context_switches(tray));
    println!("tray, idle for {} minutes", IDLE.as_secs() / 60);
    println!("CPU {} ticks, wake-ups {}\n", after.0 - before.0, after.1 - before.1);
}

/// Ticks of CPU time (proc(5), `stat`: `utime` and `stime`).
fn cpu_ticks(tray: &Running) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", tray.id())).expect("the tray is running");
    let fields = stat.rsplit(") ").next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum()
}

/// Context switches of all its threads (proc(5), `status`).
fn context_switches(tray: &Running) -> u64 {
    let tasks = fs::read_dir(format!("/proc/{}/task", tray.id())).expect("the tray is running");
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("status")).unwrap_or_default();
    let count = |status: String| -> u64 {
        let lines = status.lines().filter(|line| line.contains("ctxt_switches"));
        lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum()
    };
    tasks.flatten().map(of).map(count).sum()
}

/// The time from another program's write to the change in the tray's menu.
fn measure_changes(world: &World, icon: &TrayIcon) {
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
    fs::remove_file(world.home().join(".netrc")).expect("the file exists");
    icon.wait_for_line("Log in…");
    let middle = median(&mut times);
    let worst = times.last().copied().unwrap_or(f64::NAN);
    println!("tray, from another program's write to the menu: median {middle:.0} ms, worst {worst:.0} ms\n");
}

/// Writes a record of this account, with a token that Heroku does not know.
fn write_netrc(world: &World, email: &str) {
    world.write_file(".netrc", &netrc_record("api.heroku.com", email, &format!("HRKU-fake-{email}")));
}

/// The time from a click on the icon to the window's first and last change on the screen, next to a bare window.
fn measure_clicks(world: &World, display: &Display, icon: &TrayIcon) {
    let bare_window = herokey_path("examples/bare_window");
    let mut herokey = (Vec::new(), Vec::new());
    let mut bare = (Vec::new(), Vec::new());
    let empty = display.pixels();
    for run in 0..WINDOWS {
        let timed = run < RUNS;
        let (first, last) = time_changes(display, timed, || icon.activate());
        if timed {
            herokey.0.push(first);
            herokey.1.push(last);
        }
        end_windows(world);
        // Otherwise the disappearing window would count as a change caused by the next click.
        while display.pixels() != empty {
            std::thread::sleep(Duration::from_millis(5));
        }
        if timed {
            std::thread::sleep(SETTLED);
        }
        if timed && bare_window.is_file() {
            let mut running = None;
            let (first, last) = time_changes(display, true, || running = Some(start(world, &bare_window)));
            bare.0.push(first);
            bare.1.push(last);
            drop(running);
            std::thread::sleep(SETTLED);
        }
    }
    let [herokey_first, herokey_last] = [&mut herokey.0, &mut herokey.1].map(|times| median(times));
    let [bare_first, bare_last] = [&mut bare.0, &mut bare.1].map(|times| median(times));
    println!(
        "Herokey's window, from the click on the icon: first paint {herokey_first:.0} ms, content {herokey_last:.0} ms"
    );
    println!("bare Tauri window, from launch: first paint {bare_first:.0} ms, content {bare_last:.0} ms");
    println!("ratios {:.2} and {:.2}\n", herokey_first / bare_first, herokey_last / bare_last);
}

/// Milliseconds until the screen changes for the first time and, with `to_the_end`, for the last time.
fn time_changes(display: &Display, to_the_end: bool, trigger: impl FnOnce()) -> (f64, f64) {
    let mut shown = display.pixels();
    let started = Instant::now();
    trigger();
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

/// Ends every window and waits until none is left.
fn end_windows(world: &World) {
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
