//! `cargo xtask demo`: the whole app against a Heroku on localhost. It needs Linux.

#[cfg(target_os = "linux")]
mod linux;

#[cfg(target_os = "linux")]
fn main() {
    linux::run();
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    use std::io::Write;
    // If standard error is closed, the exit code still says it.
    let _ = writeln!(std::io::stderr(), "The demo needs Linux.");
    std::process::ExitCode::FAILURE
}
