//! git's global configuration: the helpers it asks for Heroku's password (INTEROP.md, "git").

mod account;
mod address;
mod answers;
mod command_line;
mod config;
mod entries;
mod helpers;
mod lock;
mod objects;
mod program;
mod routes;
mod socket;
mod test;
mod tokens;
mod writable;

use std::ffi::OsStr;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use secrecy::zeroize::Zeroizing;

pub use self::account::{Repositories, account_here};
pub(crate) use self::account::{is_account_of, set_account};
pub use self::answers::{Answers, names_account};
pub(crate) use self::config::config_files;
pub use self::helpers::{Helper, HelperLine, helpers};
use self::lock::Lock;
pub use self::objects::ObjectKind;
pub(crate) use self::objects::Objects;
pub(crate) use self::program::program;
pub use self::routes::{Access, Direction, Rewrite, Route, SetCredential};
pub(crate) use self::test::fill_credential;
pub use self::tokens::ConfigToken;
pub(crate) use self::tokens::{remove_tokens, replace_token, secrets, tokens, without_tokens};
pub(crate) use self::writable::unwritable;
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::process;
use crate::base::process::Answer;
use crate::base::token::Token;

/// The Heroku CLI's helper line. It must be the last value of the key, or the CLI replaces all of them.
pub(crate) const CLI_HELPER: &str = "!heroku git:credentials";

/// Makes the shell skip a program that is gone without printing anything, so that git asks the next helper.
const IF_INSTALLED: &str = "test -x ";
/// A folder that is no repository; git knows this name on Windows too.
const NO_REPOSITORY: &str = "/dev/null";
/// Far larger than any real configuration.
const MAX_BYTES: u64 = 4 << 20;

/// Writes the helper lines for Heroku's git host: an empty one, so that helpers for all hosts cannot answer with an old
/// password, then Herokey's, then all others that were there, and last the CLI's. True if a line changed.
pub(crate) fn install(env: &Env) -> Result<bool> {
    install_and_note(env, |_, _| Ok(()))
}

/// Does the same as [`install`], and passes the configuration's old and new bytes to `note` before it writes.
pub(crate) fn install_and_note(env: &Env, note: impl FnOnce(&[u8], &[u8]) -> Result<()>) -> Result<bool> {
    let ours = our_helper(env)?;
    if let Some(refusal) = writable::unwritable(env) {
        // The user may have added the lines by hand.
        let is_set_up = helpers(env)?.first().is_some_and(HelperLine::is_working_herokey);
        return if is_set_up { Ok(false) } else { Err(refusal) };
    }
    edit_and_note(env, note, |values| with_ours(values, &ours))
}

/// The values of the key that make git ask Herokey first.
fn with_ours(values: &[String], ours: &str) -> Vec<String> {
    let others =
        values.iter().filter(|value| !value.is_empty() && *value != CLI_HELPER && !is_herokey(value));
    let mut lines = vec![String::new(), ours.to_owned()];
    lines.extend(others.cloned());
    lines.push(CLI_HELPER.to_owned());
    lines
}

/// Removes Herokey's lines and keeps all others, including the CLI's. True if a line changed.
pub(crate) fn remove(env: &Env) -> Result<bool> {
    edit(env, |values| {
        if !values.iter().any(|value| is_herokey(value)) {
            return values.to_vec();
        }
        values.iter().filter(|value| !value.is_empty() && !is_herokey(value)).cloned().collect()
    })
}

/// Removes every helper line for Heroku's git host, as `heroku logout` does. True if there was one.
pub(crate) fn remove_all(env: &Env) -> Result<bool> {
    edit(env, |_| Vec::new())
}

/// Tells git's other helpers to forget a password for Heroku's git host: `git credential reject`.
pub(crate) fn reject_credential(env: &Env) -> Result<()> {
    let request = format!("protocol=https\nhost={}\n\n", env.hosts().git).into_bytes();
    let mut reject = git(env);
    // A helper that prompts must not hang here.
    reject.args(["credential", "reject"]).env("GIT_TERMINAL_PROMPT", "0");
    let rejected = process::run(&mut reject, Zeroizing::new(request), env.limits.git, MAX_BYTES);
    rejected.map(drop).map_err(|error| failed("ask", &error.to_string()))
}

/// What git's configuration says about Heroku's git host.
pub(crate) struct Configuration {
    /// The helpers that git asks for the host, or why it cannot read their lines.
    pub(crate) helpers: Result<Vec<HelperLine>>,
    /// The route of the host, then those of the Heroku remotes of the folder's repository.
    pub(crate) routes: Vec<Route>,
    /// The tokens in the files, each with its file and line.
    pub(crate) tokens: Vec<(PathBuf, usize, Token)>,
}

/// Reads git's configuration once: outside any repository, or in the folder of `env`.
pub(crate) fn configuration(env: &Env) -> Result<Configuration> {
    let entries = entries::read(env)?;
    Ok(Configuration {
        helpers: helpers::of_host(env, &entries),
        routes: routes::routes(env, &entries),
        tokens: tokens::tokens_in(env, &entries)?,
    })
}

/// True if git refuses to use the repository of the folder because it belongs to another user (git-config(1),
/// `safe.directory`).
pub(crate) fn refuses_repository(env: &Env) -> Result<bool> {
    let answer = run(env, git(env).args(["rev-parse", "--git-dir"]).env("LC_ALL", "C"))?;
    Ok(!answer.status.success() && answer.stderr.contains("dubious ownership"))
}

/// The configuration key of the helper lines for Heroku's git host.
pub fn helper_key(env: &Env) -> String {
    format!("credential.https://{}.helper", env.hosts().git)
}

fn our_helper(env: &Env) -> Result<String> {
    // The files in an AppImage exist only while it runs, so the line names the image, which passes git's request on.
    let program = env.appimage().unwrap_or_else(|| env.own_program("herokey"));
    if !program.is_file() {
        return Err(failed("change", "the program herokey is missing from the folder of this one"));
    }
    // git passes the line to a shell, on Windows too.
    let path = program.to_string_lossy().replace('\\', "/").replace('\'', r"'\''");
    // The line may outlive the program: removing the package changes no home folder.
    Ok(format!("!{IF_INSTALLED}'{path}' && '{path}' git-credential"))
}

fn is_herokey(value: &str) -> bool {
    // The user may have renamed an AppImage.
    let named = value.contains("herokey")
        || value.strip_prefix('!').is_some_and(|line| line.starts_with(IF_INSTALLED));
    value.starts_with('!') && value.trim_end().ends_with("git-credential") && named
}

/// True if a file is one of git's configuration: of the user's own or of a repository.
pub(crate) fn reads(env: &Env, path: &Path) -> bool {
    path == global_config(env)
        || path.ends_with(".git/config")
        || config_files(env).iter().any(|file| file == path)
}

/// Replaces the bytes of a file of git's configuration, under git's lock. `None` removes the file.
pub(crate) fn replace_in(
    env: &Env,
    config: &Path,
    change: impl FnOnce(&[u8]) -> Result<Option<Zeroizing<Vec<u8>>>>,
) -> Result<()> {
    let path = config;
    let config = dunce::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    writable::refusal(env, path, &config, &[]).map_or(Ok(()), Err)?;
    let io_failed = |error: io::Error| failed("change", &error.to_string());
    let _lock = Lock::take(env, &config).map_err(io_failed)?;
    let copy = lock::copy_of(&config).map_err(io_failed)?;
    match change(&bytes(&copy)?)? {
        Some(bytes) => {
            fs::write(&copy, &bytes).map_err(io_failed)?;
            lock::replace_with(&copy, &config).map_err(io_failed)
        }
        None => files::remove(&config).map(drop).map_err(io_failed),
    }
}

/// The bytes of a configuration file. Empty if there is no file.
fn bytes(path: &Path) -> Result<files::Bytes> {
    let read = files::read(path, MAX_BYTES).map_err(|error| failed("read", &error.to_string()))?;
    Ok(read.unwrap_or_default())
}

/// Changes the values of the key in one step, with git's own writer and under git's lock. The changed copy is renamed
/// over the old file, so no program sees half of the lines and no concurrent `git config` is lost.
fn edit(env: &Env, new_values: impl Fn(&[String]) -> Vec<String>) -> Result<bool> {
    edit_and_note(env, |_, _| Ok(()), new_values)
}

fn edit_and_note(
    env: &Env,
    note: impl FnOnce(&[u8], &[u8]) -> Result<()>,
    new_values: impl Fn(&[String]) -> Vec<String>,
) -> Result<bool> {
    let config = global_config(env);
    let key = helper_key(env);
    if let Some(refusal) = writable::refusal(env, &global_path(env), &config, &[]) {
        let now = values(env, &config, &key)?;
        return if new_values(&now) == now { Ok(false) } else { Err(refusal) };
    }
    let io_failed = |error: io::Error| failed("change", &error.to_string());
    let _lock = Lock::take(env, &config).map_err(io_failed)?;
    let copy = lock::copy_of(&config).map_err(io_failed)?;
    let old_bytes = bytes(&copy)?;
    let before = values(env, &copy, &key)?;
    let after = new_values(&before);
    if before == after {
        return Ok(false);
    }
    let in_copy = |arguments: &[&str]| {
        let output = run(env, git(env).arg("config").arg("--file").arg(&copy).args(arguments))?;
        if output.status.success() { Ok(()) } else { Err(failed("change", &output.stderr)) }
    };
    if !before.is_empty() {
        in_copy(&["--unset-all", &key])?;
    }
    after.iter().try_for_each(|value| in_copy(&["--add", &key, value]))?;
    note(&old_bytes, &bytes(&copy)?)?;
    lock::replace_with(&copy, &config).map_err(io_failed)?;
    Ok(true)
}

fn values(env: &Env, file: &Path, key: &str) -> Result<Vec<String>> {
    let output = run(env, git(env).arg("config").arg("--file").arg(file).args(["--null", "--get-all", key]))?;
    match output.status.code() {
        Some(0 | 1) => {
            let text = String::from_utf8_lossy(&output.stdout);
            Ok(text.split_terminator('\0').map(str::to_owned).collect())
        }
        _ => Err(failed("read", &output.stderr)),
    }
}

/// The file that `git config --global` writes to (git-config(1), "FILES"), with links resolved.
pub(crate) fn global_config(env: &Env) -> PathBuf {
    let path = global_path(env);
    // A link to a file that does not exist yet stays a link too.
    let target = || Some(files::folder_of(&path).join(fs::read_link(&path).ok()?));
    dunce::canonicalize(&path).ok().or_else(target).unwrap_or(path)
}

fn global_path(env: &Env) -> PathBuf {
    let home = env.home().join(".gitconfig");
    let xdg = env
        .os("XDG_CONFIG_HOME")
        .map_or_else(|| env.home().join(".config"), PathBuf::from)
        .join("git/config");
    match env.os("GIT_CONFIG_GLOBAL") {
        Some(path) => path.into(),
        None if !home.exists() && xdg.exists() => xdg,
        None => home,
    }
}

/// A git command with this environment, run in its folder, or in the home folder if it has none. git's own variables are
/// a part of its configuration; no other secret concerns it.
fn git(env: &Env) -> Command {
    git_with(env, |name| name.to_string_lossy().starts_with("GIT_"))
}

/// A git command that also gets the variables with a secret whose name it `needs`.
fn git_with(env: &Env, needs: impl Fn(&OsStr) -> bool) -> Command {
    let mut command = env.command_with(program(env).unwrap_or_else(|| "git".into()), needs);
    command.current_dir(folder(env)).stdin(Stdio::null());
    if env.folder.is_none() {
        // The home folder may be a repository, whose configuration does not apply elsewhere.
        command.env("GIT_DIR", NO_REPOSITORY);
    }
    command
}

fn folder(env: &Env) -> PathBuf {
    env.folder.clone().unwrap_or_else(|| env.home())
}

fn run(env: &Env, command: &mut Command) -> Result<Answer> {
    process::run(command, Zeroizing::default(), env.limits.git, MAX_BYTES).map_err(|error| {
        if error.kind() == io::ErrorKind::NotFound {
            return Error::new(Code::GitConfigFailed, "git is not installed.")
                .next_step("Install git, then run `herokey git install`.");
        }
        failed("read", &error.to_string())
    })
}

fn failed(verb: &str, detail: &str) -> Error {
    Error::new(Code::GitConfigFailed, format!("Could not {verb} git's configuration."))
        .means("The token is in place; `git push` may ask for a password.")
        .next_step("Fix the problem shown under \"Technical details\", then run `herokey git install`.")
        .detail(detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A home folder in which git runs; prints that the test is skipped and returns `None` if git is not installed.
    fn home(gitconfig: &str) -> Option<(tempfile::TempDir, Env)> {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(".gitconfig"), gitconfig).unwrap();
        fs::write(home.path().join(format!("herokey{}", std::env::consts::EXE_SUFFIX)), "").unwrap();
        let mut vars = vec![("HOME", home.path().into()), ("GIT_CONFIG_NOSYSTEM", "1".into())];
        let needed = ["PATH", "SYSTEMROOT", "PROGRAMFILES"];
        vars.extend(needed.into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let mut env = Env::new(vars);
        home.path().clone_into(&mut env.programs);
        if program(&env).is_none() {
            eprintln!("SKIPPED: git is not installed");
            return None;
        }
        Some((home, env))
    }

    fn helpers_asked(env: &Env) -> Vec<Helper> {
        helpers(env).unwrap().into_iter().map(|line| line.helper).collect()
    }

    #[test]
    fn installs_its_lines_once_and_removes_every_byte_of_them() {
        let before = "[user]\n\tname = Me ; a comment\n[credential]\n\thelper = store\n";
        let Some((home, env)) = home(before) else { return };
        assert!(install(&env).unwrap());
        assert_eq!(helpers_asked(&env), [Helper::Herokey, Helper::Heroku], "`store` is not asked for Heroku");
        assert!(!install(&env).unwrap(), "a second time changes nothing");
        assert!(remove_all(&env).unwrap());
        assert_eq!(fs::read_to_string(home.path().join(".gitconfig")).unwrap(), before);
        assert!(!home.path().join(".gitconfig.lock").exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_the_appimage_and_not_a_file_in_it() {
        let Some((home, env)) = home("") else { return };
        let image = home.path().join("HK.AppImage");
        fs::write(&image, "").unwrap();
        let path = |path: &Path| path.as_os_str().to_owned();
        let mut inside = Env::new([
            ("PATH", std::env::var_os("PATH").unwrap()),
            ("HOME", path(home.path())),
            ("APPDIR", path(home.path())),
            ("APPIMAGE", path(&image)),
        ]);
        inside.programs = env.programs;
        assert!(install(&inside).unwrap());
        let line = format!("!test -x '{0}' && '{0}' git-credential", image.display());
        assert!(fs::read_to_string(home.path().join(".gitconfig")).unwrap().contains(&line));
        assert!(!install(&inside).unwrap(), "an AppImage counts as Herokey under any name");
    }

    #[test]
    fn keeps_other_programs_lines() {
        let Some((_home, env)) = home(
            "[credential \"https://git.heroku.com\"]\n\thelper = mine\n\thelper = \"!heroku git:credentials\"\n",
        ) else {
            return;
        };
        install(&env).unwrap();
        let mine = Helper::Other("mine".to_owned());
        assert_eq!(helpers_asked(&env), [Helper::Herokey, mine.clone(), Helper::Heroku]);
        assert!(remove(&env).unwrap());
        assert_eq!(helpers_asked(&env), [mine, Helper::Heroku]);
        assert!(!remove(&env).unwrap());
    }

    #[test]
    fn fails_when_git_keeps_its_lock() {
        let Some((home, env)) = home("") else { return };
        fs::write(home.path().join(".gitconfig.lock"), "").unwrap();
        let error = install(&env).unwrap_err();
        assert_eq!(error.code, Code::GitConfigFailed);
        assert!(home.path().join(".gitconfig.lock").exists(), "another program's lock stays");
    }

    #[test]
    fn removes_a_lock_that_a_killed_herokey_left_behind() {
        let Some((home, env)) = home("") else { return };
        let lock = home.path().join(".gitconfig.lock");
        fs::write(home.path().join(".gitconfig.herokey-1a2b3c"), "").unwrap();
        fs::hard_link(home.path().join(".gitconfig.herokey-1a2b3c"), &lock).unwrap();
        fs::write(home.path().join(".gitconfig.herokey-4d5e6f.lock"), "half").unwrap();
        assert!(install(&env).unwrap());
        let mut names: Vec<_> =
            fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".gitconfig", &format!("herokey{}", std::env::consts::EXE_SUFFIX)]);
    }

    #[cfg(unix)]
    #[test]
    fn writes_through_a_link() {
        let Some((home, env)) = home("") else { return };
        let dotfiles = home.path().join("dotfiles");
        fs::rename(home.path().join(".gitconfig"), &dotfiles).unwrap();
        std::os::unix::fs::symlink(&dotfiles, home.path().join(".gitconfig")).unwrap();
        install(&env).unwrap();
        assert!(fs::symlink_metadata(home.path().join(".gitconfig")).unwrap().is_symlink());
        assert!(fs::read_to_string(dotfiles).unwrap().contains("git-credential"));
    }
}
