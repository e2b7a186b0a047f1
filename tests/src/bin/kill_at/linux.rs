//! Traces a program with ptrace(2). It reads the registers of `x86_64`.

#![allow(clippy::expect_used, reason = "a tool for tests panics with the reason if it cannot continue")]

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

#[expect(clippy::zombie_processes, reason = "`trace` waits for all traced processes by their ids")]
pub(crate) fn run() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("usage: kill_at N REPORT PROGRAM ARGUMENT…");
    let at: usize = argument().parse().expect("N is a number");
    let report = argument();
    // The shell stops itself, so that the program does not run before it is traced.
    let child = Command::new("/bin/sh")
        .args(["-c", "kill -STOP $$; exec \"$@\"", "sh"])
        .args(arguments)
        .spawn()
        .expect("a shell starts");
    let first = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    waitpid(first, Some(WaitPidFlag::WUNTRACED)).expect("the shell stops");
    let followed = Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_TRACEFORK | Options::PTRACE_O_TRACEVFORK;
    let options = followed | Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_EXITKILL;
    ptrace::seize(first, options).expect("a child can be traced");
    kill(first, Signal::SIGCONT).expect("the shell continues");
    match trace(first, at) {
        End::ByItself(code) => std::process::ExitCode::from(code),
        End::Killed(call) => {
            fs::write(report, call).expect("the report can be written");
            std::process::ExitCode::from(137)
        }
    }
}

enum End {
    /// The program ended by itself, with this exit code.
    ByItself(u8),
    /// The program was killed at this system call.
    Killed(&'static str),
}

fn trace(first: Pid, at: usize) -> End {
    let mut alive = BTreeSet::from([first]);
    let mut count = 0;
    let mut code = 0;
    loop {
        let status = waitpid(None, Some(WaitPidFlag::__WALL)).expect("a traced process exists");
        match status {
            WaitStatus::Exited(pid, _) | WaitStatus::Signaled(pid, ..) => {
                alive.remove(&pid);
                if pid == first {
                    code = match status {
                        WaitStatus::Exited(_, code) => u8::try_from(code).unwrap_or(255),
                        _ => 128,
                    };
                    // What it leaves behind, such as gpg-agent, continues without being traced.
                    return End::ByItself(code);
                }
            }
            WaitStatus::PtraceSyscall(pid) => {
                if let Some(call) = writing_call(pid) {
                    count += 1;
                    if count == at {
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
                let forwarded = (signal != Signal::SIGTRAP && signal != Signal::SIGSTOP).then_some(signal);
                resume(pid, forwarded);
            }
            _ => {}
        }
        if alive.is_empty() {
            return End::ByItself(code);
        }
    }
}

fn resume(pid: Pid, signal: Option<Signal>) {
    match ptrace::syscall(pid, signal) {
        // Another thread has ended the process in the meantime.
        Ok(()) | Err(nix::errno::Errno::ESRCH) => {}
        Err(error) => panic!("cannot resume {pid}: {error}"),
    }
}

fn kill_all(alive: &BTreeSet<Pid>) {
    for &pid in alive {
        // This fails if another thread of the same process has been killed already.
        let _ = kill(pid, Signal::SIGKILL);
    }
    while let Ok(status) = waitpid(None, Some(WaitPidFlag::__WALL)) {
        if let WaitStatus::PtraceSyscall(pid) | WaitStatus::PtraceEvent(pid, ..) = status {
            // This may fail for the same reason as above.
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

/// The name of the system call that `pid` is about to make, if it writes.
fn writing_call(pid: Pid) -> Option<&'static str> {
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
