//! What a program with a face runs on: requests in, a [`State`] out whenever something has changed, whoever changed
//! it.

mod access;
mod alarm;
mod asking;
mod dialog;
mod life;
mod state;

pub use access::{AccessPage, Loaded};
pub use dialog::Asked;
pub use state::{OwnAction, Reminder, Request, State, Waiting};

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use crate::action::{self, Done, Forget, LogIn, LogOut, Method, Progress, Runner};
use crate::autostart;
use crate::clipboard;
use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::journal::{self, Activity, Outcome, Program};
use crate::memory;
use crate::person::{Nobody, Person};
use crate::places;
use crate::platform::Cancel;
use crate::platform::login::sso;
use crate::report;
use crate::shell::{self, Terminal};
use crate::store::Place;
use crate::store::keychain::Unlock;
use crate::survey::{survey, survey_with_shell};
use crate::token::Token;
use crate::undo;
use crate::watch::{Change, Watch};
use alarm::Alarm;
use asking::Asking;
use dialog::{Answer, Dialog};
use state::{FirstLook, dismiss, dismiss_shown, record, see};

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
    /// To the action under way, if it can ask.
    answers: Mutex<Option<Sender<Answer>>>,
    listener: Box<dyn Fn(&State) + Send + Sync>,
}

enum Message {
    /// Something on the machine has changed.
    Changed,
    /// There is a network again, perhaps.
    Network,
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
    let done = match request {
        Request::LogIn => action::log_in(runner, &LogIn::default()),
        Request::LogInByOauth => action::log_in(runner, &LogIn { method: Method::OAuth, ..LogIn::default() }),
        Request::LogOut => action::log_out(runner, &LogOut::default()),
        Request::RemoveLocalCopies => action::log_out(runner, &LogOut { local_only: true, account: None }),
        Request::ForgetAccount { account } => action::forget_account(runner, account),
        Request::Regenerate => action::regenerate(runner),
        Request::Renew => action::renew(runner, Unlock::Never),
        Request::InstallGitHelper => action::install_git_helper(runner),
        Request::MoveToken { to } => action::move_token(runner, *to),
        Request::Forget { place } => action::forget(runner, &Forget { place: *place, account: None }),
        Request::Link { account } => action::link(runner, account),
        Request::Fix { fix } => action::fix(runner, fix),
        Request::Undo => action::undo(runner),
        Request::UseAccount { account } => action::use_account(runner, account),
        Request::Revoke { id } => action::revoke(runner, id),
        Request::AddKey { file } => action::add_key(runner, &access::public_key(runner.env, file)?),
        Request::RemoveKey { fingerprint } => action::remove_key(runner, fingerprint),
        _ => return action::finish(runner),
    };
    done.map(Some)
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
            answers: Mutex::default(),
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
                self.answer(Answer::No);
            }
            Request::Answer { yes } => self.answer(if yes { Answer::Yes } else { Answer::No }),
            Request::OpenSsoPage { organization } => self.aside(move |env| open_sso(env, &organization)),
            Request::OpenLoginPage => self.with_login_page(open_login_page),
            Request::CopyLoginAddress => self.with_login_page(clipboard::copy_text),
            Request::CopyToken => self.copy_token(),
            Request::OpenPlace { place } => self.aside(move |env| places::open(env, place).map(|()| "")),
            Request::SetAutostart { on } => self.set_autostart(on),
            Request::CopyReport => self.aside(|env| {
                let text = report::text(env, &survey_with_shell(env));
                clipboard::copy_text(env, &text).map(|()| REPORT_COPIED)
            }),
            Request::TestGit => self.test_git(),
            Request::ProposeMove { to } => self.propose_move(to),
            Request::ShowAccess => self.show_access(),
            Request::CloseAccess => self.change(access::close),
            Request::Dismiss => self.change(dismiss_shown),
            Request::LookAgain => {
                lock(&self.shared.asking).want();
                self.send(Message::Changed);
            }
            // The programs' own business: there is no window and no process in here.
            Request::InstallUpdate | Request::OpenWindow | Request::Quit => {}
            request => {
                let work = work_of(&request);
                self.begin(request, work);
            }
        }
    }

    /// Logs in with an email and a password, which is not kept. `expires_in`: seconds.
    pub fn log_in_by_password(&self, email: String, password: SecretString, expires_in: Option<u64>) {
        self.log_in_by_form(Method::Password { email, password, expires_in });
    }

    /// Logs in with a token that the person has; it is checked before it is stored.
    pub fn log_in_by_token(&self, text: &SecretString) {
        match Token::parse(text.expose_secret()) {
            Some(token) => self.log_in_by_form(Method::Token(token)),
            None => self.aside(|_| {
                Err(Error::new(Code::WrongUsage, "This is not a token.")
                    .means("Nothing was changed.")
                    .fix("Copy the whole token, without spaces or line breaks."))
            }),
        }
    }

    /// Answers an action that asks for the code of the second factor.
    pub fn second_factor(&self, code: SecretString) {
        self.answer(Answer::Code(code));
    }

    /// Offers a newer Herokey of this version.
    pub fn offer_update(&self, version: String) {
        self.change(|state| state.update = Some(version));
    }

    /// Runs what installs the newer Herokey, as an action that none of this program's others runs beside.
    pub fn install_update(&self, install: impl FnOnce() -> Result<()> + Send + 'static) {
        self.begin(Request::InstallUpdate, Box::new(move |_| install().map(|()| None)));
    }

    fn log_in_by_form(&self, method: Method) {
        let how = LogIn { method, ..LogIn::default() };
        self.begin(Request::LogInByForm, Box::new(move |runner| action::log_in(runner, &how).map(Some)));
    }

    /// The state now.
    pub fn state(&self) -> State {
        lock(&self.shared.state).clone()
    }

    fn begin(&self, request: Request, work: Work) {
        let cancel = Cancel::new();
        {
            let mut state = lock(&self.shared.state);
            if state.own.is_some() {
                return;
            }
            state.own = Some(OwnAction { request, waiting: None, steps: Vec::new() });
            dismiss(&mut state);
        }
        *lock(&self.shared.cancel) = Some(cancel.clone());
        self.tell();
        let person = self.person();
        let (env, by, wake) = (self.env(), self.shared.program, self.wake.clone());
        let act = move || {
            let progress = |progress| {
                // The worker ends only with the process.
                let _ = wake.send(Message::Progress(progress));
            };
            let runner = Runner { env: &env, by, cancel, progress: &progress, person: person.as_ref() };
            let last = |env| undo::last(env).map(|undo| undo.at);
            let before = last(&env);
            let result = work(&runner);
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

    /// Who can be asked by an action: whoever looks at the window. The tray opens one for what asks.
    fn person(&self) -> Box<dyn Person + Send> {
        if self.shared.program != Program::Window {
            return Box::new(Nobody);
        }
        let (answers, inbox) = mpsc::channel();
        *lock(&self.shared.answers) = Some(answers);
        Box::new(Dialog { controller: self.clone(), answers: inbox })
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

    fn copy_token(&self) {
        let controller = self.clone();
        std::thread::spawn(move || {
            let copied = clipboard::copy_token(&controller.env());
            let note = format!("It leaves the clipboard in {} seconds.", clipboard::SECRET_STAYS.as_secs());
            controller.change(|state| {
                dismiss(state);
                state.clears_at = copied.as_ref().ok().copied();
                state.outcome = Some(match copied {
                    Ok(_) => Outcome::Done { what: "Token copied.".to_owned(), note },
                    Err(error) => Outcome::Failed(error),
                });
            });
        });
    }

    fn test_git(&self) {
        let controller = self.clone();
        std::thread::spawn(move || {
            let outcome = match action::test_git(&controller.env()) {
                Ok(done) => Outcome::Done { what: done.what, note: done.note },
                Err(error) => Outcome::Failed(error),
            };
            controller.change(|state| {
                dismiss(state);
                state.outcome = Some(outcome);
            });
        });
    }

    fn set_autostart(&self, on: bool) {
        let controller = self.clone();
        self.aside(move |env| {
            autostart::set(env, on)?;
            // Where it is no file, no watch tells of it.
            controller.send(Message::Changed);
            Ok("")
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
            controller.change(|state| {
                dismiss(state);
                state.outcome = Some(outcome);
            });
        });
    }

    fn work(&self, messages: &Receiver<Message>) {
        self.look(FirstLook::Yes);
        // It may take seconds, and nothing waits for it.
        let mut asked = self.ask_shell();
        if let Some(Activity::HalfDone(_)) = self.state().facts.map(|facts| facts.activity) {
            self.request(Request::FinishAction);
        }
        let wake = self.wake.clone();
        let tell = move |change| {
            let news = if change == Change::Network { Message::Network } else { Message::Changed };
            // As in `begin`.
            let _ = wake.send(news);
        };
        // From here on the watch tells of changes; one more look catches what came between.
        let mut watch = Watch::start(&self.env(), tell.clone());
        let alarm = Alarm::start(move || tell(Change::Machine)).inspect_err(
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
                        // Its variables name other files.
                        self.send(Message::Changed);
                    }
                    Message::Network => {
                        let now = self.env().now();
                        let failed = [&self.shared.asking, &self.shared.renewing];
                        if failed.into_iter().any(|asking| lock(asking).retry(now)) {
                            self.send(Message::Changed);
                        }
                    }
                    Message::Changed => {
                        next = end_of_burst(messages);
                        // Before the look: what changes after it is told.
                        let unwatched = watch.refresh(&self.env()).err();
                        self.change(|state| state.unwatched = unwatched);
                        if asked != shell::stamp(&self.env()) {
                            asked = self.ask_shell();
                        }
                        self.look(FirstLook::No);
                        if let Ok(alarm) = &alarm {
                            self.set(alarm);
                        }
                    }
                }
            }
            memory::give_back();
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
            self.request(Request::Renew);
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
        *lock(&self.shared.answers) = None;
        let renewed = lock(&self.shared.state).own.as_ref().is_some_and(|own| own.request == Request::Renew);
        let result = if renewed { self.end_of_renewal(result) } else { result };
        let facts = survey(&self.env());
        self.change(|state| {
            let request = state.own.take().map(|own| own.request);
            state.undo = request
                .filter(|_| matches!(result, Ok(Some(_))))
                .and_then(|request| state::undo(&request, noted));
            state.clears_at = None;
            state.outcome = match result {
                Ok(Some(done)) => Some(Outcome::Done { what: done.what, note: done.note }),
                Ok(None) => None,
                // Cancelling is an answer, not news.
                Err(error) if error.code == Code::Cancelled => None,
                Err(error) => Some(Outcome::Failed(error)),
            };
            state.facts = Some(facts);
        });
        if self.state().access.is_some() {
            self.show_access();
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

const REPORT_COPIED: &str = "Report copied. No token and no email is in it.";

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

type Work = Box<dyn FnOnce(&Runner<'_>) -> Result<Option<Done>> + Send>;

/// The action that a request asks for.
fn work_of(request: &Request) -> Work {
    let request = request.clone();
    Box::new(move |runner| perform(runner, &request))
}

fn open_sso(env: &Env, organization: &str) -> Result<&'static str> {
    let page = sso::page(env, organization)?;
    open_login_page(env, page.as_str()).map(|()| "")
}

fn open_login_page(env: &Env, address: &str) -> Result<()> {
    if action::open_page(env, address) {
        return Ok(());
    }
    Err(Error::new(Code::Unsupported, "No browser could be started here.")
        .fix("Copy the address and open it in a browser."))
}
