//! What the page can ask for: one command for each request. `build.rs` names them, and
//! `capabilities/main.json` allows them one by one.

use herokey_app::controller::{Controller, Request};
use herokey_app::view;
use herokey_app::view::Overview;
use herokey_core::insight::remedy::Fix;
use herokey_core::stores::Place;
use secrecy::SecretString;
use tauri::ipc::Invoke;
use tauri::{AppHandle, State, Wry};

use crate::updates;

pub(crate) fn handler() -> impl Fn(Invoke<Wry>) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        overview,
        log_in,
        cancel_log_in,
        log_in_by_oauth,
        log_in_by_password,
        log_in_by_token,
        second_factor,
        answer,
        open_sso_page,
        show_access,
        show_history,
        close_page,
        revoke,
        add_key,
        remove_key,
        open_login_page,
        copy_login_address,
        log_out,
        remove_local_copies,
        forget_account,
        copy_token,
        copy_report,
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
        open_place,
        set_autostart,
        dismiss,
        leave_in_netrc,
        look_again,
        install_update,
    ]
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "so Tauri hands its state over")]
fn overview(controller: State<'_, Controller>) -> Overview {
    view::overview(&controller.state())
}

/// What was typed into a form comes in here and never goes back out: requests can be shown, secrets cannot.
#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "so Tauri hands its state over")]
fn log_in_by_password(controller: State<'_, Controller>, email: String, password: String) {
    controller.log_in_by_password(email, SecretString::from(password));
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "so Tauri hands its state over")]
fn log_in_by_token(controller: State<'_, Controller>, token: String) {
    controller.log_in_by_token(&SecretString::from(token));
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "so Tauri hands its state over")]
fn second_factor(controller: State<'_, Controller>, code: String) {
    controller.second_factor(SecretString::from(code));
}

#[tauri::command]
#[expect(clippy::needless_pass_by_value, reason = "so Tauri hands it over")]
fn install_update(app: AppHandle) {
    updates::install(&app);
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
    log_in_by_oauth() => Request::LogInByOauth,
    open_sso_page(organization: String) => Request::OpenSsoPage { organization },
    answer(yes: bool) => Request::Answer { yes },
    show_access() => Request::ShowAccess,
    show_history() => Request::ShowHistory,
    close_page() => Request::ClosePage,
    revoke(id: String) => Request::Revoke { id },
    add_key(file: String) => Request::AddKey { file },
    remove_key(fingerprint: String) => Request::RemoveKey { fingerprint },
    open_login_page() => Request::OpenLoginPage,
    copy_login_address() => Request::CopyLoginAddress,
    log_out() => Request::LogOut,
    remove_local_copies() => Request::RemoveLocalCopies,
    forget_account(account: String) => Request::ForgetAccount { account },
    copy_token() => Request::CopyToken,
    copy_report() => Request::CopyReport,
    regenerate() => Request::Regenerate,
    install_git_helper() => Request::InstallGitHelper,
    move_token(to: Place) => Request::MoveToken { to },
    propose_move(to: Place) => Request::ProposeMove { to },
    forget(place: Place) => Request::Forget { place },
    leave_in_netrc() => Request::LeaveInNetrc,
    link(account: String) => Request::Link { account },
    fix(fix: Fix) => Request::Fix { fix },
    undo() => Request::Undo,
    test_git() => Request::TestGit,
    use_account(account: String) => Request::UseAccount { account },
    finish_action() => Request::FinishAction,
    open_place(place: Place) => Request::OpenPlace { place },
    set_autostart(on: bool) => Request::SetAutostart { on },
    dismiss() => Request::Dismiss,
    look_again() => Request::LookAgain,
}
