//! Gives a test its own network and its own view of the file system.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// Heroku's hosts for logins, git and API requests.
pub(crate) const HEROKU_HOSTS: [&str; 8] = [
    "api.heroku.com",
    "git.heroku.com",
    "cli-auth.heroku.com",
    "id.heroku.com",
    "sso.heroku.com",
    "particleboard.heroku.com",
    "dashboard.heroku.com",
    "registry.heroku.com",
];

/// Moves the calling thread, and everything it starts from now on, into a network in which Heroku's host names resolve
/// to 127.0.0.1 and nothing else can be reached.
///
/// If this machine does not allow that, the error says why, and nothing has changed.
pub(crate) fn enter_private(folder: &Path) -> Result<(), String> {
    let hosts = folder.join("hosts");
    let text = format!("127.0.0.1 localhost {}\n::1 localhost\n", HEROKU_HOSTS.join(" "));
    fs::write(&hosts, text).map_err(|error| format!("cannot write {}: {error}", hosts.display()))?;

    #[expect(unsafe_code, reason = "the call is unsafe only for CLONE_FILES, which is not used here")]
    // SAFETY: without CLONE_FILES, the threads keep sharing their file descriptors.
    let unshared = unsafe { unshare_unsafe(UnshareFlags::NEWNS | UnshareFlags::NEWNET) };
    unshared.map_err(|error| format!("cannot create namespaces ({error}; are you root?)"))?;

    // The thread has left the old namespaces, so falling back is no longer possible.
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).expect("mounts can be made private in a new mount namespace");
    mount_bind(&hosts, "/etc/hosts").expect("a file can be bound over /etc/hosts in a new mount namespace");
    let up = Command::new("ip").args(["link", "set", "lo", "up"]).status();
    let up = up.expect("`ip` runs: install the Debian package iproute2");
    assert!(up.success(), "`ip link set lo up` failed in a new network namespace: {up}");
    Ok(())
}
