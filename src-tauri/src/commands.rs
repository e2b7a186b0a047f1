//! What the page can ask for: one command for each request. `build.rs` names them, and
//! `capabilities/main.json` allows them one by one.

use herokey_core::action::Fix;
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
        regenerate,
        install_git_helper,
        move_token,
        propose_move,
        forget,
        link,
        fix,
        undo,
        test_git,
        use_account,
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

macro_rules! requests {
    ($($command:ident($($name:ident: $type:ty),*) => $request:expr),+ $(,)?) => {$(
        #[tauri::command]
        fn $command(controller: State<'_, Controller>, $($name: $type),*) {
            controller.request($request);
        }
    )+};
}

requests! {
    log_in() => Request::LogIn,
    cancel_log_in() => Request::CancelLogIn,
    open_login_page() => Request::OpenLoginPage,
    copy_login_address() => Request::CopyLoginAddress,
    log_out() => Request::LogOut,
    remove_local_copies() => Request::RemoveLocalCopies,
    copy_token() => Request::CopyToken,
    regenerate(confirmed: bool) => Request::Regenerate { confirmed },
    install_git_helper() => Request::InstallGitHelper,
    move_token(to: Place) => Request::MoveToken { to },
    propose_move(to: Place) => Request::ProposeMove { to },
    forget(place: Place) => Request::Forget { place },
    link(account: String) => Request::Link { account },
    fix(fix: Fix) => Request::Fix { fix },
    undo() => Request::Undo,
    test_git() => Request::TestGit,
    use_account(account: String) => Request::UseAccount { account },
    finish_action() => Request::FinishAction,
    dismiss() => Request::Dismiss,
    look_again() => Request::LookAgain,
}
