//! The tray and the window on desktops where something is missing, broken, slow or gone.

mod autostart;
mod bursts;
mod limits;
mod notifications;
mod session;
mod window;
