//! What the controller does about the token in use by itself: it asks Heroku about it, reminds the user, renews it.

use super::{Controller, Message, Reminder, Shared, lock};
use herokey_core::action;
use herokey_core::action::{Done, Runner};
use herokey_core::base::alarm::Alarm;
use herokey_core::base::error::{Code, Result};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::insight::facts::Facts;
use herokey_core::insight::readers::{resolve, stored};
use herokey_core::ledger::journal::Program;
use herokey_core::ledger::known_tokens;

impl Controller {
    /// True for the program that is always there: the tray on Linux, the only one elsewhere.
    fn is_resident(&self) -> bool {
        self.shared.program == Program::Tray || !cfg!(target_os = "linux")
    }

    /// True if this program should renew the token in use now.
    pub(super) fn should_renew(&self, facts: &Facts) -> bool {
        let now = self.env().now();
        let stored = stored(facts).trace;
        let due = facts.known(stored.as_ref()).and_then(|known| known.renews_at).is_some_and(|at| at <= now);
        let Some(trace) = stored.filter(|_| due && self.is_resident()) else { return false };
        lock(&self.shared.state).own.is_none() && lock(&self.shared.renewals).begin(&trace, false, now)
    }

    /// The reminder that this program should show now. Each stage is claimed once on a machine.
    pub(super) fn reminder(&self, facts: &Facts) -> Option<Reminder> {
        if !self.is_resident() {
            return None;
        }
        let heroku = resolve(facts).heroku;
        let known = facts.known(heroku.trace.as_ref())?;
        let stage = known.due?;
        let account = heroku.account.unwrap_or_default();
        let claimed = known_tokens::claim_notification(&self.env(), &known.name, stage);
        let is_first = claimed.unwrap_or_else(|error| {
            tracing::warn!(%error, "the reminder cannot be recorded");
            let shown = self.state().reminder;
            shown.is_none_or(|shown| (shown.stage, &shown.account) != (stage, &account))
        });
        is_first.then(|| Reminder { account, words: known.expiry_text.clone(), stage })
    }

    /// Asks Heroku about the token in use if it is time to. The answer shows in the next survey.
    pub(super) fn ask_heroku(&self, facts: &Facts) {
        let Some(trace) = resolve(facts).heroku.trace else { return };
        let known = facts.known(Some(&trace)).is_some_and(|known| !known.has_wrong_clock);
        if lock(&self.shared.state).own.is_some()
            || !lock(&self.shared.checks).begin(&trace, known, self.env().now())
        {
            return;
        }
        let controller = self.clone();
        std::thread::spawn(move || {
            let Shared { program, checks, .. } = &*controller.shared;
            let env = controller.env();
            let runner =
                Runner { env: &env, by: *program, cancel: Cancel::new(), progress: &|_| {}, person: &Nobody };
            match action::check(&runner) {
                Ok(_) => {}
                Err(error) if error.code == Code::TokenRefused => {}
                Err(error) => {
                    tracing::info!(%error, "Heroku could not be asked about the token");
                    lock(checks).failed(env.now());
                }
            }
            controller.send(Message::Asked);
        });
    }

    /// Sets the timer for whatever changes next by itself.
    pub(super) fn set_alarm(&self, alarm: &Alarm) {
        let facts = self.state().facts;
        let known = facts.as_ref().and_then(|facts| facts.known(resolve(facts).heroku.trace.as_ref()));
        let stored = facts.as_ref().and_then(|facts| facts.known(stored(facts).trace.as_ref()));
        let now = self.env().now();
        let moments = [
            known.and_then(|known| known.next),
            // An overdue renewal was tried already; the backoff says when to try again.
            stored.and_then(|stored| stored.renews_at).filter(|at| *at > now && self.is_resident()),
            lock(&self.shared.checks).next_try(),
            lock(&self.shared.renewals).next_try(),
        ];
        let next = moments.into_iter().flatten().min();
        if let Err(error) = alarm.set(next, now) {
            tracing::error!(%error, "the timer could not be set");
        }
    }

    /// The outcome of a renewal. The user hears of a failure only if they must log in again; others are retried.
    pub(super) fn renewal_ended(&self, result: Result<Option<Done>>) -> Result<Option<Done>> {
        // Sets the timer again.
        self.send(Message::Asked);
        match result {
            Err(error) if matches!(error.code, Code::TokenRefused | Code::PartlyDone) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the token could not be renewed");
                lock(&self.shared.renewals).failed(self.env().now());
                Ok(None)
            }
            Ok(_) => Ok(None),
        }
    }
}
