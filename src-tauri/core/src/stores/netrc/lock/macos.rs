//! Processes on macOS, from `libproc.h`.

use std::mem::MaybeUninit;

pub(super) use super::unix::{hostname, is_gone};

/// When a process started, in milliseconds since 1970.
pub(super) fn started_at(pid: u32) -> Option<i64> {
    let mut info = MaybeUninit::<libc::proc_bsdinfo>::zeroed();
    let size = i32::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
    let pid = pid.try_into().ok()?;
    #[expect(unsafe_code, reason = "no crate offers a safe version of this call")]
    // SAFETY: the buffer has the size that is passed, and holds only numbers, for which zeros are valid.
    let info = unsafe {
        if libc::proc_pidinfo(pid, libc::PROC_PIDTBSDINFO, 0, info.as_mut_ptr().cast(), size) != size {
            return None;
        }
        info.assume_init()
    };
    i64::try_from(info.pbi_start_tvsec * 1000 + info.pbi_start_tvusec / 1000).ok()
}
