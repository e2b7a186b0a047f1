//! `herokey exec`: a command gets a token of its own, and nothing of it is left when the command has ended, whatever ended
//! it.

mod children;

use std::os::unix::process::ExitStatusExt;

use herokey_tests::{Finished, ME, Program, Running, World};
use heroku_sandbox::{ApiErrorId, ConnectionFault, Fault, FaultRule, Grant, LiveToken};
use rustix::process::{Pid, Signal, kill_process};

use crate::kill::at_every_write;

fn logged_in() -> (World, String) {
    let world = World::desktop();
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    (world, token)
}

fn exec(world: &World, arguments: &[&str]) -> Program {
    world.herokey_program("herokey").arg("exec").args(arguments.iter().copied())
}

/// A command that prints its token and waits for a line.
const WAITING: &[&str] = &["sh", "-c", "echo \"token $HEROKU_API_KEY\"; read line; echo \"read $line\""];

/// Starts [`WAITING`] on a terminal. Returns its token.
fn start_waiting(world: &World, options: &[&str]) -> (Running, String) {
    let running = exec(world, &[options, WAITING].concat()).on_terminal().start();
    running.wait_for("token ");
    running.wait_for("\r\n");
    let output = running.output();
    let token = output.split_once("token ").unwrap().1.lines().next().unwrap();
    (running, token.to_owned())
}

fn made_by_exec(world: &World) -> Vec<LiveToken> {
    let mut live = world.sandbox().live_tokens();
    live.retain(|token| token.description.starts_with("herokey exec: "));
    live
}

#[track_caller]
fn assert_nothing_left(world: &World, token: &str, why: &dyn std::fmt::Display) {
    assert_eq!(made_by_exec(world).len(), 0, "{why}");
    assert!(world.sandbox().is_live(token), "{why}");
    let tree = world.tree();
    let left: Vec<_> = tree
        .paths()
        .filter(|path| path.to_string_lossy().contains("/exec-"))
        .map(ToOwned::to_owned)
        .collect();
    assert!(left.is_empty(), "{left:?}: {why}");
}

#[test]
fn the_command_has_a_token_of_its_own() {
    let (world, token) = logged_in();
    let (mut running, own) = start_waiting(&world, &["--scope", "identity,read", "--for", "90m"]);
    assert_ne!(own, token);
    let made = made_by_exec(&world);
    assert_eq!(made.len(), 1, "{made:?}");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    assert_eq!(made[0].description, format!("herokey exec: sh on {host}"));
    let left = made[0].expires_at.unwrap().unix_timestamp() - jiff::Timestamp::now().as_second();
    assert!((left - 5_400).abs() < 120, "{left} s");
    for (path, status) in [("/account", "200"), ("/oauth/authorizations", "403")] {
        let address = format!("https://{}{path}", world.api_host());
        let header = format!("Authorization: Bearer {own}");
        let curl =
            world.program("curl").args(["-s", "-o", "out", "-w", "%{http_code}", "-H", &header, &address]);
        assert_eq!(curl.run().ok(), status, "{path}");
    }
    assert!(world.tree().files_containing(&own).is_empty());
    running.type_in("go on\n");
    let ended = running.finish();
    assert!(ended.ok().contains("read go on"), "{ended}");
    assert!(!world.sandbox().is_live(&own));
    assert_nothing_left(&world, &token, &ended);
}

#[test]
fn it_ends_as_the_command_does() {
    let (world, token) = logged_in();
    assert_eq!(exec(&world, &["sh", "-c", "exit 7"]).run().code(), Some(7));
    let killed = exec(&world, &["sh", "-c", "kill -KILL $$"]).run();
    assert_eq!(killed.status.signal(), Some(9), "{killed}");
    let terminated = exec(&world, &["sh", "-c", "kill -TERM $$"]).run();
    assert_eq!(terminated.status.signal(), Some(15), "{terminated}");
    let piped = exec(&world, &["--as", "HEROKU_TOKEN", "--", "sh", "-c", "cat; echo $HEROKU_TOKEN >&2"]);
    let piped = piped.input("as it is\n").run();
    assert_eq!(piped.ok(), "as it is");
    assert!(piped.stderr.starts_with("HRKU-"), "{piped}");
    assert_nothing_left(&world, &token, &piped);
}

#[test]
fn nothing_is_made_for_a_command_that_cannot_start() {
    let (world, token) = logged_in();
    let before = world.sandbox().requests().len();
    let missing = exec(&world, &["no-such-command"]).run();
    assert!(missing.failed_with(127).contains("there is no such command"), "{missing}");
    assert_eq!(exec(&world, &["--account", "other@example.com", "true"]).run().code(), Some(3));
    exec(&world, &["--for", "soon", "true"]).run().failed_with(2);
    assert_eq!(world.sandbox().requests().len(), before);
    world.write_file("data", "no program");
    let refused = exec(&world, &["./data"]).run();
    assert!(refused.failed_with(126).contains("cannot be started"), "{refused}");
    assert_nothing_left(&world, &token, &refused);
    let rule = FaultRule::once("/oauth/authorizations", Fault::Error(ApiErrorId::Forbidden));
    world.sandbox().add_fault(rule);
    let forbidden = exec(&world, &["sh", "-c", "echo started"]).run();
    assert!(forbidden.failed_with(4).contains("--own"), "{forbidden}");
    assert_eq!(forbidden.stdout, "");
    let own = exec(&world, &["--own", "--", "sh", "-c", "echo $HEROKU_API_KEY; exit 9"]).run();
    assert_eq!((own.code(), own.stdout.trim()), (Some(9), token.as_str()));
    assert_nothing_left(&world, &token, &own);
}

#[test]
fn another_accounts_token_makes_it() {
    let (world, token) = logged_in();
    let other = "other@example.com";
    world.sandbox().add_account(heroku_sandbox::Account::new(other));
    let theirs = world.sandbox().issue_token(other, Grant::Authorization, None).unwrap();
    world.add_to_keyring(other, &theirs);
    let whoami = exec(&world, &["--account", other, "heroku", "whoami"]).run();
    assert_eq!(whoami.ok().lines().last(), Some(other));
    assert_nothing_left(&world, &token, &whoami);
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
}

#[test]
fn a_signal_to_herokey_reaches_the_command() {
    let (world, token) = logged_in();
    let script = "trap 'echo got it; exit 3' TERM; echo ready; while :; do sleep 0.05; done";
    let running = exec(&world, &["sh", "-c", script]).start();
    running.wait_for("ready");
    kill_process(pid(&running), Signal::TERM).unwrap();
    let ended = running.finish();
    assert_eq!((ended.code(), ended.stdout.trim()), (Some(3), "ready\ngot it"), "{ended}");
    assert_nothing_left(&world, &token, &ended);
}

fn pid(running: &Running) -> Pid {
    Pid::from_raw(running.id().cast_signed()).unwrap()
}

#[test]
fn the_next_program_revokes_what_a_killed_one_left() {
    let (world, token) = logged_in();
    let fix = ["doctor", "--offline", "--fix", "exec-token-left"];
    for next in [&["status"][..], &["exec", "true"], &["move", "netrc"], &fix] {
        let (running, own) = start_waiting(&world, &[]);
        let (mut other, others) = start_waiting(&world, &[]);
        kill_process(pid(&running), Signal::KILL).unwrap();
        running.finish();
        assert!(world.sandbox().is_live(&own));
        assert!(world.problem_codes().contains(&"exec-token-left".to_owned()), "{next:?}");
        let shown = world.herokey(["doctor", "--offline"]);
        assert!(shown.ok().contains("herokey exec: sh on ") && !shown.ok().contains(&own), "{shown}");
        let done = world.herokey(next.iter().copied());
        done.ok();
        assert!(!world.sandbox().is_live(&own), "{next:?}: {done}");
        assert!(world.sandbox().is_live(&others), "{next:?}: the other one is still running");
        assert!(!world.problem_codes().contains(&"exec-token-left".to_owned()), "{next:?}");
        other.type_in("\n");
        let ended = other.finish();
        ended.ok();
        assert_nothing_left(&world, &token, &ended);
    }
}

#[test]
fn a_command_that_is_killed_loses_its_token() {
    let (world, token) = logged_in();
    let running = exec(&world, &["sh", "-c", "echo $$; exec sleep 1000"]).start();
    running.wait_for("\n");
    let child: i32 = running.output().trim().parse().unwrap();
    kill_process(Pid::from_raw(child).unwrap(), Signal::KILL).unwrap();
    let ended = running.finish();
    assert_eq!(ended.status.signal(), Some(9), "{ended}");
    assert_nothing_left(&world, &token, &ended);
}

#[test]
fn killed_at_every_write() {
    let (world, token) = logged_in();
    let kills = at_every_write(|number| {
        let killed = exec(&world, &["true"]).killed_at_write(number).run();
        if killed.killed_at.is_some() {
            world.herokey(["exec", "--", "true"]).ok();
        }
        let why = format!("{number}, {:?}: {killed}", killed.killed_at);
        assert_nothing_left(&world, &token, &why);
        killed
    });
    assert!(kills > 10, "{kills} kills");
}

#[test]
fn without_a_network_at_the_end_the_next_program_revokes_it() {
    let (world, token) = logged_in();
    let (mut running, own) = start_waiting(&world, &[]);
    world.sandbox().set_connection_fault(0, ConnectionFault::Refused);
    running.type_in("\n");
    let ended = running.finish();
    assert_eq!(ended.code(), Some(0), "the command's own code: {ended}");
    assert!(ended.stdout.contains("[partly-done]"), "{ended}");
    world.sandbox().set_connection_fault(0, ConnectionFault::None);
    assert!(world.sandbox().is_live(&own));
    let status = world.herokey(["status"]);
    status.ok();
    assert_nothing_left(&world, &token, &status);
}

#[test]
fn a_lost_answer_leaves_nothing_behind() {
    let (world, token) = logged_in();
    let rule = FaultRule { times: 5, ..FaultRule::once("/oauth/authorizations", Fault::DropAfter) };
    world.sandbox().add_fault(rule);
    let failed: Finished = exec(&world, &["sh", "-c", "echo started"]).run();
    assert_eq!((failed.code(), failed.stdout.as_str()), (Some(4), ""), "{failed}");
    world.sandbox().clear_faults();
    assert_ne!(made_by_exec(&world).len(), 0, "Heroku made one");
    exec(&world, &["true"]).run().ok();
    assert_nothing_left(&world, &token, &failed);
}

#[test]
fn a_command_that_outlives_its_token_is_told() {
    let (world, token) = logged_in();
    let (mut running, own) = start_waiting(&world, &["--for", "1"]);
    running.wait_for("the token of this command has ended");
    assert!(!world.sandbox().is_live(&own));
    running.type_in("\n");
    let ended = running.finish();
    ended.ok();
    assert_nothing_left(&world, &token, &ended);
}

#[test]
fn a_token_that_was_replaced_meanwhile_does_not_matter() {
    let (world, _) = logged_in();
    let (mut running, own) = start_waiting(&world, &[]);
    world.herokey(["regenerate"]).ok();
    let new = world.herokey(["token"]).ok().to_owned();
    running.type_in("\n");
    let ended = running.finish();
    ended.ok();
    assert!(!world.sandbox().is_live(&own));
    assert_nothing_left(&world, &new, &ended);
}

/// As a shell's job: Ctrl-Z, `fg` and Ctrl-C, in a pipeline.
#[test]
fn job_control_is_the_commands_own() {
    let (world, token) = logged_in();
    in_shell(&world, &token, world.program("bash").args(["--norc", "-i"]));
}

#[test]
fn under_tmux_too() {
    let (world, token) = logged_in();
    let socket = world.home().join("tmux").display().to_string();
    let tmux = ["-S", &socket, "-f", "/dev/null", "new-session", "bash --norc -i"];
    in_shell(&world, &token, world.program("tmux").args(tmux).env("TERM", "xterm"));
}

fn in_shell(world: &World, token: &str, shell: Program) {
    let herokey = herokey_tests::herokey_path("herokey").display().to_string();
    world.write_file(
        "run",
        &format!("exec '{herokey}' exec -- sh -c 'echo started; exec sed -u s/^/got:/'\n"),
    );
    let shell = shell.env("PS1", "$ ").env("PROMPT_COMMAND", "echo status:$?,$((n++)).");
    let mut shell = shell.on_terminal().start();
    shell.wait_for("status:0,0.");
    for (nth, line) in ["sh run | cat\n", "sh run\n"].into_iter().enumerate() {
        let got = |word: &str| (format!("{word}{nth}\n"), format!("got:{word}{nth}"));
        shell.type_in(line);
        let (word, answer) = got("one");
        shell.type_in(&word);
        shell.wait_for(&answer);
        shell.type_in("\x1a");
        shell.wait_for(&format!("Stopped                 {}", line.trim()));
        shell.wait_for(&format!(",{}.", 2 * nth + 1));
        shell.type_in("fg\n");
        let (word, answer) = got("two");
        shell.type_in(&word);
        shell.wait_for(&answer);
        shell.type_in("\x03");
        shell.wait_for(&format!("status:130,{}.", 2 * nth + 2));
    }
    shell.type_in("exit\n");
    let ended = shell.finish();
    assert_nothing_left(world, token, &ended);
}
