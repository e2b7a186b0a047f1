//! Names the commands that a capability can allow.

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(&[
        "overview",
        "log_in",
        "cancel_log_in",
        "log_in_by_oauth",
        "log_in_by_password",
        "log_in_by_token",
        "second_factor",
        "answer",
        "open_sso_page",
        "show_access",
        "show_history",
        "close_page",
        "revoke",
        "add_key",
        "remove_key",
        "open_login_page",
        "copy_login_address",
        "log_out",
        "remove_local_copies",
        "forget_account",
        "copy_token",
        "copy_report",
        "regenerate",
        "install_git_helper",
        "move_token",
        "propose_move",
        "forget",
        "link",
        "fix",
        "undo",
        "test_git",
        "use_account",
        "finish_action",
        "open_place",
        "set_autostart",
        "dismiss",
        "leave_in_netrc",
        "look_again",
        "install_update",
    ]);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        println!("cargo::error={error:#}");
    }
}
