//! The environment of the process: variables, home, clock and time limits. Nothing else in core reads `std::env`, so a
//! test can pass in any environment.

mod limits;
mod secret;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use self::limits::Limits;
pub(crate) use self::secret::TOKENS;
use crate::base::error::Result;
use crate::base::host::Hosts;
use crate::base::terminal::{Terminal, VARIABLES};
use crate::base::text::paragraph;
use crate::base::waits::Waits;

/// An environment: that of the process ([`Env::of_process`]) or one that a test makes ([`Env::new`]).
#[derive(Clone)]
pub struct Env {
    vars: BTreeMap<OsString, OsString>,
    now: fn() -> Timestamp,
    /// How long Herokey waits for others.
    pub limits: Limits,
    /// Who is told what Herokey waits for.
    pub waits: Waits,
    /// The folder with Herokey's own programs, such as `herokey`.
    pub programs: PathBuf,
    /// The folder that the survey is about, if it is about one; see [`in_folder`](Self::in_folder).
    pub folder: Option<PathBuf>,
    /// What the login shell answered, once it has been asked.
    terminal: Option<Arc<Result<Terminal>>>,
    /// What the user should know about how something was done, for the result of the action; see
    /// [`remark`](Self::remark).
    remarks: Arc<Mutex<Vec<String>>>,
    /// The variables that this process was started with, if [`VARIABLES`] have since been replaced.
    process: Option<Arc<BTreeMap<OsString, OsString>>>,
}

impl std::fmt::Debug for Env {
    /// Prints only names, because a value may be a token.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.vars.keys()).finish()
    }
}

impl Env {
    /// This process's environment.
    pub fn of_process() -> Self {
        let programs = std::env::current_exe().ok().and_then(|exe| exe.parent().map(Path::to_path_buf));
        let mut env = Self { programs: programs.unwrap_or_default(), ..Self::new(std::env::vars_os()) };
        if cfg!(unix) && env.os("HOME").is_none() {
            // Like Node.js (os.homedir()), and so the Heroku CLI, and like curl.
            env.vars.extend(std::env::home_dir().map(|home| ("HOME".into(), home.into())));
        }
        env
    }

    /// An environment with these variables and no others.
    pub fn new<K: Into<OsString>, V: Into<OsString>>(vars: impl IntoIterator<Item = (K, V)>) -> Self {
        Self {
            vars: vars.into_iter().map(|(name, value)| (normalized(name.into()), value.into())).collect(),
            now: Timestamp::now,
            limits: Limits::default(),
            waits: Waits::default(),
            programs: PathBuf::new(),
            folder: None,
            terminal: None,
            remarks: Arc::default(),
            process: None,
        }
    }

    /// Adds what the login shell answered. The variables stay as they are.
    #[must_use]
    pub fn with_terminal(&self, answer: Arc<Result<Terminal>>) -> Self {
        Self { terminal: Some(answer), ..self.clone() }
    }

    /// The environment of a new terminal, for a program that was not started in one: Heroku's variables as the login shell
    /// sets them. If the shell has not answered, they stay those of the process.
    #[must_use]
    pub fn in_terminal(&self) -> Self {
        let env = Self { folder: None, ..self.at_start() };
        match self.terminal() {
            Some(Ok(terminal)) => env.with_variables_of(terminal),
            _ => env,
        }
    }

    /// The environment in a folder: the folder's git configuration applies, and `direnv`, if given, sets Heroku's
    /// variables.
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

    /// What the login shell answered. `None` if it has not been asked.
    pub fn terminal(&self) -> Option<&Result<Terminal>> {
        self.terminal.as_deref()
    }

    /// The environment that this process was started with.
    #[must_use]
    pub(crate) fn at_start(&self) -> Self {
        let vars = self.process.as_deref().unwrap_or(&self.vars).clone();
        Self { vars, process: None, ..self.clone() }
    }

    /// True if a variable is set, be it to nothing.
    pub(crate) fn is_set(&self, name: &str) -> bool {
        self.vars.contains_key(&normalized(name.into()))
    }

    /// The value of a variable. An empty one counts as not set, as in the Heroku CLI.
    pub fn os(&self, name: &str) -> Option<&OsStr> {
        self.vars.get(OsStr::new(name)).map(OsString::as_os_str).filter(|value| !value.is_empty())
    }

    /// The value of a variable as text. One that is not Unicode counts as not set.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.os(name).and_then(OsStr::to_str)
    }

    /// Notes a sentence for the result of the action that this environment is for, once.
    pub(crate) fn remark(&self, sentence: String) {
        let mut remarks = self.remarks.lock().unwrap_or_else(PoisonError::into_inner);
        if !remarks.contains(&sentence) {
            remarks.push(sentence);
        }
    }

    /// Takes the sentences that were noted.
    pub(crate) fn take_remarks(&self) -> Vec<String> {
        std::mem::take(&mut self.remarks.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the clock.
    #[must_use]
    pub fn with_clock(self, now: fn() -> Timestamp) -> Self {
        Self { now, ..self }
    }

    /// The current time.
    pub fn now(&self) -> Timestamp {
        (self.now)()
    }

    /// A command that runs with these variables, except those that hold a secret: Heroku's tokens, and addresses with a
    /// password, such as a proxy's.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        self.command_with(program, |_| false)
    }

    /// A command that runs with these variables. Of those that hold a secret, it gets the ones whose name it `needs`.
    pub fn command_with(&self, program: impl AsRef<OsStr>, needs: impl Fn(&OsStr) -> bool) -> Command {
        let program = program.as_ref();
        // `Command` would search the PATH of this process.
        let found = self.find_program(program).map_or_else(|| program.to_owned(), PathBuf::into_os_string);
        let mut command = Command::new(found);
        let given = self.vars.iter().filter(|(name, value)| needs(name) || !secret::is_held(name, value));
        command.env_clear().envs(given);
        #[cfg(windows)]
        {
            /// `CREATE_NO_WINDOW`: opens no console.
            const NO_WINDOW: u32 = 0x0800_0000;
            std::os::windows::process::CommandExt::creation_flags(&mut command, NO_WINDOW);
        }
        command
    }

    /// The path of one of Herokey's own programs: next to this one, or else on PATH.
    pub fn own_program(&self, name: &str) -> PathBuf {
        let beside = self.programs.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
        if beside.is_file() { beside } else { self.find_program(name).unwrap_or_else(|| name.into()) }
    }

    /// The AppImage that this program runs from, if any. The program's own files disappear when the AppImage ends.
    pub fn appimage(&self) -> Option<PathBuf> {
        let mounted = self.os("APPDIR")?;
        self.os("APPIMAGE").filter(|_| self.programs.starts_with(mounted)).map(PathBuf::from)
    }

    /// Searches PATH for a program, as a shell does.
    pub fn find_program(&self, name: impl AsRef<OsStr>) -> Option<PathBuf> {
        let name = name.as_ref();
        if Path::new(name).components().count() > 1 {
            return Some(PathBuf::from(name));
        }
        // A shell on Windows runs files with these extensions. The file without one that npm adds is for other shells.
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

    /// The folder for the settings of desktop programs (XDG Base Directory Specification).
    pub(crate) fn config_home(&self) -> PathBuf {
        self.xdg("XDG_CONFIG_HOME").unwrap_or_else(|| self.home().join(".config"))
    }

    /// The Heroku CLI's data folder, which holds `login.json`.
    pub(crate) fn heroku_data_dir(&self) -> PathBuf {
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

    /// Herokey's own folder, with the journal, its lock, the history and more.
    pub fn state_dir(&self) -> PathBuf {
        if cfg!(windows) {
            return self.os("LOCALAPPDATA").map_or_else(|| self.home(), PathBuf::from).join("Herokey");
        }
        if cfg!(target_os = "macos") {
            return self.home().join("Library/Application Support/Herokey");
        }
        self.xdg("XDG_STATE_HOME").unwrap_or_else(|| self.home().join(".local/state")).join("herokey")
    }

    /// The folder of the programs that run in this session, which disappears at its end.
    pub fn runtime_dir(&self) -> Option<PathBuf> {
        self.xdg("XDG_RUNTIME_DIR")
    }

    /// A folder of the XDG Base Directory Specification, which says to ignore a relative path.
    fn xdg(&self, name: &str) -> Option<PathBuf> {
        self.os(name).map(PathBuf::from).filter(|path| path.is_absolute())
    }

    /// Heroku's hosts, which `HEROKU_HOST`, `HEROKU_GIT_HOST` and `HEROKU_LOGIN_HOST` can change.
    pub fn hosts(&self) -> Hosts {
        // A value that is not Unicode is not ignored, but refused like any other that names no host.
        let [host, git, login] = ["HEROKU_HOST", "HEROKU_GIT_HOST", "HEROKU_LOGIN_HOST"]
            .map(|name| self.os(name).map(OsStr::to_string_lossy));
        Hosts::of(host.as_deref(), git.as_deref(), login.as_deref())
    }

    /// True if `HEROKU_NETRC_WRITE` makes the CLI keep tokens only in netrc. The CLI accepts nothing but `true`, in any mix
    /// of upper and lower case.
    pub fn netrc_only(&self) -> bool {
        self.text("HEROKU_NETRC_WRITE").is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A path for display, with `~` for the home folder. Anybody may have chosen the names in it.
    pub fn tilde(&self, path: &Path) -> String {
        paragraph(&self.with_tilde(path))
    }

    fn with_tilde(&self, path: &Path) -> String {
        match path.strip_prefix(self.home()) {
            Ok(rest) if !rest.as_os_str().is_empty() => {
                let shown = Path::new("~").join(rest).display().to_string();
                if cfg!(windows) { shown.replace('/', "\\") } else { shown }
            }
            _ => path.display().to_string(),
        }
    }
}

/// Windows ignores the case of a variable's name, and writes `Path`.
fn normalized(name: OsString) -> OsString {
    if cfg!(windows) { name.to_ascii_uppercase() } else { name }
}

/// True for a file that this process's user may run.
pub(crate) fn is_executable(path: &Path) -> bool {
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
    fn the_data_folder_is_the_clis() {
        let folder = |vars: &[(&str, &str)]| Env::new(vars.iter().copied()).heroku_data_dir();
        assert_eq!(folder(&[("HOME", "/home/me")]), Path::new("/home/me/.local/share/heroku"));
        assert_eq!(folder(&[("HOME", "/home/me"), ("XDG_DATA_HOME", "/data")]), Path::new("/data/heroku"));
        assert_eq!(folder(&[("XDG_DATA_HOME", "/data"), ("HEROKU_DATA_DIR", "/own")]), Path::new("/own"));
        let local = folder(&[("HOME", "/home/me"), ("LOCALAPPDATA", "/local")]);
        let expected = if cfg!(windows) { "/local/heroku" } else { "/home/me/.local/share/heroku" };
        assert_eq!(local, Path::new(expected));
    }

    #[test]
    fn a_path_in_the_home_folder_starts_with_a_tilde() {
        let env = Env::new([("HOME", "/home/me")]);
        let netrc = format!("~{}.netrc", std::path::MAIN_SEPARATOR);
        assert_eq!(env.tilde(Path::new("/home/me/.netrc")), netrc);
        assert_eq!(env.tilde(Path::new("/etc/netrc")), "/etc/netrc");
    }

    #[cfg(windows)]
    #[test]
    fn home_is_the_first_that_is_set_as_in_the_cli() {
        let home = |vars: &[(&str, &str)]| Env::new(vars.iter().copied()).home();
        let all =
            [("HOME", r"H:\"), ("HOMEDRIVE", "D:"), ("HOMEPATH", r"\me"), ("USERPROFILE", r"C:\Users\me")];
        assert_eq!(home(&all), Path::new(r"H:\"));
        assert_eq!(home(&all[1..]), Path::new(r"D:\me"));
        assert_eq!(home(&all[2..]), Path::new(r"C:\Users\me"), "HOMEPATH alone is ignored");
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
