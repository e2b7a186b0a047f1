//! The window's program. On macOS and Windows it also shows the tray.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(code) = herokey_desktop::exec_other() {
        return code;
    }
    herokey_desktop::run()
}
