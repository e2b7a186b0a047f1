//! The process that draws the page: what happens when it ends.

use std::cell::Cell;
use std::os::unix::process::CommandExt;
use std::time::{Duration, Instant};

use gtk::prelude::*;
use herokey_core::Env;
use herokey_core::desktop::software;
use tauri::WebviewWindow;
use webkit2gtk::{LoadEvent, WebView, WebViewExt};

/// A process that ends again so soon is not started a third time without the user's consent.
const AGAIN: Duration = Duration::from_mins(1);
const TITLE: &str = "Herokey's window stopped working";
const BODY: &str = "The part of it that draws the page ended twice. Your token is not affected. The menu of Herokey's \
                    icon still works, and so does `herokey` in a terminal.";

/// Starts the process again when it ends: the first time by itself, later if the user wants that. If it ends before the
/// page is there, the graphics card may be why, so this program starts again without it.
pub(crate) fn watch(window: &WebviewWindow) -> tauri::Result<()> {
    let parent = window.clone();
    window.with_webview(move |view| match parent.gtk_window() {
        Ok(parent) => watch_view(&view.inner(), &parent),
        Err(error) => tracing::warn!("the end of the web view's process would not be noticed: {error}"),
    })
}

fn watch_view(view: &WebView, parent: &gtk::ApplicationWindow) {
    let (loaded, last_end) = (std::rc::Rc::new(Cell::new(false)), Cell::new(None::<Instant>));
    let is_loaded = loaded.clone();
    view.connect_load_changed(move |_, event| {
        if event == LoadEvent::Finished {
            tracing::debug!("the page is loaded");
            loaded.set(true);
        }
    });
    let parent = parent.clone();
    view.connect_web_process_terminated(move |view, reason| {
        tracing::warn!(?reason, "the process that draws the page ended");
        if !is_loaded.get() {
            start_again_in_software();
        }
        let before = last_end.replace(Some(Instant::now()));
        if before.is_some_and(|before| before.elapsed() < AGAIN) {
            ask(view, &parent);
        } else {
            view.reload();
        }
    });
}

/// Replaces this program with itself, drawing in software. Returns if it does so already.
fn start_again_in_software() {
    let env = Env::of_process();
    if software::is_on(&env) {
        return;
    }
    let mut command = env.command_with(env.own_program("herokey-desktop"), |_| true);
    software::draw_in_software(&mut command);
    let error = command.args(std::env::args_os().skip(1)).exec();
    tracing::error!("herokey-desktop could not be started again: {error}");
}

/// Says in a window of the system's own what happened, and asks whether to try again.
fn ask(view: &WebView, parent: &gtk::ApplicationWindow) {
    let dialog = gtk::MessageDialog::builder()
        .transient_for(parent)
        .modal(true)
        .message_type(gtk::MessageType::Error)
        .title(TITLE)
        .text(TITLE)
        .secondary_text(BODY)
        .build();
    dialog.add_button("Close", gtk::ResponseType::Close);
    dialog.add_button("Try again", gtk::ResponseType::Accept);
    let (view, parent) = (view.clone(), parent.clone());
    dialog.connect_response(move |dialog, response| {
        dialog.close();
        if response == gtk::ResponseType::Accept { view.reload() } else { parent.close() }
    });
    dialog.show_all();
}
