//! What a program with a face runs on: requests in, a [`State`] out whenever something has changed, whoever changed
//! it.

mod alarm;
mod asking;
mod state;

pub use state::{OwnAction, Reminder, Request, State, Waiting};

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::action::{self, Done, Forget, LogIn, LogOut, Progress, Runner};
use crate::clipboard;
use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::journal::{self, Activity, Outcome, Program};
use crate::person::{Agreed, Nobody, Person};
use crate::platform::Cancel;
use crate::resolve::{resolve, stored};
use crate::shell::{self, Terminal};
use crate::store::Place;
use crate::store::keychain::Unlock;
use crate::store::lives;
use crate::survey::{Facts, survey};
use crate::undo;
use crate::watch::Watch;
use alarm::Alarm;
use asking::Asking;
use state::{FirstLook, dismiss, record, see};

/// Changes come in bursts: a file is written, renamed, its mode set. One look answers them all.
const BURST: Duration = Duration::from_millis(60);

/// Runs requests and keeps the state; cheap to clone.
#[derive(Clone)]
pub struct Controller {
    shared: Arc<Shared>,
    wake: Sender<Message>,
}

struct Shared {
    env: Mutex<Env>,
    program: Program,
    state: Mutex<State>,
    cancel: Mutex<Option<Cancel>>,
    waits_for_end: AtomicBool,
    asking: Mutex<Asking>,
    renewing: Mutex<Asking>,
    listener: Box<dyn Fn(&State) + Send + Sync>,
}

enum Message {
    /// Something on the machine has changed.
    Changed,
    /// The login shell has answered, or has not within its limit.
    Shell(Result<Terminal>),
    Progress(Progress),
    /// `noted`: how to take it back has been written down.
    Ended {
        result: Result<Option<Done>>,
        noted: bool,
    },
}

/// Runs the action that a request asks for; `None` where there was nothing to do. What is no action finishes what a
/// killed one left.
pub fn perform(runner: &Runner<'_>, request: &Request) -> Result<Option<Done>> {
    match request {
        Request::LogIn => action::log_in(runner, &LogIn::default()).map(Some),
        Request::LogOut => action::log_out(runner, &LogOut::default()).map(Some),
        Request::RemoveLocalCopies => {
            action::log_out(runner, &LogOut { local_only: true, account: None }).map(Some)
        }
        Request::Regenerate { .. } => action::regenerate(runner).map(Some),
        Request::Renew => action::renew(runner, Unlock::Never).map(Some),
        Request::InstallGitHelper => action::install_git_helper(runner).map(Some),
        Request::MoveToken { to } => action::move_token(runner, *to).map(Some),
        Request::Forget { place } => {
            action::forget(runner, &Forget { place: *place, account: None }).map(Some)
        }
        Request::Link { account } => action::link(runner, account).map(Some),
        Request::Fix { fix } => action::fix(runner, fix).map(Some),
        Request::Undo => action::undo(runner).map(Some),
        Request::UseAccount { account } => action::use_account(runner, account).map(Some),
        _ => action::finish(runner),
    }
}

impl Controller {
    /// Begins to look and to watch. The listener is told each new state, on a thread of the controller's.
    pub fn start(
        env: Env,
        program: Program,
        listener: impl Fn(&State) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let (wake, messages) = mpsc::channel();
        let mut asking = Asking::default();
        if program == Program::Window {
            asking.want();
        }
        let shared = Shared {
            env: Mutex::new(env),
            program,
            state: Mutex::default(),
            cancel: Mutex::default(),
            waits_for_end: AtomicBool::new(false),
            asking: Mutex::new(asking),
            renewing: Mutex::default(),
            listener: Box::new(listener),
        };
        let controller = Self { shared: Arc::new(shared), wake };
        let worker = controller.clone();
        std::thread::Builder::new().name("controller".to_owned()).spawn(move || worker.work(&messages))?;
        Ok(controller)
    }

    /// Asks for something. Never blocks; what comes of it shows in the state.
    pub fn request(&self, request: Request) {
        match request {
            Request::CancelLogIn => {
                if let Some(cancel) = lock(&self.shared.cancel).as_ref() {
                    cancel.cancel();
                }
            }
            Request::OpenLoginPage => self.with_login_page(open_login_page),
            Request::CopyLoginAddress => self.with_login_page(clipboard::copy_text),
            Request::CopyToken => self.aside(|env| clipboard::copy_token(env).map(|()| COPIED)),
            Request::TestGit => self.test_git(),
            Request::ProposeMove { to } => self.propose_move(to),
            Request::Dismiss => self.change(dismiss),
            Request::LookAgain => {
                lock(&self.shared.asking).want();
                self.send(Message::Changed);
            }
            // The programs' own business: there is no window and no process in here.
            Request::OpenWindow | Request::Quit => {}
            Request::LogIn
            | Request::LogOut
            | Request::RemoveLocalCopies
            | Request::Regenerate { .. }
            | Request::Renew
            | Request::InstallGitHelper
            | Request::MoveToken { .. }
            | Request::Forget { .. }
            | Request::Link { .. }
            | Request::Fix { .. }
            | Request::Undo
            | Request::UseAccount { .. }
            | Request::FinishAction => self.begin(request),
        }
    }

    /// The state now.
    pub fn state(&self) -> State {
        lock(&self.shared.state).clone()
    }

    fn begin(&self, request: Request) {
        let cancel = Cancel::new();
        {
            let mut state = lock(&self.shared.state);
            if state.own.is_some() {
                return;
            }
            state.own = Some(OwnAction { request: request.clone(), waiting: None, steps: Vec::new() });
            dismiss(&mut state);
        }
        *lock(&self.shared.cancel) = Some(cancel.clone());
        self.tell();
        let (env, by, wake) = (self.env(), self.shared.program, self.wake.clone());
        let act = move || {
            let progress = |progress| {
                // The worker ends only with the process.
                let _ = wake.send(Message::Progress(progress));
            };
            let agreed = Agreed(&Nobody);
            let person: &dyn Person =
                if request == (Request::Regenerate { confirmed: true }) { &agreed } else { &Nobody };
            let runner = Runner { env: &env, by, cancel, progress: &progress, person };
            let last = |env| undo::last(env).map(|undo| undo.at);
            let before = last(&env);
            let result = perform(&runner, &request);
            let after = last(&env);
            let noted = after.is_some() && after != before;
            // As above.
            let _ = wake.send(Message::Ended { result, noted });
        };
        if let Err(error) = std::thread::Builder::new().name("action".to_owned()).spawn(act) {
            let result = Err(Error::new(Code::Unsupported, "Could not start.").detail(error));
            self.send(Message::Ended { result, noted: false });
        }
    }

    fn propose_move(&self, to: Place) {
        let controller = self.clone();
        std::thread::spawn(move || {
            let planned = action::plan_move(&controller.env(), to, Cancel::new());
            controller.change(|state| {
                dismiss(state);
                match planned {
                    Ok(plan) => state.proposal = Some(plan),
                    Err(error) => state.outcome = Some(Outcome::Failed(error)),
                }
            });
        });
    }

    fn test_git(&self) {
        let controller = self.clone();
        std::thread::spawn(move || {
            let outcome = match action::test_git(&controller.shared.env) {
                Ok(done) => Outcome::Done { what: done.what, note: done.note },
                Err(error) => Outcome::Failed(error),
            };
            controller.change(|state| {
                dismiss(state);
                state.outcome = Some(outcome);
            });
        });
    }

    fn with_login_page(&self, act: impl FnOnce(&Env, &str) -> Result<()> + Send + 'static) {
        let waiting = lock(&self.shared.state).own.as_ref().and_then(|own| own.waiting.clone());
        if let Some(waiting) = waiting {
            self.aside(move |env| act(env, &waiting.address).map(|()| ""));
        }
    }

    /// Does something small that needs no journal; an empty answer says nothing to the person.
    fn aside(&self, act: impl FnOnce(&Env) -> Result<&'static str> + Send + 'static) {
        let controller = self.clone();
        std::thread::spawn(move || {
            let outcome = match act(&controller.env()) {
                Ok("") => return,
                Ok(what) => Outcome::Done { what: what.to_owned(), note: String::new() },
                Err(error) => Outcome::Failed(error),
            };
            controller.change(|state| state.outcome = Some(outcome));
        });
    }

    fn work(&self, messages: &Receiver<Message>) {
        self.look(FirstLook::Yes);
        // It may take seconds, and nothing waits for it.
        let mut asked = self.ask_shell();
        if let Some(Activity::HalfDone(_)) = self.state().facts.map(|facts| facts.activity) {
            self.begin(Request::FinishAction);
        }
        let on_change = {
            let wake = self.wake.clone();
            move || {
                // As in `begin`.
                let _ = wake.send(Message::Changed);
            }
        };
        // From here on the watch tells of changes; one more look catches what came between.
        let mut watch = Watch::start(&self.env(), on_change.clone());
        let alarm = Alarm::start(on_change).inspect_err(
            |error| tracing::error!(%error, "no timer: the end of the token is not told in time"),
        );
        self.send(Message::Changed);
        while let Ok(message) = messages.recv() {
            let mut next = Some(message);
            while let Some(message) = next.take() {
                match message {
                    Message::Progress(progress) => self.change(|state| record(state, progress)),
                    Message::Ended { result, noted } => self.end(result, noted),
                    Message::Shell(answer) => {
                        let heard = self.env().beside_terminal(Arc::new(answer)).in_terminal();
                        *lock(&self.shared.env) = heard;
                        self.look(FirstLook::No);
                    }
                    Message::Changed => {
                        next = end_of_burst(messages);
                        if asked != shell::stamp(&self.env()) {
                            asked = self.ask_shell();
                        }
                        self.look(FirstLook::No);
                        watch.refresh();
                        if let Ok(alarm) = &alarm {
                            self.set(alarm);
                        }
                    }
                }
            }
        }
    }

    /// The environment that answers and actions are about: a new terminal's, once its shell has answered.
    fn env(&self) -> Env {
        lock(&self.shared.env).clone()
    }

    /// Asks the login shell what it sets; returns what its start-up files were then.
    fn ask_shell(&self) -> shell::Stamp {
        let (env, wake) = (self.env(), self.wake.clone());
        let stamp = shell::stamp(&env);
        let ask = move || {
            // The worker ends only with the process.
            let _ = wake.send(Message::Shell(shell::ask(&env)));
        };
        if let Err(error) = std::thread::Builder::new().name("login-shell".to_owned()).spawn(ask) {
            tracing::warn!(%error, "the login shell is not asked");
        }
        stamp
    }

    fn look(&self, first: FirstLook) {
        let facts = survey(&self.env());
        let running = matches!(facts.activity, Activity::Running(_));
        let now = self.env().now();
        let reminder = self.reminder(&facts);
        let renews = !running && self.is_to_renew(&facts);
        if !running && !renews {
            self.ask_heroku(&facts);
        }
        self.change(|state| {
            if reminder.is_some() {
                state.reminder = reminder;
            }
            see(state, facts, first, now);
        });
        if running && self.state().own.is_none() {
            self.look_when_it_ends();
        }
        if renews {
            self.begin(Request::Renew);
        }
    }

    /// True for the one program on Linux that is always there; elsewhere there is but one.
    fn is_resident(&self) -> bool {
        self.shared.program == Program::Tray || !cfg!(target_os = "linux")
    }

    /// True if the token in use is to be renewed now, and by this program.
    fn is_to_renew(&self, facts: &Facts) -> bool {
        let now = self.shared.env.now();
        let stored = stored(facts).trace;
        let due = facts.known(stored.as_ref()).and_then(|known| known.renews_at).is_some_and(|at| at <= now);
        let Some(trace) = stored.filter(|_| due && self.is_resident()) else { return false };
        lock(&self.shared.state).own.is_none() && lock(&self.shared.renewing).begin(&trace, false, now)
    }

    /// What a person must be told of now, and by this program: each stage is claimed once on a machine.
    fn reminder(&self, facts: &Facts) -> Option<Reminder> {
        if !self.is_resident() {
            return None;
        }
        let heroku = resolve(facts).heroku;
        let known = facts.known(heroku.trace.as_ref())?;
        let stage = known.due?;
        let claimed = lives::claim(&self.shared.env, &known.name, stage)
            .inspect_err(|error| tracing::warn!(%error, "the token's end cannot be told"));
        let account = heroku.account.unwrap_or_default();
        claimed.is_ok_and(|first| first).then(|| Reminder { account, words: known.words.clone(), stage })
    }

    /// Asks Heroku about the token in use, if it is time to. What comes of it shows at the next look.
    fn ask_heroku(&self, facts: &Facts) {
        let Some(trace) = resolve(facts).heroku.trace else { return };
        let known = facts.known(Some(&trace)).is_some();
        if lock(&self.shared.state).own.is_some()
            || !lock(&self.shared.asking).begin(&trace, known, self.shared.env.now())
        {
            return;
        }
        let controller = self.clone();
        std::thread::spawn(move || {
            let Shared { env, program, asking, .. } = &*controller.shared;
            let runner =
                Runner { env, by: *program, cancel: Cancel::new(), progress: &|_| {}, person: &Nobody };
            match action::check(&runner) {
                Ok(_) => {}
                Err(error) if error.code == Code::TokenRefused => {}
                Err(error) => {
                    tracing::info!(%error, "Heroku was not asked about the token");
                    lock(asking).failed(env.now());
                }
            }
            controller.send(Message::Changed);
        });
    }

    /// Sets the timer for what changes next by itself.
    fn set(&self, alarm: &Alarm) {
        let facts = self.state().facts;
        let known = facts.as_ref().and_then(|facts| facts.known(resolve(facts).heroku.trace.as_ref()));
        let stored = facts.as_ref().and_then(|facts| facts.known(stored(facts).trace.as_ref()));
        let now = self.shared.env.now();
        let moments = [
            known.and_then(|known| known.next),
            // What is due already has been tried; it is tried again as after any failure.
            stored.and_then(|stored| stored.renews_at).filter(|at| *at > now && self.is_resident()),
            lock(&self.shared.asking).again_at(),
            lock(&self.shared.renewing).again_at(),
        ];
        let next = moments.into_iter().flatten().min();
        if let Err(error) = alarm.set(next, now) {
            tracing::error!(%error, "the timer cannot be set");
        }
    }

    /// Looks again when the action of another program has ended, also if it ended by being killed.
    fn look_when_it_ends(&self) {
        if self.shared.waits_for_end.swap(true, Ordering::AcqRel) {
            return;
        }
        let controller = self.clone();
        std::thread::spawn(move || {
            if let Err(error) = journal::wait_for_end(&controller.env()) {
                tracing::warn!(%error, "the end of another program's action is not noticed");
            }
            controller.shared.waits_for_end.store(false, Ordering::Release);
            controller.send(Message::Changed);
        });
    }

    fn end(&self, result: Result<Option<Done>>, noted: bool) {
        *lock(&self.shared.cancel) = None;
        let renewed = lock(&self.shared.state).own.as_ref().is_some_and(|own| own.request == Request::Renew);
        let result = if renewed { self.end_of_renewal(result) } else { result };
        let facts = survey(&self.env());
        self.change(|state| {
            let request = state.own.take().map(|own| own.request);
            state.undo = request
                .filter(|_| matches!(result, Ok(Some(_))))
                .and_then(|request| state::undo(&request, noted));
            state.outcome = match result {
                Ok(Some(done)) => Some(Outcome::Done { what: done.what, note: done.note }),
                Ok(None) => None,
                // Cancelling is an answer, not news.
                Err(error) if error.code == Code::Cancelled => None,
                Err(error) => Some(Outcome::Failed(error)),
            };
            state.facts = Some(facts);
        });
    }

    /// A renewal is news only where the person must log in again; whatever else went wrong is tried again later.
    fn end_of_renewal(&self, result: Result<Option<Done>>) -> Result<Option<Done>> {
        // So that the timer is set anew.
        self.send(Message::Changed);
        match result {
            Err(error) if matches!(error.code, Code::TokenRefused | Code::PartlyDone) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the token is not renewed");
                lock(&self.shared.renewing).failed(self.shared.env.now());
                Ok(None)
            }
            Ok(_) => Ok(None),
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        {
            let mut state = lock(&self.shared.state);
            let before = state.clone();
            change(&mut state);
            if *state == before {
                return;
            }
        }
        self.tell();
    }

    fn tell(&self) {
        let state = self.state();
        (self.shared.listener)(&state);
    }

    fn send(&self, message: Message) {
        // The worker ends only with the process.
        let _ = self.wake.send(message);
    }
}

const COPIED: &str = "Token copied. It leaves the clipboard in 30 seconds.";

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What a panicking thread left is a whole state: changes are made of single assignments.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until a burst of changes is over, or until something else comes, which is returned.
fn end_of_burst(messages: &Receiver<Message>) -> Option<Message> {
    loop {
        match messages.recv_timeout(BURST) {
            Ok(Message::Changed) => {}
            Ok(other) => return Some(other),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
}

fn open_login_page(env: &Env, address: &str) -> Result<()> {
    if action::open_page(env, address) {
        return Ok(());
    }
    Err(Error::new(Code::Unsupported, "No browser could be started here.")
        .fix("Copy the address and open it in a browser."))
}
