//! `kill_at N REPORT PROGRAM ARGUMENT…`: runs a program and kills it, with all that it started, at its Nth system call
//! that writes, before the call does anything. What it killed it at goes to the file REPORT; where the program ended
//! before, nothing does.
//!
//! Calls that write are those that change a file, a folder or what is at the other end of a socket (ptrace(2)).

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    linux::run()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {}
