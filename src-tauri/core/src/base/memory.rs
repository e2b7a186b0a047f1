//! Keeps the memory of a program, which may hold a token, out of core dumps and away from the user's other programs.

/// Forbids core dumps and, on Linux, lets no other program of the user read this one's memory. Call it first in a program.
///
/// On Linux, desktop portals refuse this program from then on (INTEROP.md, "Core dumps").
pub fn protect() {
    forbid_core_dumps();
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        match set_dumpable_behavior(DumpableBehavior::NotDumpable) {
            Ok(()) => tracing::debug!("the memory of this program is protected"),
            Err(error) => tracing::warn!(%error, "other programs can read the memory of this one"),
        }
    }
}

/// Forbids core files with a limit, which systems that pass dumps to a program ignore. The programs that this one starts
/// inherit the limit and may raise it.
pub fn forbid_core_dumps() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let limit = Rlimit { current: Some(0), maximum: getrlimit(Resource::Core).maximum };
        if let Err(error) = setrlimit(Resource::Core, limit) {
            tracing::warn!(%error, "core dumps could not be forbidden");
        }
    }
}
