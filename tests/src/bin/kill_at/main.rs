//! `kill_at N REPORT PROGRAM ARGUMENT…`: runs a program and kills it, with everything it started, at its Nth system
//! call that writes, before the call has any effect. The name of that call goes to the file REPORT. If the program ends
//! earlier, there is no such file.
//!
//! A system call writes if it changes a file or a folder, or sends something over a socket. What changes nothing is
//! passed by: opening what is there, questions over D-Bus, and fsync(2), since a kill loses nothing that is written.

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod linux;

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
fn main() -> std::process::ExitCode {
    linux::run()
}

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
fn main() {}
