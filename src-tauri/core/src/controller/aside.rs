//! What needs no journal and is done beside an action: copying, opening, trying out.

use std::thread;

use super::state::dismiss;
use super::{Controller, Message, lock};
use crate::action;
use crate::env::Env;
use crate::error::{Code, Error, Result};
use crate::journal::Outcome;
use crate::platform::Cancel;
use crate::platform::login::sso;
use crate::store::Place;
use crate::survey::survey_with_shell;
use crate::{autostart, clipboard, report};

impl Controller {
    pub(super) fn propose_move(&self, to: Place) {
        let controller = self.clone();
        thread::spawn(move || {
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

    pub(super) fn copy_token(&self) {
        let controller = self.clone();
        thread::spawn(move || {
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

    pub(super) fn test_git(&self) {
        let controller = self.clone();
        thread::spawn(move || {
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

    pub(super) fn set_autostart(&self, on: bool) {
        let controller = self.clone();
        self.aside(move |env| {
            autostart::set(env, on)?;
            // Where it is no file, no watch tells of it.
            controller.send(Message::Changed);
            Ok("")
        });
    }

    pub(super) fn with_login_page(&self, act: impl FnOnce(&Env, &str) -> Result<()> + Send + 'static) {
        let waiting = lock(&self.shared.state).own.as_ref().and_then(|own| own.waiting.clone());
        if let Some(waiting) = waiting {
            self.aside(move |env| act(env, &waiting.address).map(|()| ""));
        }
    }

    /// Does something small that needs no journal; an empty answer says nothing to the person.
    pub(super) fn aside(&self, act: impl FnOnce(&Env) -> Result<&'static str> + Send + 'static) {
        let controller = self.clone();
        thread::spawn(move || {
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

    pub(super) fn copy_report(&self) {
        self.aside(|env| {
            let text = report::text(env, &survey_with_shell(env));
            clipboard::copy_text(env, &text).map(|()| REPORT_COPIED)
        });
    }

    pub(super) fn open_sso_page(&self, organization: String) {
        self.aside(move |env| {
            let page = sso::page(env, &organization)?;
            open_login_page(env, page.as_str()).map(|()| "")
        });
    }
}

const REPORT_COPIED: &str = "Report copied. No token and no email is in it.";

pub(super) fn open_login_page(env: &Env, address: &str) -> Result<()> {
    if action::open_page(env, address) {
        return Ok(());
    }
    Err(Error::new(Code::Unsupported, "No browser could be started here.")
        .fix("Copy the address and open it in a browser."))
}
