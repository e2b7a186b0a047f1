//! The tray on Linux, without a toolkit. On macOS and Windows the window's program shows the tray.

#[cfg(target_os = "linux")]
mod resident;

use std::io::{self, Write};
use std::process::ExitCode;

#[cfg(target_os = "linux")]
use herokey_core::desktop::autostart::AT_LOGIN;
#[cfg(target_os = "linux")]
use herokey_tray::Start;

/// One heap that all threads share. glibc keeps freed memory for each thread, and a tray's threads live all day
/// (`cargo xtask bench live` measures it).
#[cfg(target_os = "linux")]
#[global_allocator]
static HEAP: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

#[cfg(target_os = "linux")]
const HELP: &str = "\
Shows Herokey's icon in the tray: who is logged in to Heroku, and a menu to log in and out.

usage: herokey-tray [--at-login | --version | --help]

If there is no tray, or Herokey's icon is already in it, the window opens instead. With --at-login
it does not open, and Herokey waits for a tray that starts later.
HEROKEY_LOG sets what is logged to standard error, for example HEROKEY_LOG=debug.
";
#[cfg(not(target_os = "linux"))]
const HELP: &str = "On this system Herokey's tray is part of herokey-desktop.\n";

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    let answer = match (args.next(), args.next()) {
        #[cfg(target_os = "linux")]
        (None, _) => return resident::run(Start::Now),
        #[cfg(target_os = "linux")]
        (Some(arg), None) if arg == AT_LOGIN => return resident::run(Start::WaitForTray),
        (Some(arg), None) if arg == "--version" => concat!("herokey-tray ", env!("CARGO_PKG_VERSION"), "\n"),
        (Some(arg), None) if arg == "--help" => HELP,
        _ => {
            // If standard error is closed, nobody is reading.
            let _ = io::stderr().write_all(HELP.as_bytes());
            return ExitCode::from(2);
        }
    };
    match io::stdout().write_all(answer.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            // As above.
            let _ = writeln!(io::stderr(), "error: could not write the output: {error}");
            ExitCode::FAILURE
        }
        _ => ExitCode::SUCCESS,
    }
}
