//! Whether Herokey starts when the person logs in: an entry of their own, which the desktop's settings show too.

use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};

/// The argument of a start at login: the tray only, no window.
pub const AT_LOGIN: &str = "--at-login";

/// True if Herokey starts at login.
pub fn is_on(env: &Env) -> bool {
    system::is_on(env)
}

/// Makes Herokey start at login, or not any more.
pub fn set(env: &Env, on: bool) -> Result<()> {
    system::set(env, on).map_err(|error| {
        Error::new(Code::Unsupported, "Could not change what starts at login.")
            .means("Nothing was changed; your token is not concerned.")
            .next_step("Try again, or use the settings of your desktop.")
            .detail(error)
    })
}

/// A file whose presence is the setting: an XDG autostart entry (Desktop Application Autostart Specification), or a
/// launch agent of macOS (launchd.plist(5)).
#[cfg(unix)]
mod system {
    use std::io;
    use std::path::{Path, PathBuf};

    use super::{AT_LOGIN, Env};
    use crate::base::files;

    /// Far above what any settings program makes of it.
    const LARGEST: u64 = 64 << 10;

    pub(super) use super::entry::path;

    pub(super) fn is_on(env: &Env) -> bool {
        // What cannot be read starts nothing.
        let entry = files::read(&path(env), LARGEST).ok().flatten();
        entry.is_some_and(|entry| !super::entry::is_switched_off(&entry))
    }

    pub(super) fn set(env: &Env, on: bool) -> io::Result<()> {
        let path = path(env);
        if !on {
            return files::remove(&path).map(drop);
        }
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
        files::write(&path, super::entry::text(&program(env), AT_LOGIN).as_bytes())
    }

    /// What is to be started: an `AppImage` is mounted elsewhere each time, so it says where it is itself.
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

    /// `TryExec` keeps a session from starting what has been removed since.
    pub(super) fn text(program: &Path, argument: &str) -> String {
        format!(
            "[Desktop Entry]\nType=Application\nName=Herokey\nComment=Heroku's token in the tray\nIcon=herokey\n\
             TryExec={}\nExec={} {argument}\nX-GNOME-Autostart-enabled=true\n",
            program.to_string_lossy().replace('\\', "\\\\"),
            quoted(&program.to_string_lossy())
        )
    }

    /// As settings programs write it who keep the file.
    pub(super) fn is_switched_off(entry: &[u8]) -> bool {
        let text = String::from_utf8_lossy(entry);
        let off = |line: &str| matches!(line.trim(), "Hidden=true" | "X-GNOME-Autostart-enabled=false");
        text.lines().any(off)
    }

    /// A word of `Exec` (Desktop Entry Specification, "The Exec key"): quoted, and escaped once more as any text there.
    fn quoted(word: &str) -> String {
        let mut quoted = String::from("\"");
        for letter in word.chars() {
            match letter {
                '"' | '`' | '$' => quoted.extend(["\\\\", letter.encode_utf8(&mut [0; 4])]),
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
        fn a_program_anywhere_is_one_word() {
            assert_eq!(quoted("/usr/bin/herokey-tray"), r#""/usr/bin/herokey-tray""#);
            assert_eq!(quoted(r#"/home/me/100% $a "b\c"#), r#""/home/me/100%% \\$a \\"b\\\\c""#);
        }
    }
}

#[cfg(target_os = "macos")]
mod entry {
    use std::path::{Path, PathBuf};

    use crate::base::env::Env;

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

    /// macOS keeps that in a database of its own, which is not read here.
    pub(super) fn is_switched_off(_entry: &[u8]) -> bool {
        false
    }
}

/// A value of the person's `Run` key, and the mark that the Task Manager sets beside it.
#[cfg(windows)]
mod system {
    use windows_registry::CURRENT_USER;

    use super::{AT_LOGIN, Env};

    const RUN: &str = r"Software\Microsoft\Windows\CurrentVersion\Run";
    const APPROVED: &str = r"Software\Microsoft\Windows\CurrentVersion\Explorer\StartupApproved\Run";
    const NAME: &str = "Herokey";

    pub(super) fn is_on(_env: &Env) -> bool {
        let there = CURRENT_USER.open(RUN).and_then(|key| key.get_string(NAME)).is_ok();
        // An odd first byte: switched off in the Task Manager.
        let mark = CURRENT_USER.open(APPROVED).and_then(|key| key.get_value(NAME));
        there && !mark.is_ok_and(|mark| mark.first().is_some_and(|first| first % 2 == 1))
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

/// The file to watch; `None` where the setting is no file.
pub fn watched(env: &Env) -> Option<std::path::PathBuf> {
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
    fn is_what_the_file_says() {
        let home = tempfile::tempdir().unwrap();
        let mut env = Env::new([("HOME", home.path())]);
        env.programs = "/opt/herokey".into();
        assert!(!is_on(&env));
        set(&env, false).unwrap();
        set(&env, true).unwrap();
        assert!(is_on(&env));
        let entry = std::fs::read_to_string(watched(&env).unwrap()).unwrap();
        assert!(entry.contains("/opt/herokey/herokey-") && entry.contains(AT_LOGIN), "{entry}");
        set(&env, false).unwrap();
        assert!(!is_on(&env));
        assert!(!watched(&env).unwrap().exists());
    }

    #[cfg(not(target_os = "macos"))]
    #[test]
    fn settings_programs_may_switch_it_off() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        for line in ["Hidden=true", "X-GNOME-Autostart-enabled=false"] {
            set(&env, true).unwrap();
            let path = watched(&env).unwrap();
            let entry = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, format!("{entry}{line}\n")).unwrap();
            assert!(!is_on(&env), "{line}");
        }
    }
}
