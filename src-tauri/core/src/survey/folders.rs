//! The folders whose repositories have an account of their own.

use std::path::PathBuf;

use crate::base::env::Env;
use crate::ledger::folders::{self, Folder};
use crate::tools::git::{self, Repositories};

/// The recorded folders for which git's configuration still names the account.
pub fn folders(env: &Env) -> Vec<(PathBuf, Folder)> {
    let is_so = |(path, folder): &(PathBuf, Folder)| {
        let repositories =
            if folder.is_tree { Repositories::Below(path.clone()) } else { Repositories::Of(path.clone()) };
        // If git cannot be asked there, it does not use the account there, either.
        git::is_account_of(env, &repositories, &folder.account).unwrap_or_default()
    };
    folders::read(env).into_iter().filter(is_so).collect()
}
