//! The pages of a browser login, and the form that they submit. Plain HTML without scripts.

use axum::response::Html;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Deserialize;

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { margin: 12vh auto; max-width: 26rem; padding: 0 1.5rem; }
label, select, button { display: block; width: 100%; box-sizing: border-box; font: inherit; }
select, button { margin: .25rem 0 1rem; padding: .6rem; border-radius: .5rem; border: 1px solid #79589f; }
button { cursor: pointer; background: transparent; color: inherit; }
button#log-in { background: #5a3a85; color: #fff; }
:focus-visible { outline: 3px solid #9e7cc1; outline-offset: 2px; }
";

/// The form that a login page submits.
#[derive(Debug, Deserialize)]
pub(crate) struct DecisionForm {
    pub(crate) decision: Button,
    pub(crate) email: Option<String>,
}

/// The button that submitted a [`DecisionForm`].
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Button {
    LogIn,
    Deny,
}

/// The page on which the user picks an account to log in with, or denies the login to `program`.
///
/// The form is sent to `action`, or to the address of the page if `action` is empty.
pub(crate) fn decision<'a>(
    program: &str,
    action: &str,
    emails: impl Iterator<Item = &'a String>,
) -> Html<String> {
    let emails: Vec<&String> = emails.collect();
    page(
        "Log in to Heroku (sandbox)",
        &html! {
            p { strong { (program) } " wants to act as you." }
            @if emails.is_empty() {
                p role="alert" { "This sandbox has no accounts. Add one first." }
            } @else {
                form method="post" action=(action) {
                    label for="email" { "Account" }
                    select #email name="email" {
                        @for email in &emails { option value=(email) { (email) } }
                    }
                    button #log-in name="decision" value="log-in" { "Log in" }
                }
            }
            form method="post" action=(action) {
                button #deny name="decision" value="deny" { "Deny" }
            }
        },
    )
}

/// The page that shows the outcome.
pub(crate) fn message(title: &str, text: &str) -> Html<String> {
    page(title, &html! { p role="status" { (text) } p { "You can close this page." } })
}

/// The page that shows a token to copy.
pub(crate) fn token(token: &str) -> Html<String> {
    page(
        "Logged in",
        &html! { p { "Copy this token and paste it where you log in:" } p { code #token { (token) } } },
    )
}

fn page(title: &str, content: &Markup) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main { h1 { (title) } (content) } }
        }
    };
    Html(page.into_string())
}
