//! What holds for every file, tried on files made by chance.

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
    fn bytes_come_back(bytes in bytes()) {
        invariants::bytes_come_back(&bytes);
    }

    #[test]
    fn what_is_set_is_read_and_nothing_else_changes(bytes in bytes()) {
        invariants::what_is_set_is_read_and_nothing_else_changes(&bytes);
    }

    #[test]
    fn setting_again_changes_nothing(bytes in bytes()) {
        invariants::setting_again_changes_nothing(&bytes);
    }

    #[test]
    fn a_new_record_is_added_in_one_piece_and_taken_out_again(bytes in bytes()) {
        invariants::a_new_record_is_added_in_one_piece_and_taken_out_again(&bytes);
    }

    #[test]
    fn what_is_removed_is_gone_and_nothing_else_changes(bytes in bytes()) {
        invariants::what_is_removed_is_gone_and_nothing_else_changes(&bytes);
    }

    #[test]
    fn only_what_is_unwanted_is_removed(bytes in bytes()) {
        invariants::only_what_is_unwanted_is_removed(&bytes);
    }

    #[test]
    fn what_netrc_cannot_hold_is_refused_and_changes_nothing(bytes in bytes(), text in "\\PC*[\\x00-\\x20\\x7f#\u{a0}\u{2028}]\\PC*") {
        for (host, login, password) in [(&text[..], "me", "p"), ("a.example", &text[..], "p"), ("a.example", "me", &text[..])] {
            let mut netrc = netrc_edit::Netrc::parse(bytes.clone());
            prop_assert!(matches!(netrc.set(host, login, password), Err(netrc_edit::EditError::Character(..))));
            prop_assert_eq!(netrc.as_bytes(), &bytes);
        }
    }

    #[test]
    fn what_netrc_can_hold_is_read_back(bytes in bytes(), login in "[!-~&&[^#\"]][!-~\u{e9}\u{1f511}&&[^#]]{0,40}", password in "[!-~&&[^#\"]][!-~&&[^#]]{0,80}") {
        let mut netrc = netrc_edit::Netrc::parse(bytes);
        if netrc.set("a.example", &login, &password).is_ok() {
            let found = netrc.curl("a.example");
            prop_assert_eq!(found.as_ref().and_then(|found| found.login()), Some(login.as_bytes()));
            prop_assert_eq!(found.as_ref().and_then(|found| found.password()), Some(password.as_bytes()));
            prop_assert_eq!(netrc.heroku_cli("a.example"), found);
        }
    }
}
