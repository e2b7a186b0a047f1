//! Drawing without a graphics card, for a window whose web view cannot use it.

use std::path::Path;
use std::process::Command;

use crate::base::env::Env;

/// Set once the variables below are.
const MARK: &str = "HEROKEY_DRAWS_IN_SOFTWARE";
/// Mesa's entry for the library that finds drivers (libglvnd, "EGL ICD enumeration"). Mesa can draw without a card.
const MESA: &str = "/usr/share/glvnd/egl_vendor.d/50_mesa.json";
const VENDOR: &str = "__EGL_VENDOR_LIBRARY_FILENAMES";
const VARIABLES: [(&str, &str); 3] =
    [("LIBGL_ALWAYS_SOFTWARE", "1"), ("WEBKIT_DISABLE_DMABUF_RENDERER", "1"), (MARK, "1")];

/// True if this process, and what it starts, draws in software because of [`draw_in_software`].
pub fn is_on(env: &Env) -> bool {
    env.os(MARK).is_some()
}

/// Lets a program draw in software.
pub fn draw_in_software(command: &mut Command) {
    command.envs(VARIABLES);
    if Path::new(MESA).exists() {
        command.env(VENDOR, MESA);
    }
}

/// Lets a program that belongs to somebody else draw as it would have without Herokey.
pub(super) fn leave_out(env: &Env, command: &mut Command) {
    if is_on(env) {
        for (name, _) in VARIABLES {
            command.env_remove(name);
        }
        command.env_remove(VENDOR);
    }
}
