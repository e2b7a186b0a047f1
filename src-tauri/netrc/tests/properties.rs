//! The invariants, checked on random files.

mod files;
mod invariants;

use proptest::collection::vec;
use proptest::prelude::*;

use files::file;

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![4 => file(), 1 => vec(any::<u8>(), 0..200)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn parsing_keeps_every_byte(bytes in bytes()) {
        invariants::parsing_keeps_every_byte(&bytes);
    }

    #[test]
    fn setting_changes_only_the_host(bytes in bytes()) {
        invariants::setting_changes_only_the_host(&bytes);
    }

    #[test]
    fn setting_again_changes_nothing(bytes in bytes()) {
        invariants::setting_again_changes_nothing(&bytes);
    }

    #[test]
    fn a_new_record_is_one_insertion_and_can_be_removed(bytes in bytes()) {
        invariants::a_new_record_is_one_insertion_and_can_be_removed(&bytes);
    }

    #[test]
    fn removing_changes_only_the_host(bytes in bytes()) {
        invariants::removing_changes_only_the_host(&bytes);
    }

    #[test]
    fn only_unwanted_records_are_removed(bytes in bytes()) {
        invariants::only_unwanted_records_are_removed(&bytes);
    }

    #[test]
    fn every_reading_returns(bytes in bytes()) {
        invariants::every_reading_returns(&bytes);
    }

    #[test]
    fn invalid_values_are_rejected_and_change_nothing(bytes in bytes(), text in "\\PC*[\\x00-\\x20\\x7f#\u{a0}\u{2028}]\\PC*") {
        for (host, login, password) in [(&text[..], "me", "p"), ("a.example", &text[..], "p"), ("a.example", "me", &text[..])] {
            let mut netrc = netrc_edit::Netrc::parse(bytes.clone());
            prop_assert!(matches!(netrc.set(host, login, password), Err(netrc_edit::EditError::InvalidCharacter(..))));
            prop_assert_eq!(netrc.as_bytes(), &bytes);
        }
    }

    #[test]
    fn valid_values_are_read_back(bytes in bytes(), login in "[!-~&&[^#\"]][!-~\u{e9}\u{1f511}&&[^#]]{0,40}", password in "[!-~&&[^#\"]][!-~&&[^#]]{0,80}") {
        let mut netrc = netrc_edit::Netrc::parse(bytes);
        if netrc.set("a.example", &login, &password).is_ok() {
            let found = netrc.curl("a.example");
            prop_assert_eq!(found.as_ref().and_then(|found| found.login()), Some(login.as_bytes()));
            prop_assert_eq!(found.as_ref().and_then(|found| found.password()), Some(password.as_bytes()));
            prop_assert_eq!(netrc.heroku_cli("a.example"), found);
        }
    }
}
