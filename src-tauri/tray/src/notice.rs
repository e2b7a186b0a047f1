//! Notifies the user how an action ended. Notifications contain no token.

use std::sync::mpsc;
use std::time::Duration;

use herokey_app::controller::{State, Work};
use herokey_app::missed::Missed;
use herokey_app::request::{Act, Request};
use herokey_app::text;
use herokey_app::view::{self, Button, Notice, Tone};
use herokey_core::ledger::journal::{Activity, Outcome, Program};

use crate::Click;

/// How long the notification server may take before its notification counts as missed.
const PATIENCE: Duration = Duration::from_secs(3);

/// What to do after a notification was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// Dismiss the outcome, so that the same outcome is news the next time.
    Dismiss,
    /// Open the window: a failed logout left something behind and offers several buttons.
    OpenWindow,
}

/// What became of a notification.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The user clicked on it.
    Clicked(Click),
    /// Nobody sees it: no notification server runs, or the server refuses it or does not answer.
    Missed(Missed),
    /// The server has shown it late, after it counted as missed.
    Shown(Missed),
}

/// Notifies the user if an action ended between two states, with one button for what can be done about it. A click on
/// the notification itself opens the window. A success that cannot be undone has no button.
pub fn end(
    (before, after): (&State, &State),
    own: Program,
    answer: impl Fn(Answer) + Clone + Send + 'static,
) -> Option<Then> {
    let outcome = news(before, after, own)?;
    let mut notice = view::notice(outcome, after.next.as_ref());
    let offered = offered(outcome, std::mem::take(&mut notice.buttons));
    let logged_out = before.own.as_ref().is_some_and(|own| own.work == Work::Act(Act::LogOut));
    let failed = matches!(outcome, Outcome::Failed(_));
    let opens_window = logged_out && failed;
    offer(Missed { needs_window: failed && !opens_window, ..missed(notice) }, offered, answer);
    Some(if opens_window { Then::OpenWindow } else { Then::Dismiss })
}

/// Shows a reminder that is new between two states, with a button to log in again. A click on the notification itself
/// opens the window.
pub fn remind(before: &State, after: &State, answer: impl Fn(Answer) + Clone + Send + 'static) {
    let new = after.reminder.as_ref().filter(|now| before.reminder.as_ref() != Some(now));
    let Some(mut notice) = new.map(view::reminder) else { return };
    let button = std::mem::take(&mut notice.buttons).into_iter().next();
    offer(missed(notice), button.map(Offered::from), answer);
}

/// Shows a notification about a failure of the tray itself, without a button.
pub fn failed(title: String, body: String, answer: impl Fn(Answer) + Clone + Send + 'static) {
    offer(Missed { title, body, is_good: false, needs_window: false }, None, answer);
}

fn missed(notice: Notice) -> Missed {
    Missed { title: notice.title, body: notice.body, is_good: notice.tone == Tone::Good, needs_window: false }
}

/// The outcome of an action of this program that ended between two states. Other programs report their own.
fn news<'a>(before: &State, after: &'a State, own: Program) -> Option<&'a Outcome> {
    let outcome = after.outcome.as_ref().filter(|outcome| before.outcome.as_ref() != Some(outcome))?;
    let activity = after.facts.as_ref().map(|facts| &facts.activity);
    let of_another = matches!(
        activity,
        Some(Activity::Ended(entry)) if entry.by != own && entry.outcome.as_ref() == Some(outcome)
    );
    (!of_another).then_some(outcome)
}

/// The one button of a notification, which may be clicked by mistake or hours later, so the window asks first where that
/// matters. A click on the notification itself opens the window.
#[derive(Debug, PartialEq)]
struct Offered {
    label: String,
    request: Request,
}

impl From<Button> for Offered {
    fn from(button: Button) -> Self {
        Self { label: button.label.to_string(), request: button.request.asked_first().into() }
    }
}

/// The first of the window's buttons. After a failure without one, the button opens the window.
fn offered(outcome: &Outcome, buttons: Vec<Button>) -> Option<Offered> {
    let open = || Offered { label: text::OPEN.to_owned(), request: Request::OpenWindow };
    let first = buttons.into_iter().next().map(Offered::from);
    match outcome {
        Outcome::Done { .. } => first,
        Outcome::Failed(_) => Some(first.unwrap_or_else(open)),
    }
}

/// Shows a notification in the background, since the notification server may be slow or missing.
fn offer(notice: Missed, offered: Option<Offered>, answer: impl Fn(Answer) + Clone + Send + 'static) {
    let (shown, is_shown) = mpsc::channel();
    let (title, body) = (notice.title.clone(), escaped(&notice.body));
    let watching = answer.clone();
    let (missed, unsent) = (notice.clone(), notice.clone());
    let watch = move || {
        if is_shown.recv_timeout(PATIENCE).is_err() {
            watching(Answer::Missed(missed.clone()));
            if is_shown.recv().is_ok() {
                watching(Answer::Shown(missed));
            }
        }
    };
    let clicked = answer.clone();
    let show = move || {
        let is_shown = move || {
            // Fails if nobody waits any more.
            let _ = shown.send(());
        };
        match put(&title, &body, offered, is_shown) {
            Ok(Some(click)) => clicked(Answer::Clicked(click)),
            Ok(None) => {}
            Err(error) => {
                tracing::warn!("no notification could be shown: {error}");
                // There it counts as shown before the system has answered.
                if cfg!(target_os = "macos") {
                    clicked(Answer::Missed(unsent));
                }
            }
        }
    };
    let thread = || std::thread::Builder::new().name("notice".to_owned());
    if let Err(error) = thread().spawn(watch) {
        tracing::warn!("no notification could be shown: {error}");
        answer(Answer::Missed(notice));
    } else if let Err(error) = thread().spawn(show) {
        // The thread that watches says that it was missed.
        tracing::warn!("no notification could be shown: {error}");
    }
}

/// Shows the notification and returns the click. Without a button there is none.
#[cfg(target_os = "linux")]
fn put(
    title: &str,
    body: &str,
    offered: Option<Offered>,
    shown: impl FnOnce(),
) -> zbus::Result<Option<Click>> {
    let labels = offered.as_ref().map(|offered| [offered.label.as_str(), text::OPEN]);
    let Some(pressed) = crate::notification::show(title, body, labels, shown)? else { return Ok(None) };
    Ok(offered.map(|offered| Click {
        request: if pressed.button { offered.request } else { Request::OpenWindow },
        activation: pressed.activation,
    }))
}

/// As above.
#[cfg(not(target_os = "linux"))]
fn put(
    title: &str,
    body: &str,
    offered: Option<Offered>,
    shown: impl FnOnce(),
) -> notify_rust::error::Result<Option<Click>> {
    use notify_rust::NotificationResponse::{Action, Default};

    const APP: &str = "dev.herokey.desktop";
    let mut notification = notify_rust::Notification::new();
    // Without an application the system names another program as the sender.
    #[cfg(windows)]
    notification.app_id(APP);
    // It also fails if it was set before.
    #[cfg(target_os = "macos")]
    if let Err(error) = notify_rust::set_application(APP) {
        tracing::debug!(%error, "the notification's application could not be set");
    }
    if let Some(offered) = &offered {
        notification.action("act", &offered.label);
    }
    let handle = notification.summary(title).body(body).show()?;
    shown();
    let Some(offered) = offered else { return Ok(None) };
    let mut pressed = None;
    let answer = |response: &notify_rust::NotificationResponse| {
        pressed = match response {
            Action(_) => Some(offered.request.clone()),
            Default => Some(Request::OpenWindow),
            _ => None,
        };
    };
    handle.wait_for_response(answer)?;
    Ok(pressed.map(|request| Click { request, activation: None }))
}

/// On a freedesktop desktop a body may contain markup (Desktop Notifications Specification, "Markup").
fn escaped(body: &str) -> String {
    if cfg!(target_os = "linux") {
        body.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    } else {
        body.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use herokey_app::controller::State;
    use herokey_app::request::{Act, Aside, PageRequest, Request};
    use herokey_app::view;
    use herokey_core::ledger::journal::{Journal, Outcome, Program, Verb};
    use herokey_core::stores::Store;
    use herokey_core::survey::survey;
    use herokey_core::{Code, Env, Error};

    use super::{news, offered};

    fn done(what: &str) -> Outcome {
        Outcome::Done { what: what.to_owned(), note: String::new() }
    }

    /// The state after a program's action had this outcome.
    fn ended(by: Program, outcome: Outcome) -> State {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        Journal::begin(&env, Verb::LogOut, by).unwrap().end(&env, outcome.clone()).unwrap();
        State { facts: Some(survey(&env)), outcome: Some(outcome), ..State::default() }
    }

    #[test]
    fn an_own_outcome_is_news_once() {
        let after = ended(Program::Tray, done("Logged out."));
        assert_eq!(news(&State::default(), &after, Program::Tray), Some(&done("Logged out.")));
        assert_eq!(news(&after, &after, Program::Tray), None);
    }

    #[test]
    fn another_programs_outcome_is_no_news() {
        let after = ended(Program::Window, done("Logged out."));
        assert_eq!(news(&State::default(), &after, Program::Tray), None);
    }

    #[test]
    fn copying_is_news_whatever_ran_last() {
        let before = State { outcome: None, ..ended(Program::Window, done("Logged out.")) };
        let after = State { outcome: Some(done("Token copied.")), ..before.clone() };
        assert_eq!(news(&before, &after, Program::Tray), Some(&done("Token copied.")));
    }

    #[test]
    fn the_button_does_the_first_of_what_the_window_offers() {
        let button = |outcome: &Outcome, next: Option<Act>| {
            let next = next.map(PageRequest::from);
            let offered = offered(outcome, view::notice(outcome, next.as_ref()).buttons);
            offered.map(|offered| (offered.label, offered.request))
        };
        let failed = |code| Outcome::Failed(Error::new(code, "It failed."));
        let of = |label: &str, request: Request| Some((label.to_owned(), request));
        assert_eq!(button(&done("Logged out."), None), None);
        assert_eq!(
            button(&done("Fixed."), Some(Act::Undo { at: "2026-01-01T00:00:00Z".parse().unwrap() })),
            of("Undo", Aside::ProposeUndo.into())
        );
        let back = button(&done("Moved."), Some(Act::MoveToken { to: Store::Netrc, keep_copy: false }));
        assert_eq!(back, of("Move back", Aside::ProposeMove { to: Store::Netrc }.into()));
        let retried = button(&failed(Code::HerokuUnreachable), Some(Act::LogOut));
        assert_eq!(retried, of("Try again", Act::LogOut.into()));
        assert_eq!(button(&failed(Code::LoginDenied), None), of("Log in again", Act::LogIn.into()));
        assert_eq!(button(&failed(Code::KeychainLocked), None), of("Open Herokey", Request::OpenWindow));
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_body_is_escaped() {
        assert_eq!(super::escaped("R&D <b>"), "R&amp;D &lt;b&gt;");
    }
}
