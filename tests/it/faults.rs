//! The fault table (`cargo xtask faults`).

use herokey_tests::faults::{CASES, Table};

#[test]
fn no_failure_loses_a_token_or_goes_unreported() {
    let table = Table::of(&CASES.iter().collect::<Vec<_>>());
    println!("{table}");
    let (cells, wrong) = table.counts();
    assert!(cells > 1000, "{cells} cells");
    assert_eq!(wrong, 0);
}
