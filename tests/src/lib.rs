//! Tests Herokey from the outside. Each test gets a world of its own and runs the real programs in it.
//!
//! ```no_run
//! use herokey_tests::{ME, World};
//!
//! let world = World::desktop();
//! world.heroku_login(ME);
//! assert_eq!(world.heroku(["whoami"]).ok(), ME);
//! assert_eq!(world.keyring().items().len(), 1);
//! ```
//!
//! Functions here panic if they cannot do their work, because that fails the test.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot continue panics with the reason"
)]

mod browser;
pub mod faults;
mod gallery;
mod herokey;
mod heroku_cli;
mod keyring;
mod network;
mod notifications;
mod other_keyrings;
mod output;
mod patience;
mod planted;
mod process;
mod program;
mod programs;
mod running;
mod tray_host;
mod tree;
mod wayland;
mod web_driver;
mod windows;
mod world;

pub use crate::browser::FakeBrowser;
pub use crate::gallery::{Gallery, Theme};
pub use crate::heroku_cli::{FTP_RECORD, netrc_record};
pub use crate::keyring::{Collection, Keyring, KeyringItem};
pub use crate::notifications::{Notification, Notifications};
pub use crate::other_keyrings::OtherKeyring;
pub use crate::patience::{PATIENCE, eventually};
pub use crate::planted::{plant, unknown_token};
pub use crate::process::Process;
pub use crate::program::Program;
pub use crate::programs::{artifacts, herokey_path};
pub use crate::running::{Finished, Running};
pub use crate::tray_host::{TrayHost, TrayIcon};
pub use crate::tree::{Tree, TreeEntry};
pub use crate::wayland::Compositor;
pub use crate::web_driver::{Display, Page};
pub use crate::windows::{HEROKU_ON_WINDOWS, Windows};
pub use crate::world::{Builder, ME, World};
