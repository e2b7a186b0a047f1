//! A Windows of a test: a Wine prefix in a world of its own, with Herokey's programs for Windows in it.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::program::Program;
use crate::running::Finished;
use crate::web_driver::Display;
use crate::world::World;

/// Names a Wine prefix that is set up as Windows 10. Tests share its Windows folder, and copy its registry.
const PREFIX_VARIABLE: &str = "HEROKEY_WINE_PREFIX";
/// Names the folder with Herokey's programs for Windows.
const PROGRAMS_VARIABLE: &str = "HEROKEY_WINDOWS_PROGRAMS";
/// Names the unit tests of herokey-core, built for Windows.
const CORE_TESTS_VARIABLE: &str = "HEROKEY_WINDOWS_CORE_TESTS";
/// Names Node.js for Windows, `node.exe`.
const NODE_VARIABLE: &str = "HEROKEY_WINDOWS_NODE";
/// The pinned Heroku CLI on a Windows that has it.
pub const HEROKU_ON_WINDOWS: &str = r"C:\node\node_modules\heroku\bin\run.js";
/// Where the programs are on this Windows.
const PROGRAMS: &str = r"C:\Program Files\Herokey";
/// What Wine lacks, in a library (`tests/stand-in/password-vault`).
const STAND_IN: &str = "password_vault.dll";
/// The user's name, and so the name of a folder in nearly every path: with a blank and with letters of no code page.
const USER: &str = "Zoë Nováková";

/// A user's Windows, on a network in which heroku.com is the world's sandbox. Dropping it ends all its programs.
#[derive(Debug)]
pub struct Windows {
    world: World,
    environment: BTreeMap<String, String>,
    drive: PathBuf,
}

impl Windows {
    /// A Windows that knows nothing of Heroku. `None`, and a line that says so, if this machine has no Wine for tests.
    pub fn new() -> Option<Self> {
        Self::make(true)
    }

    /// A Windows without a `PasswordVault`, such as a server's. `None` as for [`new`](Self::new).
    pub fn without_vault() -> Option<Self> {
        Self::make(false)
    }

    fn make(has_vault: bool) -> Option<Self> {
        let (template, programs) = (setting(PREFIX_VARIABLE)?, setting(PROGRAMS_VARIABLE)?);
        let world = World::new();
        if !world.has_own_network() {
            skip("Windows programs find no sandbox on a shared network");
            return None;
        }
        let prefix = world.home().with_file_name("wine");
        let drive = prefix.join("drive_c");
        make_prefix(&template, &prefix, has_vault);
        symlink(world.home().with_file_name("authority.pem"), drive.join("authority.pem"))
            .expect("a new folder can be written");
        trust_authority(&world);
        install(&programs, &drive.join("Program Files/Herokey"));
        let windows = Self { environment: environment(&world, &prefix), drive, world };
        // Without it, Windows would shut down after each program, and start again for the next.
        Program::new("wineserver", windows.environment.clone(), windows.profile()).arg("-p").run().ok();
        Some(windows)
    }

    /// Gives it a screen, for every program that starts from now on.
    pub fn with_screen(mut self) -> (Self, Display) {
        let display = Display::start(&mut self.world);
        let name = self.world.environment().get("DISPLAY").cloned().expect("the display has a name");
        self.set_env("DISPLAY", name);
        (self, display)
    }

    /// The world with this Windows: its Heroku, its browser and its Unix programs.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// Runs `herokey.exe`.
    #[track_caller]
    pub fn herokey<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        self.herokey_program().args(arguments).run()
    }

    /// `herokey.exe`, ready to start.
    pub fn herokey_program(&self) -> Program {
        self.program(&format!(r"{PROGRAMS}\herokey.exe"))
    }

    /// A program of this Windows, given by its name on PATH or its path, ready to start in the user's folder.
    pub fn program(&self, name: &str) -> Program {
        Program::new("wine", self.environment.clone(), self.profile()).arg(name)
    }

    /// The unit tests of herokey-core. `None`, and a line that says so, if they are not built.
    pub fn core_tests(&self) -> Option<Program> {
        Some(self.program(setting(CORE_TESTS_VARIABLE)?.to_str().expect("a path in Unicode")))
    }

    /// Installs Node.js and the pinned Heroku CLI. `None`, and a line that says so, if there is no Node.js for Windows.
    ///
    /// # Panics
    /// If the CLI is not installed; the message says how to install it.
    pub fn with_heroku(self) -> Option<Self> {
        let node = setting(NODE_VARIABLE)?;
        let modules = Path::new(env!("CARGO_MANIFEST_DIR")).join("heroku-cli/node_modules");
        assert!(modules.is_dir(), "the Heroku CLI is missing: run `npm ci` in tests/heroku-cli");
        let folder = self.drive.join("node");
        fs::create_dir(&folder)
            .and_then(|()| symlink(node, folder.join("node.exe")))
            .and_then(|()| symlink(modules, folder.join("node_modules")))
            .expect("the drive can be written");
        Some(self)
    }

    /// Runs the pinned Heroku CLI.
    #[track_caller]
    pub fn heroku<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        self.node([HEROKU_ON_WINDOWS].into_iter().chain(arguments))
    }

    /// Runs a script in Node.js.
    #[track_caller]
    pub fn node<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        self.node_output(self.node_program(arguments).run())
    }

    /// Node.js with a script, ready to start. Its input is a press of the Enter key. It writes to files, because Node.js does
    /// not start on a pipe of Unix; [`node_output`](Self::node_output) reads them.
    pub fn node_program<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Program {
        const NODE: &str = r#"echo >"$IN"; exec wine 'C:\node\node.exe' "$@" <"$IN" >"$OUT" 2>"$ERR""#;
        let [out, err] = self.node_files();
        let input = self.world.runtime().join("in");
        Program::new("sh", self.environment.clone(), self.profile())
            .args(["-c", NODE, "node"])
            .args(arguments)
            .env("IN", input.to_str().expect("a path in Unicode"))
            .env("OUT", out.to_str().expect("a path in Unicode"))
            .env("ERR", err.to_str().expect("a path in Unicode"))
            .env("NODE_SKIP_PLATFORM_CHECK", "1")
            .env("NODE_EXTRA_CA_CERTS", r"C:\authority.pem")
            .timeout(Duration::from_mins(4))
    }

    /// The end of a [`node_program`](Self::node_program), with what it wrote.
    #[track_caller]
    pub fn node_output(&self, ended: Finished) -> Finished {
        let [stdout, stderr] =
            self.node_files().map(|path| fs::read_to_string(path).expect("the shell made the file"));
        Finished { stdout, stderr, ..ended }
    }

    fn node_files(&self) -> [PathBuf; 2] {
        ["out", "err"].map(|name| self.world.runtime().join(name))
    }

    /// Runs a line in `cmd.exe`.
    #[track_caller]
    pub fn cmd(&self, line: &str) -> Finished {
        self.program("cmd").args(["/d", "/c", line]).run()
    }

    /// Sets a variable for every program that starts from now on, as `setx` does for new terminals.
    pub fn set_env(&mut self, name: &str, value: impl Into<String>) {
        self.environment.insert(name.to_owned(), value.into());
    }

    /// Sets a string in the registry.
    #[track_caller]
    pub fn set_registry(&self, key: &str, name: &str, value: &str) {
        self.program("reg").args(["add", key, "/v", name, "/t", "REG_SZ", "/d", value, "/f"]).run().ok();
    }

    /// The drive `C:`.
    pub fn drive(&self) -> &Path {
        &self.drive
    }

    /// The user's folder, `%USERPROFILE%`.
    pub fn profile(&self) -> PathBuf {
        self.drive.join("users").join(USER)
    }

    /// The text of a file in the user's folder, or `None` if there is no such file.
    ///
    /// # Panics
    /// If it cannot be read as text.
    #[track_caller]
    pub fn file(&self, path: &str) -> Option<String> {
        match fs::read_to_string(self.profile().join(path)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("{path}: {error}"),
        }
    }

    /// Writes a file in the user's folder, and creates its folders.
    pub fn write_file(&self, path: &str, text: &str) {
        let path = self.profile().join(path);
        fs::create_dir_all(path.parent().expect("a path below the user's folder"))
            .and_then(|()| fs::write(path, text))
            .expect("the user's folder can be written");
    }

    /// The text of `_netrc`.
    pub fn netrc(&self) -> Option<String> {
        self.file("_netrc")
    }

    /// The report of `herokey status --offline --json`.
    #[track_caller]
    pub fn status(&self) -> serde_json::Value {
        let report = self.herokey(["status", "--offline", "--json"]);
        serde_json::from_str(report.ok()).expect("the report is JSON")
    }

    /// The codes of the problems that `herokey status` finds without the network.
    #[track_caller]
    pub fn problem_codes(&self) -> Vec<String> {
        let report = self.status();
        let problems = report["problems"].as_array().expect("a list of problems");
        problems.iter().filter_map(|problem| problem["code"].as_str()).map(str::to_owned).collect()
    }
}

/// The path in a variable. Says that the test is skipped if there is none.
fn setting(name: &str) -> Option<PathBuf> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if value.is_none() {
        skip(&format!("{name} is not set (CONTRIBUTING.md)"));
    }
    value
}

#[expect(clippy::print_stdout, reason = "whoever runs the tests must know that they prove less")]
fn skip(why: &str) {
    println!("SKIPPED: {why}");
}

/// Makes a prefix that has a registry and a user's folder of its own. The Windows folder, which no test changes, is the
/// template's.
fn make_prefix(template: &Path, prefix: &Path, has_vault: bool) {
    let drive = prefix.join("drive_c");
    let profile = drive.join("users").join(USER);
    let of_user =
        ["AppData/Local", "AppData/LocalLow", "AppData/Roaming", "Documents"].map(|name| profile.join(name));
    // The template's registry names one of its users' folders for temporary files.
    let users = fs::read_dir(template.join("drive_c/users")).expect("the template has users");
    let temporary =
        users.map(|user| drive.join("users").join(user.expect("a name").file_name()).join("Temp"));
    let shared = [drive.join("ProgramData"), prefix.join("dosdevices")];
    for folder in of_user.into_iter().chain(shared).chain(temporary) {
        fs::create_dir_all(folder).expect("a new folder can be made");
    }
    let link = |target: &Path, path: PathBuf| symlink(target, path).expect("a new folder can be written");
    link(Path::new("../drive_c"), prefix.join("dosdevices/c:"));
    link(Path::new("/"), prefix.join("dosdevices/z:"));
    link(&template.join("drive_c/windows"), drive.join("windows"));
    let read = |name| {
        fs::read_to_string(template.join(name))
            .unwrap_or_else(|error| panic!("{PREFIX_VARIABLE} has no {name}: {error}"))
    };
    let write = |name, text| fs::write(prefix.join(name), text).expect("a new folder can be written");
    // Without the last one, Wine would set the prefix up again.
    for name in ["user.reg", "userdef.reg", ".update-timestamp"] {
        write(name, read(name));
    }
    write("system.reg", with_stand_in(&read("system.reg"), has_vault));
}

/// The registry of a Windows that asks the stand-in about revoked certificates, instead of Wine's own library, which needs a
/// network, and may have its vault.
fn with_stand_in(registry: &str, has_vault: bool) -> String {
    let path = format!(r"{PROGRAMS}\{STAND_IN}").replace('\\', r"\\");
    let own = "\"Dll\"=str(7):\"cryptnet.dll\\0\"";
    assert!(registry.contains(own), "{PREFIX_VARIABLE} has another library for revoked certificates");
    let registry = registry.replace(own, &format!("\"Dll\"=str(7):\"{path}\\0\""));
    if !has_vault {
        return registry;
    }
    let classes = ["PasswordVault", "PasswordCredential"].map(|class| {
        let key = r"Software\\Microsoft\\WindowsRuntime\\ActivatableClassId\\Windows.Security.Credentials";
        format!("\n[{key}.{class}] 1\n\"DllPath\"=\"{path}\"\n")
    });
    registry + &classes.concat()
}

/// Puts the sandbox's authority in place of the system's, which Wine takes over as Windows' own: Wine 8 knows no chain
/// engine with further roots, so Herokey could not read it from `SSL_CERT_FILE`.
fn trust_authority(world: &World) {
    const SYSTEMS: &str = "/etc/ssl/certs/ca-certificates.crt";
    let authority = world.home().with_file_name("authority.pem");
    world
        .program("mount")
        .args(["--bind", authority.to_str().expect("a path in Unicode"), SYSTEMS])
        .run()
        .ok();
}

fn install(programs: &Path, folder: &Path) {
    fs::create_dir_all(folder).expect("a new folder can be made");
    for name in ["herokey.exe", "herokey-desktop.exe", "WebView2Loader.dll", "powershell.exe", STAND_IN] {
        assert!(programs.join(name).is_file(), "{PROGRAMS_VARIABLE} has no {name}");
        symlink(programs.join(name), folder.join(name)).expect("a new folder can be written");
    }
}

/// The variables of Wine and, through it, of every program.
fn environment(world: &World, prefix: &Path) -> BTreeMap<String, String> {
    // Wine gives its programs all of these but HOME and PATH. It runs `xdg-open` to open an address.
    let from_world =
        ["HOME", "PATH", "LANG", "TZ", "NO_COLOR", "HEROKU_DISABLE_AUTOUPDATE", "DISABLE_TELEMETRY"];
    let mut environment = world.environment().clone();
    environment.retain(|name, _| from_world.contains(&name.as_str()));
    environment.extend(
        [
            ("WINEPREFIX", prefix.to_str().expect("a path in Unicode")),
            ("USER", USER),
            ("WINEDEBUG", "-all"),
            ("WINEDLLOVERRIDES", "mscoree,mshtml=;winemenubuilder.exe="),
            ("WINEPATH", PROGRAMS),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned())),
    );
    environment
}
