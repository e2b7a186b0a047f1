//! When a token expires: Herokey asks Heroku, remembers the answer offline, and reminds in time and only once. Also: a
//! token that Heroku refuses.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use herokey_app::controller::{Controller, State};
use herokey_app::request::WindowRequest;
use herokey_core::Env;
use herokey_core::base::expiry::Stage;
use herokey_core::ledger::journal::Program;
use herokey_tests::{ME, Notifications, PATIENCE, TrayHost, Tree, World};
use heroku_sandbox::{Fault, FaultRule, Grant};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

#[test]
fn is_known_offline_after_a_login() {
    let world = World::desktop();
    world.herokey_login(ME);
    assert!(world.herokey(["status", "--offline"]).ok().contains("not checked, expires in 30 days"));
    let report = offline(&world);
    assert_eq!(report["token"]["expiry"], "known");
    let told: Timestamp = report["token"]["expires_at"].as_str().unwrap().parse().unwrap();
    let at_heroku = world.sandbox().live_tokens()[0].expires_at.unwrap().unix_timestamp();
    assert!((told.as_second() - at_heroku).abs() <= 5, "{told}");
    assert!(
        world.tree().files_containing(world.herokey(["token"]).ok()).is_empty(),
        "the token stands in no file"
    );
}

#[test]
fn is_requested_once_after_a_login_with_the_cli() {
    let world = World::desktop();
    world.heroku_login(ME);
    assert!(world.herokey(["status", "--offline"]).ok().contains("expiry unknown"));
    assert_eq!(offline(&world)["token"]["expires_at"], json!(null));
    assert!(world.herokey(["status"]).ok().contains("accepted by Heroku, expires in 30 days"));
    assert!(world.herokey(["status", "--offline"]).ok().contains("expires in 30 days"));
    let lists =
        || world.sandbox().requests().iter().filter(|one| one.path == "/oauth/authorizations").count();
    let asked = lists();
    world.herokey(["status"]).ok();
    assert_eq!(lists(), asked, "what does not change is asked once");
}

#[test]
fn can_be_never_or_unknown() {
    let world = World::desktop();
    store(&world, &world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap());
    assert!(world.herokey(["status"]).ok().contains("does not expire"));
    assert_eq!(offline(&world)["token"]["expiry"], "never");
    assert_eq!(offline(&world)["token"]["expires_at"], json!(null));

    // With one session, it must be this token's. With two, it could be either.
    let hours = |hours: u64| Some(Duration::from_secs(hours * 60 * 60));
    store(&world, &world.sandbox().issue_token(ME, Grant::Session, hours(8)).unwrap());
    assert!(world.herokey(["status"]).ok().contains("expires in 8 hours"));
    store(&world, &world.sandbox().issue_token(ME, Grant::Session, hours(9)).unwrap());
    assert!(world.herokey(["status"]).ok().contains("accepted by Heroku, expiry unknown"));
    assert_eq!(offline(&world)["token"]["expiry"], "unknown");
}

#[test]
fn a_refused_token_is_noticed_on_use_and_differs_from_being_offline() {
    let world = World::desktop();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    world.sandbox().add_fault(FaultRule { times: 3, ..FaultRule::once("/account", Fault::DropBefore) });
    let status = world.status();
    assert_eq!(status["token"]["valid"], json!(null), "not known");
    assert!(!codes(&status).contains(&"token-refused".to_owned()), "{status:#}");
    world.sandbox().clear_faults();

    assert!(world.sandbox().revoke_token(&token));
    assert!(!world.problem_codes().contains(&"token-refused".to_owned()), "nobody has asked yet");
    world.herokey(["authorizations"]).failed_with(4);
    let report = offline(&world);
    assert_eq!(codes(&report)[0], "token-refused");
    assert_eq!(report["token"]["valid"], false);
    assert!(world.herokey(["status", "--offline"]).ok().contains("refused by Heroku"));

    world.herokey_login(ME);
    assert!(!world.problem_codes().contains(&"token-refused".to_owned()), "until the token changes");
}

#[test]
fn reminds_once_at_seven_days_one_day_and_the_end() {
    /// The time this many days after the first login.
    fn days(days: i64) -> Timestamp {
        static BEGAN: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);
        *BEGAN + SignedDuration::from_hours(24 * days) + SignedDuration::from_secs(60)
    }
    let clocks: [(fn() -> Timestamp, _, _); 4] = [
        (|| days(20), None, "signed in"),
        (|| days(23), Some(Stage::SevenDays), "expires in 7 days"),
        (|| days(29), Some(Stage::OneDay), "expires in 24 hours"),
        (|| days(30), Some(Stage::Ended), "expired just now"),
    ];
    let world = World::desktop();
    world.herokey_login(ME);
    for (clock, stage, words) in clocks {
        let told = reminder(&world, clock);
        assert_eq!(told.as_ref().map(|told| told.0), stage, "{words}");
        assert!(told.is_none_or(|told| told.1 == words), "{words}");
        assert_eq!(
            reminder(&world, clock),
            None,
            "{words}: once on a machine, whichever program starts next"
        );
    }
    world.herokey_login(ME);
    let told = reminder(&world, || days(24)).map(|told| told.0);
    assert_eq!(told, Some(Stage::SevenDays), "another token, another reminder");
}

#[test]
fn an_eight_hour_token_is_announced_an_hour_and_ten_minutes_before_its_end() {
    /// The time this many minutes after the first call.
    fn minutes(minutes: i64) -> Timestamp {
        static BEGAN: LazyLock<Timestamp> = LazyLock::new(Timestamp::now);
        *BEGAN + SignedDuration::from_mins(minutes) + SignedDuration::from_secs(30)
    }
    let world = World::desktop();
    let eight_hours = Some(Duration::from_hours(8));
    store(&world, &world.sandbox().issue_token(ME, Grant::Session, eight_hours).unwrap());
    world.herokey(["status"]).ok();
    let clocks: [(fn() -> Timestamp, _, _); 5] = [
        (|| minutes(0), None, ""),
        (|| minutes(6 * 60), None, ""),
        (|| minutes(7 * 60), Some(Stage::OneHour), "expires within the hour"),
        (|| minutes(7 * 60 + 50), Some(Stage::TenMinutes), "expires within 10 minutes"),
        (|| minutes(8 * 60), Some(Stage::Ended), "expired just now"),
    ];
    for (clock, stage, words) in clocks {
        let expected = stage.map(|stage| (stage, words.to_owned()));
        assert_eq!(reminder(&world, clock), expected);
    }
}

#[test]
fn a_clock_that_was_years_ahead_silences_no_reminder() {
    static DAYS: AtomicI64 = AtomicI64::new(1);
    fn clock() -> Timestamp {
        let days = SignedDuration::from_hours(24 * DAYS.load(Ordering::SeqCst));
        Timestamp::now() + days + SignedDuration::from_secs(60)
    }
    let world = World::desktop();
    world.herokey_login(ME);
    let (controller, states) = watch(&world, clock, Program::Tray);
    until(&states, "facts", |state| state.facts.is_some());
    assert_eq!(controller.state().reminder, None);
    let stages = [
        (4000, Stage::Ended),
        // The clock is right again.
        (23, Stage::SevenDays),
        (29, Stage::OneDay),
        (30, Stage::Ended),
    ];
    for (days, stage) in stages {
        DAYS.store(days, Ordering::SeqCst);
        controller.request(WindowRequest::Refresh);
        let is_told = |state: &State| state.reminder.as_ref().is_some_and(|told| told.stage == stage);
        until(&states, &format!("the reminder on day {days}"), is_told);
    }
}

#[test]
fn the_timer_alone_triggers_a_reminder() {
    /// Three seconds before the last seven days begin.
    fn just_before() -> Timestamp {
        Timestamp::now() + SignedDuration::from_hours(24 * 23) - SignedDuration::from_secs(3)
    }
    let world = World::desktop();
    world.herokey_login(ME);
    let (_controller, states) = watch(&world, just_before, Program::Tray);
    until(&states, "a reminder", |state| state.reminder.is_some());
}

#[test]
fn a_reminder_offers_to_log_in_again() {
    assert_eq!(window_after("Log in again"), "--activation=fake-token --log-in");
}

#[test]
fn a_click_on_a_reminder_opens_the_window() {
    assert_eq!(window_after("Open Herokey"), "--activation=fake-token");
}

/// The arguments of the window that opens after a press on this button of the reminder.
fn window_after(label: &str) -> String {
    let world = World::desktop();
    world.herokey_login(ME);
    // As if three weeks had passed.
    let known = world.file(".local/state/herokey/tokens.json").unwrap();
    let mut known: serde_json::Value = serde_json::from_str(&known).unwrap();
    let now = Timestamp::now();
    known["tokens"][0]["expiry"] = json!({ "at": now + SignedDuration::from_hours(6 * 24 + 1) });
    known["tokens"][0]["made_at"] = json!(now - SignedDuration::from_hours(24 * 24));
    world.write_file(".local/state/herokey/tokens.json", &known.to_string());

    let notifications = Notifications::start(&world);
    let host = TrayHost::start(&world);
    let _tray = world.tray_beside_a_fake_window().start();
    let shown = notifications.next();
    assert_eq!(shown.title, "Your Heroku token expires in 6 days");
    assert_eq!(shown.body, format!("{ME}. Log in again to avoid an interruption."));
    let buttons: Vec<_> = shown.buttons.iter().map(|(name, label)| (name.as_str(), label.as_str())).collect();
    assert_eq!(buttons, [("act", "Log in again"), ("default", "Open Herokey")]);
    let icon = host.wait_for_icon();
    icon.wait_for_line("Token in keychain · expires in 6 days");
    icon.wait_for_line("⚠ Your token expires in 6 days");
    notifications.press(&shown, label);
    world.browser().wait_for_address()
}

/// The reminder of a tray that starts at this time.
fn reminder(world: &World, clock: fn() -> Timestamp) -> Option<(Stage, String)> {
    // A controller lives as long as the process and goes on with this clock, so each has a home folder of its own.
    static HOMES: AtomicI64 = AtomicI64::new(0);
    let home = world.home().with_file_name(format!("home-{}", HOMES.fetch_add(1, Ordering::SeqCst)));
    std::fs::create_dir(&home).unwrap();
    world.tree().restore(&home, ".local/share/keyrings");
    let mut variables = world.environment().clone();
    variables.insert("HOME".to_owned(), home.display().to_string());
    let (controller, states) = watch_with(Env::new(variables).with_clock(clock), Program::Tray);
    until(&states, "facts", |state| state.facts.is_some());
    let state = ".local/state/herokey";
    Tree::of(&home.join(state)).restore(&world.home().join(state), "nothing");
    controller.state().reminder.map(|reminder| (reminder.stage, reminder.words))
}

fn watch(world: &World, clock: fn() -> Timestamp, program: Program) -> (Controller, Receiver<State>) {
    watch_with(Env::new(world.environment()).with_clock(clock), program)
}

fn watch_with(env: Env, program: Program) -> (Controller, Receiver<State>) {
    let (tell, told) = channel();
    let listener = move |state: &State| {
        // The test may have dropped the receiver.
        let _ = tell.send(state.clone());
    };
    (Controller::start(env, program, listener).unwrap(), told)
}

#[track_caller]
fn until(states: &Receiver<State>, what: &str, fits: impl Fn(&State) -> bool) {
    let mut last = State::default();
    while !fits(&last) {
        match states.recv_timeout(PATIENCE) {
            Ok(state) => last = state,
            Err(error) => panic!("{what}: {error}; the last state: {last:#?}"),
        }
    }
}

fn offline(world: &World) -> serde_json::Value {
    serde_json::from_str(world.herokey(["status", "--offline", "--json"]).ok()).unwrap()
}

fn codes(report: &serde_json::Value) -> Vec<String> {
    let problems = report["problems"].as_array().unwrap();
    problems.iter().map(|problem| problem["code"].as_str().unwrap().to_owned()).collect()
}

/// Makes this token the only one in the keyring, and the one that the CLI uses.
fn store(world: &World, token: &str) {
    world.keyring().clear();
    world.store_as_cli(ME, token);
}
