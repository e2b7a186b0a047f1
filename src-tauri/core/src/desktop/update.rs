//! Decides whether and when to check for a newer Herokey. The window's program checks, and installs on request.

use std::io;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::base::env::Env;
use crate::base::files;
use crate::base::state_folder;

const INTERVAL: SignedDuration = SignedDuration::from_hours(24);
const MAX_BYTES: u64 = 4 << 10;

/// True if this program may replace its own files: an AppImage, an app on macOS, or what the installer put there on
/// Windows. False for files that belong to a package manager (dpkg, rpm, Homebrew, Scoop, Chocolatey) or to a local build.
pub fn can_update_itself(env: &Env) -> bool {
    if cfg!(target_os = "linux") {
        env.appimage().is_some()
    } else if cfg!(target_os = "macos") {
        // Homebrew installs apps beside all others, and lists its own in "Caskroom".
        let prefixes = [
            env.os("HOMEBREW_PREFIX").map(PathBuf::from),
            Some("/opt/homebrew".into()),
            Some("/usr/local".into()),
        ];
        let is_homebrews =
            prefixes.into_iter().flatten().any(|prefix| prefix.join("Caskroom/herokey").exists());
        is_in_app(&env.programs) && !is_homebrews
    } else {
        // The uninstaller is beside their folder, which is in PATH.
        let uninstaller = env.programs.parent().map(|folder| folder.join("uninstall.exe"));
        uninstaller.is_some_and(|path| path.is_file()) && !is_managed(&env.programs)
    }
}

/// True if the last check was at least a day ago; then this records a new one. Whether or not the check succeeds, the next
/// one is a day later.
pub fn begin_check(env: &Env) -> io::Result<bool> {
    let path = env.state_dir().join("updates.json");
    // A broken file counts as missing and is overwritten.
    let last = files::read(&path, MAX_BYTES)
        .ok()
        .flatten()
        .and_then(|bytes| serde_json::from_slice::<LastCheck>(&bytes).ok());
    let now = env.now();
    // After the clock was set back, the recorded time lies in the future and does not count.
    if last.is_some_and(|last| last.looked_at <= now && now.duration_since(last.looked_at) < INTERVAL) {
        return Ok(false);
    }
    state_folder::write(env, &path, &serde_json::to_vec(&LastCheck { looked_at: now })?)?;
    Ok(true)
}

#[derive(Serialize, Deserialize)]
struct LastCheck {
    looked_at: Timestamp,
}

fn is_in_app(programs: &Path) -> bool {
    programs.ends_with("Contents/MacOS")
}

/// True if the programs are in a folder of Scoop or Chocolatey, which install only there.
fn is_managed(programs: &Path) -> bool {
    programs
        .components()
        .any(|part| ["scoop", "chocolatey"].iter().any(|name| part.as_os_str().eq_ignore_ascii_case(name)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use jiff::Timestamp;

    use super::{begin_check, is_in_app, is_managed};
    use crate::base::env::Env;

    fn is_due(env: &Env, clock: fn() -> Timestamp) -> bool {
        begin_check(&env.clone().with_clock(clock)).unwrap()
    }

    #[test]
    fn checks_once_a_day() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        let noon = || "2026-12-01T12:00:00Z".parse().unwrap();
        assert!(is_due(&env, noon));
        assert!(!is_due(&env, noon));
        assert!(!is_due(&env, || "2026-12-02T11:59:59Z".parse().unwrap()));
        assert!(is_due(&env, || "2026-12-02T12:00:00Z".parse().unwrap()));
        assert!(is_due(&env, noon), "the clock was set back");
    }

    #[test]
    fn overwrites_a_broken_file() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
        let path = env.state_dir().join("updates.json");
        std::fs::create_dir_all(env.state_dir()).unwrap();
        std::fs::write(&path, "half").unwrap();
        assert!(begin_check(&env).unwrap());
        assert!(!begin_check(&env).unwrap());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn only_an_appimage_replaces_itself() {
        use super::can_update_itself;

        let env = |vars: &[(&str, &str)], programs: &str| {
            let mut env = Env::new(vars.iter().copied());
            env.programs = programs.into();
            env
        };
        let image = [("APPDIR", "/tmp/.mount_Herokey"), ("APPIMAGE", "/home/me/Herokey.AppImage")];
        assert!(can_update_itself(&env(&image, "/tmp/.mount_Herokey/usr/bin")));
        assert!(!can_update_itself(&env(&image, "/usr/bin")), "another program's AppImage");
        assert!(!can_update_itself(&env(&[], "/usr/bin")));
    }

    #[test]
    fn recognizes_the_folders_of_package_managers() {
        for folder in
            ["C:/Users/me/scoop/apps/herokey/current", "C:/ProgramData/Chocolatey/lib/herokey/tools"]
        {
            assert!(is_managed(Path::new(folder)), "{folder}");
        }
        assert!(!is_managed(Path::new("C:/Users/me/AppData/Local/Herokey")));
        assert!(is_in_app(Path::new("/Applications/Herokey.app/Contents/MacOS")));
        assert!(!is_in_app(Path::new("/usr/local/bin")));
    }
}
