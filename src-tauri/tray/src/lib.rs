//! Herokey's tray: draws the [`Menu`](herokey_app::menu::Menu), returns what a click asks for, and notifies the user how
//! an action ended.
//!
//! On Linux the program `herokey-tray` shows it as a `StatusNotifierItem`, without a toolkit; on macOS and Windows the
//! window's program shows it from its event loop.

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

/// A click on the tray or on a notification.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Click {
    /// What it asks for.
    pub request: Request,
    /// The token of XDG Activation, which lets a window come to the front, if the desktop sends one.
    pub activation: Option<String>,
}
