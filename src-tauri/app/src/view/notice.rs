//! How the window and notifications report an action that ended, and ask about one that is proposed.

use super::{Button, Label, Notice, Tone, title};
use crate::controller::{Proposal, Reminder, State};
use crate::request::{Act, PageRequest, WindowRequest};
use herokey_core::base::error::{Code, Error};
use herokey_core::base::expiry::Stage;
use herokey_core::insight::affected::Affected;
use herokey_core::ledger::journal::Outcome;
use herokey_core::stores;

/// Reports how an action ended. `next`: see [`State::next`].
pub fn notice(outcome: &Outcome, next: Option<&PageRequest>) -> Notice {
    match outcome {
        Outcome::Done { what, note } => Notice {
            code: None,
            title: title(what),
            body: note.clone(),
            detail: String::new(),
            buttons: next.map(undo).into_iter().collect(),
            clears_at: None,
            tone: Tone::Good,
        },
        Outcome::Failed(error) => Notice {
            code: Some(error.code.to_string()),
            title: title(&error.what),
            body: format!("{} {}", error.means, error.next_step).trim().to_owned(),
            detail: error.detail.clone(),
            buttons: remedies(error, next),
            clears_at: None,
            tone: Tone::Bad,
        },
    }
}

/// Reminds the user that a token expires.
pub fn reminder(reminder: &Reminder) -> Notice {
    let account = if reminder.account.is_empty() { String::new() } else { format!("{}. ", reminder.account) };
    let body = if reminder.stage == Stage::Ended {
        "heroku, git and curl cannot use Heroku until you log in again."
    } else {
        "Log in again to avoid an interruption."
    };
    Notice {
        code: None,
        title: format!("Your Heroku token {}", reminder.words),
        body: format!("{account}{body}"),
        detail: String::new(),
        buttons: vec![Button::new(Label::LogInAgain, Act::LogIn)],
        clears_at: None,
        tone: if reminder.stage == Stage::Ended { Tone::Bad } else { Tone::Attention },
    }
}

/// The question that waits for an answer, else how the last action ended, else the offer of an update.
pub(super) fn latest_notice(state: &State) -> Option<Notice> {
    if let Some(proposal) = &state.proposal {
        return Some(question(proposal));
    }
    let Some(outcome) = &state.outcome else { return state.update.as_deref().map(update) };
    let mut notice = notice(outcome, state.next.as_ref());
    notice.clears_at = state.clears_at.map(|at| at.to_string());
    let undo = notice.buttons.iter_mut().find(|button| button.label == Label::Undo);
    if let (Some(undo), Some(what)) = (undo, &state.undoes) {
        undo.effect = format!("Afterwards: {what}");
    }
    Some(notice)
}

fn update(version: &str) -> Notice {
    Notice {
        code: None,
        title: format!("Herokey {version} is available"),
        body: "Installing it restarts Herokey. Nothing is installed without your consent.".to_owned(),
        detail: String::new(),
        buttons: vec![Button::new(Label::Install, WindowRequest::InstallUpdate)],
        clears_at: None,
        tone: Tone::Neutral,
    }
}

fn question(proposal: &Proposal) -> Notice {
    let mut copy = None;
    let (title, body, detail, yes) = match proposal {
        Proposal::Move(plan) => {
            let place = if plan.to == stores::Store::Netrc { ".netrc" } else { "the keychain" };
            let title = format!("Move the token to {place}?");
            let yes = Button::new(Label::Move, Act::MoveToken { to: plan.to, keep_copy: false });
            copy = (!plan.affected.is_empty())
                .then(|| Button::new(Label::KeepCopy, Act::MoveToken { to: plan.to, keep_copy: true }));
            (title, with_affected(&plan.means, &plan.affected), plan.steps.join(". "), yes)
        }
        Proposal::Regenerate { affected } => {
            let body = "This machine gets the new one. The current token stops working everywhere, also on other \
                        machines that use it.";
            let yes = Button::new(Label::Regenerate, Act::Regenerate);
            let title = "Replace your token with a new one?".to_owned();
            (title, with_affected(body, affected), String::new(), yes)
        }
        Proposal::LogOut { affected } => {
            let body = "Heroku revokes the token. Its copies in the keychain, in netrc and in git's configuration are removed.";
            let yes = Button::new(Label::LogOut, Act::LogOut);
            ("Log out?".to_owned(), with_affected(body, affected), String::new(), yes)
        }
        Proposal::Undo { what, at } => {
            let yes = Button::new(Label::Undo, Act::Undo { at: *at });
            ("Undo the last change?".to_owned(), format!("Afterwards: {what}"), String::new(), yes)
        }
    };
    let cancel = Button::new(Label::Cancel, WindowRequest::Dismiss);
    let buttons = [Some(yes), copy, Some(cancel)].into_iter().flatten().collect();
    Notice { code: None, title, body, detail, buttons, clears_at: None, tone: Tone::Attention }
}

fn with_affected(body: &str, affected: &[Affected]) -> String {
    let sentences = affected.iter().map(ToString::to_string);
    let all: Vec<String> =
        [body.to_owned()].into_iter().filter(|body| !body.is_empty()).chain(sentences).collect();
    all.join(" ")
}

fn undo(request: &PageRequest) -> Button {
    let is_undo = matches!(request, PageRequest::Act(Act::Undo { .. }));
    let label = if is_undo { Label::Undo } else { Label::MoveBack };
    Button::explained(label, request.clone())
}

fn remedies(error: &Error, retry: Option<&PageRequest>) -> Vec<Button> {
    if matches!(error.code, Code::LoginDenied | Code::LoginTimedOut) {
        return vec![Button::new(Label::LogInAgain, Act::LogIn)];
    }
    let Some(retry) = retry else {
        let log_in = (error.code == Code::TokenRefused).then(|| Button::new(Label::LogIn, Act::LogIn));
        return log_in.into_iter().collect();
    };
    let without_heroku =
        (*retry == Act::LogOut.into()).then(|| Button::new(Label::RemoveLocalCopies, Act::RemoveLocalCopies));
    std::iter::once(Button::explained(Label::TryAgain, retry.clone())).chain(without_heroku).collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn a_question_comes_before_an_outcome() {
        let undo: PageRequest = Act::MoveToken { to: stores::Store::Netrc, keep_copy: false }.into();
        let outcome = Outcome::Done { what: "Moved.".to_owned(), note: String::new() };
        let mut state = State { outcome: Some(outcome), next: Some(undo.clone()), ..State::default() };
        assert_eq!(latest_notice(&state).unwrap().buttons[0].request, undo);
        let at = Timestamp::UNIX_EPOCH;
        state.proposal = Some(Proposal::Undo { what: "The line is back.".to_owned(), at });
        let question = latest_notice(&state).unwrap();
        assert_eq!(
            (question.title.as_str(), question.body.as_str()),
            ("Undo the last change?", "Afterwards: The line is back.")
        );
        assert_eq!(question.buttons[0].request, Act::Undo { at }.into());
    }

    #[test]
    fn a_failed_action_can_be_retried() {
        let buttons = |code, retry: Option<Act>| {
            let retry = retry.map(PageRequest::from);
            notice(&Outcome::Failed(Error::new(code, "It failed.")), retry.as_ref()).buttons
        };
        let regenerate = buttons(Code::HerokuUnreachable, Some(Act::Regenerate));
        assert_eq!(regenerate, [Button::explained(Label::TryAgain, Act::Regenerate)]);
        assert_eq!(
            buttons(Code::HerokuUnreachable, Some(Act::LogOut)),
            [
                Button::explained(Label::TryAgain, Act::LogOut),
                Button::new(Label::RemoveLocalCopies, Act::RemoveLocalCopies)
            ]
        );
        let denied = buttons(Code::LoginDenied, Some(Act::LogIn));
        assert_eq!(denied, [Button::new(Label::LogInAgain, Act::LogIn)]);
        assert_eq!(buttons(Code::TokenRefused, None), [Button::new(Label::LogIn, Act::LogIn)]);
        assert_eq!(buttons(Code::KeychainLocked, None), []);
    }
}
