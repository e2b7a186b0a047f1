//! The window's program; on macOS and Windows it holds the tray too.

#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

fn main() -> std::process::ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(code) = herokey_desktop::hand_on() {
        return code;
    }
    herokey_desktop::run()
}
