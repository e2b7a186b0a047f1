//! Takes requests and publishes a new [`State`] whenever something changes, whichever program changed it.

mod access;
mod aside;
mod backoff;
mod dialog;
mod notifier;
mod pace;
mod scan;
mod state;
mod upkeep;
mod worker;

pub use access::{AccessContent, AccessPage, Loaded};
pub use dialog::Asked;
pub use scan::{FoundToken, ScanPage};
pub use state::{OwnAction, Page, Proposal, Reminder, State, Waiting, Work};

use std::sync::atomic::AtomicBool;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::request::{Act, PageRequest, WindowRequest};
use backoff::Backoff;
use dialog::{Answer, Dialog};
use herokey_core::action;
use herokey_core::action::{Action, Done, LogIn, LogOut, Method, NewAccess, Progress, Runner};
use herokey_core::base::env::Env;
use herokey_core::base::error::{Code, Error, Result};
use herokey_core::base::person::{Nobody, Person};
use herokey_core::base::terminal::Terminal;
use herokey_core::base::token::Token;
use herokey_core::heroku::Cancel;
use herokey_core::insight::facts::Facts;
use herokey_core::ledger::journal::Program;
use herokey_core::ledger::undo;
use herokey_core::ledger::undo::UndoableChange;
use herokey_core::scan::Progress as ScanProgress;
use herokey_core::stores::keychain::Unlock;
use herokey_core::survey::survey;
use notifier::Notifier;
use state::{dismiss, dismiss_shown};

/// Handles requests and keeps the state. Cheap to clone.
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
    notifier: Notifier,
    checks: Mutex<Backoff>,
    renewals: Mutex<Backoff>,
    /// To the running action, if it can ask questions.
    answers: Mutex<Option<Sender<Answer>>>,
    /// The search of the page about copies of tokens.
    scan: Mutex<Option<Arc<ScanProgress>>>,
    /// Installs the newer Herokey that was offered.
    install: Mutex<Option<Install>>,
    listener: Box<dyn Fn(&State) + Send + Sync>,
}

/// A day in seconds.
const DAY: u64 = 24 * 60 * 60;

type Install = Arc<dyn Fn() -> Result<()> + Send + Sync>;

enum Message {
    /// Something on the machine changed.
    Changed,
    /// The user waits for a look at the machine, or Herokey itself has changed something.
    Asked,
    /// A network may be back.
    Network,
    /// The login shell answered, or its time ran out.
    Shell {
        answer: Result<Terminal>,
        /// The processor's time that the answer took.
        cost: Duration,
    },
    Progress(Progress),
    /// The action ended. `noted`: what it recorded of how to undo it.
    Ended {
        result: Result<Option<Done>>,
        noted: Option<Box<UndoableChange>>,
    },
}

/// Performs what was asked for; `None` if there was nothing to finish.
fn perform(controller: &Controller, runner: &Runner<'_>, act: &Act) -> Result<Option<Done>> {
    let action = match act {
        Act::LogIn => Action::LogIn(LogIn::default()),
        Act::LogInByOauth => Action::LogIn(LogIn { method: Method::OAuth, ..LogIn::default() }),
        Act::LogOut => Action::LogOut(LogOut::default()),
        Act::RemoveLocalCopies => Action::LogOut(LogOut { local_only: true, account: None }),
        Act::ForgetAccount { account } => Action::ForgetAccount { account: account.clone() },
        Act::Regenerate => Action::Regenerate,
        Act::SetGitHelper => Action::SetGitHelper,
        Act::MoveToken { to, keep_copy } => Action::Move { to: *to, keep_copy: *keep_copy },
        Act::Link { account } => Action::Link { account: account.clone() },
        Act::Fix { fix } => Action::Fix(fix.clone()),
        Act::Undo { at } => Action::Undo { at: Some(*at) },
        Act::UseAccount { account } => Action::UseAccount { account: account.clone() },
        Act::Authorize { description, rights, days, team } => {
            let new = NewAccess {
                description: description.clone(),
                scope: rights.scope(),
                lifetime_seconds: days.map(|days| u64::from(days) * DAY),
                team: team.clone(),
            };
            return controller.authorize(runner, &new).map(Some);
        }
        Act::NewToken { id, team } => return controller.new_token(runner, id, team.as_deref()).map(Some),
        Act::Revoke { id, team } => Action::Revoke { id: id.clone(), team: team.clone() },
        Act::AddKey { file } => Action::AddKey(access::public_key(runner.env, file)?),
        Act::RemoveKey { fingerprint } => Action::RemoveKey { fingerprint: fingerprint.clone() },
        Act::FinishAction => return action::finish(runner),
    };
    action::perform(runner, &action).map(Some)
}

impl Controller {
    /// Surveys the machine and starts to watch it. The listener gets each new state on a thread of the controller's.
    pub fn start(
        env: Env,
        program: Program,
        listener: impl Fn(&State) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let surveyed = env.clone();
        Self::start_from(env, program, move || survey(&surveyed), listener)
    }

    /// Does the same as [`start`](Self::start), with a first survey that has begun already.
    pub fn start_from(
        env: Env,
        program: Program,
        first: impl FnOnce() -> Facts + Send + 'static,
        listener: impl Fn(&State) + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let (wake, messages) = mpsc::channel();
        let mut checks = Backoff::default();
        if program == Program::Window {
            checks.force();
        }
        let shared = Shared {
            env: Mutex::new(env),
            program,
            state: Mutex::default(),
            cancel: Mutex::default(),
            waits_for_end: AtomicBool::new(false),
            notifier: Notifier::default(),
            checks: Mutex::new(checks),
            renewals: Mutex::default(),
            answers: Mutex::default(),
            scan: Mutex::default(),
            install: Mutex::default(),
            listener: Box::new(listener),
        };
        let controller = Self { shared: Arc::new(shared), wake };
        let worker = controller.clone();
        std::thread::Builder::new()
            .name("controller".to_owned())
            .spawn(move || worker.work(first, &messages))?;
        Ok(controller)
    }

    /// Handles a request. Never blocks; the outcome shows in the state.
    pub fn request(&self, request: impl Into<PageRequest>) {
        match self.asked_for_others(request.into()) {
            PageRequest::Act(act) => self.act(act),
            PageRequest::Aside(aside) => self.aside(aside),
            PageRequest::Window(request) => self.window_request(request),
        }
    }

    /// The request, or the question that comes first because it affects other programs. A yes to that question is the request
    /// itself.
    pub fn asked_for_others(&self, request: PageRequest) -> PageRequest {
        let state = lock(&self.shared.state);
        match &state.facts {
            Some(facts) if !state.proposal.as_ref().is_some_and(|proposal| proposal.is_about(&request)) => {
                request.asked_for_others(facts)
            }
            _ => request,
        }
    }

    /// Logs in with an email and a password. The password is not kept.
    pub fn log_in_by_password(&self, email: String, password: SecretString) {
        self.log_in_by_form(Method::Password { email, password, expires_in: None });
    }

    /// Logs in with a token that the user has. It is checked before it is stored.
    pub fn log_in_by_token(&self, text: &SecretString) {
        match Token::parse(text.expose_secret()) {
            Some(token) => self.log_in_by_form(Method::Token(token)),
            None => self.quietly(|_| {
                Err(Error::new(Code::WrongUsage, "That is not a token.")
                    .means("Nothing was changed.")
                    .next_step("Copy the whole token, without spaces or line breaks."))
            }),
        }
    }

    /// Answers an action that asks for a two-factor code.
    pub fn second_factor(&self, code: SecretString) {
        self.answer(Answer::Code(code));
    }

    /// Offers a newer Herokey. `install` runs when the user asks for it, as an action.
    pub fn offer_update(&self, version: String, install: impl Fn() -> Result<()> + Send + Sync + 'static) {
        *lock(&self.shared.install) = Some(Arc::new(install));
        self.change(|state| state.update = Some(version));
    }

    fn log_in_by_form(&self, method: Method) {
        let log_in = Action::LogIn(LogIn { method, ..LogIn::default() });
        self.begin(Work::LogInByForm, move |runner| action::perform(runner, &log_in).map(Some));
    }

    fn act(&self, act: Act) {
        let controller = self.clone();
        self.begin(Work::Act(act.clone()), move |runner| perform(&controller, runner, &act));
    }

    fn renew(&self) {
        let renew = Action::Renew { unlock: Unlock::Never };
        self.begin(Work::Renew, move |runner| action::perform(runner, &renew).map(Some));
    }

    fn window_request(&self, request: WindowRequest) {
        match request {
            WindowRequest::Answer { yes } => self.answer(if yes { Answer::Yes } else { Answer::No }),
            WindowRequest::Cancel => {
                if let Some(cancel) = lock(&self.shared.cancel).as_ref() {
                    cancel.cancel();
                }
                self.answer(Answer::No);
            }
            WindowRequest::ClosePage => {
                self.stop_scan();
                self.change(|state| state.page = None);
            }
            WindowRequest::Dismiss => self.change(dismiss_shown),
            WindowRequest::Refresh => {
                lock(&self.shared.checks).force();
                self.send(Message::Asked);
            }
            WindowRequest::InstallUpdate => {
                if let Some(install) = lock(&self.shared.install).clone() {
                    self.begin(Work::InstallUpdate, move |_| install().map(|()| None));
                }
            }
        }
    }

    /// The current state.
    pub fn state(&self) -> State {
        lock(&self.shared.state).clone()
    }

    fn begin(&self, work: Work, run: impl FnOnce(&Runner<'_>) -> Result<Option<Done>> + Send + 'static) {
        let cancel = Cancel::new();
        {
            let mut state = lock(&self.shared.state);
            if state.own.is_some() {
                return;
            }
            state.own = Some(OwnAction { work, waiting: None, steps: Vec::new() });
            dismiss(&mut state);
        }
        *lock(&self.shared.cancel) = Some(cancel.clone());
        self.notify();
        let person = self.person();
        let (env, by, wake) = (self.env(), self.shared.program, self.wake.clone());
        let act = move || {
            let progress = |progress| {
                // The worker outlives every action.
                let _ = wake.send(Message::Progress(progress));
            };
            let runner = Runner { env: &env, by, cancel, progress: &progress, person: person.as_ref() };
            let before = undo::newest(&env).map(|undo| undo.at);
            let result = run(&runner);
            let noted = undo::newest(&env).filter(|undo| Some(undo.at) != before).map(Box::new);
            // As above.
            let _ = wake.send(Message::Ended { result, noted });
        };
        if let Err(error) = std::thread::Builder::new().name("action".to_owned()).spawn(act) {
            let result = Err(Error::new(Code::Unsupported, "The action could not be started.").detail(error));
            self.send(Message::Ended { result, noted: None });
        }
    }

    /// Who answers an action's questions: the user at the window. The tray opens the window for what asks.
    fn person(&self) -> Box<dyn Person + Send> {
        if self.shared.program != Program::Window {
            return Box::new(Nobody);
        }
        let (answers, inbox) = mpsc::channel();
        *lock(&self.shared.answers) = Some(answers);
        Box::new(Dialog { controller: self.clone(), answers: inbox })
    }

    /// The environment that answers and actions are about: that of a new terminal, once the login shell has answered.
    fn env(&self) -> Env {
        lock(&self.shared.env).clone()
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
        self.notify();
    }

    fn notify(&self) {
        self.shared.notifier.notify(|| (self.shared.listener)(&self.state()));
    }

    fn send(&self, message: Message) {
        // The worker lives as long as the process.
        let _ = self.wake.send(message);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panicking thread leaves a whole state behind, since changes are single assignments.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
