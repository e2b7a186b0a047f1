//! A test's own machine: network, Heroku, home folder, session bus, keyring.

mod builder;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use heroku_sandbox::Sandbox;
use tempfile::TempDir;

use crate::browser::FakeBrowser;
use crate::keyring::{Bus, Keyring};
use crate::process;
use crate::process::{Mark, Process};
use crate::program::Program;
use crate::tree::Tree;

pub use builder::Builder;

/// The account that exists at every world's Heroku.
pub const ME: &str = "me@example.com";

/// A test's own machine. Dropping it, also during a panic, kills all its processes and removes its files.
///
/// It belongs to the thread that created it. Programs run in it if they are started from that thread or from threads
/// that it spawns later. A thread can have only one world at a time. A program ends with the thread that started it.
#[derive(Debug)]
pub struct World {
    // Dropped in this order, after `Drop` has killed every process.
    keyring: Option<Keyring>,
    bus: Option<Bus>,
    browser: FakeBrowser,
    sandbox: Sandbox,
    environment: BTreeMap<String, String>,
    mark: Mark,
    folder: TempDir,
}

impl World {
    /// A machine without a session bus, as over SSH: Heroku, a home folder, the programs.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A desktop, which also has a session bus and an unlocked keyring.
    pub fn desktop() -> Self {
        Self::builder().keyring().build()
    }

    /// Starts building a world with other parts.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The Heroku of this world, to add accounts and faults and to read its state.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The host of Heroku's API in a netrc file: `api.heroku.com`, or `localhost:PORT` on a shared network.
    pub fn api_host(&self) -> String {
        self.host("api.heroku.com")
    }

    /// The host of Heroku's git in a netrc file: `git.heroku.com`, or `localhost:PORT` on a shared network.
    pub fn git_host(&self) -> String {
        self.host("git.heroku.com")
    }

    /// Whether this world has its own network, in which Heroku has its real host names.
    pub fn has_own_network(&self) -> bool {
        matches!(self.mark, Mark::Network(_))
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// The folder that `XDG_RUNTIME_DIR` names.
    pub fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// A snapshot of everything under the home folder.
    pub fn tree(&self) -> Tree {
        Tree::of(&self.home())
    }

    /// The keyring.
    ///
    /// # Panics
    /// If the world was built without one.
    #[track_caller]
    pub fn keyring(&self) -> &Keyring {
        self.keyring.as_ref().expect("a world built with a keyring")
    }

    /// Opens a connection to the session bus.
    ///
    /// # Panics
    /// If the world was built without one.
    #[track_caller]
    pub fn connect_to_bus(&self) -> zbus::blocking::Connection {
        self.bus.as_ref().expect("a world built with a session bus").connect()
    }

    /// Adds a policy rule to the session bus: a `<deny …/>` of dbus-daemon(1), as for a sandboxed program.
    ///
    /// # Panics
    /// If the world was built without a session bus.
    #[track_caller]
    pub fn set_bus_policy(&self, rule: &str) {
        self.configure_bus(&format!("<policy context='mandatory'>{rule}</policy>"));
    }

    /// Sets a `<limit>` of dbus-daemon(1) for the session bus.
    ///
    /// # Panics
    /// If the world was built without a session bus.
    #[track_caller]
    pub fn set_bus_limit(&self, name: &str, limit: u32) {
        self.configure_bus(&format!("<limit name='{name}'>{limit}</limit>"));
    }

    /// Makes the session bus start a program when a client calls this name. The program does not claim the name: the
    /// test does that, once it can read from the pipe whose path is returned.
    ///
    /// # Panics
    /// If the world was built without a session bus.
    #[track_caller]
    pub fn make_activatable(&self, name: &str) -> PathBuf {
        let folder = self.runtime().join("services");
        let pipe = folder.join("requested");
        let service = format!(
            "[D-BUS Service]\nName={name}\nExec=/bin/sh -c 'echo >{}; exec sleep 60'\n",
            pipe.display()
        );
        let written =
            fs::create_dir(&folder).and_then(|()| fs::write(folder.join("activated.service"), service));
        written.expect("the runtime folder can be written");
        self.program("mkfifo").arg(pipe.to_str().expect("a path in Unicode")).run().ok();
        self.configure_bus(&format!("<servicedir>{}</servicedir>", folder.display()));
        pipe
    }

    #[track_caller]
    fn configure_bus(&self, line: &str) {
        self.bus.as_ref().expect("a world built with a session bus").configure(line);
    }

    /// The browser that programs of this world open addresses in.
    pub fn browser(&self) -> &FakeBrowser {
        &self.browser
    }

    /// All processes of this world, no matter which program started them.
    pub fn processes(&self) -> Vec<Process> {
        process::marked(&self.mark)
    }

    /// The processes of Herokey's windows, including those that are about to end.
    pub fn windows(&self) -> Vec<Process> {
        let mut processes = self.processes();
        processes.retain(|process| {
            process.is_running()
                && process.arguments.first().is_some_and(|name| name.ends_with("herokey-desktop"))
        });
        processes
    }

    /// A program with this world's variables, given by its name on this world's PATH or by its path.
    pub fn program(&self, name: &str) -> Program {
        Program::new(name, self.environment.clone(), self.home())
    }

    /// Sets a variable for every program from now on.
    pub fn set_env(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// The variables of every program in this world.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    fn host(&self, name: &str) -> String {
        if self.has_own_network() {
            return name.to_owned();
        }
        let url = self.sandbox.https_url().expect("a sandbox with TLS");
        url.trim_start_matches("https://").to_owned()
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        process::kill_marked(&self.mark);
    }
}

/// Links `name` in `folder` to `target`.
pub(crate) fn link(target: &Path, folder: &Path, name: &str) {
    symlink(target, folder.join(name)).expect("a new folder can be written");
}
