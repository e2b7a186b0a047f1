//! Whether, and when, to look for a newer Herokey. The window's program looks, and installs when it is told to.

use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::files;

const EVERY: SignedDuration = SignedDuration::from_hours(24);
const LIMIT: u64 = 4 << 10;

/// True if this program may replace its own files: an AppImage, an app on macOS, what the installer put there on
/// Windows. Files of a package manager are its own: dpkg's, rpm's, Homebrew's, Scoop's, Chocolatey's. So are those of
/// whoever built Herokey.
pub fn replaces_itself(env: &Env) -> bool {
    if cfg!(target_os = "linux") {
        env.appimage().is_some()
    } else if cfg!(target_os = "macos") {
        // Homebrew keeps a record of each app that it has installed ("Caskroom"), and the app where others are.
        let homes = [
            env.os("HOMEBREW_PREFIX").map(PathBuf::from),
            Some("/opt/homebrew".into()),
            Some("/usr/local".into()),
        ];
        let owned = homes.into_iter().flatten().any(|home| home.join("Caskroom/herokey").exists());
        is_in_app(&env.programs) && !owned
    } else {
        env.programs.join("uninstall.exe").is_file() && !has_manager(&env.programs)
    }
}

/// True if nobody has looked for a day; from then on somebody has. Whatever comes of the look, the next one is a day
/// later.
pub fn begin_look(env: &Env) -> io::Result<bool> {
    let path = env.state_dir().join("updates.json");
    // What makes no sense, or is too large to, is as good as nothing: it is written anew.
    let last = files::read(&path, LIMIT)
        .ok()
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<Looked>(&bytes).ok());
    let now = env.now();
    // A clock that was set back must not keep anybody waiting for years.
    if last.is_some_and(|last| last.looked_at <= now && now.duration_since(last.looked_at) < EVERY) {
        return Ok(false);
    }
    files::private_folder(&env.state_dir())?;
    files::write(&path, &serde_json::to_vec(&Looked { looked_at: now })?)?;
    Ok(true)
}

#[derive(Serialize, Deserialize)]
struct Looked {
    looked_at: Timestamp,
}

fn is_in_app(programs: &Path) -> bool {
    programs.ends_with("Contents/MacOS")
}

/// Scoop and Chocolatey unpack programs, or run their installers, in folders of their own.
fn has_manager(programs: &Path) -> bool {
    programs
        .components()
        .any(|part| ["scoop", "chocolatey"].iter().any(|name| part.as_os_str().eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;

    use super::{begin_look, has_manager, is_in_app};
    use crate::base::env::Env;

    fn at(env: &Env, clock: fn() -> Timestamp) -> bool {
        begin_look(&env.clone().with_clock(clock)).unwrap()
    }

    #[test]
    fn looks_once_a_day() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        let noon = || "2026-12-01T12:00:00Z".parse().unwrap();
        assert!(at(&env, noon));
        assert!(!at(&env, noon));
        assert!(!at(&env, || "2026-12-02T11:59:59Z".parse().unwrap()));
        assert!(at(&env, || "2026-12-02T12:00:00Z".parse().unwrap()));
        assert!(at(&env, noon), "the clock was set back");
    }

    #[test]
    fn a_file_that_makes_no_sense_is_written_anew() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        let path = env.state_dir().join("updates.json");
        std::fs::create_dir_all(env.state_dir()).unwrap();
        std::fs::write(&path, "half").unwrap();
        assert!(begin_look(&env).unwrap());
        assert!(!begin_look(&env).unwrap());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_an_appimage_replaces_itself() {
        use super::replaces_itself;

        let env = |vars: &[(&str, &str)], programs: &str| {
            let mut env = Env::new(vars.iter().copied());
            env.programs = programs.into();
            env
        };
        let image = [("APPDIR", "/tmp/.mount_Herokey"), ("APPIMAGE", "/home/me/Herokey.AppImage")];
        assert!(replaces_itself(&env(&image, "/tmp/.mount_Herokey/usr/bin")));
        assert!(!replaces_itself(&env(&image, "/usr/bin")), "another program's AppImage");
        assert!(!replaces_itself(&env(&[], "/usr/bin")));
    }

    #[test]
    fn knows_the_folders_of_package_managers() {
        for managed in
            ["C:/Users/me/scoop/apps/herokey/current", "C:/ProgramData/Chocolatey/lib/herokey/tools"]
        {
            assert!(has_manager(Path::new(managed)), "{managed}");
        }
        assert!(!has_manager(Path::new("C:/Users/me/AppData/Local/Herokey")));
        assert!(is_in_app(Path::new("/Applications/Herokey.app/Contents/MacOS")));
        assert!(!is_in_app(Path::new("/usr/local/bin")));
    }
}
