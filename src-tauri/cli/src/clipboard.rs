//! `herokey clipboard`: holds what it reads from standard input on the clipboard. It ends when something else is
//! copied, for a secret after 30 seconds at the latest; then nothing of it is left there.

use std::io::{self, Read, Write};
use std::time::{Duration, Instant};

use arboard::Clipboard;
use herokey_core::desktop::clipboard::{READY, SECRET_STAYS};
use secrecy::zeroize::Zeroizing;

const TEXT_STAYS: Duration = Duration::from_mins(10);
/// Nothing that is copied here is longer.
const LARGEST: u64 = 16 << 10;

pub(crate) fn serve(secret: bool) -> io::Result<()> {
    let mut text = Zeroizing::new(String::new());
    io::stdin().take(LARGEST).read_to_string(&mut text)?;
    let until = Instant::now() + if secret { SECRET_STAYS } else { TEXT_STAYS };
    hold(&text, secret, until).map_err(io::Error::other)
}

/// On X11 and Wayland whoever copied must stay to hand it out; what ends takes its text along.
#[cfg(target_os = "linux")]
fn hold(text: &str, secret: bool, until: Instant) -> Result<(), arboard::Error> {
    use arboard::{Set, SetExtLinux};
    let mut clipboard = Clipboard::new()?;
    let set = |set: Set<'_>| if secret { set.exclude_from_history() } else { set }.text(text);
    set(clipboard.set())?;
    ready();
    // Once more: to wait is a way to set.
    set(clipboard.set().wait_until(until))
}

#[cfg(not(target_os = "linux"))]
fn hold(text: &str, secret: bool, until: Instant) -> Result<(), arboard::Error> {
    let mut clipboard = Clipboard::new()?;
    set(&mut clipboard, text, secret)?;
    ready();
    if secret {
        std::thread::sleep(until.saturating_duration_since(Instant::now()));
        if clipboard.get_text().is_ok_and(|held| held == text) {
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

fn ready() {
    // Whoever asked may have gone; the clipboard is served all the same.
    let _ = writeln!(io::stdout(), "{READY}");
}
