//! The world around the process: its environment, its home, its clock, its limits. Nothing else here reads
//! `std::env`, so a test can stand anywhere.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::base::error::Result;
use crate::base::host::Hosts;
use crate::base::terminal::{Terminal, VARIABLES};

/// The environment, real ([`Env::of_process`]) or a test's own ([`Env::new`]).
#[derive(Clone)]
pub struct Env {
    vars: BTreeMap<OsString, OsString>,
    now: fn() -> Timestamp,
    /// How long Herokey waits for others.
    pub limits: Limits,
    /// The folder of Herokey's own programs, where `herokey` is found.
    pub programs: PathBuf,
    /// The folder that is asked about, whose own git configuration counts; see [`in_folder`](Self::in_folder).
    pub folder: Option<PathBuf>,
    /// What the login shell answered, once it was asked.
    terminal: Option<Arc<Result<Terminal>>>,
    /// This process's own values of [`VARIABLES`], where a terminal's have taken their place.
    process: Option<Arc<BTreeMap<OsString, OsString>>>,
}

impl std::fmt::Debug for Env {
    /// Names only: a value may be a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.vars.keys()).finish()
    }
}

/// How long Herokey waits for others.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long the keychain may take to answer without asking the user.
    pub keychain: Duration,
    /// How long the user may take to unlock the keychain.
    pub unlock: Duration,
    /// How long one request to Heroku may take, retries included.
    pub http: Duration,
    /// How long connecting to Heroku may take.
    pub connect: Duration,
    /// The pause before the first retry of a request that is safe to repeat. It doubles with each retry.
    pub repeat: Duration,
    /// How long the user may take to log in with the browser.
    pub login: Duration,
    /// How long another program may hold `.netrc.lock`.
    pub netrc_lock: Duration,
    /// How long a program that writes netrc in place may leave the file empty, or pause between two writes.
    pub netrc_pause: Duration,
    /// How long a program may take in all to write netrc in place.
    pub netrc_writer: Duration,
    /// How long the login shell may take to start.
    pub shell: Duration,
    /// How long git may take to read or change its configuration.
    pub git: Duration,
    /// How long git's credential helpers may take to answer. The Heroku CLI's takes about a second, and one that
    /// prompts never answers.
    pub git_helpers: Duration,
    /// How long another program may hold the lock of git's configuration.
    pub git_lock: Duration,
    /// How long macOS's launchd may take to answer.
    pub launchd: Duration,
    /// How long the desktop's clipboard may take to answer.
    pub clipboard: Duration,
    /// How long a program of the desktop may take to fail. If it still runs then, it counts as started.
    pub launch: Duration,
    /// How long another program may hold the journal's lock to see whether an action is running.
    pub journal_lock: Duration,
    /// How long another program may hold the lock of a small file of Herokey's while it writes it.
    pub file_lock: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            keychain: Duration::from_secs(3),
            unlock: Duration::from_mins(1),
            http: Duration::from_secs(10),
            connect: Duration::from_secs(5),
            repeat: Duration::from_millis(250),
            login: Duration::from_mins(10),
            netrc_lock: Duration::from_secs(10),
            netrc_pause: Duration::from_millis(250),
            netrc_writer: Duration::from_secs(5),
            shell: Duration::from_secs(5),
            git: Duration::from_secs(5),
            git_helpers: Duration::from_secs(15),
            git_lock: Duration::from_secs(1),
            launchd: Duration::from_secs(1),
            clipboard: Duration::from_secs(5),
            launch: Duration::from_secs(1),
            journal_lock: Duration::from_millis(500),
            file_lock: Duration::from_secs(5),
        }
    }
}

impl Env {
    /// This process's environment.
    pub fn of_process() -> Self {
        let programs = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
        let mut env = Self { programs: programs.unwrap_or_default(), ..Self::new(std::env::vars_os()) };
        if cfg!(unix) && env.os("HOME").is_none() {
            // The account's own, as Node.js and so the Heroku CLI have it (os.homedir()), and curl.
            env.vars.extend(std::env::home_dir().map(|home| ("HOME".into(), home.into())));
        }
        env
    }

    /// An environment of these variables and no others.
    pub fn new<K: Into<OsString>, V: Into<OsString>>(vars: impl IntoIterator<Item = (K, V)>) -> Self {
        Self {
            vars: vars.into_iter().map(|(name, value)| (known_as(name.into()), value.into())).collect(),
            now: Timestamp::now,
            limits: Limits::default(),
            programs: PathBuf::new(),
            folder: None,
            terminal: None,
            process: None,
        }
    }

    /// The same, knowing what the login shell answered; the variables stay this process's.
    #[must_use]
    pub fn beside_terminal(&self, answer: Arc<Result<Terminal>>) -> Self {
        Self { terminal: Some(answer), ..self.clone() }
    }

    /// As a new terminal of this person has it, for a program that has none of its own: Heroku's variables as the login
    /// shell sets them. Where the shell has not answered they stay this process's.
    #[must_use]
    pub fn in_terminal(&self) -> Self {
        let env = Self { folder: None, ..self.of_start() };
        match self.terminal() {
            Some(Ok(terminal)) => env.with_variables_of(terminal),
            _ => env,
        }
    }

    /// As it is in a folder: its git configuration counts, and Heroku's variables are those that `direnv` sets there, if
    /// it sets any.
    #[must_use]
    pub fn in_folder(&self, folder: PathBuf, direnv: Option<&Terminal>) -> Self {
        let env = direnv.map_or_else(|| self.clone(), |set| self.with_variables_of(set));
        Self { folder: Some(folder), ..env }
    }

    fn with_variables_of(&self, terminal: &Terminal) -> Self {
        let own = self.process.clone().unwrap_or_else(|| Arc::new(self.vars.clone()));
        let mut env = Self { process: Some(own), ..self.clone() };
        env.vars.retain(|name, _| !VARIABLES.iter().any(|known| name == known));
        env.vars.extend(terminal.variables().map(|(name, value)| (name.into(), value.into())));
        env
    }

    /// What the login shell answered; `None` while it has not been asked.
    pub fn terminal(&self) -> Option<&Result<Terminal>> {
        self.terminal.as_deref()
    }

    /// The environment that this process was started with.
    #[must_use]
    pub fn of_start(&self) -> Self {
        let vars = self.process.as_deref().unwrap_or(&self.vars).clone();
        Self { vars, process: None, ..self.clone() }
    }

    /// A variable, where it is set and not empty: the Heroku CLI takes an empty one for none.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// A variable that must be text; what is not Unicode counts as not set.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.os(name).and_then(OsStr::to_str)
    }

    /// The same environment with another clock.
    #[must_use]
    pub fn with_clock(self, now: fn() -> Timestamp) -> Self {
        Self { now, ..self }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A command with exactly this environment.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let program = program.as_ref();
        // `Command` searches the parent's PATH, which need not be this one.
        let found = self.find_program(program).map_or_else(|| program.to_owned(), PathBuf::into_os_string);
        let mut command = Command::new(found);
        command.env_clear().envs(&self.vars);
        #[cfg(windows)]
        {
            /// No console is opened for it (`CREATE_NO_WINDOW`).
            const NO_WINDOW: u32 = 0x0800_0000;
            std::os::windows::process::CommandExt::creation_flags(&mut command, NO_WINDOW);
        }
        command
    }

    /// One of Herokey's own programs: beside this one, else as PATH finds it.
    pub fn own_program(&self, name: &str) -> PathBuf {
        let beside = self.programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if beside.is_file() { beside } else { self.find_program(name).unwrap_or_else(|| name.into()) }
    }

    /// The AppImage that this program runs from, if it does: its own files go when it ends.
    pub fn appimage(&self) -> Option<PathBuf> {
        let mounted = self.os("APPDIR")?;
        self.os("APPIMAGE").filter(|_| self.programs.starts_with(mounted)).map(PathBuf::from)
    }

    /// Where a program is on PATH, as a shell would find it.
    pub fn find_program(&self, name: impl AsRef<OsStr>) -> Option<PathBuf> {
        let name = name.as_ref();
        if Path::new(name).components().count() > 1 {
            return Some(PathBuf::from(name));
        }
        // On Windows a shell takes what has one of these endings, and npm puts a script for other shells beside it.
        let endings: &[&str] = match Path::new(name).extension() {
            None if cfg!(windows) => &[".exe", ".cmd", ".bat"],
            _ => &[""],
        };
        let names: Vec<OsString> =
            endings.iter().map(|ending| [name, OsStr::new(ending)].concat_os()).collect();
        std::env::split_paths(self.os("PATH")?)
            .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
            .find(|path| is_executable(path))
    }

    /// The home folder, as the Heroku CLI finds it (INTEROP.md, "Where the CLI keeps a token").
    pub fn home(&self) -> PathBuf {
        if cfg!(windows) {
            let drive =
                self.os("HOMEDRIVE").zip(self.os("HOMEPATH")).map(|(drive, path)| [drive, path].concat_os());
            let home = self.os("HOME").map(OsStr::to_owned).or(drive);
            return home.or_else(|| self.os("USERPROFILE").map(OsStr::to_owned)).unwrap_or_default().into();
        }
        self.os("HOME").map_or_else(|| PathBuf::from("/"), PathBuf::from)
    }

    /// Where programs of the desktop keep their settings (XDG Base Directory Specification).
    pub fn config_home(&self) -> PathBuf {
        // A relative one counts as not set.
        let set = self.os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
        set.unwrap_or_else(|| self.home().join(".config"))
    }

    /// The Heroku CLI's data folder, which holds `login.json`.
    pub fn heroku_data_dir(&self) -> PathBuf {
        if let Some(dir) = self.os("HEROKU_DATA_DIR") {
            return dir.into();
        }
        if let Some(dir) = self.os("XDG_DATA_HOME") {
            return Path::new(dir).join("heroku");
        }
        match self.os("LOCALAPPDATA") {
            Some(dir) if cfg!(windows) => Path::new(dir).join("heroku"),
            _ => self.home().join(".local/share/heroku"),
        }
    }

    /// Herokey's own folder: the journal, its lock and what is kept beside them.
    pub fn state_dir(&self) -> PathBuf {
        if cfg!(windows) {
            return self.os("LOCALAPPDATA").map_or_else(|| self.home(), PathBuf::from).join("Herokey");
        }
        if cfg!(target_os = "macos") {
            return self.home().join("Library/Application Support/Herokey");
        }
        self.os("XDG_STATE_HOME")
            .map_or_else(|| self.home().join(".local/state"), PathBuf::from)
            .join("herokey")
    }

    /// The hosts to talk to and to keep credentials for.
    pub fn hosts(&self) -> Hosts {
        Hosts::of(self.text("HEROKU_HOST"), self.text("HEROKU_GIT_HOST"), self.text("HEROKU_LOGIN_HOST"))
    }

    /// True if the CLI is told to keep tokens in netrc only: `true` in any case of letters, nothing else.
    pub fn netrc_only(&self) -> bool {
        self.text("HEROKU_NETRC_WRITE").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A path as a person writes it: `~` for the home folder.
    pub fn tilde(&self, path: &Path) -> String {
        match path.strip_prefix(self.home()) {
            Ok(rest) if !rest.as_os_str().is_empty() => {
                let shown = Path::new("~").join(rest).display().to_string();
                if cfg!(windows) { shown.replace('/', "\\") } else { shown }
            }
            _ => path.display().to_string(),
        }
    }
}

/// Windows takes no account of the case of a variable's name, and writes `Path`.
fn known_as(name: OsString) -> OsString {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name }
}

fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        rustix::fs::access(path, rustix::fs::Access::EXEC_OK).is_ok() && path.is_file()
    }
    #[cfg(not(unix))]
    {
        path.is_file()
    }
}

trait ConcatOs {
    fn concat_os(self) -> OsString;
}

impl ConcatOs for [&OsStr; 2] {
    fn concat_os(self) -> OsString {
        let [first, second] = self;
        let mut whole = first.to_owned();
        whole.push(second);
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::Env;

    #[test]
    fn an_empty_variable_is_not_set() {
        let env = Env::new([("HEROKU_API_KEY", ""), ("HEROKU_NETRC_WRITE", "True")]);
        assert_eq!(env.text("HEROKU_API_KEY"), None);
        assert!(env.netrc_only());
    }

    #[test]
    fn only_true_means_netrc_only() {
        for value in ["1", "yes", "on", "true ", "false"] {
            assert!(!Env::new([("HEROKU_NETRC_WRITE", value)]).netrc_only(), "{value}");
        }
    }

    #[test]
    fn finds_the_folder_of_login_json_as_the_cli_does() {
        let folder = |vars: &[(&str, &str)]| Env::new(vars.iter().copied()).heroku_data_dir();
        assert_eq!(folder(&[("HOME", "/home/me")]), Path::new("/home/me/.local/share/heroku"));
        assert_eq!(folder(&[("HOME", "/home/me"), ("XDG_DATA_HOME", "/data")]), Path::new("/data/heroku"));
        assert_eq!(folder(&[("XDG_DATA_HOME", "/data"), ("HEROKU_DATA_DIR", "/own")]), Path::new("/own"));
        let local = folder(&[("HOME", "/home/me"), ("LOCALAPPDATA", "/local")]);
        let expected = if cfg!(windows) { "/local/heroku" } else { "/home/me/.local/share/heroku" };
        assert_eq!(local, Path::new(expected));
    }

    #[test]
    fn writes_paths_with_a_tilde() {
        let env = Env::new([("HOME", "/home/me")]);
        let netrc = format!("~{}.netrc", std::path::MAIN_SEPARATOR);
        assert_eq!(env.tilde(Path::new("/home/me/.netrc")), netrc);
        assert_eq!(env.tilde(Path::new("/etc/netrc")), "/etc/netrc");
    }

    #[cfg(windows)]
    #[test]
    fn home_is_the_first_of_three_as_the_cli_has_it() {
        let home = |vars: &[(&str, &str)]| Env::new(vars.iter().copied()).home();
        let all =
            [("HOME", r"H:\"), ("HOMEDRIVE", "D:"), ("HOMEPATH", r"\me"), ("USERPROFILE", r"C:\Users\me")];
        assert_eq!(home(&all), Path::new(r"H:\"));
        assert_eq!(home(&all[1..]), Path::new(r"D:\me"));
        assert_eq!(home(&all[2..]), Path::new(r"C:\Users\me"), "half of a pair is none");
    }

    #[test]
    fn programs_are_found_as_a_shell_finds_them() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, "").unwrap();
            #[cfg(unix)]
            {
                let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
                std::fs::set_permissions(&path, mode).unwrap();
            }
            path
        };
        let env = Env::new([("Path".to_uppercase(), folder.path())]);
        let script = put("heroku");
        assert_eq!(env.find_program("git"), None);
        if cfg!(windows) {
            let command = put("heroku.cmd");
            let env = Env::new([("Path", folder.path())]);
            assert_eq!(
                env.find_program("heroku").as_ref(),
                Some(&command),
                "not the script for other shells"
            );
            assert_eq!(env.find_program("heroku.cmd"), Some(command));
        } else {
            assert_eq!(env.find_program("heroku"), Some(script));
        }
    }
}
