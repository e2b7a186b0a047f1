//! Builds a world from what a test asks for.

use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Once;

use heroku_sandbox::{Account, Config, Sandbox, Tls};

use super::{ME, World};
use crate::browser::FakeBrowser;
use crate::keyring::{Bus, Keyring};
use crate::network;
use crate::network::HEROKU_HOSTS;
use crate::process::Mark;
use crate::program::Program;
use crate::programs;

/// The parts that a world should have.
#[derive(Clone, Debug, Default)]
#[must_use = "call `build` to get a world"]
#[expect(clippy::struct_excessive_bools, reason = "each is a part that a machine has or does not have")]
pub struct Builder {
    bus: bool,
    keyring: bool,
    locked: bool,
    not_set_up: bool,
    hidden_programs: Vec<String>,
    shared_network: bool,
}

impl Builder {
    /// A session bus without any services.
    pub fn session_bus(mut self) -> Self {
        self.bus = true;
        self
    }

    /// A session bus and gnome-keyring, unlocked.
    pub fn keyring(mut self) -> Self {
        self.keyring = true;
        self.session_bus()
    }

    /// A session bus and gnome-keyring without any collection, as before a user's first login to a desktop. Nobody
    /// answers its prompts.
    pub fn keyring_not_set_up(mut self) -> Self {
        self.not_set_up = true;
        self.keyring()
    }

    /// A session bus and gnome-keyring, locked. Nobody answers its prompts.
    pub fn locked_keyring(mut self) -> Self {
        self.locked = true;
        self.keyring()
    }

    /// Hides a program, such as `secret-tool`, as if it were not installed.
    pub fn without_program(mut self, name: &str) -> Self {
        self.hidden_programs.push(name.to_owned());
        self
    }

    /// The machine's network, as on a machine that allows no namespaces. Variables then point all programs to a Heroku
    /// on a port of localhost.
    pub fn shared_network(mut self) -> Self {
        self.shared_network = true;
        self
    }

    /// Builds the world.
    ///
    /// # Panics
    /// If a part is missing or does not start; the message says which.
    pub fn build(self) -> World {
        let folder = tempfile::Builder::new().prefix("herokey-").tempdir().expect("a temporary folder");
        let path = folder.path();
        for name in ["home", "run", "bin", "tmp"] {
            fs::create_dir(path.join(name)).expect("a new folder can be written");
        }
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(path.join("run"), private).expect("a new folder's mode can be set");

        let own_network =
            !self.shared_network && network::enter_private(path).map_err(|why| warn_once(&why)).is_ok();
        let mark = if own_network { Mark::of_this_threads_network() } else { Mark::Home(path.join("home")) };
        let sandbox = start_sandbox(path, own_network);

        programs::link_all(&path.join("bin"));
        let browser = FakeBrowser::install(&path.join("bin"), &path.join("run"));
        let system_path = programs::system_path(path, &self.hidden_programs);
        let mut environment = environment(path, &system_path);
        if !own_network {
            environment.extend(overrides_for(&sandbox));
        }
        if self.bus {
            let address = Bus::address_in(&path.join("run"));
            environment.insert("DBUS_SESSION_BUS_ADDRESS".to_owned(), address);
        }
        let program = |name| Program::new(name, environment.clone(), path.join("home"));
        let bus = self.bus.then(|| Bus::start(program("dbus-daemon"), &path.join("run")));
        let keyring = bus.as_ref().filter(|_| self.keyring);
        let keyring =
            keyring.map(|bus| Keyring::start(program("gnome-keyring-daemon"), bus, !self.not_set_up));
        if let Some(keyring) = keyring.as_ref().filter(|_| self.locked) {
            keyring.lock();
        }
        World { keyring, bus, browser, sandbox, environment, mark, folder }
    }
}

fn start_sandbox(folder: &Path, own_network: bool) -> Sandbox {
    let names = HEROKU_HOSTS.iter().copied().chain(["localhost"]).map(str::to_owned).collect();
    let port = if own_network { 443 } else { 0 };
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let tls = Some(Tls { address, names, authority: folder.join("authority.pem") });
    // The login page is also served over plain HTTP, because a user's own browser does not trust the test authority.
    let http = (!own_network).then(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
    let config = Config { http, tls, ..Config::new(folder.join("repositories")) };
    let sandbox = Sandbox::start(config).expect("the sandbox starts");
    sandbox.add_account(Account::new(ME));
    sandbox
}

/// The variables that point programs to a sandbox on the machine's network.
fn overrides_for(sandbox: &Sandbox) -> [(String, String); 3] {
    let https = sandbox.https_url().expect("a sandbox with TLS");
    let http = sandbox.http_url().expect("a sandbox with plain HTTP");
    [("HEROKU_HOST", https.clone()), ("HEROKU_PARTICLEBOARD_URL", https), ("HEROKU_LOGIN_HOST", http)]
        .map(|(name, value)| (name.to_owned(), value))
}

/// All variables of a program in a world. The XDG folders under the home have their defaults.
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

#[expect(clippy::print_stderr, reason = "whoever runs the tests must know that they prove less")]
fn warn_once(why: &str) {
    static WARNED: Once = Once::new();
    WARNED.call_once(|| eprintln!("the tests use this machine's network: {why}"));
}
