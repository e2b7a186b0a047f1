//! Tokens that renew themselves: the tray renews them before they expire, and the Heroku CLI uses the new one.

use std::time::Duration;

use herokey_app::controller::Controller;
use herokey_core::action::{Action, Runner, perform};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::ledger::journal::Program;
use herokey_core::stores::keychain::Unlock;
use herokey_core::{Code, Env};
use herokey_tests::{ME, PATIENCE, World};
use heroku_sandbox::{ApiErrorId, Fault, FaultRule};
use jiff::{SignedDuration, Timestamp};

const RENEW: Action = Action::Renew { unlock: Unlock::Never };

const TOKEN: &str = "/oauth/token";

#[test]
fn stores_the_token_where_the_cli_reads_it() {
    let world = logged_in_by_oauth();
    let old = world.herokey(["token"]).ok().to_owned();
    assert!(world.herokey(["status", "--offline"]).ok().contains("renews itself"));
    world.write_file(".config/heroku/accounts/me", &format!("password: {old}\n"));
    let done = perform(&runner(&env(&world)), &RENEW).unwrap();
    assert_eq!(done.what, format!("Renewed the token for {ME}."));
    let new = world.herokey(["token"]).ok().to_owned();
    assert_ne!(new, old);
    assert!(world.sandbox().is_live(&new));
    assert_eq!(world.heroku(["auth:token"]).ok(), new);
    assert_eq!(world.heroku(["whoami"]).ok(), ME);
    assert_eq!(world.file(".config/heroku/accounts/me").unwrap(), format!("password: {new}\n"));

    // A renewed token can be renewed again.
    perform(&runner(&env(&world)), &RENEW).unwrap();
    assert_ne!(world.herokey(["token"]).ok(), new);
}

#[test]
fn regenerating_renews() {
    let world = logged_in_by_oauth();
    let old = world.herokey(["token"]).ok().to_owned();
    let output = world.herokey(["regenerate"]);
    output.ok();
    assert!(output.stderr.contains("Renewed the token"), "{output}");
    let new = world.herokey(["token"]).ok().to_owned();
    assert!(new != old && world.sandbox().is_live(&new));
    perform(&runner(&env(&world)), &RENEW).unwrap();
}

#[test]
fn the_tray_renews_in_the_last_hour() {
    fn seven_hours_later() -> Timestamp {
        Timestamp::now() + SignedDuration::from_hours(7) + SignedDuration::from_secs(1)
    }
    let world = logged_in_by_oauth();
    let old = world.herokey(["token"]).ok().to_owned();
    world.sandbox().advance(Duration::from_secs(7 * 60 * 60 + 1));

    // Before the last hour, a controller that starts renews nothing.
    let watched = watch(&world, env(&world), Program::Tray);
    watched.until("facts", |state| state.facts.is_some());
    assert_eq!(asked_for_tokens(&world), 1, "at the login");

    let watched = watch(&world, env(&world).with_clock(seven_hours_later), Program::Tray);
    watched.until("a renewed token", |state| {
        let known = state.facts.iter().flat_map(|facts| &facts.known);
        state.own.is_none() && known.filter_map(|known| known.renews_at).any(|at| at > seven_hours_later())
    });
    let new = world.herokey(["token"]).ok().to_owned();
    assert_ne!(new, old);
    assert_eq!(world.heroku(["auth:token"]).ok(), new);
    assert_eq!(asked_for_tokens(&world), 2, "once");
    assert_eq!(watched.outcome(), None, "nobody need know");
}

#[test]
fn the_timer_alone_triggers_a_renewal() {
    /// Three seconds before the last hour begins.
    fn just_before() -> Timestamp {
        Timestamp::now() + SignedDuration::from_hours(7) - SignedDuration::from_secs(3)
    }
    let world = logged_in_by_oauth();
    let old = world.herokey(["token"]).ok().to_owned();
    let watched = watch(&world, env(&world).with_clock(just_before), Program::Tray);
    watched.until("a renewed token", |state| {
        let known = state.facts.iter().flat_map(|facts| &facts.known);
        let an_hour_later = just_before() + SignedDuration::from_hours(1);
        state.own.is_none() && known.filter_map(|known| known.renews_at).any(|at| at > an_hour_later)
    });
    assert_ne!(world.herokey(["token"]).ok(), old);
}

#[test]
fn the_window_does_not_renew() {
    fn later() -> Timestamp {
        Timestamp::now() + SignedDuration::from_mins(7 * 60 + 30)
    }
    let world = logged_in_by_oauth();
    let watched = watch(&world, env(&world).with_clock(later), Program::Window);
    watched.until("facts", |state| state.facts.is_some());
    assert_eq!(asked_for_tokens(&world), 1);
}

#[test]
fn retries_after_a_lost_answer() {
    let world = logged_in_by_oauth();
    for fault in
        [Fault::DropBefore, Fault::DropAfter, Fault::Empty, Fault::Error(ApiErrorId::ServiceUnavailable)]
    {
        world.sandbox().add_fault(FaultRule::once(TOKEN, fault.clone()));
        perform(&runner(&env(&world)), &RENEW).unwrap_or_else(|error| panic!("{fault:?}: {error}"));
        let token = world.herokey(["token"]).ok().to_owned();
        assert!(world.sandbox().is_live(&token), "{fault:?}");
    }
    // Lost for a while: what the sandbox has killed is brought back as soon as it answers.
    world.sandbox().add_fault(FaultRule { times: 2, ..FaultRule::once(TOKEN, Fault::DropAfter) });
    let error = perform(&runner(&env(&world)), &RENEW).unwrap_err();
    assert_eq!(error.code, Code::HerokuUnreachable);
    perform(&runner(&env(&world)), &RENEW).unwrap();
    let token = world.herokey(["token"]).ok().to_owned();
    assert!(world.sandbox().is_live(&token));
}

#[test]
fn asks_for_a_login_once_if_heroku_refuses() {
    fn later() -> Timestamp {
        Timestamp::now() + SignedDuration::from_mins(7 * 60 + 30)
    }
    let world = logged_in_by_oauth();
    let token = world.herokey(["token"]).ok().to_owned();
    let revoked = world.sandbox().revoke_token(&token);
    assert!(revoked);
    let watched = watch(&world, env(&world).with_clock(later), Program::Tray);
    watched.until("a failure", |state| state.outcome.is_some());
    let outcome = watched.outcome().unwrap();
    let herokey_core::ledger::journal::Outcome::Failed(error) = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.code, Code::TokenRefused);
    assert_eq!(error.next_step, "Log in again.");
    watched.until("nothing to renew", |state| {
        let mut known = state.facts.iter().flat_map(|facts| &facts.known);
        known.all(|known| known.renews_at.is_none())
    });
    let asked = asked_for_tokens(&world);
    let again = watch(&world, env(&world).with_clock(later), Program::Tray);
    again.until("facts", |state| state.facts.is_some());
    assert_eq!(asked_for_tokens(&world), asked, "not over and over");
}

#[test]
fn does_not_renew_another_kind_of_login() {
    let world = logged_in_by_oauth();
    world.herokey_login(ME);
    let error = perform(&runner(&env(&world)), &RENEW).unwrap_err();
    assert_eq!(error.code, Code::NotRenewable);
    assert_eq!(asked_for_tokens(&world), 1);
}

fn logged_in_by_oauth() -> World {
    let world = World::desktop();
    world.herokey_login(ME);
    let login = world.herokey_program("herokey").args(["login", "--method", "oauth"]).start();
    world.approve(&world.browser().wait_for_address(), ME);
    login.finish().ok();
    world
}

/// The environment for calling herokey-core in this process, with quick retries.
fn env(world: &World) -> Env {
    let mut env = Env::new(world.environment());
    env.programs = herokey_tests::herokey_path("herokey").with_file_name("");
    env.limits.retry_pause = Duration::from_millis(1);
    env
}

fn runner(env: &Env) -> Runner<'_> {
    Runner { env, by: Program::Tray, cancel: Cancel::new(), progress: &|_| {}, person: &Nobody }
}

fn asked_for_tokens(world: &World) -> usize {
    world.sandbox().requests().iter().filter(|request| request.path == TOKEN).count()
}

/// A controller in this process, and the states that it has reported.
struct Watched {
    controller: Controller,
    told: std::sync::mpsc::Receiver<herokey_app::controller::State>,
}

fn watch(_world: &World, env: Env, program: Program) -> Watched {
    let (tell, told) = std::sync::mpsc::channel();
    let listener = move |state: &herokey_app::controller::State| {
        // The test may have dropped the receiver.
        let _ = tell.send(state.clone());
    };
    let controller = Controller::start(env, program, listener).expect("a controller starts");
    Watched { controller, told }
}

impl Watched {
    /// Waits for a state that fits.
    #[track_caller]
    fn until(&self, what: &str, mut fits: impl FnMut(&herokey_app::controller::State) -> bool) {
        let mut last = self.controller.state();
        while !fits(&last) {
            match self.told.recv_timeout(PATIENCE) {
                Ok(state) => last = state,
                Err(error) => panic!("{what}: {error}; the last state: {last:#?}"),
            }
        }
    }

    fn outcome(&self) -> Option<herokey_core::ledger::journal::Outcome> {
        self.controller.state().outcome
    }
}
