//! Processes on Linux and macOS.

/// The machine's name, as Node.js reports it (`os.hostname()`).
pub(in crate::stores::netrc::lock) fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// True if no process has this pid. False if that is unknown, because waiting is safe and removing the lock is not.
pub(in crate::stores::netrc::lock) fn is_gone(pid: u32) -> bool {
    let id = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    id.is_some_and(|id| rustix::process::test_kill_process(id) == Err(rustix::io::Errno::SRCH))
}
