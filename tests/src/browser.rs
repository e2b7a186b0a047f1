//! A fake browser: it opens nothing and tells the test which address it was given.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use crate::patience::PATIENCE;
use crate::process::wait_readable;
use crate::world::World;

/// An `xdg-open` that comes first on the world's PATH and is set as `BROWSER`. It reports the addresses it is given.
#[derive(Debug)]
pub struct FakeBrowser {
    addresses: File,
}

impl FakeBrowser {
    pub(crate) fn install(bin: &Path, runtime: &Path) -> Self {
        let fifo = runtime.join("opened");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO can be made");
        // Opened for reading and writing, so that neither end waits for the other and the FIFO never ends.
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).expect("a flag of the system");
        let addresses = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&fifo);
        write_script(&bin.join("xdg-open"), &format!("printf '%s\\n' \"$1\" >'{}'", fifo.display()));
        // The Heroku CLI ships its own xdg-open. With a display, that one asks for the desktop's default browser, which
        // would be this machine's. If there is none, it uses `BROWSER`.
        write_script(&bin.join("xdg-mime"), "exit 0");
        Self { addresses: addresses.expect("a FIFO can be opened") }
    }

    /// Waits until a program opens an address, and returns it.
    ///
    /// # Panics
    /// If no program opens one in time.
    #[track_caller]
    pub fn wait_for_address(&self) -> String {
        self.address_within(PATIENCE).expect("a program should have opened the browser by now")
    }

    /// The next address that a program has opened or opens within `timeout`.
    pub fn address_within(&self, timeout: Duration) -> Option<String> {
        let mut address = Vec::new();
        // `printf` writes a line in one piece. A second address stays in the FIFO.
        while !address.ends_with(b"\n") {
            if !wait_readable(&self.addresses, timeout) {
                return None;
            }
            let mut byte = [0];
            (&self.addresses).read_exact(&mut byte).expect("a FIFO that can be read");
            address.extend(byte);
        }
        Some(String::from_utf8_lossy(&address).trim_end().to_owned())
    }
}

fn write_script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a new folder can be written");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("a new file's mode can be set");
}

/// What a user does at Heroku's login page, without a browser.
impl World {
    /// Presses *Log in* as this account on the page at this address.
    #[track_caller]
    pub fn approve(&self, address: &str, email: &str) {
        let account = format!("email={email}");
        let fields = ["--data", "decision=log-in", "--data-urlencode", &account];
        self.curl(["--fail-with-body", "--location", address].into_iter().chain(fields)).ok();
    }

    /// Presses *Deny* on the page at this address.
    #[track_caller]
    pub fn deny(&self, address: &str) {
        self.curl(["--fail-with-body", "--location", "--data", "decision=deny", address]).ok();
    }
}
