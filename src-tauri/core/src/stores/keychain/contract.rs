//! What the keychain of every system must do. The module that includes this file must provide [`Keychain`] and [`Token`].

use super::{Keychain, Token};

/// Tests an open keychain with entries of accounts that nobody else uses, and removes them again.
pub(crate) fn check(keychain: &Keychain) {
    let run = std::process::id();
    let accounts = [
        format!("contract-{run}@example.com"),
        format!("contract-{run}+tag@example.com"),
        format!("contract {run} \"double\" 'single' $HOME `id` \\back\\@example.com"),
        format!("contract-{run}-žluťoučký-クマ@example.com"),
        format!("-w contract-{run} -s x@example.com"),
    ];
    let _cleanup = Cleanup { keychain, accounts: &accounts };
    an_entry_is_added_changed_and_removed(keychain, &accounts[0]);
    accounts_do_not_affect_each_other(keychain, &accounts);
    only_copies_of_the_token_are_removed(keychain, &accounts[0]);
}

fn an_entry_is_added_changed_and_removed(keychain: &Keychain, account: &str) {
    assert_eq!(keychain.get(account).unwrap(), None, "{account}");
    assert!(!keychain.remove(account).unwrap(), "there is nothing to remove: {account}");
    for token in [token("one"), token("two"), token(&"x".repeat(1000)), token("\"$HOME\\`id`'")] {
        keychain.set(account, &token).unwrap();
        assert_eq!(tokens_of(keychain, account), [Some(token)], "one entry, listed: {account}");
    }
    assert!(keychain.remove(account).unwrap(), "{account}");
    assert_eq!(keychain.get(account).unwrap(), None, "{account}");
    assert_eq!(tokens_of(keychain, account), [], "{account}");
}

fn accounts_do_not_affect_each_other(keychain: &Keychain, accounts: &[String]) {
    for (number, account) in accounts.iter().enumerate() {
        keychain.set(account, &token(&number.to_string())).unwrap();
    }
    for (number, account) in accounts.iter().enumerate() {
        assert_eq!(tokens_of(keychain, account), [Some(token(&number.to_string()))], "{account}");
        assert!(keychain.remove(account).unwrap());
    }
}

fn only_copies_of_the_token_are_removed(keychain: &Keychain, account: &str) {
    keychain.set(account, &token("one")).unwrap();
    let removed = keychain.remove_copies(account, &token("another")).unwrap();
    assert_eq!((removed.copies, removed.others), (0, 1));
    assert_eq!(tokens_of(keychain, account), [Some(token("one"))]);
    let removed = keychain.remove_copies(account, &token("one")).unwrap();
    assert_eq!((removed.copies, removed.others), (1, 0));
    assert_eq!(keychain.get(account).unwrap(), None);
}

fn tokens_of(keychain: &Keychain, account: &str) -> Vec<Option<Token>> {
    let entries = keychain.entries().unwrap();
    entries.into_iter().filter(|(owner, _)| owner == account).map(|(_, token)| token).collect()
}

fn token(end: &str) -> Token {
    Token::parse(&format!("HRKU-fake-contract-{end}")).unwrap()
}

/// Removes the entries when dropped, even if a test fails.
struct Cleanup<'a> {
    keychain: &'a Keychain,
    accounts: &'a [String],
}

impl Drop for Cleanup<'_> {
    fn drop(&mut self) {
        for account in self.accounts {
            if let Err(error) = self.keychain.remove(account) {
                eprintln!("left in the keychain: {account}: {error}");
            }
        }
    }
}
