//! Programs that change something all the time do not keep the tray from seeing what others do, nor keep it busy.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use herokey_tests::{ME, Running, TrayHost, TrayIcon, World};

/// How long a change may take to show, with a test build on a busy machine: the longest pause (`herokey_app`, `pace.rs`) and
/// the look after it. Looks of the built program start within half a second.
const SOON: Duration = Duration::from_secs(8);
const BURST: Duration = Duration::from_secs(10);
/// The part of a processor that the tray may take.
const MOST: f64 = 0.05;

fn tray(world: &World) -> (TrayHost, Running, TrayIcon) {
    let host = TrayHost::start(world);
    let tray = world.herokey_program("herokey-tray").start();
    let icon = host.wait_for_icon();
    icon.wait_for_line(ME);
    (host, tray, icon)
}

/// The processor's time that a program and those it ran have taken so far (`proc_pid_stat(5)`).
fn processor_time(program: &Running) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", program.id())).unwrap();
    let fields: Vec<u64> =
        stat.rsplit_once(") ").unwrap().1.split(' ').map(|field| field.parse().unwrap_or(0)).collect();
    let ticks: u64 = fields[11..15].iter().sum();
    Duration::from_secs(ticks) / u32::try_from(rustix::param::clock_ticks_per_second()).unwrap()
}

/// Changes something every few milliseconds, so that even on a busy machine no pause is long, until it is dropped.
struct Burst(Arc<AtomicBool>);

impl Burst {
    fn of(every: Duration, change: impl Fn() + Send + Sync + 'static) -> Self {
        let (goes_on, change) = (Arc::new(AtomicBool::new(true)), Arc::new(change));
        for _ in 0..3 {
            let (goes_on, change) = (Arc::clone(&goes_on), Arc::clone(&change));
            std::thread::spawn(move || {
                while goes_on.load(Ordering::Relaxed) {
                    change();
                    std::thread::sleep(every * 3);
                }
            });
        }
        Self(goes_on)
    }
}

impl Drop for Burst {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// Logs out in the middle of a burst, and expects the tray to see that soon and to cost little.
fn logs_out_during(world: &World, most: f64, burst: impl FnOnce() -> Burst) {
    world.herokey_login(ME);
    let (_host, tray, icon) = tray(world);
    let _burst = burst();
    let (before, begun) = (processor_time(&tray), Instant::now());
    world.herokey(["logout"]).ok();
    let logged_out = Instant::now();
    icon.wait_for_line("Not logged in to Heroku");
    assert!(logged_out.elapsed() < SOON, "seen after {:?}", logged_out.elapsed());
    assert!(!tray.ends_within(BURST.saturating_sub(begun.elapsed())), "{}", tray.output());
    let share = processor_time(&tray).saturating_sub(before).as_secs_f64() / begun.elapsed().as_secs_f64();
    println!("the tray took {:.1} % of a processor", share * 100.0);
    assert!(share < most, "the tray took {:.1} % of a processor", share * 100.0);
}

fn of_file(world: &World, name: &str, text: &'static str) -> impl FnOnce() -> Burst + use<> {
    let path = world.home().join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    move || Burst::of(Duration::from_millis(10), move || drop(fs::write(&path, text)))
}

#[test]
fn of_a_file_do_not_starve_the_tray() {
    let world = World::desktop();
    logs_out_during(&world, MOST, of_file(&world, ".docker/config.json", "fake"));
}

#[test]
fn of_the_login_shells_file_do_not_starve_the_tray() {
    let world = World::desktop();
    // A look that asks the login shell costs a test build so much that the longest pause ends first.
    logs_out_during(&world, 2.0 * MOST, of_file(&world, ".profile", ": fake\n"));
}

#[test]
fn of_signals_do_not_starve_the_tray() {
    let world = World::desktop();
    let bus = world.connect_to_bus();
    bus.request_name("org.gnome.ScreenSaver").unwrap();
    let signal = move || {
        let (path, interface) = ("/org/gnome/ScreenSaver", "org.gnome.ScreenSaver");
        let to: Option<&str> = None;
        // Fails once the test is over.
        let _ = bus.emit_signal(to, path, interface, "ActiveChanged", &(true,));
    };
    // To receive the signals costs a test build as much as the looks cost.
    logs_out_during(&world, 2.0 * MOST, || Burst::of(Duration::from_millis(20), signal));
}
