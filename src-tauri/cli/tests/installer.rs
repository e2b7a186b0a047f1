//! The installer for Windows: installs, upgrades and uninstalls, on Windows or under Wine.
//!
//! Run this only on a disposable machine, because it changes the PATH and the programs of the current user.
//! `HEROKEY_INSTALLERS` names a folder with two installers that `packaging/windows/make` made: of version 0.1.0, and
//! of 99.0.0.

#![cfg(windows)]
#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test")]

use std::fs::{self, OpenOptions};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use windows::Win32::UI::WindowsAndMessaging::FindWindowW;
use windows::core::w;
use windows_registry::{CURRENT_USER, Type};

const OLD: &str = "0.1.0";
const NEW: &str = "99.0.0";
const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
const UNINSTALL: &str = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\Herokey";
const SENDER: &str = r"Software\Classes\AppUserModelId\dev.herokey.desktop";
const LIMIT: Duration = Duration::from_mins(1);

/// This user, without Herokey. One test at a time has it.
struct User {
    installers: PathBuf,
    _alone: MutexGuard<'static, ()>,
}

impl User {
    /// `None` without installers.
    fn new() -> Option<Self> {
        static ALONE: Mutex<()> = Mutex::new(());
        let Some(installers) = std::env::var_os("HEROKEY_INSTALLERS") else {
            eprintln!("SKIPPED: HEROKEY_INSTALLERS names no folder with installers");
            return None;
        };
        let alone = ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let user = Self { installers: installers.into(), _alone: alone };
        uninstall();
        Some(user)
    }

    fn installer(&self, version: &str) -> Command {
        Command::new(self.installers.join(format!("Herokey_{version}_x64-setup.exe")))
    }

    fn install(&self, version: &str, arguments: &[&str]) {
        let status = self.installer(version).args(arguments).status().unwrap();
        assert!(status.success(), "{status}");
        assert_eq!(version_in_settings().as_deref(), Some(version));
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            uninstall();
        }
    }
}

/// The user's PATH in the registry: its type and its text.
#[derive(Debug, PartialEq)]
struct UserPath(Option<(Type, String)>);

impl UserPath {
    fn now() -> Self {
        let key = CURRENT_USER.create("Environment").unwrap();
        Self(key.get_type("Path").ok().map(|kind| (kind, key.get_string("Path").unwrap())))
    }

    fn set(&self) {
        let key = CURRENT_USER.create("Environment").unwrap();
        match &self.0 {
            Some((Type::ExpandString, text)) => key.set_expand_string("Path", text).unwrap(),
            Some((_, text)) => key.set_string("Path", text).unwrap(),
            None if Self::now().0.is_some() => key.remove_value("Path").unwrap(),
            None => {}
        }
    }
}

/// True while a tray can be asked to quit: its plug-in for a single instance has this window.
fn tray_listens() -> bool {
    #[expect(unsafe_code, reason = "a call of Windows, with a constant text")]
    // SAFETY: the text ends with a zero.
    let window = unsafe { FindWindowW(w!("dev.herokey.desktop-sic"), None) };
    window.is_ok()
}

fn program(name: &str) -> PathBuf {
    folder().join("bin").join(name)
}

fn uninstall() {
    if folder().join("uninstall.exe").exists() {
        run_uninstaller(&mut uninstaller());
    }
}

fn uninstaller() -> Command {
    let mut uninstaller = Command::new(folder().join("uninstall.exe"));
    uninstaller.arg("/S");
    uninstaller
}

/// Runs the uninstaller, which ends before the copy of itself that does the work.
fn run_uninstaller(uninstaller: &mut Command) {
    let status = uninstaller.status().unwrap();
    assert!(status.success(), "{status}");
    wait_until("the uninstaller is done", || version_in_settings().is_none());
    // The next uninstaller takes the same place for its copy.
    wait_until("its copy has ended", || !copies_of_uninstallers().any(|copy| is_running(&copy)));
}

/// The programs that uninstallers have copied themselves to (NSIS: a folder `~nsu1.tmp` in the folder for temporary files).
fn copies_of_uninstallers() -> impl Iterator<Item = PathBuf> {
    let folders = fs::read_dir(std::env::temp_dir()).unwrap().filter_map(|entry| Some(entry.ok()?.path()));
    let of_uninstallers = folders
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("~nsu")));
    of_uninstallers
        .flat_map(|folder| fs::read_dir(folder).into_iter().flatten())
        .filter_map(|entry| Some(entry.ok()?.path()))
}

fn start(name: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(program(name));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

fn runs(name: &str) -> bool {
    is_running(&program(name))
}

/// Windows refuses to write to the file of a running program.
fn is_running(program: &Path) -> bool {
    OpenOptions::new().write(true).open(program).is_err_and(|error| error.kind() != ErrorKind::NotFound)
}

/// The folder that Herokey is installed in.
fn folder() -> PathBuf {
    local().join(r"Programs\Herokey")
}

fn local() -> PathBuf {
    std::env::var_os("LOCALAPPDATA").unwrap().into()
}

fn start_menu() -> PathBuf {
    let roaming = PathBuf::from(std::env::var_os("APPDATA").unwrap());
    roaming.join(r"Microsoft\Windows\Start Menu\Programs\Herokey.lnk")
}

/// The version in the list of installed programs.
fn version_in_settings() -> Option<String> {
    CURRENT_USER.open(UNINSTALL).ok()?.get_string("DisplayVersion").ok()
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(start.elapsed() < LIMIT, "{what}: not within {LIMIT:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn output(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).trim().to_owned()
}

#[test]
fn what_is_installed_works_and_is_gone_after_uninstalling() {
    let Some(user) = User::new() else { return };
    let state = local().join(r"Herokey\updates.json");
    fs::create_dir_all(state.parent().unwrap()).unwrap();
    fs::write(&state, "{}").unwrap();

    user.install(OLD, &["/S"]);
    let settings = CURRENT_USER.open(UNINSTALL).unwrap();
    assert_eq!(settings.get_string("InstallLocation").unwrap(), folder().to_str().unwrap());
    assert!(settings.get_u32("EstimatedSize").unwrap() > 0);
    assert!(start_menu().is_file());
    let icon = CURRENT_USER.open(SENDER).unwrap().get_string("IconUri").unwrap();
    assert!(Path::new(&icon).is_file());

    assert!(output(Command::new(program("herokey.exe")).arg("--version")).starts_with("herokey "));
    let helper = Command::new(program("docker-credential-herokey.exe")).arg("version").output().unwrap();
    assert!(helper.stdout.starts_with(b"docker-credential-herokey (herokey) "), "{helper:?}");

    // Docker finds the packaged helper, so none has to be made; and uninstalling leaves Docker working.
    let docker = tempfile::tempdir().unwrap();
    let config = docker.path().join("config.json");
    fs::write(&config, "{\"credsStore\": \"wincred\"}").unwrap();
    let installed = output(
        Command::new(program("herokey.exe"))
            .args(["docker", "install"])
            .env("DOCKER_CONFIG", docker.path())
            .env("PATH", folder().join("bin")),
    );
    assert!(
        installed.contains("Docker now asks Herokey") && !installed.contains("finds the helper"),
        "{installed}"
    );
    assert!(fs::read_to_string(&config).unwrap().contains("\"herokey\""));

    CURRENT_USER.create(RUN).unwrap().set_string("Herokey", "\"herokey-desktop.exe\" --at-login").unwrap();
    run_uninstaller(uninstaller().env("DOCKER_CONFIG", docker.path()));
    assert!(!fs::read_to_string(&config).unwrap().contains("\"herokey\""));
    assert!(!folder().exists(), "{:?}", fs::read_dir(folder()).unwrap().collect::<Vec<_>>());
    assert!(!start_menu().exists());
    assert!(CURRENT_USER.open(RUN).unwrap().get_string("Herokey").is_err(), "nothing starts at login");
    assert!(CURRENT_USER.open(SENDER).is_err());
    assert_eq!(fs::read_to_string(&state).unwrap(), "{}", "what Herokey keeps about this user stays");
}

#[test]
fn path_has_the_programs_while_they_are_installed_and_is_restored_exactly() {
    let Some(user) = User::new() else { return };
    let before = UserPath::now();
    let long = r"C:\Program Files\some tool\bin;%USERPROFILE%\bin;".repeat(500);
    for (kind, text) in [
        None,
        Some((Type::String, "")),
        Some((Type::String, r"C:\a;C:\b;")),
        Some((Type::ExpandString, r"%USERPROFILE%\bin;C:\a")),
        Some((Type::ExpandString, long.as_str())),
    ]
    .map(Option::unzip)
    {
        let original = UserPath(kind.zip(text.map(str::to_owned)));
        original.set();
        user.install(OLD, &["/S"]);
        user.install(NEW, &["/S"]);
        let Some((installed_kind, installed)) = UserPath::now().0 else { panic!("there is no PATH") };
        let folder = folder().join("bin");
        assert_eq!(installed.split(';').filter(|entry| Path::new(entry) == folder).count(), 1, "{installed}");
        assert!(kind.is_none_or(|kind| kind == installed_kind), "{installed_kind:?}");
        uninstall();
        assert_eq!(UserPath::now(), original);
    }
    before.set();
}

#[test]
fn upgrades_while_herokey_runs() {
    let Some(user) = User::new() else { return };
    user.install(OLD, &["/S"]);
    let mut tray = start("herokey-desktop.exe", &["--at-login"]);
    // It waits for the token.
    let mut login = start("herokey.exe", &["login", "--method", "token"]);
    wait_until("both run", || tray_listens() && runs("herokey.exe"));

    user.install(NEW, &["/S"]);
    wait_until("the old tray has quit", || tray.try_wait().unwrap().is_some());
    let ended = tray.wait().unwrap();
    assert!(ended.success(), "{ended}");
    wait_until("the new tray runs", || tray_listens() && runs("herokey-desktop.exe"));
    assert!(!runs("herokey.exe"), "it is a new file");
    assert!(login.try_wait().unwrap().is_none(), "a command in a terminal is not stopped");

    // What Herokey's updater passes; it has ended the tray by itself.
    let quit = start("herokey-desktop.exe", &["--quit"]).wait().unwrap();
    assert!(quit.success(), "{quit}");
    wait_until("the tray has quit", || !runs("herokey-desktop.exe"));
    user.install(OLD, &["/P", "/R", "/UPDATE", "/ARGS", "--at-login"]);
    wait_until("the tray was started again", || tray_listens() && runs("herokey-desktop.exe"));

    uninstall();
    assert!(!folder().exists(), "programs that run do not keep it from being removed");
    assert!(login.try_wait().unwrap().is_none());
    login.stdin.take().unwrap().write_all(b"\n").unwrap();
    assert!(!login.wait().unwrap().success(), "an empty token");
    user.install(OLD, &["/S"]);
    assert!(!folder().join("replaced").exists());
}

#[test]
fn a_program_that_cannot_be_replaced_leaves_the_old_version() {
    let Some(user) = User::new() else { return };
    user.install(OLD, &["/S"]);
    // Even renaming is refused while another program has the file open like this.
    let open = {
        use std::os::windows::fs::OpenOptionsExt;
        OpenOptions::new().read(true).share_mode(1).open(program("herokey.exe")).unwrap()
    };
    let status = user.installer(NEW).arg("/S").status().unwrap();
    assert_eq!(status.code(), Some(2));
    assert_eq!(version_in_settings().as_deref(), Some(OLD));
    drop(open);
    assert!(output(Command::new(program("herokey.exe")).arg("--version")).starts_with("herokey "));
    user.install(NEW, &["/S"]);
    let left: Vec<_> =
        fs::read_dir(folder().join("bin")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".new")), "{left:?}");
}
