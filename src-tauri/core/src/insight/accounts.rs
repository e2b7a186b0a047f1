//! Facts → the accounts with a token on this machine, and the one in use. Pure.

use std::collections::BTreeMap;

use crate::insight::facts::{Facts, FolderAccount};
use crate::insight::readers::stored;

/// An account with a token on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's email.
    pub email: String,
    /// Its names in `heroku accounts`.
    pub aliases: Vec<String>,
    /// Where its tokens are.
    pub locations: Vec<TokenLocation>,
    /// The Heroku CLI uses its token, unless a variable overrides it.
    pub is_current: bool,
    /// The folders in which git and `herokey exec` use it.
    pub folders: Vec<FolderAccount>,
}

/// A place with a token of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenLocation {
    /// The keychain.
    Keychain,
    /// The netrc record for Heroku's API.
    Netrc,
    /// A file of `heroku accounts`, in plain text.
    AccountsFile,
}

/// Lists every account with a token, sorted by email.
pub fn accounts(facts: &Facts) -> Vec<Account> {
    let mut found: BTreeMap<String, Account> = BTreeMap::new();
    let mut add = |email: &str, place: Option<TokenLocation>, alias: Option<&String>| {
        let account = found.entry(email.to_owned()).or_insert_with(|| Account {
            email: email.to_owned(),
            aliases: Vec::new(),
            locations: Vec::new(),
            is_current: false,
            folders: Vec::new(),
        });
        account.aliases.extend(alias.cloned());
        if let Some(place) = place.filter(|place| !account.locations.contains(place)) {
            account.locations.push(place);
        }
    };
    for entry in facts.keychain.present().into_iter().flatten() {
        add(&entry.account, Some(TokenLocation::Keychain), None);
    }
    for file in facts.accounts.present().into_iter().flatten() {
        add(&file.username, file.trace.as_ref().map(|_| TokenLocation::AccountsFile), Some(&file.alias));
    }
    for record in facts.netrc.records.present().into_iter().flatten() {
        // Heroku accepts any login together with a token; only an email names the account.
        let login = record.shown_login().filter(|login| login.contains('@') && record.host == facts.api_host);
        if let Some(login) = login {
            add(login, Some(TokenLocation::Netrc), None);
        }
    }
    let current = stored(facts).account;
    let mut accounts: Vec<Account> =
        found.into_values().filter(|account| !account.locations.is_empty()).collect();
    for account in &mut accounts {
        account.is_current = current.as_ref() == Some(&account.email);
        let own = facts.folders.iter().filter(|folder| folder.account == account.email);
        account.folders = own.cloned().collect();
    }
    accounts
}

#[cfg(test)]
mod tests {
    use super::{TokenLocation, accounts};
    use crate::fixture::{ME, account_file, entry, fresh, logged_in, with_netrc};
    use crate::insight::facts::{Facts, Observed};

    const OTHER: &str = "other@example.com";

    #[test]
    fn a_fresh_machine_has_no_accounts() {
        assert_eq!(accounts(&fresh()), []);
    }

    #[test]
    fn each_account_is_listed_once_with_all_its_places() {
        let facts = Facts {
            keychain: Observed::Present(vec![entry(OTHER, "two"), entry(ME, "one")]),
            accounts: Observed::Present(vec![
                account_file("work", OTHER, Some("two")),
                account_file("third", "third@example.com", None),
            ]),
            ..with_netrc(logged_in(), "one")
        };
        let found = accounts(&facts);
        let emails: Vec<_> =
            found.iter().map(|account| (account.email.as_str(), account.is_current)).collect();
        assert_eq!(emails, [(ME, true), (OTHER, false)], "the third has no token");
        assert_eq!(found[0].locations, [TokenLocation::Keychain, TokenLocation::Netrc]);
        assert_eq!(found[1].locations, [TokenLocation::Keychain, TokenLocation::AccountsFile]);
        assert_eq!(found[1].aliases, ["work"]);
    }
}
