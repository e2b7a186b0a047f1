//! The desktop session: start at login, other programs' windows, the clipboard, updates.

pub mod autostart;
pub mod clipboard;
pub mod open;
pub mod update;
