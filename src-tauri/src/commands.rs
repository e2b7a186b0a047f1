//! What the page can ask for: one command for each request. `build.rs` names them, and
//! `capabilities/main.json` allows them one by one.

use herokey_core::controller::{Controller, Request};
use herokey_core::store::Place;
use herokey_core::view::{self, Overview};
use tauri::ipc::Invoke;
use tauri::{State, Wry};

pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        overview,
        log_in,
        cancel_log_in,
        open_login_page,
        copy_login_address,
        log_out,
        remove_local_copies,
        copy_token,
        install_git_helper,
        move_token,
        propose_move,
        forget,
        link,
        finish_action,
        dismiss,
        look_again,
    ]
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "so Tauri hands its state over")]
fn overview(controller: State<'_, Controller>) -> Overview {
    view::overview(&controller.state())
}

#[tauri::command]
fn move_token(controller: State<'_, Controller>, to: Place) {
    controller.request(Request::MoveToken { to });
}

#[tauri::command]
fn propose_move(controller: State<'_, Controller>, to: Place) {
    controller.request(Request::ProposeMove { to });
}

#[tauri::command]
fn forget(controller: State<'_, Controller>, place: Place) {
    controller.request(Request::Forget { place });
}

#[tauri::command]
fn link(controller: State<'_, Controller>, account: String) {
    controller.request(Request::Link { account });
}

macro_rules! requests {
    ($($command:ident => $request:ident),+ $(,)?) => {$(
        #[tauri::command]
        fn $command(controller: State<'_, Controller>) {
            controller.request(Request::$request);
        }
    )+};
}

requests! {
    log_in => LogIn,
    cancel_log_in => CancelLogIn,
    open_login_page => OpenLoginPage,
    copy_login_address => CopyLoginAddress,
    log_out => LogOut,
    remove_local_copies => RemoveLocalCopies,
    copy_token => CopyToken,
    install_git_helper => InstallGitHelper,
    finish_action => FinishAction,
    dismiss => Dismiss,
    look_again => LookAgain,
}
