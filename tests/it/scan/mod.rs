//! `herokey scan` finds every token that is planted, and nothing else.

mod files;
mod git;

use std::collections::BTreeSet;
use std::path::Path;

use herokey_tests::{ME, World};
use heroku_sandbox::Grant;
use serde_json::Value;

/// More than the program needs for itself, and far less than what it searches.
const MAX_MIB: f64 = 64.0;

/// A token of this machine, in the keychain.
fn held_token(world: &World) -> String {
    let token = world.sandbox().issue_token(ME, Grant::Authorization, None).unwrap();
    world.store_as_cli(ME, &token);
    token
}

/// The report of a scan.
#[track_caller]
fn scan(world: &World, arguments: &[&str]) -> Value {
    let told = world.herokey([&["scan", "--json"], arguments].concat());
    let report: Value = serde_json::from_str(&told.stdout).unwrap_or_else(|error| panic!("{error}: {told}"));
    let expected = if list(&report, "findings").is_empty() { 0 } else { 6 };
    assert_eq!(told.code(), Some(expected), "{told}");
    report
}

fn list<'a>(report: &'a Value, name: &str) -> &'a [Value] {
    report[name].as_array().map_or(&[], Vec::as_slice)
}

/// The files below a folder with a finding, each with the line.
fn found_in(report: &Value, folder: &Path) -> BTreeSet<(String, u64)> {
    let found = list(report, "findings").iter().filter_map(|finding| {
        let file = Path::new(finding["file"].as_str()?).strip_prefix(folder).unwrap();
        Some((file.to_str().unwrap().to_owned(), finding["line"].as_u64()?))
    });
    found.collect()
}
