//! The commands of the page. `build.rs` names them, and `capabilities/main.json` allows each.

use herokey_app::controller::Controller;
use herokey_app::request::PageRequest;
use herokey_app::view::{self, Overview};
use secrecy::SecretString;
use tauri::ipc::Invoke;
use tauri::{State, Wry};

pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![overview, ask, log_in_by_password, log_in_by_token, second_factor]
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "Tauri passes its state by value")]
fn overview(controller: State<'_, Controller>) -> Overview {
    view::overview(&controller.state())
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "Tauri passes its state by value")]
fn ask(controller: State<'_, Controller>, request: PageRequest) {
    controller.request(request);
}

// What was typed into a form comes in through commands of its own: a request can be shown, a secret cannot.

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "Tauri passes its state by value")]
fn log_in_by_password(controller: State<'_, Controller>, email: String, password: SecretString) {
    controller.log_in_by_password(email, password);
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "Tauri passes its state by value")]
fn log_in_by_token(controller: State<'_, Controller>, token: SecretString) {
    controller.log_in_by_token(&token);
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "Tauri passes its state by value")]
fn second_factor(controller: State<'_, Controller>, code: SecretString) {
    controller.second_factor(code);
}
