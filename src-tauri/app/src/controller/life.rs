//! What the controller does by itself about the life of the token in use: asks Heroku, reminds, renews.

use super::alarm::Alarm;
use super::{Controller, Message, Reminder, Shared, lock};
use herokey_core::action;
use herokey_core::action::{Done, Runner};
use herokey_core::base::error::{Code, Result};
use herokey_core::base::person::Nobody;
use herokey_core::heroku::Cancel;
use herokey_core::insight::facts::Facts;
use herokey_core::insight::readers::{resolve, stored};
use herokey_core::ledger::journal::Program;
use herokey_core::ledger::known_tokens;

impl Controller {
    /// True for the one program on Linux that is always there; elsewhere there is but one.
    fn is_resident(&self) -> bool {
        self.shared.program == Program::Tray || !cfg!(target_os = "linux")
    }

    /// True if the token in use is to be renewed now, and by this program.
    pub(super) fn is_to_renew(&self, facts: &Facts) -> bool {
        let now = self.env().now();
        let stored = stored(facts).trace;
        let due = facts.known(stored.as_ref()).and_then(|known| known.renews_at).is_some_and(|at| at <= now);
        let Some(trace) = stored.filter(|_| due && self.is_resident()) else { return false };
        lock(&self.shared.state).own.is_none() && lock(&self.shared.renewing).begin(&trace, false, now)
    }

    /// What a person must be told of now, and by this program: each stage is claimed once on a machine.
    pub(super) fn reminder(&self, facts: &Facts) -> Option<Reminder> {
        if !self.is_resident() {
            return None;
        }
        let heroku = resolve(facts).heroku;
        let known = facts.known(heroku.trace.as_ref())?;
        let stage = known.due?;
        let claimed = known_tokens::claim(&self.env(), &known.name, stage)
            .inspect_err(|error| tracing::warn!(%error, "the token's end cannot be told"));
        let account = heroku.account.unwrap_or_default();
        claimed.is_ok_and(|first| first).then(|| Reminder { account, words: known.words.clone(), stage })
    }

    /// Asks Heroku about the token in use, if it is time to. What comes of it shows at the next look.
    pub(super) fn ask_heroku(&self, facts: &Facts) {
        let Some(trace) = resolve(facts).heroku.trace else { return };
        let known = facts.known(Some(&trace)).is_some();
        if lock(&self.shared.state).own.is_some()
            || !lock(&self.shared.asking).begin(&trace, known, self.env().now())
        {
            return;
        }
        let controller = self.clone();
        std::thread::spawn(move || {
            let Shared { program, asking, .. } = &*controller.shared;
            let env = controller.env();
            let runner =
                Runner { env: &env, by: *program, cancel: Cancel::new(), progress: &|_| {}, person: &Nobody };
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
    pub(super) fn set(&self, alarm: &Alarm) {
        let facts = self.state().facts;
        let known = facts.as_ref().and_then(|facts| facts.known(resolve(facts).heroku.trace.as_ref()));
        let stored = facts.as_ref().and_then(|facts| facts.known(stored(facts).trace.as_ref()));
        let now = self.env().now();
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

    /// A renewal is news only where the person must log in again; whatever else went wrong is tried again later.
    pub(super) fn end_of_renewal(&self, result: Result<Option<Done>>) -> Result<Option<Done>> {
        // So that the timer is set anew.
        self.send(Message::Changed);
        match result {
            Err(error) if matches!(error.code, Code::TokenRefused | Code::PartlyDone) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "the token is not renewed");
                lock(&self.shared.renewing).failed(self.env().now());
                Ok(None)
            }
            Ok(_) => Ok(None),
        }
    }
}
