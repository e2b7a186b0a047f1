//! Herokey's tray: draws core's [`Menu`](herokey_app::menu::Menu), says what a click asks for, and tells how an action
//! ended.
//!
//! On Linux the program `herokey-tray` holds it, as a `StatusNotifierItem` without any toolkit; on macOS and Windows the
//! window's program does, within its event loop.

mod icon;
#[cfg(not(target_os = "linux"))]
mod lines;
#[cfg(not(target_os = "linux"))]
mod native;
pub mod notice;
#[cfg(target_os = "linux")]
mod notification;
#[cfg(target_os = "linux")]
mod notifier;
mod shape;

pub use crate::icon::Panel;
#[cfg(not(target_os = "linux"))]
pub use crate::native::{Error, MenuId, Tray, TrayIconEvent, opens_window};
#[cfg(target_os = "linux")]
pub use crate::notifier::{Error, Start, Tray};

use herokey_app::request::Request;

/// A click of the person's, on the tray or on a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// What it asks for.
    pub request: Request,
    /// What lets a window come to the front (the token of XDG Activation), where the desktop gives it.
    pub activation: Option<String>,
}
