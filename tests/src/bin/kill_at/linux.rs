//! The tracing, for the registers of one processor.

#![allow(clippy::expect_used, reason = "a test's tool that cannot go on ends here, and says why")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

#[expect(clippy::zombie_processes, reason = "it is waited for by its number, as everything traced is")]
pub(crate) fn run() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("kill_at N REPORT PROGRAM ARGUMENT…");
    let at: usize = argument().parse().expect("N is a number");
    let report = argument();
    // It stops itself, so that nothing of it runs unseen.
    let child = Command::new("/bin/sh")
        .args(["-c", "kill -STOP $$; exec \"$@\"", "sh"])
        .args(arguments)
        .spawn()
        .expect("a shell starts");
    let first = Pid::from_raw(i32::try_from(child.id()).expect("a process number"));
    waitpid(first, Some(WaitPidFlag::WUNTRACED)).expect("it stops");
    let followed = Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_TRACEFORK | Options::PTRACE_O_TRACEVFORK;
    let options = followed | Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL;
    ptrace::seize(first, options).expect("a child can be traced");
    kill(first, Signal::SIGCONT).expect("it goes on");
    match trace(first, at) {
        End::Itself(code) => std::process::ExitCode::from(code),
        End::Killed(call) => {
            fs::write(report, call).expect("the report can be written");
            std::process::ExitCode::from(137)
        }
    }
}

/// Longer than gnome-keyring takes to answer what is on its way.
const ANSWERED_WITHIN: std::time::Duration = std::time::Duration::from_millis(50);

enum End {
    Itself(u8),
    Killed(&'static str),
}

fn trace(first: Pid, at: usize) -> End {
    let mut alive = BTreeSet::from([first]);
    let mut count = 0;
    let mut code = 0;
    loop {
        let status = waitpid(None, Some(WaitPidFlag::__WALL)).expect("a tracee is there");
        match status {
            WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..) => {
                alive.remove(&pid);
                if pid == first {
                    code = match status {
                        WaitStatus::Exited(_, code) => u8::try_from(code).unwrap_or(255),
                        _ => 128,
                    };
                    // What it leaves behind, gpg's agent say, goes on without being watched.
                    return End::Itself(code);
                }
            }
            WaitStatus::PtraceSyscall(pid) => {
                if let Some(call) = writes(pid) {
                    count += 1;
                    if count == at {
                        // gnome-keyring 42 aborts if a client is gone before its OpenSession is answered.
                        std::thread::sleep(ANSWERED_WITHIN);
                        kill_all(&alive);
                        return End::Killed(call);
                    }
                }
                resume(pid, None);
            }
            WaitStatus::PtraceEvent(pid, ..) => {
                alive.insert(pid);
                resume(pid, None);
            }
            WaitStatus::Stopped(pid, signal) => {
                alive.insert(pid);
                let passed = (signal != Signal::SIGTRAP && signal != Signal::SIGSTOP).then_some(signal);
                resume(pid, passed);
            }
            _ => {}
        }
        if alive.is_empty() {
            return End::Itself(code);
        }
    }
}

fn resume(pid: Pid, signal: Option<Signal>) {
    match ptrace::syscall(pid, signal) {
        // Another thread ended the process meanwhile.
        Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
        Err(error) => panic!("cannot go on with {pid}: {error}"),
    }
}

fn kill_all(alive: &BTreeSet<Pid>) {
    for &pid in alive {
        // A thread's process may have been killed through another of its threads.
        let _ = kill(pid, Signal::SIGKILL);
    }
    while let Ok(status) = waitpid(None, Some(WaitPidFlag::__WALL)) {
        if let WaitStatus::PtraceSyscall(pid) | WaitStatus::PtraceEvent(pid, ..) = status {
            // As above.
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

/// The name of the call that `pid` is about to make, if it is one that writes.
fn writes(pid: Pid) -> Option<&'static str> {
    let registers = ptrace::getregs(pid).ok()?;
    let is_entry = registers.rax.cast_signed() == -i64::from(libc::ENOSYS);
    let call = registers.orig_rax.cast_signed();
    if !is_entry {
        return None;
    }
    let creates = |flags: u64| flags & u64::from((libc::O_CREAT | libc::O_TRUNC).cast_unsigned()) != 0;
    match call {
        libc::SYS_write | libc::SYS_pwrite64 | libc::SYS_writev | libc::SYS_sendmsg | libc::SYS_sendto => {
            let file = fs::read_link(format!("/proc/{pid}/fd/{}", registers.rdi)).ok()?;
            let file = file.to_string_lossy();
            (file.starts_with('/') && !file.starts_with("/dev/") || file.starts_with("socket:"))
                .then_some("write")
        }
        libc::SYS_openat => creates(registers.rdx).then_some("openat"),
        libc::SYS_open => creates(registers.rsi).then_some("open"),
        libc::SYS_rename | libc::SYS_renameat | libc::SYS_renameat2 => Some("rename"),
        libc::SYS_link | libc::SYS_linkat => Some("link"),
        libc::SYS_symlink | libc::SYS_symlinkat => Some("symlink"),
        libc::SYS_unlink | libc::SYS_unlinkat | libc::SYS_rmdir => Some("unlink"),
        libc::SYS_mkdir | libc::SYS_mkdirat => Some("mkdir"),
        libc::SYS_truncate | libc::SYS_ftruncate | libc::SYS_fallocate => Some("truncate"),
        libc::SYS_chmod | libc::SYS_fchmod | libc::SYS_fchmodat => Some("chmod"),
        libc::SYS_chown | libc::SYS_fchown | libc::SYS_fchownat => Some("chown"),
        libc::SYS_fsync | libc::SYS_fdatasync => Some("fsync"),
        _ => None,
    }
}
