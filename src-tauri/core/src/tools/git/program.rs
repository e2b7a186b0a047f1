//! Finds git: on PATH, or where Git for Windows installs it.

use std::path::PathBuf;

use crate::base::env::Env;

/// The path of git; `None` if it is not installed.
pub(crate) fn program(env: &Env) -> Option<PathBuf> {
    env.find_program("git").or_else(|| installed(env))
}

/// The installer of Git for Windows can leave PATH alone, but records where it put git, for all users or one.
#[cfg(windows)]
fn installed(env: &Env) -> Option<PathBuf> {
    use windows_registry::{CURRENT_USER, LOCAL_MACHINE};

    let registered = [CURRENT_USER, LOCAL_MACHINE]
        .into_iter()
        .filter_map(|root| root.open(r"SOFTWARE\GitForWindows").ok()?.get_string("InstallPath").ok());
    let usual = ["PROGRAMFILES", "PROGRAMW6432", "PROGRAMFILES(X86)"]
        .into_iter()
        .filter_map(|name| Some(format!(r"{}\Git", env.text(name)?)));
    registered
        .chain(usual)
        .map(|folder| PathBuf::from(folder).join(r"cmd\git.exe"))
        .find(|path| path.is_file())
}

#[cfg(not(windows))]
fn installed(_: &Env) -> Option<PathBuf> {
    None
}

#[cfg(test)]
#[cfg(windows)]
mod tests {
    use super::*;

    #[test]
    fn finds_git_where_its_installer_puts_it() {
        let folder = tempfile::tempdir().unwrap();
        let git = folder.path().join(r"Git\cmd\git.exe");
        std::fs::create_dir_all(git.parent().unwrap()).unwrap();
        std::fs::write(&git, "").unwrap();
        let env = Env::new([("ProgramFiles", folder.path())]);
        // A git that is installed on this machine is in the registry, which comes first.
        assert!(program(&env).is_some_and(|found| found == git || found.is_file()));
        assert!(installed(&Env::new([("ProgramFiles", "C:\\nowhere")])).is_none_or(|found| found != git));
    }
}
