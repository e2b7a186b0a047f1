//! What the C library holds of freed memory: a tray is there all day, and needs much only while it looks or asks.

/// Has all threads share one heap. glibc makes one for each thread, up to eight a processor, and each keeps its largest
/// size (`mallopt(3)`, `M_ARENA_MAX`). Call it before there are threads.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn share_one_heap() {
    #[expect(unsafe_code, reason = "only the C library has it")]
    // SAFETY: it sets a number that the library reads when a thread first allocates.
    let set = unsafe { libc::mallopt(libc::M_ARENA_MAX, 1) };
    if set == 0 {
        tracing::debug!("each thread has a heap of its own");
    }
}

/// Gives freed pages back to the system (`malloc_trim(3)`).
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub(crate) fn give_back() {
    #[expect(unsafe_code, reason = "only the C library has it")]
    // SAFETY: it touches free memory only, under the heap's own lock.
    let gave = unsafe { libc::malloc_trim(0) };
    tracing::trace!(gave, "freed memory");
}

/// Other C libraries give back by themselves.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn share_one_heap() {}

/// As above.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub(crate) fn give_back() {}
