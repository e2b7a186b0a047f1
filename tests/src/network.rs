//! A network and file system view of this test's own.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::mount::{MountPropagationFlags, mount_bind, mount_change};
use rustix::thread::{UnshareFlags, unshare_unsafe};

/// The hosts of Heroku that a login, git or an API request goes to.
pub(crate) const HEROKU_HOSTS: [&str; 7] = [
    "api.heroku.com",
    "git.heroku.com",
    "cli-auth.heroku.com",
    "id.heroku.com",
    "sso.heroku.com",
    "particleboard.heroku.com",
    "dashboard.heroku.com",
];

/// Gives the calling thread, and all that it starts from now on, a network in which Heroku's host names
/// mean 127.0.0.1 and nothing else can be reached.
///
/// The error says in words why this machine does not allow it; the thread is then as it was.
pub(crate) fn enter_own(folder: &Path) -> Result<(), String> {
    let hosts = folder.join("hosts");
    let text = format!("127.0.0.1 localhost {}\n::1 localhost\n", HEROKU_HOSTS.join(" "));
    fs::write(&hosts, text).map_err(|error| format!("cannot write {}: {error}", hosts.display()))?;

    #[expect(
        unsafe_code,
        reason = "only unsharing file descriptors can pull one from under another thread, and this does not"
    )]
    // SAFETY: without CLONE_FILES no file descriptor of another thread changes its meaning.
    let unshared = unsafe { unshare_unsafe(UnshareFlags::NEWNS | UnshareFlags::NEWNET) };
    unshared.map_err(|error| format!("no namespaces of its own ({error}; is this root?)"))?;

    // From here the thread has left: an error is a fault of the machine, not a reason to fall back.
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", private).expect("mounts can be made private in a new mount namespace");
    mount_bind(&hosts, "/etc/hosts").expect("a file can be bound over /etc/hosts in a new mount namespace");
    let up = Command::new("ip").args(["link", "set", "lo", "up"]).status();
    let up = up.expect("`ip` runs: install the Debian package iproute2");
    assert!(up.success(), "`ip link set lo up` failed in a new network namespace: {up}");
    Ok(())
}
