//! Facts → the accounts that this machine has a token of, and which one is in use. Pure.

use std::collections::BTreeMap;

use crate::resolve::stored;
use crate::survey::Facts;

/// An account with a token on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// The account's email.
    pub email: String,
    /// Its names in `heroku accounts`.
    pub aliases: Vec<String>,
    /// The keychain has a token of it.
    pub in_keychain: bool,
    /// netrc has a token of it, for Heroku's API.
    pub in_netrc: bool,
    /// A file of `heroku accounts` has a token of it, in plain text.
    pub in_accounts_file: bool,
    /// The Heroku CLI uses its token, unless a variable wins.
    pub is_current: bool,
}

/// Every account with a token, by email.
pub fn accounts(facts: &Facts) -> Vec<Account> {
    let mut found: BTreeMap<String, Account> = BTreeMap::new();
    let mut of = |email: &str, note: &dyn Fn(&mut Account)| {
        let account = found.entry(email.to_owned()).or_insert_with(|| Account {
            email: email.to_owned(),
            aliases: Vec::new(),
            in_keychain: false,
            in_netrc: false,
            in_accounts_file: false,
            is_current: false,
        });
        note(account);
    };
    for entry in facts.keychain.present().into_iter().flatten() {
        of(&entry.account, &|account| account.in_keychain = true);
    }
    for file in facts.accounts.present().into_iter().flatten() {
        of(&file.username, &|account| {
            account.aliases.push(file.alias.clone());
            account.in_accounts_file |= file.trace.is_some();
        });
    }
    for record in facts.netrc.records.present().into_iter().flatten() {
        // Heroku takes any login beside a token; only an email tells whose it is.
        let login = record.login.as_ref().filter(|login| login.contains('@') && record.host == facts.api_host);
        if let Some(login) = login {
            of(login, &|account| account.in_netrc = true);
        }
    }
    let current = stored(facts).account;
    let mut accounts: Vec<Account> = found
        .into_values()
        .filter(|account| account.in_keychain || account.in_netrc || account.in_accounts_file)
        .collect();
    for account in &mut accounts {
        account.is_current = current.as_ref() == Some(&account.email);
    }
    accounts
}

#[cfg(test)]
mod tests {
    use super::accounts;
    use crate::fixture::{ME, account_file, entry, fresh, logged_in, with_netrc};
    use crate::survey::{Facts, Look};

    const OTHER: &str = "other@example.com";

    #[test]
    fn nobody_is_on_a_fresh_machine() {
        assert_eq!(accounts(&fresh()), []);
    }

    #[test]
    fn each_account_is_listed_once_with_every_place_it_is_in() {
        let facts = Facts {
            keychain: Look::Present(vec![entry(OTHER, "two"), entry(ME, "one")]),
            accounts: Look::Present(vec![
                account_file("work", OTHER, Some("two")),
                account_file("third", "third@example.com", None),
            ]),
            ..with_netrc(logged_in(), "one")
        };
        let found = accounts(&facts);
        let emails: Vec<_> = found.iter().map(|account| (account.email.as_str(), account.is_current)).collect();
        assert_eq!(emails, [(ME, true), (OTHER, false)], "one without a token is not to be used");
        assert!(found[0].in_keychain && found[0].in_netrc && !found[0].in_accounts_file);
        assert!(found[1].in_accounts_file && !found[1].in_netrc);
        assert_eq!(found[1].aliases, ["work"]);
    }
}
