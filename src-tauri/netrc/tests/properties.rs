//! What holds for every file.

mod files;

use netrc_edit::{Credential, EditError, Netrc};
use proptest::collection::vec;
use proptest::prelude::*;

use files::{HOST, OTHERS, file};

fn asked(netrc: &Netrc) -> [Option<Credential>; 3] {
    OTHERS.map(|host| netrc.curl(host))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_come_back(bytes in prop_oneof![vec(any::<u8>(), 0..200), file()]) {
        let netrc = Netrc::parse(bytes.clone());
        prop_assert_eq!(netrc.as_bytes(), &bytes);
        prop_assert_eq!(netrc.into_bytes(), bytes);
    }

    #[test]
    fn what_is_set_is_read_and_nothing_else_changes(bytes in file()) {
        let mut netrc = Netrc::parse(bytes.clone());
        let before = asked(&netrc);
        match netrc.set(HOST, "me", "HRKU-fake") {
            Ok(()) => {
                let found = netrc.curl(HOST);
                prop_assert_eq!(found.as_ref().and_then(Credential::login), Some(&b"me"[..]));
                prop_assert_eq!(found.as_ref().and_then(Credential::password), Some(&b"HRKU-fake"[..]));
                prop_assert_eq!(netrc.heroku_cli(HOST), found);
            }
            Err(error) => {
                prop_assert_eq!(error, EditError::Obscured);
                prop_assert_eq!(netrc.as_bytes(), bytes);
            }
        }
        prop_assert_eq!(asked(&netrc), before);
    }

    #[test]
    fn what_is_removed_is_gone_and_nothing_else_changes(bytes in file()) {
        let mut netrc = Netrc::parse(bytes);
        let before = asked(&netrc);
        let count = netrc.entries().filter(|entry| is_of_host(entry.host.as_deref())).count();
        prop_assert_eq!(netrc.remove(HOST), count);
        prop_assert_eq!(netrc.entries().filter(|entry| is_of_host(entry.host.as_deref())).count(), 0);
        prop_assert_eq!(asked(&netrc), before);
    }

    #[test]
    fn any_bytes_can_be_edited(bytes in vec(any::<u8>(), 0..200)) {
        let mut netrc = Netrc::parse(bytes);
        prop_assert_eq!(netrc.remove(HOST), 0);
        prop_assert!(matches!(netrc.set(HOST, "me", "HRKU-fake"), Ok(()) | Err(EditError::Obscured)));
    }
}

fn is_of_host(host: Option<&[u8]>) -> bool {
    host.is_some_and(|host| host.eq_ignore_ascii_case(HOST.as_bytes()))
}
