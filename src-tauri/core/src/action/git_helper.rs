//! git's helper lines, by themselves.

use secrecy::zeroize::Zeroizing;

use super::{Done, Start};
use crate::base::error::{Code, Result};
use crate::base::files::Bytes;
use crate::ledger::undo;
use crate::tools::git;

/// Writes the helper lines.
pub(super) fn set(start: &Start<'_>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        let config = git::global_config(env);
        let back = format!("The helper lines in {} are as they were.", env.tilde(&config));
        let changed = git::install_noting(env, |before, after| {
            let before = config.exists().then_some(before);
            let change = undo::draft(env, &back).file(&config, before, Some(after), &secrets(before));
            match change.keep(env) {
                // The lines are wanted all the same; `herokey git remove` takes Herokey's away.
                Err(error) if error.code == Code::CannotUndo => Ok(()),
                other => other,
            }
        })?;
        let what = if changed {
            "git asks Herokey first for Heroku's password."
        } else {
            "The lines were there already."
        };
        Ok(Done { what: what.to_owned(), note: String::new() })
    })
}

/// Removes Herokey's lines.
pub(super) fn remove(start: &Start<'_>) -> Result<Done> {
    start.run(|steps| {
        let changed = git::remove(steps.env())?;
        let what =
            if changed { "git does not ask Herokey any more." } else { "There was no line of Herokey's." };
        Ok(Done { what: what.to_owned(), note: String::new() })
    })
}

/// A helper can be a command line with a password in it.
fn secrets(config: Option<&[u8]>) -> Vec<Bytes> {
    let lines = config.unwrap_or_default().split(|byte| *byte == b'\n');
    let telling = lines.filter(|line| String::from_utf8_lossy(line).to_lowercase().contains("password"));
    telling.map(|line| Zeroizing::new(line.to_vec())).collect()
}
