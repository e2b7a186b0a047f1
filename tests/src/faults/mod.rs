//! The fault table: every request of an action meets every way that Heroku and the network can fail.
//!
//! In each cell the request fails, and every repeat of it. Then: the action has ended; what it says names the cause; no
//! store holds a token that Heroku does not take; the token that was in use still is, and lives.

mod cases;
mod judge;
mod kinds;

pub use cases::{CASES, Case};
pub use kinds::{KINDS, Kind};

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use herokey_core::action::{Progress, Runner};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::ledger::journal::Program;
use herokey_core::{Env, Error, Result};
use heroku_sandbox::{Account, ConnectionFault};

use crate::retry::run_on_desktop;
use crate::world::{ME, World};
use kinds::Trouble;

/// What a person types in the cells; it must show nowhere.
pub const PASSWORD: &str = "fake-password-of-the-fault-table";
/// The token in use before each cell.
const TOKEN: &str = "HRKU-fake-of-the-fault-table-0123456789-0123456789-0123456789-abcd";
/// For what never answers. Whatever else is late on a busy machine ends in the same way.
const SHORT: Duration = Duration::from_millis(150);
/// Nothing here takes so long but what has no limit.
const HANGS: Duration = Duration::from_mins(1);

/// One request of one action, and what came of its faults.
#[derive(Debug)]
pub struct Row {
    /// The action.
    pub case: &'static str,
    /// `GET /account`; ids are `*`.
    pub request: String,
    /// A cell for each of [`KINDS`].
    pub cells: Vec<Cell>,
}

/// One fault.
#[derive(Debug)]
pub struct Cell {
    /// The fault's name.
    pub kind: &'static str,
    /// How the action ended.
    pub result: Result<()>,
    /// What is not as it should be.
    pub wrong: Option<String>,
}

/// Runs one action against every fault at each of its requests.
///
/// # Panics
/// Where the action fails without any fault.
pub fn rows(world: &World, case: &Case) -> Vec<Row> {
    let requests = healthy(world, case);
    let ours = requests.iter().enumerate().filter(|(_, request)| request.is_herokeys);
    ours.map(|(place, request)| Row {
        case: case.name,
        request: request.to_string(),
        cells: KINDS.iter().map(|kind| cell(world, case, kind, place, request)).collect(),
    })
    .collect()
}

/// A request as the table names it.
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

fn healthy(world: &World, case: &Case) -> Vec<Request> {
    reset(world, case);
    let before = world.sandbox().requests().len();
    let result = run(world, case, &world.env());
    assert!(result.is_ok(), "{}: without a fault: {result:?}", case.name);
    let made = world.sandbox().requests().into_iter().skip(before);
    made.map(|request| Request {
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

fn cell(world: &World, case: &Case, kind: &Kind, place: usize, request: &Request) -> Cell {
    reset(world, case);
    let mut env = world.env();
    env.limits.repeat = Duration::from_millis(1);
    if kind.is_slow {
        (env.limits.http, env.limits.login) = (SHORT, SHORT);
    }
    match &kind.trouble {
        Trouble::Fault(fault) => world.sandbox().add_fault_after(place, fault()),
        Trouble::Connection(fault) => world.sandbox().set_connection_fault(place, *fault),
    }
    let _watchdog = Watchdog::start(format!("{}, {request}, {}", case.name, kind.name));
    let result = run(world, case, &env);
    world.sandbox().set_connection_fault(0, ConnectionFault::None);
    world.sandbox().clear_faults();
    let wrong = judge::wrong(world, case, kind, request, &result);
    Cell { kind: kind.name, result, wrong }
}

/// A person logged in by a token in the keychain, and whatever else the action needs.
fn reset(world: &World, case: &Case) {
    let sandbox = world.sandbox();
    sandbox.set_connection_fault(0, ConnectionFault::None);
    sandbox.clear();
    sandbox.add_account(Account { password: Some(PASSWORD.to_owned()), ..Account::new(ME) });
    for path in [".netrc", ".gitconfig", ".local/share/heroku", ".local/state/herokey"] {
        let path = world.home().join(path);
        // What is not there need not be removed.
        let _ = std::fs::remove_file(&path).or_else(|_| std::fs::remove_dir_all(&path));
    }
    sandbox.accept_token(ME, heroku_sandbox::Grant::Authorization, None, TOKEN).expect("an account");
    // A keyring that is written to is flushed to the disk: most cells leave it as it is.
    let items = world.keyring().items();
    if !matches!(items.as_slice(), [item] if item.secret.as_deref() == Some(TOKEN)) {
        world.keyring().clear();
        world.add_to_keyring(ME, TOKEN);
    }
    world.write_login_json(ME);
    (case.prepare)(world);
}

fn run(world: &World, case: &Case, env: &Env) -> Result<()> {
    let progress = |progress| {
        if let Progress::Waiting { address, .. } = progress {
            cases::decide(world, &address);
        }
    };
    let runner =
        Runner { env, by: Program::Terminal, cancel: Cancel::new(), progress: &progress, person: &Nobody };
    (case.act)(world, &runner)
}

/// Ends the whole run where a cell hangs: there is no way to end a thread.
struct Watchdog {
    _alive: mpsc::Sender<()>,
}

impl Watchdog {
    #[expect(clippy::print_stderr, reason = "the last thing that is said")]
    fn start(cell: String) -> Self {
        let (alive, gone) = mpsc::channel::<()>();
        std::thread::spawn(move || {
            if gone.recv_timeout(HANGS) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("hangs: {cell}");
                std::process::abort();
            }
        });
        Self { _alive: alive }
    }
}

/// The table, as text: a mark for each fault, and what is wrong below.
///
/// `·` the action failed and said why, `=` it was done all the same, `X` something is wrong.
#[derive(Debug)]
pub struct Table(pub Vec<Row>);

impl Table {
    /// Fills the table for these actions, in worlds beside each other: one cell waits a lot and computes little.
    pub fn of(cases: &[&Case]) -> Self {
        const WORLDS: usize = 3;
        let next = AtomicUsize::new(0);
        let take = || cases.get(next.fetch_add(1, Ordering::Relaxed));
        let work = || {
            std::iter::from_fn(take)
                .flat_map(|case| run_on_desktop(case.name, |world| rows(world, case)))
                .collect::<Vec<_>>()
        };
        let mut rows: Vec<Row> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..WORLDS.min(cases.len())).map(|_| scope.spawn(work)).collect();
            let done = workers.into_iter().map(|worker| worker.join().expect("its panic is printed"));
            done.flatten().collect()
        });
        // A sort that is stable: the requests of an action stay in their order.
        rows.sort_by_key(|row| cases.iter().position(|case| case.name == row.case));
        Self(rows)
    }

    /// How many cells there are, and how many of them are wrong.
    pub fn counts(&self) -> (usize, usize) {
        let cells = || self.0.iter().flat_map(|row| &row.cells);
        (cells().count(), cells().filter(|cell| cell.wrong.is_some()).count())
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, kind) in KINDS.iter().enumerate() {
            writeln!(f, "{:>60}{} {}", "", " │".repeat(number), kind.name)?;
        }
        for row in &self.0 {
            let marks = row.cells.iter().map(|cell| match (&cell.wrong, &cell.result) {
                (Some(_), _) => " X",
                (None, Ok(())) => " =",
                (None, Err(_)) => " ·",
            });
            let marks = marks.collect::<String>();
            writeln!(f, "{:<22} {:<37}{marks}", row.case, row.request)?;
        }
        for row in &self.0 {
            for cell in &row.cells {
                if let Some(wrong) = &cell.wrong {
                    writeln!(f, "X {}, {}, {}: {wrong}", row.case, row.request, cell.kind)?;
                }
            }
        }
        let (cells, wrong) = self.counts();
        let done = self.0.iter().flat_map(|row| &row.cells).filter(|cell| cell.result.is_ok()).count();
        writeln!(
            f,
            "{} requests × {} faults = {cells} cells: in {done} the action was done all the same, in {} it failed and \
             said why, {wrong} are wrong.",
            self.0.len(),
            KINDS.len(),
            cells - done,
        )
    }
}

/// What an error says to a person, all of it.
fn said(result: &Result<()>) -> String {
    result.as_ref().err().map(Error::to_string).unwrap_or_default()
}
