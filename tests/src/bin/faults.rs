//! The fault table of every action, printed; fails where a cell is wrong. `faults NAME…`: of the actions whose names
//! contain one of these.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use std::io::Write;

    use herokey_tests::faults::{CASES, Table};

    let names: Vec<String> = std::env::args().skip(1).collect();
    let asked = |name: &str| names.is_empty() || names.iter().any(|wanted| name.contains(wanted.as_str()));
    let table = Table::of(&CASES.iter().filter(|case| asked(case.name)).collect::<Vec<_>>());
    // With standard output gone there is nobody to tell; the exit code says it too.
    let _ = write!(std::io::stdout(), "{table}");
    let (cells, wrong) = table.counts();
    if cells > 0 && wrong == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

#[cfg(not(target_os = "linux"))]
fn main() {}
