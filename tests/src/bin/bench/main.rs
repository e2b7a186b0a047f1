//! `cargo xtask bench`: measures Herokey next to programs that do the same. It needs Linux.

#[cfg(target_os = "linux")]
mod exec;
#[cfg(target_os = "linux")]
mod growth;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod live;
#[cfg(target_os = "linux")]
mod scan;

#[cfg(target_os = "linux")]
fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    linux::run(&names);
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    use std::io::Write;
    // If standard error is closed, the exit code still says it.
    let _ = writeln!(std::io::stderr(), "The benchmark needs Linux.");
    std::process::ExitCode::FAILURE
}
