//! What Herokey does on the desktop: start at login, open other programs, use the clipboard, check for updates.

pub mod autostart;
pub mod clipboard;
pub mod open;
#[cfg(any(windows, test))]
pub mod path_entry;
pub mod software;
pub mod update;
