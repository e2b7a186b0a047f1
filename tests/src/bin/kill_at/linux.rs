//! Traces a program with ptrace(2). A filter of seccomp(2) stops it at the system calls that write and at no others. It reads
//! the registers of `x86_64`.

#![allow(clippy::expect_used, reason = "a tool for tests panics with the reason if it cannot continue")]

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{CStr, OsStr};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{Signal, kill, raise};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;
use seccompiler::SeccompCmpOp::MaskedEq;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};

/// The first argument of the process that becomes the traced program.
const TRACED: &str = "traced";

pub(crate) fn run() -> std::process::ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut argument = || arguments.next().expect("usage: kill_at N REPORT PROGRAM ARGUMENT…");
    let first = argument();
    if first == TRACED {
        become_traced(&argument(), arguments);
    }
    let at: usize = first.parse().expect("N is a number");
    let report = argument();
    match trace(start(arguments), at) {
        End::ByItself(code) => std::process::ExitCode::from(code),
        End::Killed(call) => {
            fs::write(report, call).expect("the report can be written");
            std::process::ExitCode::from(137)
        }
    }
}

/// Stops this process until it is traced, and replaces it by the program.
fn become_traced(program: &str, arguments: impl Iterator<Item = String>) -> ! {
    raise(Signal::SIGSTOP).expect("a process can stop itself");
    seccompiler::apply_filter(&filter()).expect("the filter can be set");
    panic!("cannot start {program}: {}", Command::new(program).args(arguments).exec());
}

#[expect(clippy::zombie_processes, reason = "`trace` waits for all traced processes by their ids")]
fn start(program: impl Iterator<Item = String>) -> Pid {
    let own = std::env::current_exe().expect("this program has a path");
    let child = Command::new(own).arg(TRACED).args(program).spawn().expect("this program starts");
    let first = Pid::from_raw(i32::try_from(child.id()).expect("a process id"));
    waitpid(first, Some(WaitPidFlag::WUNTRACED)).expect("the process stops");
    let followed = Options::PTRACE_O_TRACECLONE | Options::PTRACE_O_TRACEFORK | Options::PTRACE_O_TRACEVFORK;
    let options = followed | Options::PTRACE_O_TRACESECCOMP | Options::PTRACE_O_EXITKILL;
    ptrace::seize(first, options).expect("a child can be traced");
    kill(first, Signal::SIGCONT).expect("the process continues");
    first
}

/// Stops the program at the calls that [`writing_call`] names.
fn filter() -> BpfProgram {
    let opens = |argument| {
        let flag = |flag: i32| {
            let flag = u64::from(flag.cast_unsigned());
            let condition = SeccompCondition::new(argument, SeccompCmpArgLen::Dword, MaskedEq(flag), flag);
            SeccompRule::new(vec![condition.expect("a system call has six arguments")])
                .expect("a rule has a condition")
        };
        vec![flag(libc::O_CREAT), flag(libc::O_TRUNC)]
    };
    let mut rules: BTreeMap<_, _> = CALLS.iter().map(|(call, _)| (*call, Vec::new())).collect();
    rules.insert(libc::SYS_openat, opens(2));
    rules.insert(libc::SYS_open, opens(1));
    SeccompFilter::new(rules, SeccompAction::Allow, SeccompAction::Trace(0), TargetArch::x86_64)
        .and_then(TryInto::try_into)
        .expect("the rules are a filter")
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
            WaitStatus::PtraceEvent(pid, _, libc::PTRACE_EVENT_SECCOMP) => {
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
    match ptrace::cont(pid, signal) {
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
        if let WaitStatus::PtraceEvent(pid, ..) = status {
            // This may fail for the same reason as above.
            let _ = kill(pid, Signal::SIGKILL);
        }
    }
}

/// The system calls that write. fsync(2) is none of them: a kill loses nothing that is written.
const CALLS: [(libc::c_long, &str); 29] = [
    (libc::SYS_write, "write"),
    (libc::SYS_pwrite64, "write"),
    (libc::SYS_writev, "write"),
    (libc::SYS_sendmsg, "write"),
    (libc::SYS_sendto, "write"),
    (libc::SYS_openat, "openat"),
    (libc::SYS_open, "open"),
    (libc::SYS_creat, "open"),
    (libc::SYS_rename, "rename"),
    (libc::SYS_renameat, "rename"),
    (libc::SYS_renameat2, "rename"),
    (libc::SYS_link, "link"),
    (libc::SYS_linkat, "link"),
    (libc::SYS_symlink, "symlink"),
    (libc::SYS_symlinkat, "symlink"),
    (libc::SYS_unlink, "unlink"),
    (libc::SYS_unlinkat, "unlink"),
    (libc::SYS_rmdir, "unlink"),
    (libc::SYS_mkdir, "mkdir"),
    (libc::SYS_mkdirat, "mkdir"),
    (libc::SYS_truncate, "truncate"),
    (libc::SYS_ftruncate, "truncate"),
    (libc::SYS_fallocate, "truncate"),
    (libc::SYS_chmod, "chmod"),
    (libc::SYS_fchmod, "chmod"),
    (libc::SYS_fchmodat, "chmod"),
    (libc::SYS_chown, "chown"),
    (libc::SYS_fchown, "chown"),
    (libc::SYS_fchownat, "chown"),
];

/// Methods of D-Bus, and of the Secret Service, that change nothing.
const READING_METHODS: [&str; 12] = [
    "Hello",
    "NameHasOwner",
    "GetNameOwner",
    "AddMatch",
    "RemoveMatch",
    "Get",
    "GetAll",
    "ReadAlias",
    "OpenSession",
    "SearchItems",
    "GetSecret",
    "GetSecrets",
];

/// The name of the system call that `pid` is about to make, if it can change anything: a kill before any other is like
/// a kill before the next that can.
fn writing_call(pid: Pid) -> Option<&'static str> {
    let registers = ptrace::getregs(pid).ok()?;
    let call = registers.orig_rax.cast_signed();
    let (_, name) = CALLS.iter().find(|(number, _)| *number == call)?;
    let is_there = |address| path_at(pid, address).is_some_and(|path| path.is_absolute() && path.exists());
    let is_device = |address| path_at(pid, address).is_some_and(|path| path.starts_with("/dev"));
    let truncates = |flags: u64| flags & u64::from(libc::O_TRUNC.cast_unsigned()) != 0;
    let opens = |path, flags| !is_device(path) && (truncates(flags) || !is_there(path));
    let writes = match call {
        libc::SYS_mkdir => !is_there(registers.rdi),
        libc::SYS_mkdirat => !is_there(registers.rsi),
        libc::SYS_open => opens(registers.rdi, registers.rsi),
        libc::SYS_openat => opens(registers.rsi, registers.rdx),
        _ if *name == "write" => {
            let file = fs::read_link(format!("/proc/{pid}/fd/{}", registers.rdi)).ok()?;
            let file = file.to_string_lossy();
            let is_file = file.starts_with('/') && !file.starts_with("/dev/");
            let reads = || call == libc::SYS_sendmsg && message_only_reads(pid, registers.rsi) == Some(true);
            is_file || file.starts_with("socket:") && !reads()
        }
        _ => true,
    };
    writes.then_some(name)
}

/// Whether the message in a `msghdr` at this address greets the bus, or calls one of [`READING_METHODS`]. `None` if it
/// is no message of D-Bus.
fn message_only_reads(pid: Pid, address: u64) -> Option<bool> {
    let number = |address| {
        let bytes = memory_at(pid, address, 8)?;
        Some(u64::from_ne_bytes(bytes.try_into().ok()?))
    };
    let parts = number(address + std::mem::offset_of!(libc::msghdr, msg_iov) as u64)?;
    let (start, length) = (number(parts)?, number(parts + 8)?);
    let message = memory_at(pid, start, usize::try_from(length).ok()?.min(512))?;
    if message.starts_with(b"\0AUTH ") {
        return Some(true);
    }
    // The header's field 3, a string, is the method's name: D-Bus specification, "Message Format".
    let field = message.windows(4).position(|bytes| bytes == [3, 1, b's', 0])?;
    let name = &message[field + 8..];
    let name = CStr::from_bytes_until_nul(name).ok()?.to_str().ok()?;
    Some(READING_METHODS.contains(&name))
}

/// The path in the memory of `pid` at this address.
fn path_at(pid: Pid, address: u64) -> Option<PathBuf> {
    let bytes = memory_at(pid, address, libc::PATH_MAX as usize)?;
    let path = CStr::from_bytes_until_nul(&bytes).ok()?;
    Some(OsStr::from_bytes(path.to_bytes()).into())
}

/// Up to so many bytes of the memory of `pid`: fewer if they end before.
fn memory_at(pid: Pid, address: u64, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    let memory = fs::File::open(format!("/proc/{pid}/mem")).ok()?;
    let read = memory.read_at(&mut bytes, address).ok()?;
    bytes.truncate(read);
    Some(bytes)
}
