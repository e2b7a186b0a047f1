//! Tells before any change whether git's global configuration can be replaced, and says what to write by hand if not.

use std::path::Path;

use super::{global_config, global_path, helper_key, our_helper, with_ours};
use crate::base::env::Env;
use crate::base::error::{Code, Error};
use crate::base::files::{self, Obstacle};

/// Why git's global configuration cannot be changed, with the lines to add by hand; `None` if it can.
pub(crate) fn unwritable(env: &Env) -> Option<Error> {
    files::obstacle(&global_config(env))?;
    // Other helpers are left out, because a command line can contain a password.
    let values = our_helper(env).map(|ours| with_ours(&[], &ours)).unwrap_or_default();
    refusal(env, &global_path(env), &global_config(env), &lines(env, &values))
}

/// Why a file of the configuration cannot be changed, with the lines to add by hand. `config` is where the links of `path`
/// lead.
pub(super) fn refusal(env: &Env, path: &Path, config: &Path, lines: &[String]) -> Option<Error> {
    let obstacle = files::obstacle(config)?;
    let (shown, target) = (env.tilde(path), env.tilde(config));
    let points = if path == config { String::new() } else { format!(" It points to {target}.") };
    let error = Error::new(Code::GitConfigFailed, format!("Herokey cannot change {shown}: {obstacle}."))
        .means(format!("It was not changed, and `git push` may ask for a password.{points}"));
    Some(if lines.is_empty() {
        error.next_step(format!("{}, or remove the lines where the file is made.", remedy(&obstacle)))
    } else {
        let next_step = format!("{}, or add these lines where the file is made:", remedy(&obstacle));
        error.next_step_with_lines(next_step, lines)
    })
}

/// What the user can do, other than write the lines by hand.
fn remedy(obstacle: &Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NotRegular => "Put a file in its place",
        Obstacle::Mounted => "Mount its folder instead",
        Obstacle::ReadOnly => "Make it writable",
        Obstacle::FolderReadOnly => "Make its folder writable",
        Obstacle::Unseen(_) => "Make sure that its folder exists and that you may open it",
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
