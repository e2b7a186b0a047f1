//! Herokey's tray: draws core's [`Menu`](herokey_core::menu::Menu), says what a click asks for, and tells how an action
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
pub use crate::notifier::{Click, Error, Start, Tray};
