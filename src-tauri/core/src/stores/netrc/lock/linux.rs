//! Processes on Linux, from `/proc`; see proc(5).

use std::fs;

pub(super) use super::unix::{hostname, is_gone};

/// When a process started, in milliseconds since 1970: field 22 of its `stat`, counted from `btime` in `/proc/stat`.
pub(super) fn started_at(pid: u32) -> Option<i64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks: i64 = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.parse().ok()?;
    let boot = fs::read_to_string("/proc/stat").ok()?;
    let boot: i64 = boot.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()?;
    let per_second = i64::try_from(rustix::param::clock_ticks_per_second()).ok()?;
    Some(boot * 1000 + ticks * 1000 / per_second)
}
