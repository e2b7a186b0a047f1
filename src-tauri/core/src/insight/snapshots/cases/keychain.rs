//! The keychain and `login.json`.

use super::Case;
use crate::fixture::{ME, entry, logged_in};
use crate::insight::facts::{Facts, Observed};
use crate::stores::keychain::{KeychainFailure, error_for};

pub(super) fn keychain() -> Vec<Case> {
    let trouble = |trouble| {
        vec![("on Linux", Facts { keychain: Observed::Unknown(error_for(&trouble)), ..logged_in() })]
    };
    let entries = |one, other| Facts {
        keychain: Observed::Present(vec![entry(ME, one), entry(ME, other)]),
        ..logged_in()
    };
    let other_account = Observed::Present("other@example.com".to_owned());
    let missing = "org.freedesktop.secrets was not provided by any .service files".to_owned();
    vec![
        ("keychain-locked", trouble(KeychainFailure::Locked)),
        ("keychain-denied", trouble(KeychainFailure::Denied)),
        ("keychain-timeout", trouble(KeychainFailure::Timeout)),
        ("keychain-not-started", trouble(KeychainFailure::NotStarted)),
        ("keychain-unreachable", trouble(KeychainFailure::Unreachable("unix:path=/nowhere".to_owned()))),
        ("keychain-missing", trouble(KeychainFailure::Missing(missing))),
        ("keychain-failed", trouble(KeychainFailure::Failed("broken pipe".to_owned()))),
        (
            "keychain-cli-cannot-read",
            vec![("without secret-tool", Facts { cli_reads_keychain: false, ..logged_in() })],
        ),
        (
            "keychain-orphan",
            vec![
                ("login.json names nobody", Facts { login_state: Observed::Absent, ..logged_in() }),
                ("login.json names another account", Facts { login_state: other_account, ..logged_in() }),
            ],
        ),
        (
            "keychain-duplicate",
            vec![("the same token", entries("one", "one")), ("two tokens", entries("one", "two"))],
        ),
    ]
}
