//! Tells before any change whether git's global configuration can be replaced, and says what to write by hand if not.

use std::fs;
use std::io;
use std::path::Path;

use super::{global_config, global_path, helper_key, our_helper, values, with_ours};
use crate::base::env::Env;
use crate::base::error::{Code, Error};
use crate::base::files;

/// Why git's global configuration cannot be changed, with the lines to add by hand; `None` if it can.
pub(crate) fn unwritable(env: &Env) -> Option<Error> {
    obstacle(&global_config(env))?;
    // If the configuration cannot be read either, no other helper is known.
    let now = values(env, &global_config(env), &helper_key(env)).unwrap_or_default();
    let lines = our_helper(env).map(|ours| with_ours(&now, &ours)).unwrap_or_default();
    refusal(env, &lines)
}

/// Why the configuration cannot be changed, with these values of the key as the lines to add by hand.
pub(super) fn refusal(env: &Env, values: &[String]) -> Option<Error> {
    let config = global_config(env);
    let obstacle = obstacle(&config)?;
    let path = global_path(env);
    let (shown, target) = (env.tilde(&path), env.tilde(&config));
    let points = if path == config { String::new() } else { format!(" It points to {target}.") };
    let error =
        Error::new(Code::GitConfigFailed, format!("Herokey cannot change {shown}: {}.", obstacle.cause))
            .means(format!("It was not changed, and `git push` may ask for a password.{points}"));
    Some(if values.is_empty() {
        error.next_step(format!("{}, or remove the lines where the file is made.", obstacle.remedy))
    } else {
        let next_step = format!("{}, or add these lines where the file is made:", obstacle.remedy);
        error.next_step_with_lines(next_step, &lines(env, values))
    })
}

/// What keeps a file from being replaced.
struct Obstacle {
    cause: String,
    remedy: &'static str,
}

fn obstacle(config: &Path) -> Option<Obstacle> {
    let is = |cause: &str, remedy| Some(Obstacle { cause: cause.to_owned(), remedy });
    let folder = files::folder_of(config);
    match fs::metadata(config) {
        Ok(metadata) if !metadata.is_file() => {
            return is("it is not a regular file", "Set GIT_CONFIG_GLOBAL to a file");
        }
        Ok(_) if files::is_mount_point(config) => {
            return is(
                "it is mounted by itself, so that no program can replace it",
                "Mount its folder instead",
            );
        }
        // git replaces such a file, but whoever protects it does not want that.
        Ok(_) if files::is_protected(config) => return is("it is read-only", "Make it writable"),
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return is(&error.to_string(), "Make it readable");
        }
        _ => {}
    }
    match fs::metadata(folder) {
        Err(error) => Some(Obstacle { cause: format!("its folder: {error}"), remedy: "Create the folder" }),
        Ok(_) if files::is_protected(folder) => is("its folder is read-only", "Make the folder writable"),
        Ok(_) => None,
    }
}

/// The lines of a configuration file that set the key to these values (git-config(1), "Syntax").
fn lines(env: &Env, values: &[String]) -> Vec<String> {
    let key = helper_key(env);
    let url = key.strip_prefix("credential.").and_then(|key| key.strip_suffix(".helper")).unwrap_or_default();
    let quoted = |value: &String| value.replace('\\', r"\\").replace('"', "\\\"");
    let line = |value: &String| format!("    helper = \"{}\"", quoted(value));
    std::iter::once(format!("[credential \"{url}\"]")).chain(values.iter().map(line)).collect()
}
