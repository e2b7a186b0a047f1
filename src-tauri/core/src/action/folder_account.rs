//! Use, for some repositories: git's configuration names the account, and Herokey's helper answers with its token there.

use super::{Done, Start};
use crate::base::error::Result;
use crate::ledger::folders::{self, Folder};
use crate::stores::keychain::Unlock;
use crate::stores::lookup::account_token;
use crate::tools::git::{self, HelperLine, Repositories};

/// Uses an account in these repositories, or the one in use again.
pub(super) fn set(start: &Start<'_>, repositories: &Repositories, account: Option<&str>) -> Result<Done> {
    start.run(|steps| {
        let env = steps.env();
        if let Some(account) = account {
            account_token(env, Some(account), Unlock::Ask)?;
        }
        let folder = git::set_account(env, repositories, account)?;
        let is_tree = matches!(repositories, Repositories::Below(_));
        let now = account.map(|account| Folder { account: account.to_owned(), is_tree });
        folders::record(env, &folder, now)?;
        let shown = if is_tree { "the repositories below that folder" } else { "this repository" };
        let Some(account) = account else {
            let what = format!("git uses the account in use in {shown} again.");
            return Ok(Done { what, note: String::new() });
        };
        let asks_herokey = git::helpers(env)?.first().is_some_and(HelperLine::is_working_herokey);
        let note = if asks_herokey { "" } else { "git does not ask Herokey yet: run `herokey git install`." };
        Ok(Done { what: format!("git uses {account} in {shown}."), note: note.to_owned() })
    })
}
