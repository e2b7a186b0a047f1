//! proc(5).

use std::fs;

/// The machine's name, as Node.js has it (`os.hostname()`).
pub(super) fn hostname() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// No process has this number. Where it cannot be told, one has: waiting is safe, taking over is not.
pub(super) fn is_gone(pid: u32) -> bool {
    let id = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    id.is_some_and(|id| rustix::process::test_kill_process(id) == Err(rustix::io::Errno::SRCH))
}

/// When a process started, in milliseconds since 1970: field 22 of `stat`, `btime` of `/proc/stat`.
pub(super) fn started_at(pid: u32) -> Option<i64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks: i64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: i64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let per_second = i64::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    Some(boot * 1000 + ticks * 1000 / per_second)
}
