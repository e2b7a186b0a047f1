//! Use, for one folder: git's configuration names the account, and Herokey's helper answers with its token there.

use std::path::PathBuf;

use super::{Done, Start};
use crate::base::error::Result;
use crate::ledger::folders::{self, Folder};
use crate::stores::keychain::Unlock;
use crate::stores::lookup::account_token;
use crate::tools::git::{self, HelperLine};

/// Where the account is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Where {
    /// In the repository of this folder.
    Repository(PathBuf),
    /// In every repository below this folder.
    Below(PathBuf),
}

/// Uses an account there, or the one in use again.
pub(super) fn set(start: &Start<'_>, place: &Where, account: Option<&str>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        if let Some(account) = account {
            account_token(env, Some(account), Unlock::Ask)?;
        }
        let (folder, config, shown) = match place {
            Where::Repository(folder) => {
                let env = env.in_folder(folder.clone(), None);
                let (top, config) = git::repository(&env)?;
                git::set_here(&env, account)?;
                (top, config, "this repository")
            }
            Where::Below(folder) => {
                (folder.clone(), git::set_below(env, folder, account)?, "the repositories below that folder")
            }
        };
        let now = account.map(|account| Folder {
            account: account.to_owned(),
            config,
            is_tree: matches!(place, Where::Below(_)),
        });
        folders::record(env, &folder, now)?;
        let Some(account) = account else {
            let what = format!("git uses the account in use in {shown} again.");
            return Ok(Done { what, note: String::new() });
        };
        let asks_herokey = git::helpers(env)?.first().is_some_and(HelperLine::is_working_herokey);
        let note = if asks_herokey { "" } else { "git does not ask Herokey yet: run `herokey git install`." };
        Ok(Done { what: format!("git uses {account} in {shown}."), note: note.to_owned() })
    })
}
