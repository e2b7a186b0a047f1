//! Shows a place that holds a token in the program that a person looks at such things with.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::stores::Place;
use crate::stores::netrc::NetrcFile;

/// Passwords and Keys shows any keychain of the session; the others show their own.
const MANAGERS: [&str; 4] = ["seahorse", "kwalletmanager", "kwalletmanager5", "keepassxc"];

/// Opens the keychain in the desktop's keychain manager, or netrc in the person's editor.
pub fn open(env: &Env, place: Place) -> Result<()> {
    match place {
        Place::Keychain => keychain(env),
        Place::Netrc => netrc(env),
    }
}

/// Starts a program with the environment that this one was started with: what the login shell says holds tokens that a
/// program of the desktop has no use for. False where it cannot be started or fails at once: one
/// that still runs after [`Limits::launch`](crate::base::env::Limits::launch) counts as started.
pub(crate) fn start(env: &Env, command: Command) -> bool {
    let mut ours = if cfg!(windows) {
        // Its arguments are quoted for `cmd.exe`, and only it can pass them on so.
        command
    } else {
        let mut ours = env.of_start().command(command.get_program());
        ours.args(command.get_args());
        ours
    };
    ours.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // In a group of its own, so that Ctrl-C in a terminal here leaves it open.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut ours, 0);
    let Ok(mut child) = ours.spawn() else { return false };
    let (ended, end) = mpsc::sync_channel(1);
    let wait = move || {
        // Nobody listens any more once it counts as open.
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
            .means("No token is in plain text there."));
    }
    if editors(env, &path).into_iter().any(|editor| start(env, editor)) {
        return Ok(());
    }
    Err(Error::new(Code::Unsupported, format!("No editor could be started for {shown}."))
        .next_step("Open the file yourself, or set VISUAL to an editor with a window."))
}

/// Ways to open a text file, the best one first.
fn editors(env: &Env, path: &Path) -> Vec<Command> {
    if cfg!(target_os = "macos") {
        return vec![with("open", &["-t".as_ref(), path.as_os_str()])];
    }
    if cfg!(windows) {
        return vec![with("notepad", &[path.as_os_str()])];
    }
    let own = env.text("VISUAL").filter(|editor| has_window(editor)).map(|editor| {
        // As git and others have it: a line for the shell.
        with("sh", &["-c".as_ref(), format!("exec {editor} \"$0\"").as_ref(), path.as_os_str()])
    });
    own.into_iter().chain(open::commands(path)).collect()
}

/// False for an editor that needs a terminal, which a program of the desktop has not.
fn has_window(editor: &str) -> bool {
    const IN_A_TERMINAL: [&str; 14] = [
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
        && !IN_A_TERMINAL.contains(&name)
        && !words.any(|word| matches!(word, "-nw" | "--no-window-system" | "-t" | "--tty"))
}

fn with(program: &str, arguments: &[&std::ffi::OsStr]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments);
    command
}

fn keychain(env: &Env) -> Result<()> {
    if cfg!(target_os = "macos") {
        return started(start(env, with("open", &["-a".as_ref(), "Keychain Access".as_ref()])));
    }
    if cfg!(windows) {
        let arguments = ["/name".as_ref(), "Microsoft.CredentialManager".as_ref()];
        return started(start(env, with("control", &arguments)));
    }
    let installed: Vec<_> = MANAGERS.iter().filter(|name| env.find_program(name).is_some()).collect();
    if installed.is_empty() {
        let package = if on_kde(env) { "kwalletmanager" } else { "seahorse" };
        return Err(Error::new(Code::Unsupported, "No program that shows the keychain is installed.")
            .means("Your token is not concerned.")
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
    Err(Error::new(Code::Unsupported, "The program that shows the keychain could not be started.")
        .next_step("Start it from your desktop's menu."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_editor_without_a_window_is_passed_by() {
        for editor in ["gedit", "code --wait", "/usr/bin/kate", "emacs", "gvim -f"] {
            assert!(has_window(editor), "{editor}");
        }
        for editor in ["vim", "/usr/bin/nano", "nvim -R", "emacs -nw", "emacsclient -t", ""] {
            assert!(!has_window(editor), "{editor}");
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn without_a_manager_it_says_which_to_install() {
        let env = |desktop| Env::new([("PATH", "/nowhere"), ("XDG_CURRENT_DESKTOP", desktop)]);
        assert!(open(&env("KDE"), Place::Keychain).unwrap_err().next_step.contains("kwalletmanager"));
        assert!(open(&env("ubuntu:GNOME"), Place::Keychain).unwrap_err().next_step.contains("seahorse"));
    }

    #[test]
    fn a_netrc_that_is_not_there_is_not_opened() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("USERPROFILE", home.path())]);
        assert_eq!(open(&env, Place::Netrc).unwrap_err().code, Code::NotFound);
    }
}
