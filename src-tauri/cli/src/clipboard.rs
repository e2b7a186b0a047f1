//! `herokey clipboard`: opens the clipboard, then copies standard input to it. A secret is removed after 30 seconds. On Linux this program
//! serves the text until then, for other text up to ten minutes, or until something else is copied.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use arboard::Clipboard;
use herokey_core::desktop::clipboard::{OPEN, READY, SECRET_TIMEOUT};
use herokey_core::{Code, Error, Result};

use crate::input;

/// How long the clipboard of Linux keeps a text that is not a secret.
const TEXT_TIMEOUT: Duration = Duration::from_mins(10);
/// More than the longest text that Herokey copies.
const MAX_BYTES: usize = 16 << 10;

/// Opens the clipboard and prints [`OPEN`], copies standard input and prints [`READY`], and keeps the text on the clipboard.
pub(crate) fn serve(secret: bool) -> Result<()> {
    let clipboard = Clipboard::new().map_err(failed)?;
    print(OPEN);
    let text = input::read(MAX_BYTES).map_err(|error| {
        Error::new(Code::WrongUsage, "Could not read what to copy.")
            .means("Nothing was copied.")
            .detail(error)
    })?;
    let until = Instant::now() + if secret { SECRET_TIMEOUT } else { TEXT_TIMEOUT };
    copy(clipboard, &text, secret, until).map_err(failed)
}

fn failed(error: arboard::Error) -> Error {
    Error::new(Code::ClipboardFailed, "Could not use the clipboard.")
        .means("Nothing was copied.")
        .detail(error)
}

/// On X11 and Wayland the program that copied a text must keep running to serve it. When it ends, the text is gone.
#[cfg(target_os = "linux")]
fn copy(mut clipboard: Clipboard, text: &str, secret: bool, until: Instant) -> Result<(), arboard::Error> {
    use arboard::{Set, SetExtLinux};
    let set = |set: Set<'_>| if secret { set.exclude_from_history() } else { set }.text(text);
    set(clipboard.set())?;
    print(READY);
    // Set again: arboard can wait only as part of setting the text.
    set(clipboard.set().wait_until(until))
}

#[cfg(not(target_os = "linux"))]
fn copy(mut clipboard: Clipboard, text: &str, secret: bool, until: Instant) -> Result<(), arboard::Error> {
    set(&mut clipboard, text, secret)?;
    print(READY);
    if secret {
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        if clipboard.get_text().is_ok_and(|current| current == text) {
            clipboard.clear()?;
        }
    }
    Ok(())
}

#[cfg(target_os = "macos")]
fn set(clipboard: &mut Clipboard, text: &str, secret: bool) -> Result<(), arboard::Error> {
    use arboard::SetExtApple;
    let set = clipboard.set();
    if secret { set.exclude_from_history().text(text) } else { set.text(text) }
}

#[cfg(windows)]
fn set(clipboard: &mut Clipboard, text: &str, secret: bool) -> Result<(), arboard::Error> {
    use arboard::SetExtWindows;
    let set = clipboard.set();
    if secret {
        set.exclude_from_monitoring().exclude_from_cloud().exclude_from_history().text(text)
    } else {
        set.text(text)
    }
}

fn print(line: &str) {
    // The program that started this one may have ended; serve the clipboard anyway.
    let _ = writeln!(io::stdout(), "{line}");
}
