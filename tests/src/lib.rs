//! Herokey from the outside: a world for each test, with real programs in it.
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
//! Everything here panics where it cannot go on: that is a test's way to fail.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot go on ends here, and says why"
)]

mod browser;
pub mod faults;
mod gallery;
mod herokey;
mod heroku_cli;
mod keyring;
mod network;
mod notifications;
mod output;
mod play;
mod process;
mod program;
mod programs;
mod tray_host;
mod tree;
mod web_driver;
mod world;

pub use crate::browser::StandIn;
pub use crate::gallery::{Gallery, Theme};
pub use crate::heroku_cli::{OTHERS, record};
pub use crate::keyring::{Keyring, KeyringItem};
pub use crate::notifications::{Notifications, Shown};
pub use crate::play::on_a_desktop;
pub use crate::process::Process;
pub use crate::program::{Ended, Program, Running};
pub use crate::programs::{artifacts, herokey_path};
pub use crate::tray_host::{TrayHost, TrayItem};
pub use crate::tree::{Entry, Tree};
pub use crate::web_driver::{Display, Page};
pub use crate::world::{Builder, ME, World};
