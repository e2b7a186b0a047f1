//! A Windows without `WebView2`, the part of Microsoft Edge that draws the page: Windows 11 has it, on Windows 10 it may be
//! missing. Windows' own dialogs then ask before a move, a logout, a new token and an undo.

use std::sync::{Mutex, TryLockError};

use herokey_app::controller::{Controller, State};
use herokey_app::request::WindowRequest;
use herokey_app::view::{Button, Notice, Question, Tone, overview};
use herokey_core::Env;
use herokey_core::action::open_page;
use rfd::{MessageButtons, MessageDialog, MessageDialogResult, MessageLevel};
use tauri::{AppHandle, Manager};

/// Microsoft's page for the installer ("Distribute your app and the `WebView2` Runtime").
const PAGE: &str = "https://developer.microsoft.com/microsoft-edge/webview2/consumer/";
const NO_WINDOW: &str = "Herokey's window could not be opened";
const MISSING: &str = "It needs Microsoft's WebView2 Runtime, which is not on this computer. Everything in this icon's menu \
                       that needs no window works, and so does `herokey` in a terminal: `herokey doctor` shows and fixes \
                       problems.";
const GET_IT: &str = "Open Microsoft's page";
const CANCEL: &str = "Cancel";
const TOO_LATE: &str = "Something has changed since this was asked, so nothing was done.";

/// Says what is missing and where to get it, unless that is on the screen already.
pub(crate) fn offer() {
    static OPEN: Mutex<()> = Mutex::new(());
    in_background(|| {
        let _open = match OPEN.try_lock() {
            Err(TryLockError::WouldBlock) => return,
            open => open,
        };
        let buttons = MessageButtons::OkCancelCustom(GET_IT.to_owned(), "Close".to_owned());
        if show(MessageLevel::Info, NO_WINDOW, MISSING, buttons).as_deref() == Some(GET_IT)
            && !open_page(&Env::of_process(), PAGE)
        {
            tell("No browser could be started".to_owned(), format!("The page is {PAGE}"));
        }
    });
}

/// Says something that needs no answer.
pub(crate) fn tell(title: String, text: String) {
    in_background(move || drop(show(MessageLevel::Warning, &title, &text, MessageButtons::Ok)));
}

/// Asks what is new between two states: whether to do what was proposed, or what the running action asks.
pub(crate) fn ask_what_is_new(app: &AppHandle, before: &State, after: &State) {
    let (was, is) = (overview(before), overview(after));
    if after.proposal.is_some() && before.proposal != after.proposal {
        is.notice.into_iter().for_each(|notice| ask(app, notice));
    }
    if let Some(question) = is.question
        && was.question.as_ref() != Some(&question)
    {
        answer(app, question);
    }
}

/// Shows a notice with its first two buttons. The answer counts only if the same is still asked, since the menu can be used
/// meanwhile.
pub(crate) fn ask(app: &AppHandle, notice: Notice) {
    let app = app.clone();
    in_background(move || {
        let offered: Vec<&Button> = notice.buttons.iter().filter(|button| is_offer(button)).take(2).collect();
        let label = |index: usize| offered.get(index).map(|button| button.label.to_string());
        // The first button is the one that the Enter key presses, which may be meant for another program.
        let buttons = match (label(0), label(1)) {
            (Some(yes), Some(other)) => MessageButtons::YesNoCancelCustom(CANCEL.to_owned(), yes, other),
            (Some(yes), None) => MessageButtons::OkCancelCustom(CANCEL.to_owned(), yes),
            (None, _) => MessageButtons::Ok,
        };
        let level = match notice.tone {
            Tone::Bad => MessageLevel::Error,
            Tone::Attention => MessageLevel::Warning,
            Tone::Good | Tone::Neutral => MessageLevel::Info,
        };
        let effects = offered.iter().map(|button| button.effect.as_str());
        let parts = [notice.body.as_str(), notice.detail.as_str()].into_iter().chain(effects);
        let text = parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n");
        let chosen = show(level, &notice.title, &text, buttons);
        let chosen = offered.into_iter().find(|button| Some(button.label.to_string()) == chosen);
        let controller = app.state::<Controller>();
        if overview(&controller.state()).notice.as_ref() == Some(&notice) {
            let dismiss = || WindowRequest::Dismiss.into();
            controller.request(chosen.map_or_else(dismiss, |button| button.request.clone()));
        } else if chosen.is_some() {
            tell(notice.title, TOO_LATE.to_owned());
        }
    });
}

/// Answers what the running action asks.
fn answer(app: &AppHandle, question: Question) {
    let app = app.clone();
    match &question {
        Question::Confirm { title, body, yes } => {
            let (title, body, yes) = (title.clone(), body.clone(), yes.clone());
            in_background(move || {
                let buttons = MessageButtons::OkCancelCustom(CANCEL.to_owned(), yes.clone());
                let chosen = show(MessageLevel::Warning, &title, &body, buttons);
                let controller = app.state::<Controller>();
                let yes = chosen == Some(yes);
                if overview(&controller.state()).question.as_ref() == Some(&question) {
                    controller.request(WindowRequest::Answer { yes });
                } else if yes {
                    tell(title, TOO_LATE.to_owned());
                }
            });
        }
        Question::SecondFactor { .. } => {
            app.state::<Controller>().request(WindowRequest::Answer { yes: false });
            let text =
                "Only the window and `herokey` in a terminal can ask for it, so nothing more was done.";
            tell("Heroku asks for a two-factor code".to_owned(), text.to_owned());
        }
    }
}

/// True unless the button only dismisses, which closing the dialog does.
fn is_offer(button: &Button) -> bool {
    button.request != WindowRequest::Dismiss.into()
}

/// The label of the button that was pressed; `None` if the dialog was closed or has only one.
fn show(level: MessageLevel, title: &str, text: &str, buttons: MessageButtons) -> Option<String> {
    let dialog = MessageDialog::new().set_level(level).set_title(title).set_description(text);
    match dialog.set_buttons(buttons).show() {
        MessageDialogResult::Custom(label) => Some(label),
        _ => None,
    }
}

/// A dialog waits for the user, and the event loop must not.
fn in_background(work: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new().name("dialog".to_owned()).spawn(work) {
        tracing::error!("no dialog could be opened: {error}");
    }
}
