//! A Wayland compositor without a screen: sway.

use crate::running::Running;
use crate::world::World;

/// The compositor of a world.
#[derive(Debug)]
pub struct Compositor {
    sway: Running,
}

impl Compositor {
    /// Starts sway for every program that the world starts from now on.
    pub fn start(world: &mut World) -> Self {
        world.write_file(".config/sway/config", "exec echo \"display $WAYLAND_DISPLAY\" >&2\n");
        // sway does not run as root, and in a namespace of its own it does not see that it does.
        let sway = world.program("unshare").args(["--user", "--map-user=1000", "--map-group=1000", "sway"]);
        let sway = sway.env("WLR_BACKENDS", "headless").env("WLR_LIBINPUT_NO_DEVICES", "1");
        let sway = sway.env("WLR_RENDERER", "pixman").start();
        sway.wait_for("display wayland-");
        let output = sway.output();
        let name = output.rsplit_once("display ").and_then(|(_, rest)| rest.lines().next());
        world.set_env("WAYLAND_DISPLAY", name.unwrap_or_default().trim());
        world.set_env("GDK_BACKEND", "wayland");
        Self { sway }
    }

    /// Ends the session: every program on it loses its display.
    pub fn stop(self) {
        self.sway.signal(rustix::process::Signal::KILL);
        self.sway.finish();
    }
}
