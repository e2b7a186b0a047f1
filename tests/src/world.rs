//! One test's own machine: network, Heroku, home, session bus, keyring.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::Once;

use heroku_sandbox::{Account, Config, Sandbox, Tls};
use tempfile::TempDir;

use crate::browser::StandIn;
use crate::keyring::{Bus, Keyring};
use crate::network;
use crate::network::HEROKU_HOSTS;
use crate::process;
use crate::process::{Mark, Process};
use crate::program::Program;
use crate::programs;
use crate::tree::Tree;

/// The account that every world's Heroku knows.
pub const ME: &str = "me@example.com";

/// What a world shall have.
#[derive(Clone, Debug, Default)]
#[must_use = "a world is made by `build`"]
#[expect(clippy::struct_excessive_bools, reason = "each is one thing that a machine has or has not")]
pub struct Builder {
    bus: bool,
    keyring: bool,
    locked: bool,
    not_set_up: bool,
    hidden: Vec<String>,
    shared_network: bool,
}

impl Builder {
    /// A session bus, with nobody on it.
    pub fn session_bus(mut self) -> Self {
        self.bus = true;
        self
    }

    /// A session bus with gnome-keyring on it, unlocked.
    pub fn keyring(mut self) -> Self {
        self.keyring = true;
        self.session_bus()
    }

    /// A session bus with gnome-keyring on it, as before a person's first login to a desktop: without a keyring to put
    /// anything into. Nobody answers its prompts.
    pub fn keyring_not_set_up(mut self) -> Self {
        self.not_set_up = true;
        self.keyring()
    }

    /// A session bus with gnome-keyring on it, locked. Nobody answers its prompts.
    pub fn locked_keyring(mut self) -> Self {
        self.locked = true;
        self.keyring()
    }

    /// As if this program were not installed: `secret-tool`, say.
    pub fn without_program(mut self, name: &str) -> Self {
        self.hidden.push(name.to_owned());
        self
    }

    /// As on a machine that allows no namespaces: Heroku on a port of localhost, told by variables.
    pub fn shared_network(mut self) -> Self {
        self.shared_network = true;
        self
    }

    /// Makes the world.
    ///
    /// # Panics
    /// Where a part is missing or does not start; the message says which.
    pub fn build(self) -> World {
        World::build(&self)
    }
}

/// One test's own machine, gone with all its processes when dropped, at a panic too.
///
/// It belongs to the thread that made it: programs started from there, or from threads begun there, are in
/// it. A thread has one world at a time. A program dies with the thread that started it.
#[derive(Debug)]
pub struct World {
    // In the order of their end, after `Drop` has killed every process.
    keyring: Option<Keyring>,
    bus: Option<Bus>,
    browser: StandIn,
    sandbox: Sandbox,
    environment: BTreeMap<String, String>,
    mark: Mark,
    folder: TempDir,
}

impl World {
    /// A machine without a session bus, as behind SSH: Heroku, a home, the programs.
    pub fn new() -> Self {
        Self::builder().build()
    }

    /// A desktop: a session bus and an unlocked keyring too.
    pub fn desktop() -> Self {
        Self::builder().keyring().build()
    }

    /// A world with exactly what is asked for.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The Heroku of this world, for faults, accounts and questions.
    pub fn sandbox(&self) -> &Sandbox {
        &self.sandbox
    }

    /// The netrc host of Heroku's API: `api.heroku.com`, or `localhost:PORT` on a shared network.
    pub fn api_host(&self) -> String {
        self.host("api.heroku.com")
    }

    /// The netrc host of Heroku's git: `git.heroku.com`, or `localhost:PORT` on a shared network.
    pub fn git_host(&self) -> String {
        self.host("git.heroku.com")
    }

    /// Whether this world has a network of its own, so that nothing had to be overridden.
    pub fn has_own_network(&self) -> bool {
        matches!(self.mark, Mark::Network(_))
    }

    /// The home folder.
    pub fn home(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    /// `XDG_RUNTIME_DIR`.
    pub fn runtime(&self) -> PathBuf {
        self.folder.path().join("run")
    }

    /// Everything under the home folder now.
    pub fn tree(&self) -> Tree {
        Tree::of(&self.home())
    }

    /// The keyring.
    ///
    /// # Panics
    /// Where the world was made without one.
    #[track_caller]
    pub fn keyring(&self) -> &Keyring {
        self.keyring.as_ref().expect("a world made with a keyring")
    }

    /// A connection to the session bus.
    ///
    /// # Panics
    /// Where the world was made without a bus.
    #[track_caller]
    pub fn connect_to_bus(&self) -> zbus::blocking::Connection {
        self.bus.as_ref().expect("a world made with a session bus").connect()
    }

    /// The session bus refuses this from now on, as in a sandboxed desktop: `<deny …/>` of dbus-daemon(1).
    ///
    /// # Panics
    /// Where the world was made without a bus.
    #[track_caller]
    pub fn set_bus_policy(&self, rule: &str) {
        self.configure_bus(&format!("<policy context='mandatory'>{rule}</policy>"));
    }

    /// Limits the session bus: a `<limit>` of dbus-daemon(1).
    ///
    /// # Panics
    /// Where the world was made without a bus.
    #[track_caller]
    pub fn set_bus_limit(&self, name: &str, limit: u32) {
        self.configure_bus(&format!("<limit name='{name}'>{limit}</limit>"));
    }

    /// The session bus starts a program for this name when somebody wants it. It takes no name itself: that is the
    /// test's to do, once it can read from the pipe that is returned.
    ///
    /// # Panics
    /// Where the world was made without a bus.
    #[track_caller]
    pub fn start_by_bus(&self, name: &str) -> PathBuf {
        let folder = self.folder.path().join("run/services");
        let asked_for = folder.join("asked-for");
        let service = format!(
            "[D-BUS Service]\nName={name}\nExec=/bin/sh -c 'echo >{}; exec sleep 60'\n",
            asked_for.display()
        );
        let written = std::fs::create_dir(&folder)
            .and_then(|()| std::fs::write(folder.join("started.service"), service));
        written.expect("the runtime folder can be written");
        self.program("mkfifo").arg(asked_for.to_str().expect("a plain path")).run().ok();
        self.configure_bus(&format!("<servicedir>{}</servicedir>", folder.display()));
        asked_for
    }

    #[track_caller]
    fn configure_bus(&self, line: &str) {
        self.bus.as_ref().expect("a world made with a session bus").configure(line);
    }

    /// What takes the place of the person's browser; see [`StandIn`].
    pub fn browser(&self) -> &StandIn {
        &self.browser
    }

    /// Every process of this world, whoever started it.
    pub fn processes(&self) -> Vec<Process> {
        process::marked(&self.mark)
    }

    /// Herokey's windows that are open or still ending.
    pub fn windows(&self) -> Vec<Process> {
        let mut processes = self.processes();
        processes.retain(|one| {
            one.runs() && one.arguments.first().is_some_and(|name| name.ends_with("herokey-desktop"))
        });
        processes
    }

    /// A program of this world's PATH, or by its path, with this world's variables.
    pub fn program(&self, name: &str) -> Program {
        Program::new(name, self.environment.clone(), self.home())
    }

    /// Sets a variable for every program from now on, as in a shell's start-up file.
    pub fn set_env(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// The variables of every program here.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.environment
    }

    fn build(asked: &Builder) -> Self {
        let folder = tempfile::Builder::new().prefix("herokey-").tempdir().expect("a temporary folder");
        let path = folder.path();
        for name in ["home", "run", "bin", "tmp"] {
            fs::create_dir(path.join(name)).expect("a new folder can be filled");
        }
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(path.join("run"), private).expect("a new folder's mode can be set");

        let own_network =
            !asked.shared_network && network::enter_own(path).map_err(|why| say_once(&why)).is_ok();
        let mark = if own_network { Mark::of_this_thread() } else { Mark::Home(path.join("home")) };
        let sandbox = start_sandbox(path, own_network);

        programs::fill(&path.join("bin"));
        let browser = StandIn::make(&path.join("bin"), &path.join("run"));
        let system_path = programs::system_path(path, &asked.hidden);
        let mut environment = environment(path, &system_path);
        if !own_network {
            let url = sandbox.https_url().expect("a sandbox with TLS");
            for name in ["HEROKU_HOST", "HEROKU_PARTICLEBOARD_URL"] {
                environment.insert(name.to_owned(), url.clone());
            }
            let login = sandbox.http_url().expect("a sandbox with plain HTTP");
            environment.insert("HEROKU_LOGIN_HOST".to_owned(), login);
        }
        if asked.bus {
            let address = Bus::address_in(&path.join("run"));
            environment.insert("DBUS_SESSION_BUS_ADDRESS".to_owned(), address);
        }
        let program = |name| Program::new(name, environment.clone(), path.join("home"));
        let bus = asked.bus.then(|| Bus::start(program("dbus-daemon"), &path.join("run")));
        let keyring = bus.as_ref().filter(|_| asked.keyring);
        let keyring =
            keyring.map(|bus| Keyring::start(program("gnome-keyring-daemon"), bus, !asked.not_set_up));
        if let Some(keyring) = keyring.as_ref().filter(|_| asked.locked) {
            keyring.lock();
        }
        Self { keyring, bus, browser, sandbox, environment, mark, folder }
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

fn start_sandbox(folder: &Path, own_network: bool) -> Sandbox {
    let names = HEROKU_HOSTS.iter().copied().chain(["localhost"]).map(str::to_owned).collect();
    let port = if own_network { 443 } else { 0 };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let tls = Some(Tls { address, names, authority: folder.join("authority.pem") });
    // Beside TLS, plain HTTP for the login page: a person's own browser does not know the authority.
    let http = (!own_network).then(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let config = Config { http, tls, ..Config::new(folder.join("repositories")) };
    let sandbox = Sandbox::start(config).expect("the sandbox starts");
    sandbox.add_account(Account::new(ME));
    sandbox
}

/// All variables of a program in a world. Folders that XDG derives from the home are left to it.
fn environment(folder: &Path, system_path: &str) -> BTreeMap<String, String> {
    let at = |name: &str| folder.join(name).display().to_string();
    let authority = at("authority.pem");
    [
        ("HOME", at("home")),
        ("PATH", format!("{}:{system_path}", at("bin"))),
        ("XDG_RUNTIME_DIR", at("run")),
        ("TMPDIR", at("tmp")),
        ("BROWSER", at("bin/xdg-open")),
        ("USER", "me".to_owned()),
        ("LOGNAME", "me".to_owned()),
        ("SHELL", "/bin/sh".to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("TERM", "xterm".to_owned()),
        ("TZ", "UTC".to_owned()),
        ("NO_COLOR", "1".to_owned()),
        ("NODE_EXTRA_CA_CERTS", authority.clone()),
        ("GIT_SSL_CAINFO", authority.clone()),
        ("SSL_CERT_FILE", authority),
        ("GIT_CONFIG_NOSYSTEM", "1".to_owned()),
        ("GIT_TERMINAL_PROMPT", "0".to_owned()),
        ("HEROKU_DISABLE_AUTOUPDATE", "1".to_owned()),
        ("DISABLE_TELEMETRY", "true".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

#[expect(clippy::print_stderr, reason = "the person who runs the tests shall know that they prove less")]
fn say_once(why: &str) {
    static SAID: Once = Once::new();
    SAID.call_once(|| eprintln!("tests on a shared network, Heroku at a port of localhost: {why}"));
}

/// Links `name` in `folder` to `target`.
pub(crate) fn link(target: &Path, folder: &Path, name: &str) {
    symlink(target, folder.join(name)).expect("a new folder takes links");
}
