//! A Windows without `WebView2`, the part of Microsoft Edge that draws the page: Windows 11 has it, from Windows 10 it may be
//! missing. Dialogs of Windows' own then ask what the page would ask.

use std::sync::Mutex;

use herokey_app::controller::{Controller, State};
use herokey_app::request::WindowRequest;
use herokey_app::view::{Button, Notice, Question, overview};
use herokey_core::Env;
use herokey_core::action::open_page;
use rfd::{MessageButtons, MessageDialog, MessageDialogResult, MessageLevel};
use tauri::{AppHandle, Manager};

/// Microsoft's page for the installer ("Distribute your app and the `WebView2` Runtime").
const PAGE: &str = "https://developer.microsoft.com/microsoft-edge/webview2/consumer/";
const MISSING: &str = "Herokey's window needs Microsoft's WebView2 Runtime, which is not on this computer. Everything \
                       else in this icon's menu works, and so does `herokey` in a terminal.";
const GET_IT: &str = "Open Microsoft's page";

/// Held while a dialog is open.
static OPEN: Mutex<()> = Mutex::new(());

/// Says what is missing and where to get it, unless a dialog is open already.
pub(crate) fn offer() {
    in_background(|| {
        let Ok(_open) = OPEN.try_lock() else { return };
        let buttons = MessageButtons::OkCancelCustom(GET_IT.to_owned(), "Close".to_owned());
        let title = "Herokey's window could not be opened";
        if show(title, MISSING, buttons) == MessageDialogResult::Custom(GET_IT.to_owned())
            && !open_page(&Env::of_process(), PAGE)
        {
            tracing::error!("no browser could be started for {PAGE}");
        }
    });
}

/// Asks what is new between two states: whether to do what was proposed, or what the running action asks.
pub(crate) fn ask_what_is_new(app: &AppHandle, before: &State, after: &State) {
    let (was, is) = (overview(before), overview(after));
    if after.proposal.is_some() && before.proposal != after.proposal {
        is.notice.into_iter().for_each(|notice| ask(app, notice));
    }
    if let Some(Question::Confirm { title, body, yes }) = is.question
        && was.question.is_none()
    {
        let app = app.clone();
        in_background(move || {
            let _open = OPEN.lock();
            let agreed = MessageDialogResult::Custom(yes.clone());
            let buttons = MessageButtons::OkCancelCustom(yes, "Cancel".to_owned());
            let yes = show(&title, &body, buttons) == agreed;
            app.state::<Controller>().request(WindowRequest::Answer { yes });
        });
    }
}

/// Shows what the page would show, with its first two buttons.
pub(crate) fn ask(app: &AppHandle, notice: Notice) {
    let app = app.clone();
    in_background(move || {
        let _open = OPEN.lock();
        let offered: Vec<Button> = notice.buttons.into_iter().filter(is_offer).take(2).collect();
        let label = |index: usize| offered.get(index).map(|button: &Button| button.label.to_string());
        let buttons = match (label(0), label(1)) {
            (Some(yes), Some(other)) => MessageButtons::YesNoCancelCustom(yes, other, "Cancel".to_owned()),
            (Some(yes), None) => MessageButtons::OkCancelCustom(yes, "Cancel".to_owned()),
            (None, _) => MessageButtons::Ok,
        };
        let text = [notice.body, notice.detail].join("\n\n");
        let request = match show(&notice.title, text.trim(), buttons) {
            MessageDialogResult::Custom(chosen) => offered
                .into_iter()
                .find(|button| button.label.to_string() == chosen)
                .map(|button| button.request),
            _ => None,
        };
        app.state::<Controller>().request(request.unwrap_or(WindowRequest::Dismiss.into()));
    });
}

/// Closing the dialog is "Cancel" already.
fn is_offer(button: &Button) -> bool {
    button.request != WindowRequest::Dismiss.into()
}

fn show(title: &str, text: &str, buttons: MessageButtons) -> MessageDialogResult {
    let dialog = MessageDialog::new().set_level(MessageLevel::Info).set_title(title).set_buttons(buttons);
    dialog.set_description(text).show()
}

/// A dialog waits for the user, and the event loop must not.
fn in_background(work: impl FnOnce() + Send + 'static) {
    if let Err(error) = std::thread::Builder::new().name("dialog".to_owned()).spawn(work) {
        tracing::error!("no dialog could be opened: {error}");
    }
}
