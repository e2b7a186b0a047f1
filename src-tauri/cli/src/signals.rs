//! Signals on Unix.

use std::ffi::c_int;

/// Whether this process ignores a signal, as it inherits it from nohup and from the shell for a job in the background of a
/// script.
pub(crate) fn is_ignored(signal: c_int) -> bool {
    let mut now = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    #[expect(unsafe_code, reason = "no crate only asks; the call fills `now` if it returns 0")]
    unsafe {
        libc::sigaction(signal, std::ptr::null(), now.as_mut_ptr()) == 0
            && now.assume_init().sa_sigaction == libc::SIG_IGN
    }
}
