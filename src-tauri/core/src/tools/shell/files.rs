//! Finds the file and line that set a variable: start-up files of shells and of the session, and a folder's own files.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use secrecy::zeroize::Zeroizing;

use super::comment::comment_out;
use super::{shell_name, system};
use crate::base::env::Env;
use crate::base::files;
use crate::base::terminal::{FolderVariable, SetIn, Unset, VARIABLES};
use crate::base::token::Trace;

/// Larger start-up files are skipped.
pub(super) const MAX_BYTES: u64 = 4 << 20;
/// Stops files that read each other from going on forever.
const MAX_FILES: usize = 64;

const ZSH: &[&str] = &[".zshenv", ".zprofile", ".zshrc", ".zlogin"];
const BASH: &[&str] = &[".bash_profile", ".bash_login", ".bashrc"];
const FISH: &[&str] = &[".config/fish/config.fish", ".config/fish/conf.d/", ".config/fish/fish_variables"];
const POWERSHELL: &[&str] = &[".config/powershell/", "Documents/PowerShell/", "Documents/WindowsPowerShell/"];
const CSH: &[&str] = &[".tcshrc", ".cshrc", ".login"];
/// Read by `sh`, the session and PAM, whichever shell the user has.
const SESSION: &[&str] =
    &[".profile", ".config/environment.d/", ".pam_environment", ".xprofile", ".xsessionrc"];
#[cfg(unix)]
const SYSTEM: &[&str] = &[
    "/etc/environment",
    "/etc/environment.d/",
    "/etc/profile",
    "/etc/profile.d/",
    "/etc/bash.bashrc",
    "/etc/bashrc",
    "/etc/zsh/",
    "/etc/zshenv",
    "/etc/zprofile",
    "/etc/zshrc",
    "/etc/fish/config.fish",
    "/etc/fish/conf.d/",
];
/// PowerShell's profiles for all users (`about_Profiles`).
#[cfg(windows)]
const SYSTEM: &[&str] = &[
    r"C:\Windows\System32\WindowsPowerShell\v1.0\profile.ps1",
    r"C:\Program Files\PowerShell\7\profile.ps1",
];

pub(super) fn line_of(env: &Env, path: &Path, line: usize) -> SetIn {
    let shown = format!("{}:{line}", env.tilde(path));
    SetIn { shown, path: path.to_owned(), line, unset: None }
}

/// Where a variable is set, and to what; `None` if the line computes the value.
pub(super) type Assignment = (SetIn, Value);

/// Finds the line that gives a variable its value in `env`; if none sets that value, the last line of the first file that
/// sets the variable at all. `None` if the variable comes from elsewhere (the program that started this one, a file that
/// Herokey does not read).
pub(crate) fn set_in(env: &Env, variable: &str) -> Option<SetIn> {
    let value = env.text(variable);
    let mut first = None;
    let in_files = startup_files(env).into_iter().filter_map(|path| last_line(env, &path, variable));
    let elsewhere = std::iter::once_with(|| system::set_in(env, variable)).flatten();
    for (found, given) in in_files.chain(elsewhere) {
        let given = given.as_deref().map(String::as_str);
        if value.is_some() && (given == value || given == value.map(without_line_end)) {
            return Some(found);
        }
        first.get_or_insert(found);
    }
    first
}

/// A value without the carriage return that a file with CRLF line ends gives it.
fn without_line_end(value: &str) -> &str {
    value.strip_suffix('\r').unwrap_or(value)
}

/// The last line of a file that sets a variable.
fn last_line(env: &Env, path: &Path, variable: &str) -> Option<Assignment> {
    // The user could not change a line in an unreadable file either.
    let bytes = files::read(path, MAX_BYTES).ok()??;
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    let lines = text.lines().enumerate();
    let (line, value) =
        lines.filter_map(|(number, line)| Some((number + 1, assigned(line, variable)?))).last()?;
    let can_be_commented_out = is_the_users(env, path)
        && comment_out(&bytes, line, variable, path).is_ok()
        && files::can_replace(path);
    let unset = can_be_commented_out.then_some(Unset::CommentOut);
    Some((SetIn { unset, ..line_of(env, path, line) }, value))
}

/// True for a file that the user writes. Another user's needs that user's rights, and fish writes its own by itself.
fn is_the_users(env: &Env, path: &Path) -> bool {
    path.starts_with(env.home()) && !path.ends_with("fish_variables")
}

/// The lines in a folder's own files, `.envrc` and `.env`, that set Heroku's variables.
pub(crate) fn folder_variables(env: &Env, files: impl IntoIterator<Item = PathBuf>) -> Vec<FolderVariable> {
    let mut found = Vec::new();
    for path in files {
        // Skipped as in `last_line`.
        let Ok(Some(bytes)) = files::read(&path, MAX_BYTES) else { continue };
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        for (number, line) in text.lines().enumerate() {
            for name in VARIABLES {
                let Some(value) = assigned(line, name) else { continue };
                let set_in = line_of(env, &path, number + 1);
                found.push(FolderVariable { name, set_in, value: value.map(|value| Trace::of(&value)) });
            }
        }
    }
    found
}

/// When each of the shell's start-up files was last written.
pub type Stamp = Vec<Option<SystemTime>>;

/// Reads when the shell's start-up files were last written. If that changes, the login shell may answer differently.
pub fn stamp(env: &Env) -> Stamp {
    let written = |path: &PathBuf| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    watched_paths(env).iter().map(written).collect()
}

/// The start-up files and folders in the home folder that the user's shell reads, whether they exist or not, and every
/// existing file that one of them reads.
pub(crate) fn watched_paths(env: &Env) -> Vec<PathBuf> {
    let own = match shell_name(env) {
        "zsh" => ZSH,
        "bash" => BASH,
        "fish" => FISH,
        "tcsh" | "csh" => CSH,
        _ => &[],
    };
    let named = own.iter().chain(SESSION).map(|name| env.home().join(name));
    let mut paths: Vec<PathBuf> = named.collect();
    paths.extend(startup_files(env));
    paths
}

/// The existing files that a shell or a session reads when it starts, in the order of the search: those of the user's
/// shell first, and after each file the files that it reads.
pub(crate) fn startup_files(env: &Env) -> Vec<PathBuf> {
    let home = env.home();
    let zsh_home = env.os("ZDOTDIR").map_or_else(|| home.clone(), PathBuf::from);
    let mut shells = [("zsh", ZSH), ("bash", BASH), ("fish", FISH), ("pwsh", POWERSHELL), ("tcsh", CSH)];
    shells.sort_by_key(|(name, _)| *name != shell_name(env));
    let own = shells.iter().flat_map(|(name, files)| {
        let folder = if *name == "zsh" { &zsh_home } else { &home };
        files.iter().map(|file| folder.join(file))
    });
    // Windows may keep the documents folder in OneDrive.
    let documents = env.os("ONEDRIVE").filter(|_| cfg!(windows)).map(PathBuf::from);
    let in_onedrive = documents.iter().flat_map(|folder| POWERSHELL.iter().map(|file| folder.join(file)));
    let session = SESSION.iter().map(|file| home.join(file));
    // direnv sets its variables last, so they win.
    let here = env.folder.iter().flat_map(|folder| direnv_files(folder));
    let mut files = Vec::new();
    for path in here.chain(own).chain(in_onedrive).chain(session).chain(SYSTEM.iter().map(PathBuf::from)) {
        if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
            for path in paths_in(&path) {
                add(env, &path, &mut files);
            }
        } else {
            add(env, &path, &mut files);
        }
    }
    files
}

/// The `.envrc` that applies to a folder: the nearest one, in the folder or above (direnv(1)).
pub(crate) fn envrc(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().map(|folder| folder.join(".envrc")).find(|path| path.is_file())
}

/// The `.envrc` that applies to a folder, and the `.env` beside it if the `.envrc` reads that (direnv-stdlib(1), "dotenv").
fn direnv_files(folder: &Path) -> Vec<PathBuf> {
    let Some(envrc) = envrc(folder) else { return Vec::new() };
    // Skipped as in `last_line`.
    let bytes = files::read(&envrc, MAX_BYTES).ok().flatten().unwrap_or_default();
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    let dotenv = text.lines().any(|line| line.trim_start().starts_with("dotenv"));
    let beside = dotenv.then(|| envrc.with_file_name(".env"));
    std::iter::once(envrc).chain(beside).collect()
}

/// The paths in a folder, sorted by name.
pub(super) fn paths_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    files.sort();
    files
}

/// Adds a file and the files that it reads with `source FILE` or `. FILE`.
fn add(env: &Env, path: &Path, files: &mut Vec<PathBuf>) {
    if files.len() >= MAX_FILES || files.iter().any(|known| known == path) || !path.is_file() {
        return;
    }
    files.push(path.to_owned());
    // Skipped as in `last_line`.
    let Ok(Some(bytes)) = files::read(path, MAX_BYTES) else { return };
    let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
    for line in text.lines() {
        if let Some(read) = read_by(line) {
            let home = env.home();
            let home = home.to_string_lossy();
            let read = read.replace("$HOME", &home).replace("${HOME}", &home);
            let read =
                read.strip_prefix("~/").map_or_else(|| PathBuf::from(&read), |rest| env.home().join(rest));
            if read.is_absolute() {
                add(env, &read, files);
            }
        }
    }
}

/// The file that a line reads, with or without a test before it (`[ -f FILE ] && . FILE`).
fn read_by(line: &str) -> Option<String> {
    let line = line.trim_start();
    if line.starts_with('#') {
        return None;
    }
    let mut words = line.split_whitespace().skip_while(|word| !matches!(*word, "source" | "."));
    words.next()?;
    Some(words.next()?.trim_end_matches(';').trim_matches(['"', '\'']).to_owned())
}

type Value = Option<Zeroizing<String>>;

/// The value that a line gives the variable; the inner `None` if the line computes it, the outer `None` if the line does not
/// set the variable. Recognizes `export NAME=…` and the like, fish's `set -gx NAME …` and its file `fish_variables`, csh's
/// `setenv NAME …`, and PowerShell's `$env:NAME = …`.
pub(super) fn assigned(line: &str, variable: &str) -> Option<Value> {
    // Skips most lines of a long file early.
    if !line.contains(variable) || line.trim_start().starts_with('#') {
        return None;
    }
    let statements = line.split("&&").flat_map(|part| part.split("||")).flat_map(|part| part.split("; "));
    statements.filter_map(|statement| assigned_by(statement, variable)).last()
}

fn assigned_by(statement: &str, variable: &str) -> Option<Value> {
    let line = statement.trim();
    let line = line.strip_prefix("then ").or_else(|| line.strip_prefix("{ ")).unwrap_or(line).trim_start();
    let (first, rest) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    match first {
        "set" | "setenv" => {
            let mut rest = rest.trim_start();
            while rest.starts_with('-') {
                let option = rest.split([' ', '\t']).next().unwrap_or_default();
                if option == "--erase" || !option.starts_with("--") && option.contains('e') {
                    return None;
                }
                rest = rest.split_once([' ', '\t'])?.1.trim_start();
            }
            let value = rest.strip_prefix(variable)?;
            value.starts_with([' ', '\t']).then(|| literal(value.trim_start()))
        }
        "export" | "declare" | "typeset" => rest.match_indices(variable).find_map(|(at, _)| {
            let starts = at == 0 || rest[..at].ends_with([' ', '\t']);
            rest[at + variable.len()..].strip_prefix('=').filter(|_| starts).map(literal)
        }),
        _ => {
            let powershell = line.get(..5).filter(|start| start.eq_ignore_ascii_case("$env:"));
            if let Some(start) = powershell {
                let value = line[start.len()..].strip_prefix(variable)?.trim_start().strip_prefix('=')?;
                return Some(literal(value.trim_start()));
            }
            if let Some(value) =
                line.strip_prefix("SETUVAR --export ").and_then(|rest| rest.strip_prefix(variable))
            {
                // fish writes all bytes but letters and digits as \xHH.
                return value.strip_prefix(':').map(|value| literal(&value.replace("\\x2d", "-")));
            }
            line.strip_prefix(variable)?.strip_prefix('=').map(literal)
        }
    }
}

/// The first word of a shell's line, unquoted; `None` if the shell would expand it.
fn literal(text: &str) -> Value {
    let value = match text.chars().next() {
        Some('\'') => text[1..].split('\'').next()?,
        Some('"') => text[1..].split('"').next()?,
        _ => text.split([' ', '\t', ';', '#']).next()?,
    };
    let computed = !text.starts_with('\'') && value.contains(['$', '`', '\\', '(']);
    (!computed).then(|| Zeroizing::new(value.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "HEROKU_API_KEY";

    #[test]
    fn finds_the_last_line_of_the_first_file_that_sets_it() {
        let home = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", home.path())]);
        assert_eq!(set_in(&env, KEY), None);
        std::fs::write(home.path().join(".profile"), "HEROKU_API_KEY=fake\n").unwrap();
        let zshrc = home.path().join(".zshrc");
        std::fs::write(&zshrc, "# export HEROKU_API_KEY=old\n\nexport -x HEROKU_API_KEY=fake\nls\n").unwrap();
        let found = set_in(&env, KEY).unwrap();
        assert_eq!((found.path, found.line), (zshrc, 3));
    }

    #[test]
    fn finds_the_line_with_the_current_value_in_a_file_that_another_reads() {
        let home = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(home.path().join(name), text).unwrap();
        write(".zshrc", "export HEROKU_API_KEY=HRKU-fake-old\n");
        write(".bashrc", "[ -f ~/.secrets ] && . ~/.secrets\n");
        write(".secrets", "# mine\nexport HEROKU_API_KEY='HRKU-fake-one' # work\n. ~/.bashrc\n");
        let vars = [("HOME", home.path().to_str().unwrap()), ("SHELL", "/bin/bash"), (KEY, "HRKU-fake-one")];
        let found = set_in(&Env::new(vars), KEY).unwrap();
        assert_eq!(found.shown, format!("~{}.secrets:2", std::path::MAIN_SEPARATOR));
        assert_eq!(found.path_and_line(), format!("{}:2", home.path().join(".secrets").display()));
    }

    #[test]
    fn finds_powershell_profiles() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("Documents").join("PowerShell");
        std::fs::create_dir_all(&folder).unwrap();
        let profile = folder.join("Microsoft.PowerShell_profile.ps1");
        std::fs::write(&profile, "Import-Module posh-git\r\n$Env:HEROKU_API_KEY = 'HRKU-fake-one'\r\n")
            .unwrap();
        let env = Env::new([("HOME", home.path().to_str().unwrap()), (KEY, "HRKU-fake-one")]);
        let found = set_in(&env, KEY).unwrap();
        assert_eq!((found.path, found.line), (profile, 2));
    }

    #[test]
    fn reads_the_syntax_of_each_shell() {
        let value = |line: &str| assigned(line, KEY).map(|value| value.map(|value| value.to_string()));
        let fake = Some(Some("fake".to_owned()));
        for line in [
            "set -gx HEROKU_API_KEY fake",
            "set --export --global HEROKU_API_KEY 'fake'",
            "setenv HEROKU_API_KEY fake",
            "  HEROKU_API_KEY='fake'",
            "export PAGER=less HEROKU_API_KEY=\"fake\"; ls",
            "$env:HEROKU_API_KEY = \"fake\"",
            "$Env:HEROKU_API_KEY='fake'",
            "SETUVAR --export HEROKU_API_KEY:fake",
            "[ -f ~/.work ] && export HEROKU_API_KEY=fake",
            "test -f ~/.work || { HEROKU_API_KEY=fake; export HEROKU_API_KEY; }",
            "if [ -f ~/.work ]; then export HEROKU_API_KEY=fake; fi",
        ] {
            assert_eq!(value(line), fake, "{line}");
        }
        assert_eq!(value("export HEROKU_API_KEY=$(pass heroku)"), Some(None), "computed");
        for line in [
            "export HEROKU_API_KEY_OLD=fake",
            "#HEROKU_API_KEY=fake",
            "# ls; HEROKU_API_KEY=fake",
            "unset HEROKU_API_KEY",
            "set -e HEROKU_API_KEY",
            "export MY_HEROKU_API_KEY=fake",
            "echo $HEROKU_API_KEY",
        ] {
            assert_eq!(value(line), None, "{line}");
        }
    }

    #[test]
    fn finds_the_lines_of_a_folders_own_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(".env"), "PORT=5000\nHEROKU_API_KEY=HRKU-fake-folder\n").unwrap();
        std::fs::write(folder.path().join(".envrc"), "export HEROKU_API_KEY=$(pass heroku)\n").unwrap();
        let env = Env::new([("HOME", "/home/me")]);
        let found = folder_variables(&env, [".envrc", ".env"].map(|file| folder.path().join(file)));
        assert_eq!(
            found.iter().map(|set| (set.set_in.line, set.value.is_some())).collect::<Vec<_>>(),
            [(1, false), (2, true)]
        );
    }
}
