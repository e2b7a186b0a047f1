//! The account of a repository, or of all repositories below a folder: `credential.https://git.heroku.com.username`, for
//! which Herokey's helper answers (gitcredentials(7), "username").

use std::path::{Path, PathBuf};

use super::{failed, git, global_path, run, values, writable};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::process::Answer;

/// The repositories that have an account of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Repositories {
    /// The one of this folder.
    Of(PathBuf),
    /// Every one below this folder.
    Below(PathBuf),
}

/// The account that git asks for in the folder of `env`.
pub fn account_here(env: &Env) -> Result<Option<String>> {
    let address = format!("https://{}", env.hosts().git);
    let answer = run(env, git(env).args(["config", "--get-urlmatch", "credential.username", &address]))?;
    let name = line(&answer);
    Ok(Some(name).filter(|name| answer.status.success() && name.contains('@')))
}

/// True if git's configuration names this account for the repositories.
pub(crate) fn is_account_of(env: &Env, repositories: &Repositories, account: &str) -> Result<bool> {
    match repositories {
        Repositories::Of(folder) => {
            Ok(account_here(&env.in_folder(folder.clone(), None))?.as_deref() == Some(account))
        }
        Repositories::Below(folder) => {
            let included = included(env, account).to_string_lossy().into_owned();
            Ok(values(env, &global_path(env), &condition(folder))?.contains(&included))
        }
    }
}

/// Names the account of the repositories in git's configuration, or removes the name. Returns their folder.
pub(crate) fn set_account(env: &Env, repositories: &Repositories, account: Option<&str>) -> Result<PathBuf> {
    match repositories {
        Repositories::Of(folder) => {
            let (top, config) = repository(&env.in_folder(folder.clone(), None))?;
            set(env, &config, &username_key(env), account)?;
            Ok(top)
        }
        Repositories::Below(folder) => {
            let file = account.map(|account| included(env, account));
            if let (Some(account), Some(file)) = (account, &file) {
                files::private_folder(files::folder_of(file))
                    .map_err(|error| failed("change", &error.to_string()))?;
                set(env, file, &username_key(env), Some(account))?;
            }
            let file = file.map(|file| file.to_string_lossy().into_owned());
            set(env, &global_path(env), &condition(folder), file.as_deref())?;
            Ok(folder.clone())
        }
    }
}

/// The key that names the account for Heroku's git host.
fn username_key(env: &Env) -> String {
    format!("credential.https://{}.username", env.hosts().git)
}

/// The key that includes a file in every repository below a folder (git-config(1), "Conditional includes").
fn condition(folder: &Path) -> String {
    let folder = folder.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    format!("includeIf.gitdir:{}/.path", folder.trim_end_matches('/'))
}

/// The file that names an account for several repositories.
fn included(env: &Env, account: &str) -> PathBuf {
    let name: String =
        account.chars().map(|c| if c.is_alphanumeric() || "@.+-_".contains(c) { c } else { '_' }).collect();
    env.config_home().join("git").join(format!("herokey-{name}"))
}

/// The repository of the folder of `env`, and the file with its configuration.
fn repository(env: &Env) -> Result<(PathBuf, PathBuf)> {
    let asked = |options: &[&str]| -> Result<Option<PathBuf>> {
        let answer = run(env, git(env).args(["rev-parse", "--path-format=absolute"]).args(options))?;
        Ok(answer.status.success().then(|| line(&answer).into()))
    };
    asked(&["--show-toplevel"])?.zip(asked(&["--git-path", "config"])?).ok_or_else(|| {
        Error::new(Code::WrongUsage, "This folder is no git repository.").means("Nothing was changed.").next_step(
            "Run the command in a repository, or use `--includeIf FOLDER` for all repositories below a folder.",
        )
    })
}

/// Sets a key to one value or removes it, with git's own writer, which takes git's lock.
fn set(env: &Env, file: &Path, key: &str, value: Option<&str>) -> Result<()> {
    let now = values(env, file, key)?;
    if now.iter().map(String::as_str).eq(value) {
        return Ok(());
    }
    let target = dunce::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let by_hand = value.map(|value| lines(key, value)).unwrap_or_default();
    writable::refusal(env, file, &target, &by_hand).map_or(Ok(()), Err)?;
    let mut command = git(env);
    command.args(["config", "--file"]).arg(&target);
    match value {
        Some(value) => command.args(["--replace-all", key, value]),
        None => command.args(["--unset-all", key]),
    };
    let answer = run(env, &mut command)?;
    if answer.status.success() { Ok(()) } else { Err(failed("change", &answer.stderr)) }
}

/// The lines of a configuration file that set a key of a subsection (git-config(1), "Syntax").
fn lines(key: &str, value: &str) -> Vec<String> {
    let (section, rest) = key.split_once('.').unwrap_or_default();
    let (subsection, name) = rest.rsplit_once('.').unwrap_or_default();
    vec![format!("[{section} \"{subsection}\"]"), format!("    {name} = {value}")]
}

/// What git printed, without the end of the line.
fn line(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.stdout).trim_end_matches('\n').to_owned()
}
