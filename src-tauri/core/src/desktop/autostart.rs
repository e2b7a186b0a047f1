//! Starts Herokey when the user logs in to the desktop, with an entry that the desktop's settings show too.

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};

/// The argument for a start at login: only the tray, no window.
pub const AT_LOGIN: &str = "--at-login";

/// True if Herokey starts at login.
pub(crate) fn is_on(env: &Env) -> bool {
    system::is_on(env)
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

    use super::{AT_LOGIN, Env};
    use crate::base::files;

    /// Far larger than any settings program makes the file.
    const MAX_BYTES: u64 = 64 << 10;

    #[cfg(not(target_os = "macos"))]
    use super::entry;
    #[cfg(target_os = "macos")]
    use super::launch_agent as entry;
    pub(super) use entry::path;

    pub(super) fn is_on(env: &Env) -> bool {
        // An unreadable file starts nothing.
        let entry = files::read(&path(env), MAX_BYTES).ok().flatten();
        entry.is_some_and(|entry| !entry::is_switched_off(&entry))
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
mod entry {
    use std::path::{Path, PathBuf};

    use crate::base::env::Env;

    pub(super) fn path(env: &Env) -> PathBuf {
        env.config_home().join("autostart/herokey.desktop")
    }

    /// With `TryExec` the session skips a program that has been removed.
    pub(super) fn text(program: &Path, argument: &str) -> String {
        format!(
            "[Desktop Entry]\nType=Application\nName=Herokey\nComment=Heroku's token in the tray\nIcon=herokey\n\
             TryExec={}\nExec={} {argument}\nX-GNOME-Autostart-enabled=true\n",
            program.to_string_lossy().replace('\\', "\\\\"),
            quoted(&program.to_string_lossy())
        )
    }

    /// True if a settings program has switched the entry off without removing the file.
    pub(super) fn is_switched_off(entry: &[u8]) -> bool {
        let text = String::from_utf8_lossy(entry);
        let off = |line: &str| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
        text.lines().any(off)
    }

    /// Quotes a word of `Exec` (Desktop Entry Specification, "The Exec key"), and escapes it once more like any string.
    fn quoted(word: &str) -> String {
        let mut quoted = String::from("\"");
        for character in word.chars() {
            match character {
                '"' | '`' | '$' => quoted.extend(["\\\\", character.encode_utf8(&mut [0; 4])]),
                '\\' => quoted.push_str("\\\\\\\\"),
                '%' => quoted.push_str("%%"),
                other => quoted.push(other),
            }
        }
        quoted.push('"');
        quoted
    }

    #[cfg(test)]
    mod tests {
        use super::quoted;

        #[test]
        fn quotes_a_program_as_one_word() {
            assert_eq!(quoted("/usr/bin/herokey-tray"), r#""/usr/bin/herokey-tray""#);
            assert_eq!(quoted(r#"/home/me/100% $a "b\c"#), r#""/home/me/100%% \\$a \\"b\\\\c""#);
        }
    }
}

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

    use super::{AT_LOGIN, Env};

    const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
    const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
    const NAME: &str = "Herokey";

    pub(super) fn is_on(_env: &Env) -> bool {
        let exists = CURRENT_USER.open(RUN).and_then(|key| key.get_string(NAME)).is_ok();
        // An odd first byte means that it is switched off in the Task Manager.
        let mark = CURRENT_USER.open(APPROVED).and_then(|key| key.get_value(NAME));
        exists && !mark.is_ok_and(|mark| mark.first().is_some_and(|first| first % 2 == 1))
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
        env.programs = "/opt/herokey".into();
        assert!(!is_on(&env));
        set(&env, false).unwrap();
        set(&env, true).unwrap();
        assert!(is_on(&env));
        let entry = std::fs::read_to_string(watched_path(&env).unwrap()).unwrap();
        assert!(entry.contains("/opt/herokey/herokey-") && entry.contains(AT_LOGIN), "{entry}");
        set(&env, false).unwrap();
        assert!(!is_on(&env));
        assert!(!watched_path(&env).unwrap().exists());
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn settings_programs_may_switch_it_off() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        for line in ["Hidden=true", "X-GNOME-Autostart-enabled=false"] {
            set(&env, true).unwrap();
            let path = watched_path(&env).unwrap();
            let entry = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, format!("{entry}{line}\n")).unwrap();
            assert!(!is_on(&env), "{line}");
        }
    }
}
