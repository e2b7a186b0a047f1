//! Writes or removes git's helper lines and changes nothing else.

use secrecy::zeroize::Zeroizing;

use super::{Done, Start};
use crate::base::error::{Code, Result};
use crate::base::files::Bytes;
use crate::ledger::undo;
use crate::ledger::undo::Secrets;
use crate::tools::git;

/// Writes the helper lines, so that git asks Herokey for Heroku's password.
pub(super) fn set(start: &Start<'_>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        let config = git::global_config(env);
        let back = format!("The previous helper lines are back in {}.", env.tilde(&config));
        let changed = git::install_and_note(env, |before, after| {
            let before = config.exists().then_some(before);
            let secrets = lines(before);
            let change = undo::draft(env, &back).file(&config, before, Some(after), Secrets::These(&secrets));
            match change.save(env) {
                // The user wants the lines even if the change cannot be undone; `herokey git remove` removes them.
                Err(error) if error.code == Code::CannotUndo => Ok(()),
                other => other,
            }
        })?;
        let what = if changed {
            "git now asks Herokey first for Heroku's password."
        } else {
            "git was already set up to use Herokey."
        };
        Ok(Done { what: what.to_owned(), note: String::new() })
    })
}

/// Removes Herokey's helper lines.
pub(super) fn remove(start: &Start<'_>) -> Result<Done> {
    start.run(|steps| {
        let changed = git::remove(steps.env())?;
        let what =
            if changed { "git no longer uses Herokey." } else { "git's configuration had no Herokey lines." };
        Ok(Done { what: what.to_owned(), note: String::new() })
    })
}

/// Every line of git's configuration. Any of them may hold a secret: a helper can be a command with a password in it.
fn lines(config: Option<&[u8]>) -> Vec<Bytes> {
    let lines = config.unwrap_or_default().split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines.filter(|line| !line.is_empty()).map(|line| Zeroizing::new(line.to_vec())).collect()
}
