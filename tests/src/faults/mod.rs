//! The fault table: every request of every action, with every failure of Heroku and the network.
//!
//! In each cell, one request and all its retries fail. Afterwards the action must have ended, its error must name the
//! cause, no store may hold a token that Heroku refuses, and the token that was in use must still be in use and valid.
//! Every line that the terminal would show with a `✓` must be true at that moment.

mod cases;
mod check;
mod claims;
mod failures;

pub use cases::{CASES, Case};
pub use failures::{FAILURES, Failure};

use std::cell::RefCell;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread::ScopedJoinHandle;
use std::time::Duration;

use herokey_core::action::{Progress, Runner};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::ledger::journal::Program;
use herokey_core::{Env, Error, Result};
use heroku_sandbox::{Account, ConnectionFault};

use crate::world::{ME, World};
use claims::Before;
use failures::Cause;

/// The account's password, which must not appear anywhere.
pub const PASSWORD: &str = "fake-password-of-the-fault-table";
/// The token that is in use before each cell.
const TOKEN: &str = "HRKU-fake-of-the-fault-table-0123456789-0123456789-0123456789-abcd";
/// The timeout for a request that is never answered. On a busy machine, other requests may exceed it too, so a cell that is
/// wrong counts only if it is wrong with the long one.
const SHORT_TIMEOUT: Duration = Duration::from_millis(150);
const LONG_TIMEOUT: Duration = Duration::from_secs(5);
/// Only an action without a timeout takes longer than this.
const HANG_TIMEOUT: Duration = Duration::from_mins(1);

/// One request of an action, with the result of each failure.
#[derive(Debug)]
pub struct Row {
    /// The name of the action.
    pub case: &'static str,
    /// The request, such as `GET /account`, with `*` for each id.
    pub request: String,
    /// A cell for each of [`FAILURES`].
    pub cells: Vec<Cell>,
}

/// The result of one failure.
#[derive(Debug)]
pub struct Cell {
    /// The name of the failure.
    pub failure: &'static str,
    /// How the action ended.
    pub result: Result<()>,
    /// The rule that was violated, if any.
    pub violation: Option<String>,
}

/// Runs one action with every failure at each of its requests.
///
/// # Panics
/// If the action fails without any fault.
pub fn rows(world: &World, case: &Case) -> Vec<Row> {
    let requests = requests_without_faults(world, case);
    let herokeys = requests.iter().enumerate().filter(|(_, request)| request.is_herokeys);
    herokeys
        .map(|(index, request)| Row {
            case: case.name,
            request: request.to_string(),
            cells: FAILURES.iter().map(|failure| cell(world, case, failure, index, request)).collect(),
        })
        .collect()
}

/// A request as the table shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    is_herokeys: bool,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The requests that the action makes if nothing fails.
fn requests_without_faults(world: &World, case: &Case) -> Vec<Request> {
    reset(world, case);
    let before = world.sandbox().requests().len();
    let Ended { result, false_claim } = run(world, case, &world.env());
    assert!(result.is_ok(), "{} fails without a fault: {result:?}", case.name);
    assert_eq!(false_claim, None, "{} without a fault", case.name);
    let requests = world.sandbox().requests().into_iter().skip(before);
    requests
        .map(|request| Request {
            method: request.method,
            path: request
                .path
                .split('/')
                .map(|part| if is_id(part) { "*" } else { part })
                .collect::<Vec<_>>()
                .join("/"),
            is_herokeys: request.user_agent.is_some_and(|agent| agent.starts_with("herokey/")),
        })
        .collect()
}

fn is_id(part: &str) -> bool {
    part.len() > 30 && part.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b':'))
}

fn cell(world: &World, case: &Case, failure: &Failure, index: usize, request: &Request) -> Cell {
    if !failure.is_slow {
        return cell_within(world, case, failure, index, request, None);
    }
    let cell = cell_within(world, case, failure, index, request, Some(SHORT_TIMEOUT));
    if cell.violation.is_none() {
        return cell;
    }
    cell_within(world, case, failure, index, request, Some(LONG_TIMEOUT))
}

fn cell_within(
    world: &World,
    case: &Case,
    failure: &Failure,
    index: usize,
    request: &Request,
    timeout: Option<Duration>,
) -> Cell {
    reset(world, case);
    let mut env = world.env();
    env.limits.retry_pause = Duration::from_millis(1);
    if let Some(timeout) = timeout {
        (env.limits.http, env.limits.login) = (timeout, timeout);
    }
    match &failure.cause {
        Cause::Fault(fault) => world.sandbox().add_fault_after(index, fault()),
        Cause::Connection(fault) => world.sandbox().set_connection_fault(index, *fault),
    }
    let _watchdog = Watchdog::start(format!("{}, {request}, {}", case.name, failure.name));
    let Ended { result, false_claim } = run(world, case, &env);
    world.sandbox().set_connection_fault(0, ConnectionFault::None);
    world.sandbox().clear_faults();
    let violation = false_claim.or_else(|| check::violation(world, case, failure, request, &result));
    Cell { failure: failure.name, result, violation }
}

/// Sets up an account that is logged in with a token in the keychain, and whatever else the action needs.
fn reset(world: &World, case: &Case) {
    let sandbox = world.sandbox();
    sandbox.set_connection_fault(0, ConnectionFault::None);
    sandbox.clear();
    sandbox.add_account(Account { password: Some(PASSWORD.to_owned()), ..Account::new(ME) });
    for path in [".netrc", ".gitconfig", ".local/share/heroku", ".local/state/herokey"] {
        let path = world.home().join(path);
        // The path may not exist.
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
    }
    sandbox.accept_token(ME, heroku_sandbox::Grant::Authorization, None, TOKEN).expect("an account");
    // gnome-keyring writes each change to the disk, so leave the keyring alone if it is already right, as after most
    // cells.
    let items = world.keyring().items();
    if !matches!(items.as_slice(), [item] if item.secret.as_deref() == Some(TOKEN)) {
        world.keyring().clear();
        world.add_to_keyring(ME, TOKEN);
    }
    world.write_login_json(ME);
    (case.prepare)(world);
}

/// How an action ended.
struct Ended {
    result: Result<()>,
    /// Why the first false line that it showed with a `✓` is not true.
    false_claim: Option<String>,
}

fn run(world: &World, case: &Case, env: &Env) -> Ended {
    let before = Before::of(world);
    let false_claim = RefCell::new(None);
    let progress = |progress| match progress {
        Progress::Waiting { address, .. } => cases::approve(world, &address),
        Progress::Step(line) => {
            let mut first = false_claim.borrow_mut();
            *first = first.take().or_else(|| before.contradiction(world, &line));
        }
    };
    let runner =
        Runner { env, by: Program::Terminal, cancel: Cancel::new(), progress: &progress, person: &Nobody };
    let result = (case.act)(world, &runner);
    Ended { result, false_claim: false_claim.take() }
}

/// Aborts the whole run if a cell hangs, because a thread cannot be killed.
struct Watchdog {
    _running: mpsc::Sender<()>,
}

impl Watchdog {
    #[expect(clippy::print_stderr, reason = "printed just before the process aborts")]
    fn start(cell: String) -> Self {
        let (running, dropped) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            if dropped.recv_timeout(HANG_TIMEOUT) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("this cell hangs: {cell}");
                std::process::abort();
            }
        });
        Self { _running: running }
    }
}

/// The rows of an action, run in a thread of its own, because a world belongs to a thread.
fn rows_on_own_desktop(case: &Case) -> Vec<Row> {
    std::thread::scope(|scope| join(scope.spawn(|| rows(&World::desktop(), case))))
}

fn join<T>(worker: ScopedJoinHandle<'_, T>) -> T {
    worker.join().expect("the worker's panic is printed")
}

/// The table. Its text has a mark for each cell, followed by the violations.
///
/// `·`: the action failed and said why, `=`: the action succeeded nevertheless, `X`: a rule is violated.
#[derive(Debug)]
pub struct Table(pub Vec<Row>);

impl Table {
    /// Runs these actions and fills the table. Some worlds run at the same time, because a cell mostly waits.
    pub fn of(cases: &[&Case]) -> Self {
        const WORLDS: usize = 3;
        let next = AtomicUsize::new(0);
        let next_case = || cases.get(next.fetch_add(1, Ordering::Relaxed));
        let work =
            || std::iter::from_fn(next_case).flat_map(|case| rows_on_own_desktop(case)).collect::<Vec<_>>();
        let mut rows: Vec<Row> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..WORLDS.min(cases.len())).map(|_| scope.spawn(work)).collect();
            workers.into_iter().flat_map(join).collect()
        });
        // The sort is stable, so the requests of an action keep their order.
        rows.sort_by_key(|row| cases.iter().position(|case| case.name == row.case));
        Self(rows)
    }

    /// The number of cells, and how many of them violate a rule.
    pub fn counts(&self) -> (usize, usize) {
        let cells = || self.0.iter().flat_map(|row| &row.cells);
        (cells().count(), cells().filter(|cell| cell.violation.is_some()).count())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, failure) in FAILURES.iter().enumerate() {
            writeln!(f, "{:>60}{} {}", "", " │".repeat(number), failure.name)?;
        }
        for row in &self.0 {
            let marks = row.cells.iter().map(|cell| match (&cell.violation, &cell.result) {
                (Some(_), _) => " X",
                (None, Ok(())) => " =",
                (None, Err(_)) => " ·",
            });
            let marks = marks.collect::<String>();
            writeln!(f, "{:<22} {:<37}{marks}", row.case, row.request)?;
        }
        for row in &self.0 {
            for cell in &row.cells {
                if let Some(violation) = &cell.violation {
                    writeln!(f, "X {}, {}, {}: {violation}", row.case, row.request, cell.failure)?;
                }
            }
        }
        let (cells, wrong) = self.counts();
        let succeeded = self.0.iter().flat_map(|row| &row.cells).filter(|cell| cell.result.is_ok()).count();
        writeln!(
            f,
            "{} requests × {} failures = {cells} cells. The action succeeded in {succeeded} and failed in {}; {wrong} cells are \
             wrong.",
            self.0.len(),
            FAILURES.len(),
            cells - succeeded,
        )
    }
}

/// The whole message of an error, as a user sees it; empty if there is none.
fn message(result: &Result<()>) -> String {
    result.as_ref().err().map(Error::to_string).unwrap_or_default()
}
