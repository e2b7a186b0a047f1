//! What needs no journal and runs beside an action: copying, opening, testing.

use std::thread;

use super::state::dismiss;
use super::{Controller, Message, Page, Proposal, State, lock};
use crate::request::Aside;
use herokey_core::action;
use herokey_core::action::{Action, Done, LogOut};
use herokey_core::base::env::Env;
use herokey_core::base::error::{Code, Error, Result};
use herokey_core::desktop::{autostart, clipboard, open};
use herokey_core::heroku::Cancel;
use herokey_core::heroku::login::sso;
use herokey_core::insight::report;
use herokey_core::ledger::journal;
use herokey_core::ledger::journal::Outcome;
use herokey_core::ledger::undo;
use herokey_core::stores::{keychain, netrc_choice};
use herokey_core::survey::{named_paths, survey_with_shell};

impl Controller {
    pub(super) fn aside(&self, aside: Aside) {
        match aside {
            Aside::CopyToken => self.copy_token(),
            Aside::CopyReport => self.copy_report(),
            Aside::CopyLoginAddress => self.with_login_page(clipboard::copy_text),
            Aside::OpenLoginPage => self.with_login_page(open_login_page),
            Aside::OpenSsoPage { organization } => {
                self.quietly(move |env| open_login_page(env, sso::page(env, &organization)?.as_str()));
            }
            Aside::OpenPlace { place } => self.quietly(move |env| open::open(env, place)),
            Aside::SetAutostart { on } => self.change_setting(move |env| autostart::set(env, on)),
            Aside::UnlockKeychain => self.change_setting(keychain::unlock),
            Aside::KeepInNetrc => self.change_setting(|env| netrc_choice::set(env, true)),
            Aside::TestGit => self.do_aside(|env| action::test_git(env).map(Some), show_done),
            Aside::ProposeMove { to } => {
                self.propose(move |env| action::plan_move(env, to, false, Cancel::new()).map(Proposal::Move));
            }
            Aside::ProposeRegenerate => self.propose(|env| {
                Ok(Proposal::Regenerate { affected: action::affected_by(env, &Action::Regenerate) })
            }),
            Aside::ProposeLogOut => self.propose(|env| {
                let log_out = Action::LogOut(LogOut::default());
                Ok(Proposal::LogOut { affected: action::affected_by(env, &log_out) })
            }),
            Aside::ProposeUndo => self.propose(|env| {
                let last = undo::last(env)?;
                Ok(Proposal::Undo { what: last.what, at: last.at })
            }),
            Aside::ShowAccess { team } => self.show_access(team),
            Aside::Scan => self.scan(),
            Aside::ShowHistory => self.show_history(),
        }
    }

    fn propose(&self, plan: impl FnOnce(&Env) -> Result<Proposal> + Send + 'static) {
        self.do_aside(|env| plan(env).map(Some), |state, proposal| state.proposal = Some(proposal));
    }

    fn show_history(&self) {
        let controller = self.clone();
        thread::spawn(move || {
            let entries = journal::history(&controller.env());
            controller.change(|state| state.page = Some(Page::History(entries)));
        });
    }

    fn copy_token(&self) {
        self.do_aside(
            |env| clipboard::copy_token(env).map(Some),
            |state, clears_at| {
                show_done(state, Done { what: "Token copied.".to_owned(), note: clipboard::clears_in() });
                state.clears_at = Some(clears_at);
            },
        );
    }

    fn copy_report(&self) {
        let copy = |env: &Env| {
            clipboard::copy_text(
                env,
                &report::text(&survey_with_shell(env), &env.home(), &named_paths(env)),
            )?;
            let what = "Report copied. It contains no token and no email.".to_owned();
            Ok(Some(Done { what, note: String::new() }))
        };
        self.do_aside(copy, show_done);
    }

    fn with_login_page(&self, act: impl FnOnce(&Env, &str) -> Result<()> + Send + 'static) {
        let waiting = lock(&self.shared.state).own.as_ref().and_then(|own| own.waiting.clone());
        if let Some(waiting) = waiting {
            self.quietly(move |env| act(env, &waiting.address));
        }
    }

    fn change_setting(&self, set: impl FnOnce(&Env) -> Result<()> + Send + 'static) {
        let controller = self.clone();
        self.quietly(move |env| {
            set(env)?;
            // If the setting is not a file, or files are not watched, nothing else reports the change.
            controller.send(Message::Asked);
            Ok(())
        });
    }

    /// Does something and reports only a failure.
    pub(super) fn quietly(&self, act: impl FnOnce(&Env) -> Result<()> + Send + 'static) {
        self.do_aside(|env| act(env).map(|()| None), show_done);
    }

    /// Does something small that needs no journal. `None` shows nothing.
    fn do_aside<T>(
        &self,
        act: impl FnOnce(&Env) -> Result<Option<T>> + Send + 'static,
        show: impl FnOnce(&mut State, T) + Send + 'static,
    ) {
        let controller = self.clone();
        thread::spawn(move || {
            let Some(result) = act(&controller.env()).transpose() else { return };
            controller.change(|state| {
                dismiss(state);
                match result {
                    Ok(made) => show(state, made),
                    Err(error) => state.outcome = Some(Outcome::Failed(error)),
                }
            });
        });
    }
}

fn show_done(state: &mut State, done: Done) {
    state.outcome = Some(Outcome::Done { what: done.what, note: done.note });
}

fn open_login_page(env: &Env, address: &str) -> Result<()> {
    if action::open_page(env, address) {
        return Ok(());
    }
    Err(Error::new(Code::Unsupported, "No browser could be started on this machine.")
        .next_step("Copy the address and open it in a browser."))
}
