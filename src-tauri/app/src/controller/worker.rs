//! The controller's own thread: it surveys the machine when something changes, and records how actions end.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::pace::{Pace, pause_after, processor_time};
use super::state::{self, FirstSurvey, record_facts, record_progress};
use super::{Controller, Message, Page, State, Work, lock};
use crate::request::Act;
use herokey_core::action::Done;
use herokey_core::base::alarm::Alarm;
use herokey_core::base::error::{Code, Error, Result};
use herokey_core::base::token::Trace;
use herokey_core::insight::facts::Facts;
use herokey_core::insight::readers::resolve;
use herokey_core::ledger::journal;
use herokey_core::ledger::journal::{Activity, Outcome};
use herokey_core::ledger::undo::UndoableChange;
use herokey_core::survey::survey;
use herokey_core::tools::shell;
use herokey_core::watch::{Change, Watch};

/// The pause before the first attempt to watch files again. Each further pause is twice as long.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_mins(1);

/// What is asked of the login shell, one question at a time.
struct ShellQuestion {
    /// The state of its start-up files when it was asked.
    stamp: shell::Stamp,
    /// When it may be asked again; `None` until it has answered.
    again_from: Option<Instant>,
}

/// How the controller learns what is on the machine.
struct Looks {
    watch: Watch,
    alarm: Option<Alarm>,
    pace: Pace,
    shell: ShellQuestion,
    /// How long to wait before the next attempt to watch files, if they cannot be watched.
    retry: Duration,
}

impl Controller {
    pub(super) fn work(&self, first: impl FnOnce() -> Facts, messages: &Receiver<Message>) {
        self.surveyed(first(), FirstSurvey::Yes);
        // The shell may take seconds; nothing waits for it.
        let shell = self.ask_shell();
        let is_left = |facts: Facts| {
            matches!(facts.activity, Activity::Interrupted(_)) || !facts.left_leases.is_empty()
        };
        if self.state().facts.is_some_and(is_left) {
            self.request(Act::FinishAction);
        }
        let wake = self.wake.clone();
        let report = move |change| {
            let message = if change == Change::Network { Message::Network } else { Message::Changed };
            // As in `begin`.
            let _ = wake.send(message);
        };
        // From here on the watch reports changes; one more survey catches what came before.
        let watch = Watch::start(&self.env(), report.clone());
        let alarm = Alarm::start(move || report(Change::Machine)).inspect_err(
            |error| tracing::error!(%error, "there is no timer, so reminders and renewals will be late"),
        );
        let mut looks = Looks { watch, alarm: alarm.ok(), pace: Pace::default(), shell, retry: FIRST_RETRY };
        looks.pace.changed(Instant::now());
        loop {
            match next(messages, &looks.pace) {
                Next::Message(message) => self.handle(message, &mut looks),
                Next::Look => {
                    let before = processor_time();
                    self.look(&mut looks);
                    looks.pace.ended(Instant::now(), processor_time().saturating_sub(before));
                }
                Next::End => return,
            }
        }
    }

    fn handle(&self, message: Message, looks: &mut Looks) {
        match message {
            Message::Progress(progress) => self.change(|state| record_progress(state, progress)),
            Message::Ended { result, noted } => self.action_ended(result, noted),
            Message::Shell { answer, cost } => {
                looks.shell.again_from = Some(Instant::now() + pause_after(cost));
                let heard = self.env().with_terminal(Arc::new(answer)).in_terminal();
                *lock(&self.shared.env) = heard;
                // Its variables may name other files.
                looks.pace.changed(Instant::now());
            }
            Message::Network => {
                let now = self.env().now();
                let failed = [&self.shared.checks, &self.shared.renewals];
                if failed.into_iter().any(|backoff| lock(backoff).retry_now(now)) {
                    looks.pace.changed(Instant::now());
                }
            }
            Message::Changed => looks.pace.changed(Instant::now()),
            Message::Asked => looks.pace.asked(Instant::now()),
        }
    }

    fn look(&self, looks: &mut Looks) {
        looks.pace.begin();
        // Before the survey, so that no later change is missed.
        let unwatched = looks.watch.refresh(&self.env()).err();
        if unwatched.is_some() {
            looks.pace.look_at(Instant::now() + looks.retry);
            looks.retry = LONGEST_RETRY.min(looks.retry * 2);
        } else {
            looks.retry = FIRST_RETRY;
        }
        self.change(|state| state.unwatched = unwatched);
        if looks.shell.stamp != shell::stamp(&self.env()) {
            match looks.shell.again_from {
                Some(from) if from > Instant::now() => looks.pace.look_at(from),
                Some(_) => looks.shell = self.ask_shell(),
                // Its answer brings another look.
                None => {}
            }
        }
        self.surveyed(survey(&self.env()), FirstSurvey::No);
        if let Some(alarm) = &looks.alarm {
            self.set_alarm(alarm);
        }
    }

    /// Asks the login shell what it sets.
    fn ask_shell(&self) -> ShellQuestion {
        let (env, wake) = (self.env(), self.wake.clone());
        let stamp = shell::stamp(&env);
        let ask = move || {
            let before = processor_time();
            let answer = shell::ask(&env);
            let cost = processor_time().saturating_sub(before);
            // The worker ends only with the process.
            let _ = wake.send(Message::Shell { answer, cost });
        };
        if let Err(error) = std::thread::Builder::new().name("login-shell".to_owned()).spawn(ask) {
            let error = Error::new(Code::Unsupported, "The login shell could not be asked.").detail(error);
            self.send(Message::Shell { answer: Err(error), cost: Duration::ZERO });
        }
        ShellQuestion { stamp, again_from: None }
    }

    fn surveyed(&self, facts: Facts, first: FirstSurvey) {
        let running = matches!(facts.activity, Activity::Running(_));
        let now = self.env().now();
        let reminder = self.reminder(&facts);
        let renews = !running && self.should_renew(&facts);
        if !running && !renews {
            self.ask_heroku(&facts);
        }
        let before = in_use(&self.state());
        self.change(|state| {
            if reminder.is_some() {
                state.reminder = reminder;
            }
            record_facts(state, facts, first, now);
        });
        let now = in_use(&self.state());
        if now != before && self.state().own.is_none() {
            self.follow_access(now.0 != before.0);
        }
        self.refresh_history();
        if running && self.state().own.is_none() {
            self.survey_after_running_action();
        }
        if renews {
            self.renew();
        }
    }

    /// Brings the history up to date if its page is open.
    fn refresh_history(&self) {
        if matches!(self.state().page, Some(Page::History(_))) {
            let entries = journal::history(&self.env());
            self.change(|state| {
                // The user may have closed it since.
                if let Some(Page::History(shown)) = &mut state.page {
                    *shown = entries;
                }
            });
        }
    }

    /// Surveys again once the action of another program has ended, even if it was killed.
    fn survey_after_running_action(&self) {
        if self.shared.waits_for_end.swap(true, Ordering::AcqRel) {
            return;
        }
        let controller = self.clone();
        std::thread::spawn(move || {
            let ended = journal::wait_for_end(&controller.env());
            controller.shared.waits_for_end.store(false, Ordering::Release);
            controller.send(match ended {
                Ok(()) => Message::Asked,
                Err(error) => {
                    tracing::warn!(%error, "the end of another program's action cannot be noticed");
                    // At its own pace, since the next look may wait for the end again.
                    Message::Changed
                }
            });
        });
    }

    fn action_ended(&self, result: Result<Option<Done>>, noted: Option<Box<UndoableChange>>) {
        *lock(&self.shared.cancel) = None;
        *lock(&self.shared.answers) = None;
        let renewed = lock(&self.shared.state).own.as_ref().is_some_and(|own| own.work == Work::Renew);
        let result = if renewed { self.renewal_ended(result) } else { result };
        let facts = survey(&self.env());
        self.change(|state| {
            let work = state.own.take().map(|own| own.work);
            let copies_token = matches!(work, Some(Work::Act(Act::Authorize { .. } | Act::NewToken { .. })));
            state.next = work.and_then(|work| match &result {
                Ok(Some(_)) => state::undo(&work, noted.as_ref().map(|undo| undo.at)),
                Ok(None) => None,
                Err(error) => state::retry(&work, error),
            });
            state.undoes = noted.filter(|_| result.is_ok()).map(|undo| undo.what);
            if !copies_token {
                state.clears_at = None;
            }
            state.outcome = match result {
                Ok(Some(done)) => Some(Outcome::Done { what: done.what, note: done.note }),
                Ok(None) => None,
                // The user knows that they cancelled.
                Err(error) if error.code == Code::Cancelled => None,
                Err(error) => Some(Outcome::Failed(error)),
            };
            state.facts = Some(facts);
        });
        self.reload_access();
        self.refresh_history();
    }
}

/// The account and the trace of the token that the Heroku CLI uses.
fn in_use(state: &State) -> (Option<String>, Option<Trace>) {
    let used = state.facts.as_ref().map(|facts| resolve(facts).heroku);
    used.map(|used| (used.account, used.trace)).unwrap_or_default()
}

/// What the controller does next.
enum Next {
    Message(Message),
    Look,
    End,
}

/// Waits for a message, at most until it is time to look.
fn next(messages: &Receiver<Message>, pace: &Pace) -> Next {
    let Some(look) = pace.next() else { return messages.recv().map_or(Next::End, Next::Message) };
    let left = look.saturating_duration_since(Instant::now());
    // Messages that keep coming must not put the look off.
    if left.is_zero() {
        return Next::Look;
    }
    match messages.recv_timeout(left) {
        Ok(message) => Next::Message(message),
        Err(RecvTimeoutError::Timeout) => Next::Look,
        Err(RecvTimeoutError::Disconnected) => Next::End,
    }
}
