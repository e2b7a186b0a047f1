//! `cargo xtask bench`: measures Herokey next to programs that do the same, in one run on one machine.
//!
//! All figures are medians of interleaved runs. Only the ratios are comparable between machines.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints figures, and panics with the reason if it cannot continue"
)]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use herokey_tests::{Display, ME, Program, Running, TrayHost, World, herokey_path};
use heroku_sandbox::Grant;

pub(crate) const RUNS: usize = 7;
/// By then, a program that has shown its icon or window has finished its start.
pub(crate) const SETTLED: Duration = Duration::from_secs(2);

/// Measures everything, or only the parts with these names: `tray`, `window`, `helper`, `survey`, `exec`, `scan`, `growth`,
/// `live`.
pub(crate) fn run(names: &[String]) {
    let wants = |part: &str| names.is_empty() || names.iter().any(|name| name == part);
    println!("Medians of {RUNS} interleaved runs.\n");
    if ["tray", "window", "helper", "survey", "exec"].into_iter().any(wants) {
        in_own_world(|world, display| {
            if wants("tray") {
                measure_tray(world);
            }
            if wants("window") {
                measure_window(world, display);
            }
            log_in(world);
            if wants("helper") {
                measure_helper(world);
            }
            if wants("survey") {
                measure_survey(world);
            }
            if wants("exec") {
                crate::exec::run(world);
            }
        });
    }
    if wants("scan") {
        in_own_world(|world, _| crate::scan::run(world));
    }
    if wants("growth") {
        crate::growth::run();
    }
    if wants("live") {
        in_own_world(crate::live::run);
    }
}

/// Measures in a new world, on a thread of its own because a world belongs to a thread.
pub(crate) fn in_own_world(measure: impl FnOnce(&World, &Display) + Send) {
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut world = World::desktop();
            let display = Display::start(&mut world);
            measure(&world, &display);
        });
    });
}

fn log_in(world: &World) {
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).expect("an account");
    world.store_as_cli(ME, &token);
}

struct Tray {
    name: &'static str,
    program: PathBuf,
    registered: Vec<f64>,
    rss: Vec<f64>,
    private: Vec<f64>,
}

fn measure_tray(world: &World) {
    let settings =
        "[GUI]\nShowTrayIcon=true\nMinimizeToTray=true\nMinimizeOnStartup=true\nCheckForUpdates=false\n";
    world.write_file(".config/keepassxc/keepassxc.ini", settings);
    let keepassxc = PathBuf::from("/usr/bin/keepassxc");
    let candidates = [
        ("herokey-tray", herokey_path("herokey-tray")),
        ("bare ksni tray", herokey_path("examples/bare_ksni")),
        ("bare Tauri tray", herokey_path("bare-tray")),
        ("KeePassXC", keepassxc),
    ];
    let mut trays: Vec<Tray> = candidates
        .into_iter()
        .filter(|(name, program)| {
            let exists = program.is_file();
            if !exists {
                println!("{name} is not installed, so it is skipped");
            }
            exists
        })
        .map(|(name, program)| Tray {
            name,
            program,
            registered: Vec::new(),
            rss: Vec::new(),
            private: Vec::new(),
        })
        .collect();
    let host = TrayHost::start(world);
    for _ in 0..RUNS {
        for tray in &mut trays {
            let started = Instant::now();
            let running = start(world, &tray.program);
            if host.registered_within(Duration::from_secs(20)).is_none() {
                println!("{} showed no icon within 20 s", tray.name);
                continue;
            }
            tray.registered.push(started.elapsed().as_secs_f64() * 1000.0);
            std::thread::sleep(SETTLED);
            let (rss, private) = memory(&running);
            tray.rss.push(rss);
            tray.private.push(private);
        }
    }
    println!("{:<18} {:>14} {:>10} {:>14}", "tray", "icon after ms", "RSS MiB", "private MiB");
    let mut herokey = None;
    for tray in &mut trays {
        let figures = [&mut tray.registered, &mut tray.rss, &mut tray.private].map(|values| median(values));
        print!("{:<18} {:>14.1} {:>10.1} {:>14.1}", tray.name, figures[0], figures[1], figures[2]);
        // The first candidate is Herokey.
        let herokey = herokey.get_or_insert(figures);
        let ratios: Vec<_> =
            herokey.iter().zip(figures).map(|(herokey, this)| format!("{:.2}", herokey / this)).collect();
        println!("   herokey-tray / this: {}", ratios.join(" "));
    }
    println!("goal: at most 1.50 times the bare ksni tray until the icon is there, and 1.30 times its RSS\n");
}

fn measure_window(world: &World, display: &Display) {
    let programs = ["herokey-desktop", "examples/bare_window"].map(herokey_path);
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..RUNS {
        for (program, times) in programs.iter().zip(&mut times) {
            times.push(time_to_content(world, display, program));
        }
    }
    let [herokey, bare] = times.map(|mut times| median(&mut times));
    println!("window, from launch to the last change on the screen");
    println!(
        "herokey-desktop {herokey:.0} ms, bare Tauri window {bare:.0} ms, ratio {:.2} (goal 1.20)\n",
        herokey / bare
    );
}

/// Milliseconds from the start of the process to the last change on the screen.
fn time_to_content(world: &World, display: &Display, program: &Path) -> f64 {
    let mut shown = display.pixels();
    let started = Instant::now();
    let _running = start(world, program);
    let mut changed = started;
    while changed.elapsed() < SETTLED {
        let now = display.pixels();
        if now != shown {
            changed = Instant::now();
            shown = now;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    (changed - started).as_secs_f64() * 1000.0
}

fn measure_helper(world: &World) {
    world.write_file("input", &world.git_credential_input());
    let herokey = format!("{} git-credential get <input", herokey_path("herokey").display());
    let commands = [
        ("herokey git-credential get", herokey.as_str(), 20),
        ("secret-tool lookup", "secret-tool lookup service heroku-cli account me@example.com", 20),
        ("heroku git:credentials get", "heroku git:credentials get <input", 2),
    ];
    let mut figures = commands.map(|_| (Vec::new(), Vec::new()));
    for _ in 0..RUNS {
        for ((_, command, times), (wall, cpu)) in commands.iter().zip(&mut figures) {
            let call = ms_per_call(world, command, *times);
            wall.push(call.0);
            cpu.push(call.1);
        }
    }
    println!("{:<28} {:>8} {:>8}", "git credential helper", "wall ms", "CPU ms");
    let figures = figures.map(|(mut wall, mut cpu)| (median(&mut wall), median(&mut cpu)));
    for ((name, ..), (wall, cpu)) in commands.iter().zip(figures) {
        println!("{name:<28} {wall:>8.1} {cpu:>8.1}");
    }
    let [herokey, secret_tool, heroku] = figures;
    println!(
        "herokey takes {:.2} times as long as secret-tool; the Heroku CLI takes {:.0} times as much CPU as herokey",
        herokey.0 / secret_tool.0,
        heroku.1 / herokey.1
    );
}

/// The time and the CPU time of one call of a shell command, in milliseconds, after so many calls.
pub(crate) fn ms_per_call(world: &World, command: &str, times: i32) -> (f64, f64) {
    let script = format!(
        "TIMEFORMAT='%R %U %S'; time (for i in $(seq {times}); do {command} >/dev/null || exit 1; done)"
    );
    let finished = world.program("bash").args(["-c", &script]).timeout(Duration::from_mins(2)).run();
    finished.ok();
    let line = finished.stderr.lines().last().unwrap_or_default();
    let seconds: Vec<f64> = line.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let of_one = |seconds: f64| seconds * 1000.0 / f64::from(times);
    (of_one(seconds[0]), of_one(seconds[1] + seconds[2]))
}

/// The whole survey without the network and without the login shell, which Herokey asks at the same time.
fn measure_survey(world: &World) {
    world.herokey(["git", "install"]).ok();
    let git_config = world.file(".gitconfig").expect("the command above wrote it");
    world.write_file(
        ".gitconfig",
        &format!("[credential]\n\thelper = cache\n[user]\n\tname = Me\n{git_config}"),
    );
    let record = |name| format!("machine {name}.example.com\n  login me\n  password fake-{name}\n");
    world.write_file(".netrc", &["one", "two", "three"].map(record).concat());
    world.write_file(".bashrc", &"alias ll='ls -l'\n".repeat(200));
    let mut variables = world.environment().clone();
    variables.insert("SHELL".to_owned(), "/bin/bash".to_owned());
    let env = herokey_core::Env::new(variables);
    let lookup = ["lookup", "service", "heroku-cli", "account", ME];
    let (mut surveys, mut shell, mut secret_tool) = (Vec::new(), Vec::new(), Vec::new());
    let time = |times: &mut Vec<f64>, run: &dyn Fn()| {
        let started = Instant::now();
        run();
        times.push(started.elapsed().as_secs_f64() * 1000.0);
    };
    for _ in 0..3 * RUNS {
        time(&mut surveys, &|| {
            let facts = herokey_core::survey::survey(&env);
            assert!(
                facts.keychain.present().is_some_and(|entries| !entries.is_empty()),
                "the survey found the token"
            );
        });
        time(&mut shell, &|| assert!(herokey_core::tools::shell::ask(&env).is_ok(), "the shell answers"));
        time(&mut secret_tool, &|| {
            world.secret_tool(lookup).ok();
        });
    }
    let [survey, shell, secret_tool] = [surveys, shell, secret_tool].map(|mut times| median(&mut times));
    println!(
        "\nsurvey, offline\neverything but the login shell {survey:.1} ms, the login shell {shell:.1} ms"
    );
    println!("secret-tool lookup {secret_tool:.1} ms, ratio {:.2}", survey / secret_tool);
}

pub(crate) fn start(world: &World, program: &Path) -> Running {
    let program: Program = world.program(program.to_str().expect("a path in Unicode"));
    program.start()
}

/// RSS and private memory, in MiB (proc(5), `smaps_rollup`).
pub(crate) fn memory(running: &Running) -> (f64, f64) {
    let text = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", running.id()))
        .expect("the program is running");
    let of = |name: &str| -> f64 {
        let line = text.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
    };
    (of("Rss:") / 1024.0, (of("Private_Clean:") + of("Private_Dirty:")) / 1024.0)
}

pub(crate) fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
