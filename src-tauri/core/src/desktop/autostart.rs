//! Starts Herokey when the user logs in to the desktop, with an entry that the desktop's settings show too.

use std::path::PathBuf;

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};

/// The argument for a start at login: only the tray, no window.
pub const AT_LOGIN: &str = "--at-login";

/// True if Herokey starts at login.
pub(crate) fn is_on(env: &Env) -> bool {
    system::is_on(env)
}

/// An entry that cannot start Herokey, because the program that it names is gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    /// The entry.
    pub(crate) path: PathBuf,
    /// The program.
    pub(crate) program: String,
    /// The program that the entry should start; `None` if that one is gone too.
    pub(crate) replacement: Option<PathBuf>,
}

/// The entry, if it is there for a program that is gone.
pub(crate) fn broken(env: &Env) -> Option<Broken> {
    system::broken(env)
}

/// An entry that starts the program of this Herokey instead; `None` if it starts nothing.
pub(crate) fn repaired(env: &Env, entry: &[u8]) -> Option<Vec<u8>> {
    system::repaired(env, entry)
}

/// Turns the start at login on or off.
pub fn set(env: &Env, on: bool) -> Result<()> {
    system::set(env, on).map_err(|error| {
        Error::new(Code::Unsupported, "Could not change whether Herokey starts at login.")
            .means("Nothing was changed. Your token is not affected.")
            .next_step("Try again, or use your desktop's settings.")
            .detail(error)
    })
}

/// Herokey starts at login if a file exists: an XDG autostart entry (Desktop Application Autostart Specification), or a
/// launch agent on macOS (launchd.plist(5)).
#[cfg(unix)]
mod system {
    use std::io;
    use std::path::PathBuf;

    use super::{AT_LOGIN, Broken, Env};
    use crate::base::files;

    /// Far larger than any settings program makes the file.
    const MAX_BYTES: u64 = 64 << 10;

    #[cfg(not(target_os = "macos"))]
    use super::entry;
    #[cfg(target_os = "macos")]
    use super::launch_agent as entry;
    pub(super) use entry::path;

    pub(super) fn is_on(env: &Env) -> bool {
        switched_on(env).is_some_and(|entry| entry::gone(env, &entry).is_none())
    }

    pub(super) fn broken(env: &Env) -> Option<Broken> {
        let gone = entry::gone(env, &switched_on(env)?)?;
        let replacement = Some(program(env)).filter(|program| program.is_file());
        Some(Broken { path: path(env), program: gone, replacement })
    }

    pub(super) fn repaired(env: &Env, entry: &[u8]) -> Option<Vec<u8>> {
        entry::with_program(entry, &program(env), AT_LOGIN)
    }

    /// The file, unless it is switched off.
    fn switched_on(env: &Env) -> Option<files::Bytes> {
        // An unreadable file starts nothing.
        let entry = files::read(&path(env), MAX_BYTES).ok().flatten();
        entry.filter(|entry| !entry::is_switched_off(entry))
    }

    pub(super) fn set(env: &Env, on: bool) -> io::Result<()> {
        let path = path(env);
        if !on {
            return files::remove(&path).map(drop);
        }
        files::folder(files::folder_of(&path))?;
        files::write(&path, entry::text(&program(env), AT_LOGIN).as_bytes())
    }

    /// The program to start. The files in an `AppImage` have another path each time, so there it is the image itself.
    fn program(env: &Env) -> PathBuf {
        let name = if cfg!(target_os = "macos") { "herokey-desktop" } else { "herokey-tray" };
        env.appimage().unwrap_or_else(|| env.programs.join(name))
    }
}

#[cfg(all(unix, not(target_os = "macos")))]
mod entry;

#[cfg(any(target_os = "macos", all(unix, test)))]
mod launch_agent {
    use std::path::{Path, PathBuf};

    use crate::base::env::Env;

    #[cfg_attr(not(target_os = "macos"), expect(dead_code, reason = "only macOS has this folder"))]
    pub(super) fn path(env: &Env) -> PathBuf {
        env.home().join("Library/LaunchAgents/dev.herokey.desktop.plist")
    }

    pub(super) fn text(program: &Path, argument: &str) -> String {
        let program = program.to_string_lossy().replace('&', "&amp;").replace('<', "&lt;");
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>\n\
             <key>Label</key><string>dev.herokey.desktop</string>\n\
             <key>ProgramArguments</key><array><string>{program}</string><string>{argument}</string></array>\n\
             <key>RunAtLoad</key><true/>\n</dict></plist>\n"
        )
    }

    /// Always false: macOS keeps this setting in a database, which Herokey does not read.
    #[cfg_attr(not(target_os = "macos"), expect(dead_code, reason = "as above"))]
    pub(super) fn is_switched_off(_entry: &[u8]) -> bool {
        false
    }

    /// Always `None`: not looked for on macOS.
    #[cfg(target_os = "macos")]
    pub(super) fn gone(_env: &Env, _entry: &[u8]) -> Option<String> {
        None
    }

    #[cfg(target_os = "macos")]
    pub(super) fn with_program(_entry: &[u8], _program: &Path, _argument: &str) -> Option<Vec<u8>> {
        None
    }

    #[cfg(test)]
    mod tests {
        use std::path::Path;
        use std::process::Command;

        /// Python reads property lists as macOS does.
        #[test]
        fn is_a_property_list_whatever_the_path() {
            for program in
                ["/Applications/Herokey.app/Contents/MacOS/herokey-desktop", "/a & b/<c> \"d\" 'e'/ů"]
            {
                let text = super::text(Path::new(program), "--at-login");
                let script =
                    "import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.argv[1].encode())))";
                let output =
                    Command::new("python3").args(["-X", "utf8", "-c", script, &text]).output().unwrap();
                let parsed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
                let expected = serde_json::json!({
                    "Label": "dev.herokey.desktop",
                    "ProgramArguments": [program, "--at-login"],
                    "RunAtLoad": true,
                });
                assert_eq!(parsed, expected);
            }
        }
    }
}

/// A value of the user's `Run` key, and the mark that the Task Manager sets beside it.
#[cfg(windows)]
mod system {
    use windows_registry::CURRENT_USER;

    use super::{AT_LOGIN, Broken, Env};

    const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
    const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
    const NAME: &str = "Herokey";

    pub(super) fn is_on(_env: &Env) -> bool {
        let exists = CURRENT_USER.open(RUN).and_then(|key| key.get_string(NAME)).is_ok();
        // An odd first byte means that it is switched off in the Task Manager.
        let mark = CURRENT_USER.open(APPROVED).and_then(|key| key.get_value(NAME));
        exists && !mark.is_ok_and(|mark| mark.first().is_some_and(|first| first % 2 == 1))
    }

    /// Always `None`: not looked for on Windows, where the uninstaller removes the value.
    pub(super) fn broken(_env: &Env) -> Option<Broken> {
        None
    }

    pub(super) fn repaired(_env: &Env, _entry: &[u8]) -> Option<Vec<u8>> {
        None
    }

    pub(super) fn set(env: &Env, on: bool) -> windows_registry::Result<()> {
        let key = CURRENT_USER.create(RUN)?;
        if let Ok(approved) = CURRENT_USER.options().read().write().open(APPROVED)
            && approved.get_value(NAME).is_ok()
        {
            approved.remove_value(NAME)?;
        }
        if on {
            let program = env.programs.join("herokey-desktop.exe");
            key.set_string(NAME, format!("\"{}\" {AT_LOGIN}", program.display()))
        } else if key.get_string(NAME).is_ok() {
            key.remove_value(NAME)
        } else {
            Ok(())
        }
    }
}

/// The file whose changes to watch; `None` on Windows, which keeps the setting in the registry.
#[cfg_attr(unix, expect(clippy::unnecessary_wraps, reason = "it is None on Windows"))]
pub(crate) fn watched_path(env: &Env) -> Option<std::path::PathBuf> {
    #[cfg(unix)]
    return Some(system::path(env));
    #[cfg(not(unix))]
    {
        let _ = env;
        None
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn is_on_while_the_file_exists() {
        let home = tempfile::tempdir().unwrap();
        let mut env = Env::new([("HOME", home.path())]);
        env.programs = with_program(home.path());
        assert!(!is_on(&env));
        set(&env, false).unwrap();
        set(&env, true).unwrap();
        assert!(is_on(&env));
        let entry = std::fs::read_to_string(watched_path(&env).unwrap()).unwrap();
        assert!(entry.contains("/programs/herokey-") && entry.contains(AT_LOGIN), "{entry}");
        set(&env, false).unwrap();
        assert!(!is_on(&env));
        assert!(!watched_path(&env).unwrap().exists());
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn settings_programs_may_switch_it_off() {
        let home = tempfile::tempdir().unwrap();
        let mut env = Env::new([("HOME", home.path())]);
        env.programs = with_program(home.path());
        for (line, is_off) in [
            ("Hidden=true", true),
            ("Hidden = true", true),
            ("X-GNOME-Autostart-enabled\t= false ", true),
            ("Hidden=false", false),
            ("#Hidden=true", false),
            ("[Desktop Action Fake]\nHidden=true", false),
        ] {
            set(&env, true).unwrap();
            let path = watched_path(&env).unwrap();
            let entry = std::fs::read_to_string(&path).unwrap();
            let entry = entry.replace("X-GNOME-Autostart-enabled=true\n", "");
            std::fs::write(&path, format!("{entry}{line}\n")).unwrap();
            assert_eq!(!is_on(&env), is_off, "{line}");
        }
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn an_entry_for_a_program_that_is_gone_can_be_repaired() {
        let home = tempfile::tempdir().unwrap();
        let mut env = Env::new([("HOME", home.path())]);
        env.programs = home.path().join("old");
        set(&env, true).unwrap();
        let path = watched_path(&env).unwrap();
        let entry = std::fs::read(&path).unwrap();
        let gone = home.path().join("old/herokey-tray");
        let shown = gone.display().to_string();
        assert!(!is_on(&env));
        let broken_with = |replacement| Broken { path: path.clone(), program: shown.clone(), replacement };
        assert_eq!(broken(&env), Some(broken_with(None)));
        env.programs = with_program(home.path());
        assert_eq!(broken(&env), Some(broken_with(Some(env.programs.join("herokey-tray")))));
        std::fs::write(&path, repaired(&env, &entry).unwrap()).unwrap();
        assert!(is_on(&env) && broken(&env).is_none());
    }

    /// A folder with Herokey's programs.
    fn with_program(home: &std::path::Path) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let programs = home.join("programs");
        std::fs::create_dir(&programs).unwrap();
        for name in ["herokey-tray", "herokey-desktop"] {
            std::fs::write(programs.join(name), "").unwrap();
            std::fs::set_permissions(programs.join(name), PermissionsExt::from_mode(0o755)).unwrap();
        }
        programs
    }
}
