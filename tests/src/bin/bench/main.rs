//! `cargo xtask bench`: Herokey beside programs that do the same. On Linux only, so far.

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
mod live;

#[cfg(target_os = "linux")]
fn main() {
    let names: Vec<String> = std::env::args().skip(1).collect();
    linux::run(&names);
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    use std::io::Write;
    // With standard error gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "The benchmark needs Linux.");
    std::process::ExitCode::FAILURE
}
