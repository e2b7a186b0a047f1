//! `cargo xtask`: the commands for developers of Herokey.

mod build;
mod command_line;
#[cfg(test)]
mod docs;
mod icons;
mod lint;
mod package;
mod setup;

use std::error::Error;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command as Process, ExitCode};

use clap::Parser;

use crate::command_line::{Command, CommandLine};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    match perform(CommandLine::parse().command, &root()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Command, root: &Path) -> Result<()> {
    match command {
        Command::Demo { gallery: None } => demo(root),
        Command::Demo { gallery: Some(names) } => gallery(root, &names),
        Command::Run => run_app(root),
        Command::Test { names } => test(root, &names),
        Command::TestWindows { names } => test_windows(root, &names),
        Command::Lint => lint::lint(root),
        Command::Machines { seeds } => machines(root, &seeds),
        Command::Faults { names } => faults(root, &names),
        Command::Bench { parts } => bench(root, &parts),
        Command::Package(options) => package::package(root, &options),
        Command::Icons { check: false } => icons::draw_all(root),
        Command::Icons { check: true } => icons::check(root),
        Command::Setup => setup::everything(root),
    }
}

fn demo(root: &Path) -> Result<()> {
    setup::everything(root)?;
    build::ui(root)?;
    build::programs(root)?;
    run(cargo(root).args(["run", "--quiet", "--package", "herokey-tests", "--bin", "demo"]))
}

fn gallery(root: &Path, names: &[String]) -> Result<()> {
    setup::everything(root)?;
    build::ui(root)?;
    build::gallery(root)?;
    let bin = ["run", "--quiet", "--locked", "--package", "herokey-tests", "--bin", "gallery", "--"];
    run(cargo(root).args(bin).args(names))
}

fn run_app(root: &Path) -> Result<()> {
    setup::to_build(root)?;
    build::ui(root)?;
    build::programs(root)?;
    let program = if cfg!(target_os = "linux") { "herokey-tray" } else { "herokey-desktop" };
    run(cargo(root).args(["run", "--quiet", "--locked", "--package", program]))
}

fn test(root: &Path, names: &[String]) -> Result<()> {
    setup::everything(root)?;
    icons::check(root)?;
    build::ui(root)?;
    build::gallery(root)?;
    build::test_ui(root)?;
    run(cargo(root).args(["fmt", "--all", "--check"]))?;
    run(cargo(root).args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    let test = ["test", "--locked", "--no-fail-fast"];
    run(cargo(root).args(test).args(["--workspace", "--exclude", "herokey-tests"]).arg("--").args(names))?;
    if !cfg!(target_os = "linux") {
        return list_skipped_suites(root);
    }
    // The suites run these programs. Testing the workspace builds them with other features, so build them after that.
    build::programs(root)?;
    run(cargo(root).args(test).args(["--package", "herokey-tests"]).arg("--").args(names))
}

fn test_windows(root: &Path, names: &[String]) -> Result<()> {
    setup::everything(root)?;
    for name in ["HEROKEY_WINE_PREFIX", "HEROKEY_WINDOWS_PROGRAMS", "HEROKEY_WINDOWS_CORE_TESTS"] {
        if std::env::var_os(name).is_none_or(|value| value.is_empty()) {
            return Err(format!("{name} is not set (CONTRIBUTING.md)").into());
        }
    }
    let node = setup::node_for_windows(root)?;
    let arguments = ["test", "--locked", "--package", "herokey-tests", "--test", "windows", "--"];
    run(cargo(root).args(arguments).args(["--show-output"]).args(names).env("HEROKEY_WINDOWS_NODE", node))
}

/// Prints the name of every suite that needs Linux.
fn list_skipped_suites(root: &Path) -> Result<()> {
    let suites = std::fs::read_to_string(root.join("tests/it/main.rs"))?;
    let names = suites.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    say(
        "Skipped on this system, because they need D-Bus, gnome-keyring and network namespaces, which only Linux has:",
    );
    names.for_each(|name| say(&format!("  {name}")));
    say(
        "To try the Heroku CLI with this system's keychain, run the tests in tests/keychain as the ci workflow does.",
    );
    Ok(())
}

fn machines(root: &Path, seeds: &Range<u64>) -> Result<()> {
    setup::everything(root)?;
    build::programs(root)?;
    let arguments = ["test", "--locked", "--package", "herokey-tests", "--test", "it", "every_tool_gets"];
    run(cargo(root)
        .args(arguments)
        .args(["--", "--nocapture"])
        .env("HEROKEY_MACHINES", format!("{}..{}", seeds.start, seeds.end)))
}

fn faults(root: &Path, names: &[String]) -> Result<()> {
    setup::everything(root)?;
    let bin = ["run", "--quiet", "--package", "herokey-tests", "--bin", "faults", "--"];
    run(cargo(root).args(bin).args(names))
}

fn bench(root: &Path, parts: &[String]) -> Result<()> {
    setup::everything(root)?;
    setup::to_bench()?;
    build::ui(root)?;
    build::for_bench(root)?;
    let ripgrep = setup::ripgrep(root)?;
    let bin = ["run", "--quiet", "--release", "--package", "herokey-tests", "--bin", "bench", "--"];
    run(cargo(root).args(bin).args(parts).env("HEROKEY_BENCH_RIPGREP", ripgrep))
}

/// The folder of the workspace, wherever `cargo xtask` was started.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

fn cargo(root: &Path) -> Process {
    let mut command = Process::new(env!("CARGO"));
    command.current_dir(root);
    command
}

/// Runs a command and shows its output.
fn run(command: &mut Process) -> Result<()> {
    let status = command.status().map_err(|error| format!("cannot run {}: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} failed ({status})", shown(command)).into()) }
}

/// Runs a command and returns what it prints, without blanks at either end.
fn output_of(command: &mut Process) -> Result<String> {
    let output = command.output().map_err(|error| format!("cannot run {}: {error}", shown(command)))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(format!("{} failed ({}): {message}", shown(command), output.status).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn shown(command: &Process) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn say(line: &str) {
    use std::io::Write;
    // Nobody reads this if standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
