//! `herokey accounts` and `herokey use`: list the accounts and switch between them.

use std::io::Write;
use std::path::PathBuf;

use herokey_core::action::Action;
use herokey_core::base::person::Nobody;
use herokey_core::insight::accounts::{Account, TokenLocation, accounts};
use herokey_core::survey::survey;
use herokey_core::tools::git::Repositories;
use herokey_core::{Code, Env, Error, Result};
use serde_json::json;

use crate::Failure;
use crate::args::{Accounts, Use};
use crate::style::Style;
use crate::suggest;
use crate::terminal::{self, perform, say};

pub(crate) fn run(env: &Env, args: &Accounts) -> Result<(), Failure> {
    let facts = survey(env);
    let all = accounts(&facts);
    let mut out = terminal::stdout();
    if args.json {
        let account = |account: &Account| {
            let mut shown = json!({
                "email": account.email,
                "current": account.is_current,
                "aliases": account.aliases,
                "stores": stores(account),
            });
            let folders: Vec<_> =
                account.folders.iter().map(|folder| folder.path.display().to_string()).collect();
            if !folders.is_empty() {
                shown["folders"] = json!(folders);
            }
            shown
        };
        let accounts = all.iter().map(account).collect::<Vec<_>>();
        let mut report = json!({ "schema": 1, "accounts": accounts });
        if let Some(unseen) = facts.keychain_unseen() {
            report["keychain_unseen"] = json!(unseen.code);
        }
        writeln!(out, "{report:#}")?;
        return Ok(());
    }
    if let Some(unseen) = facts.keychain_unseen() {
        say(&format!(
            "{} Accounts whose tokens are only there are not listed. {}",
            unseen.what, unseen.next_step
        ));
    } else if all.is_empty() {
        writeln!(out, "No account has a token on this machine.")?;
    }
    let width = all.iter().map(|account| account.email.len()).max().unwrap_or_default();
    for account in &all {
        let mark = if account.is_current { Style::Fine.paint('*') } else { " ".to_owned() };
        let mut locations = stores(account).join(", ");
        if !account.aliases.is_empty() {
            locations = format!("{locations} (heroku accounts: {})", account.aliases.join(", "));
        }
        writeln!(out, "{mark} {:<width$}  {locations}", account.email)?;
        for folder in &account.folders {
            writeln!(out, "  {:<width$}  in {}", "", folder.name())?;
        }
    }
    Ok(())
}

pub(crate) fn switch(env: &Env, args: Use) -> Result<()> {
    let asked = args.account.clone();
    let action = match (args.below, args.here) {
        (Some(folder), _) => {
            Action::UseIn { repositories: Repositories::Below(folder), account: args.account }
        }
        (None, true) => {
            Action::UseIn { repositories: Repositories::Of(current_folder()?), account: args.account }
        }
        (None, false) => Action::UseAccount { account: args.account.unwrap_or_default() },
    };
    suggest::account(env, asked.as_deref(), perform(env, &Nobody, &action))
}

fn current_folder() -> Result<PathBuf> {
    std::env::current_dir().map_err(|error| {
        Error::new(Code::WrongUsage, "The current folder does not exist any more.")
            .means("Nothing was changed.")
            .detail(error)
    })
}

fn stores(account: &Account) -> Vec<&'static str> {
    let name = |place: &TokenLocation| match place {
        TokenLocation::Keychain => "keychain",
        TokenLocation::Netrc => "netrc",
        TokenLocation::AccountsFile => "accounts-file",
    };
    account.locations.iter().map(name).collect()
}
