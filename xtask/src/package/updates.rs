//! The public key that updates must be signed with, which is compiled into programs that update themselves.

use serde_json::json;

use crate::say;

/// The key that `HEROKEY_UPDATES_KEY` names. An empty value counts as unset, since a workflow passes a missing variable so.
pub(super) fn key() -> Option<String> {
    let key = std::env::var("HEROKEY_UPDATES_KEY").ok().filter(|key| !key.is_empty());
    if key.is_none() {
        say("HEROKEY_UPDATES_KEY is not set: this build will not look for updates.");
    }
    key
}

/// Tauri's settings with that key.
pub(super) fn settings(key: &str) -> String {
    json!({ "plugins": { "updater": { "pubkey": key } } }).to_string()
}
