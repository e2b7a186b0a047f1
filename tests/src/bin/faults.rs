//! Prints the fault table of every action, and fails if a cell is wrong. `faults NAME…` prints only the actions whose
//! names contain one of these texts.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use std::io::Write;

    use herokey_tests::faults::{CASES, Table};

    let names: Vec<String> = std::env::args().skip(1).collect();
    let is_wanted =
        |name: &str| names.is_empty() || names.iter().any(|wanted| name.contains(wanted.as_str()));
    let table = Table::of(&CASES.iter().filter(|case| is_wanted(case.name)).collect::<Vec<_>>());
    // If standard output is closed, the exit code still says it.
    let _ = write!(std::io::stdout(), "{table}");
    let (cells, wrong) = table.counts();
    if cells > 0 && wrong == 0 { std::process::ExitCode::SUCCESS } else { std::process::ExitCode::FAILURE }
}

#[cfg(not(target_os = "linux"))]
fn main() {}
