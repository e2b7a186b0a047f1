//! Opens a store in the user's own program for it: a keychain manager or an editor.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use crate::base::env::{Env, TOKENS};
use crate::base::error::{Code, Error, Result};
use crate::desktop::software;
use crate::stores::Store;
use crate::stores::netrc::NetrcFile;

/// Passwords and Keys (`seahorse`) shows every keychain of the session; the others show only their own.
const KEYCHAIN_MANAGERS: [&str; 4] = ["seahorse", "kwalletmanager", "kwalletmanager5", "keepassxc"];

/// Opens the keychain in the desktop's keychain manager, or netrc in the user's editor.
pub fn open(env: &Env, place: Store) -> Result<()> {
    match place {
        Store::Keychain => keychain(env),
        Store::Netrc => netrc(env),
    }
}

/// Starts a program with the environment that this process was started with, without Heroku's tokens. A browser or an editor
/// needs the rest, such as the address of a proxy. False if it cannot be started or fails at once; a program that still
/// runs after [`Limits::launch`](crate::base::env::Limits::launch) counts as started.
pub(crate) fn start(env: &Env, command: Command) -> bool {
    let mut ours = if cfg!(windows) {
        // Its arguments are quoted for `cmd.exe`, which a copy of the command would lose.
        command
    } else {
        let mut ours = env.at_start().command_with(command.get_program(), |_| true);
        ours.args(command.get_args());
        ours
    };
    for token in TOKENS {
        ours.env_remove(token);
    }
    software::leave_out(env, &mut ours);
    ours.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // In its own process group, so that Ctrl-C in this terminal does not close it.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut ours, 0);
    let Ok(mut child) = ours.spawn() else { return false };
    let (ended, end) = mpsc::sync_channel(1);
    let wait = move || {
        // Nobody receives this once the program counts as open.
        let _ = ended.send(child.wait().is_ok_and(|status| status.success()));
    };
    std::thread::spawn(wait);
    end.recv_timeout(env.limits.launch).unwrap_or(true)
}

fn netrc(env: &Env) -> Result<()> {
    let path = NetrcFile::locate(env).path;
    let shown = env.tilde(&path);
    if !path.exists() {
        return Err(Error::new(Code::NotFound, format!("There is no {shown}."))
            .means("So it holds no token in plain text."));
    }
    if editors(env, &path).into_iter().any(|editor| start(env, editor)) {
        return Ok(());
    }
    Err(Error::new(Code::Unsupported, format!("Could not start an editor for {shown}."))
        .next_step("Open the file yourself, or set VISUAL to an editor with a window."))
}

/// Commands that open a text file, the best one first.
fn editors(env: &Env, path: &Path) -> Vec<Command> {
    if cfg!(target_os = "macos") {
        return vec![macos_editor(path)];
    }
    if cfg!(windows) {
        return vec![with("notepad", &[path.as_os_str()])];
    }
    let own = env.text("VISUAL").filter(|editor| has_window(editor)).map(|editor| {
        // Like git, passes it to the shell as a command line.
        with("sh", &["-c".as_ref(), format!("exec {editor} \"$0\"").as_ref(), path.as_os_str()])
    });
    own.into_iter().chain(open::commands(path)).collect()
}

/// Opens a text file in the user's editor for texts on macOS.
fn macos_editor(path: &Path) -> Command {
    with("open", &["-t".as_ref(), path.as_os_str()])
}

/// Opens macOS's own keychain manager, wherever this version of macOS has it.
fn macos_keychain_manager() -> Command {
    with("open", &["-a".as_ref(), "Keychain Access".as_ref()])
}

/// False for an editor that needs a terminal: a program of the desktop has none.
fn has_window(editor: &str) -> bool {
    const TERMINAL_EDITORS: [&str; 14] = [
        "ed",
        "emacsclient",
        "helix",
        "hx",
        "joe",
        "jed",
        "kak",
        "mcedit",
        "micro",
        "nano",
        "ne",
        "nvim",
        "vi",
        "vim",
    ];
    let mut words = editor.split_whitespace();
    let name = words.next().and_then(|program| program.rsplit('/').next()).unwrap_or_default();
    !name.is_empty()
        && !TERMINAL_EDITORS.contains(&name)
        && !words.any(|word| matches!(word, "-nw" | "--no-window-system" | "-t" | "--tty"))
}

fn with(program: &str, arguments: &[&std::ffi::OsStr]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn keychain(env: &Env) -> Result<()> {
    if cfg!(target_os = "macos") {
        return started(start(env, macos_keychain_manager()));
    }
    if cfg!(windows) {
        let arguments = ["/name".as_ref(), "Microsoft.CredentialManager".as_ref()];
        return started(start(env, with("control", &arguments)));
    }
    let installed: Vec<_> =
        KEYCHAIN_MANAGERS.iter().filter(|name| env.find_program(name).is_some()).collect();
    if installed.is_empty() {
        let package = if on_kde(env) { "kwalletmanager" } else { "seahorse" };
        return Err(Error::new(Code::Unsupported, "No keychain manager is installed.")
            .means("Your token is not affected.")
            .next_step(format!("Install the package {package}.")));
    }
    started(installed.iter().any(|name| start(env, Command::new(name))))
}

fn on_kde(env: &Env) -> bool {
    env.text("XDG_CURRENT_DESKTOP").is_some_and(|names| names.split(':').any(|name| name == "KDE"))
}

fn started(started: bool) -> Result<()> {
    if started {
        return Ok(());
    }
    Err(Error::new(Code::Unsupported, "Could not start the keychain manager.")
        .next_step("Start it from your desktop's menu."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn skips_an_editor_without_a_window() {
        for editor in ["gedit", "code --wait", "/usr/bin/kate", "emacs", "gvim -f"] {
            assert!(has_window(editor), "{editor}");
        }
        for editor in ["vim", "/usr/bin/nano", "nvim -R", "emacs -nw", "emacsclient -t", ""] {
            assert!(!has_window(editor), "{editor}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn says_which_manager_to_install() {
        let env = |desktop| Env::new([("PATH", "/nowhere"), ("XDG_CURRENT_DESKTOP", desktop)]);
        assert!(open(&env("KDE"), Store::Keychain).unwrap_err().next_step.contains("kwalletmanager"));
        assert!(open(&env("ubuntu:GNOME"), Store::Keychain).unwrap_err().next_step.contains("seahorse"));
    }

    /// With `tests/stand-in/open`.
    #[cfg(unix)]
    #[test]
    fn opens_programs_on_macos_and_notices_a_failure() {
        let folder = tempfile::tempdir().unwrap();
        let stand_ins = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/stand-in");
        let path = std::env::var_os("PATH").unwrap();
        let path =
            std::env::join_paths(std::iter::once(stand_ins).chain(std::env::split_paths(&path))).unwrap();
        let mut env = Env::new([("PATH", path), ("OPEN_STAND_IN", folder.path().as_os_str().to_owned())]);
        env.limits.launch = std::time::Duration::from_mins(1);
        let netrc = folder.path().join("a netrc");
        assert!(!start(&env, macos_editor(&netrc)), "there is no such file");
        std::fs::write(&netrc, "").unwrap();
        assert!(start(&env, macos_editor(&netrc)));
        let applications = folder.path().join("applications");
        std::fs::write(&applications, "").unwrap();
        assert!(!start(&env, macos_keychain_manager()), "it is not installed");
        std::fs::write(&applications, "Keychain Access\n").unwrap();
        assert!(start(&env, macos_keychain_manager()));
        let calls = std::fs::read_to_string(folder.path().join("calls")).unwrap();
        let netrc = netrc.display();
        assert_eq!(calls, format!("-t {netrc}\n-t {netrc}\n{0}{0}", "-a Keychain Access\n"));
    }

    #[test]
    fn does_not_open_a_missing_netrc() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("USERPROFILE", home.path())]);
        assert_eq!(open(&env, Store::Netrc).unwrap_err().code, Code::NotFound);
    }
}
