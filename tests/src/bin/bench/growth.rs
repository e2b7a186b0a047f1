//! How the survey, the git helper and the tray slow down as the machine fills: more accounts in the keychain, a larger
//! netrc file.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a benchmark prints figures, and panics with the reason if it cannot continue"
)]

use std::path::Path;
use std::time::Instant;

use herokey_tests::{ME, TrayHost, TrayIcon, World, herokey_path};
use heroku_sandbox::Grant;

use crate::linux::{RUNS, in_own_world, median, ms_per_call, start};

const ACCOUNTS: [usize; 3] = [1, 10, 200];
const NETRC_BYTES: [usize; 5] = [1 << 10, 10 << 10, 100 << 10, 1 << 20, 10 << 20];
/// Two figures of one quantity differ this much on a quiet machine.
const NOISE: f64 = 1.3;

/// How long each takes, in milliseconds.
#[derive(Clone, Copy)]
struct Figures {
    survey: f64,
    helper: f64,
    tray: f64,
}

/// Measures, prints, and fails if something takes longer by a larger factor than its input is larger.
pub(crate) fn run() {
    let mut faster = measure("accounts", &ACCOUNTS, |world, count| {
        for number in 1..count {
            world.add_to_keyring(&format!("{number}@example.com"), &format!("HRKU-fake-{number}"));
        }
    });
    faster.extend(measure("bytes of netrc", &NETRC_BYTES, |world, size| {
        let record =
            |number| format!("machine {number}.example.com\n  login me\n  password fake-{number:032}\n");
        let mut netrc = String::new();
        for number in 0.. {
            if netrc.len() >= size {
                break;
            }
            netrc.push_str(&record(number));
        }
        world.write_file(".netrc", &netrc);
    }));
    assert!(faster.is_empty(), "grows faster than its input:\n{}", faster.join("\n"));
}

fn measure(what: &str, sizes: &[usize], fill: impl Fn(&World, usize) + Sync) -> Vec<String> {
    println!("{what:>16} {:>12} {:>12} {:>22}", "survey ms", "helper ms", "account in tray ms");
    let mut before: Option<(usize, Figures)> = None;
    let mut faster = Vec::new();
    for &size in sizes {
        let mut now = None;
        in_own_world(|world, _| {
            let token = world.sandbox().issue_token(ME, Grant::Authorization, None).expect("an account");
            world.store_as_cli(ME, &token);
            fill(world, size);
            now = Some(figures(world));
        });
        let now = now.expect("the world was measured");
        println!("{size:>16} {:>12.1} {:>12.1} {:>22.1}", now.survey, now.helper, now.tray);
        if let Some((smaller, before)) = before {
            #[expect(clippy::cast_precision_loss, reason = "sizes are small numbers")]
            let limit = size as f64 / smaller as f64 * NOISE;
            let pairs = [
                ("survey", before.survey, now.survey),
                ("helper", before.helper, now.helper),
                ("tray", before.tray, now.tray),
            ];
            for (name, before, now) in pairs.into_iter().filter(|(_, before, now)| now / before > limit) {
                faster.push(format!("{name}: {before:.1} ms with {smaller} {what}, {now:.1} ms with {size}"));
            }
        }
        before = Some((size, now));
    }
    println!();
    faster
}

fn figures(world: &World) -> Figures {
    let env = herokey_core::Env::new(world.environment().clone());
    world.write_file("input", &world.git_credential_input());
    let helper = format!("{} git-credential get <input", herokey_path("herokey").display());
    let host = TrayHost::start(world);
    let tray = herokey_path("herokey-tray");
    let (mut survey, mut helped, mut shown) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        let started = Instant::now();
        let facts = herokey_core::survey::survey(&env);
        survey.push(started.elapsed().as_secs_f64() * 1000.0);
        assert!(facts.keychain.present().is_some_and(|entries| !entries.is_empty()), "the token was found");
        helped.push(ms_per_call(world, &helper, 3).0);
        shown.push(ms_to_account(world, &host, &tray));
    }
    Figures { survey: median(&mut survey), helper: median(&mut helped), tray: median(&mut shown) }
}

/// Milliseconds from the start of the tray until it shows the account.
fn ms_to_account(world: &World, host: &TrayHost, tray: &Path) -> f64 {
    let started = Instant::now();
    let _running = start(world, tray);
    let icon: TrayIcon = host.wait_for_icon();
    icon.wait_until("the account", |icon| icon.tooltip().contains(ME));
    started.elapsed().as_secs_f64() * 1000.0
}
