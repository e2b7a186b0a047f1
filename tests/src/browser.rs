//! What takes the place of the person's browser: it opens nothing and tells the test what it was given.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::Read;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

use crate::process::wait_readable;
use crate::world::World;

/// `xdg-open`, first on the world's PATH and in `BROWSER`. The addresses it is given come out here.
#[derive(Debug)]
pub struct StandIn {
    opened: File,
}

impl StandIn {
    pub(crate) fn make(bin: &Path, runtime: &Path) -> Self {
        let fifo = runtime.join("opened");
        mknodat(CWD, &fifo, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).expect("a FIFO can be made");
        // Read and write: so neither end waits for the other to come, and the FIFO never ends.
        let flags = i32::try_from(OFlags::NONBLOCK.bits()).expect("a flag of the system");
        let opened = OpenOptions::new().read(true).write(true).custom_flags(flags).open(&fifo);
        script(&bin.join("xdg-open"), &format!("printf '%s\\n' \"$1\" >'{}'", fifo.display()));
        // The Heroku CLI brings an xdg-open of its own. With a display it asks for the desktop's browser first, which
        // would be the one of the machine; told of none, it takes `BROWSER`.
        script(&bin.join("xdg-mime"), "exit 0");
        Self { opened: opened.expect("a FIFO can be opened") }
    }

    /// Waits until a program opens an address, and returns it.
    ///
    /// # Panics
    /// Where none does within 20 s.
    #[track_caller]
    pub fn wait_for_address(&self) -> String {
        self.address_within(Duration::from_secs(20)).expect("a program should have opened the browser by now")
    }

    /// The address that a program has opened, or opens before `limit` is over.
    pub fn address_within(&self, limit: Duration) -> Option<String> {
        let mut address = Vec::new();
        // A line is written in one piece; a second address, if any, stays in the FIFO.
        while !address.ends_with(b"\n") {
            if !wait_readable(&self.opened, limit) {
                return None;
            }
            let mut byte = [0];
            (&self.opened).read_exact(&mut byte).expect("a FIFO that can be read");
            address.extend(byte);
        }
        Some(String::from_utf8_lossy(&address).trim_end().to_owned())
    }
}

fn script(path: &Path, text: &str) {
    fs::write(path, format!("#!/bin/sh\n{text}\n")).expect("a new folder can be filled");
    fs::set_permissions(path, Permissions::from_mode(0o755)).expect("a new file's mode can be set");
}

/// A person at the login page of Heroku, without a browser.
impl World {
    /// Presses *Log in* for this account at the page of this address.
    #[track_caller]
    pub fn approve(&self, address: &str, email: &str) {
        let account = format!("email={email}");
        let fields = ["--data", "decision=log-in", "--data-urlencode", &account];
        self.curl(["--fail-with-body", "--location", address].into_iter().chain(fields)).ok();
    }

    /// Presses *Deny* at the page of this address.
    #[track_caller]
    pub fn deny(&self, address: &str) {
        self.curl(["--fail-with-body", "--location", "--data", "decision=deny", address]).ok();
    }
}
