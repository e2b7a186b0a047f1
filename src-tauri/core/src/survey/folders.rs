//! The folders whose repositories have an account of their own.

use crate::base::env::Env;
use crate::insight::facts::FolderAccount;
use crate::ledger::folders::{self, Folder};
use crate::tools::git::{self, Repositories};

/// The recorded folders for which git's configuration still names the account.
pub(super) fn folders(env: &Env) -> Vec<FolderAccount> {
    let used = folders::read(env).into_iter().filter_map(|(path, Folder { account, is_tree })| {
        let repositories =
            if is_tree { Repositories::Below(path.clone()) } else { Repositories::Of(path.clone()) };
        // If git cannot be asked there, it does not use the account there, either.
        let is_so = git::is_account_of(env, &repositories, &account).unwrap_or_default();
        is_so.then(|| FolderAccount { shown: env.tilde(&path), path, account, is_tree })
    });
    used.collect()
}
