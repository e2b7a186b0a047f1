//! The account of a repository, or of all repositories below a folder: `credential.https://git.heroku.com.username`, for
//! which Herokey's helper answers (gitcredentials(7), "username").

use std::path::{Path, PathBuf};

use super::{edit_failed, git, global_path, run};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::process::Answer;

/// The key that names the account for Heroku's git host.
fn username_key(env: &Env) -> String {
    format!("credential.https://{}.username", env.hosts().git)
}

/// The repository of the folder of `env`, and the file with its configuration.
pub(crate) fn repository(env: &Env) -> Result<(PathBuf, PathBuf)> {
    let asked = |option: &str| -> Result<Option<PathBuf>> {
        let answer =
            run(env, git(env).args(["rev-parse", "--path-format=absolute"]).args(option.split(' ')))?;
        Ok(answer.status.success().then(|| line(&answer).into()))
    };
    match (asked("--show-toplevel")?, asked("--git-path config")?) {
        (Some(top), Some(config)) => Ok((top, config)),
        _ => Err(Error::new(Code::WrongUsage, "This folder is no git repository.")
            .means("Nothing was changed.")
            .next_step("Run the command in a repository, or use `--includeIf FOLDER` for all repositories below a folder.")),
    }
}

/// The account that git asks for in the folder of `env`.
pub fn account_here(env: &Env) -> Result<Option<String>> {
    let address = format!("https://{}", env.hosts().git);
    let answer = run(env, git(env).args(["config", "--get-urlmatch", "credential.username", &address]))?;
    let name = line(&answer);
    Ok(Some(name).filter(|name| answer.status.success() && name.contains('@')))
}

/// Names the account in the configuration of the repository of `env`, or removes the name. True if something changed.
pub(crate) fn set_here(env: &Env, account: Option<&str>) -> Result<bool> {
    let key = username_key(env);
    let now = run(env, git(env).args(["config", "--local", "--get", &key]))?;
    let now = now.status.success().then(|| line(&now));
    if now.as_deref() == account {
        return Ok(false);
    }
    match account {
        Some(account) => change(env, &["config", "--local", "--replace-all", &key, account])?,
        None => change(env, &["config", "--local", "--unset-all", &key])?,
    }
    Ok(true)
}

/// Names the account for all repositories below a folder, or removes the name. Returns the file that names it.
pub(crate) fn set_below(env: &Env, folder: &Path, account: Option<&str>) -> Result<PathBuf> {
    let condition = format!("includeIf.gitdir:{}/.path", folder.display().to_string().trim_end_matches('/'));
    let global = global_path(env);
    let global = global.to_string_lossy();
    let file = included(env, account.unwrap_or_default());
    if let Some(account) = account {
        let text = format!("[credential \"https://{}\"]\n\tusername = {account}\n", env.hosts().git);
        files::private_folder(files::folder_of(&file))
            .and_then(|()| files::write_own(&file, text.as_bytes()))
            .map_err(|error| edit_failed(&error.to_string()))?;
        let path = file.to_string_lossy();
        change(env, &["config", "--file", &global, "--replace-all", &condition, &path])?;
    } else {
        change(env, &["config", "--file", &global, "--unset-all", &condition])?;
    }
    Ok(file)
}

/// The file that names an account for several repositories.
fn included(env: &Env, account: &str) -> PathBuf {
    let name: String =
        account.chars().map(|c| if c.is_alphanumeric() || "@.+-_".contains(c) { c } else { '_' }).collect();
    env.config_home().join("git").join(format!("herokey-{name}"))
}

/// Changes a configuration with git's own writer, which takes git's lock.
fn change(env: &Env, arguments: &[&str]) -> Result<()> {
    let answer = run(env, git(env).args(arguments))?;
    if answer.status.success() { Ok(()) } else { Err(edit_failed(&answer.stderr)) }
}

/// What git printed, without the end of the line.
fn line(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.stdout).trim_end_matches('\n').to_owned()
}
