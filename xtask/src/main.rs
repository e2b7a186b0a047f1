//! `cargo xtask`: what developers of Herokey run. Every command sets up what it needs and says what it installs.

mod build;
mod icons;
mod package;
mod setup;

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

type Result<T> = std::result::Result<T, Box<dyn Error>>;

const USAGE: &str = "usage: cargo xtask COMMAND

  demo           the whole app against a Heroku on localhost; nothing of yours is touched
  demo --gallery [NAME…]  pictures of every state of the window, or of those whose names contain NAME
  run            the app against heroku.com
  test [NAME…]   every test, or those whose names contain NAME
  machines N     N machines made by chance, each asked of the real tools and of Herokey
  faults [NAME…] every request of every action against every way that Heroku and the network can fail
  bench [PART…]  start-up, memory, the git helper and the survey, beside programs that do the same
  package        what people install, in target/package  (--check: tried in a fresh Debian; --appimage: that instead)
  icons          makes icons/*.png from icons/*.svg  (--check: only compares)
  setup          installs what the commands above need";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", &[][..]),
    };
    let root = root();
    let done = match command {
        "demo" if rest.first().is_some_and(|first| first == "--gallery") => gallery(&root, &rest[1..]),
        "demo" => demo(&root),
        "run" => run_app(&root),
        "test" => test(&root, rest),
        "machines" => machines(&root, rest),
        "faults" => faults(&root, rest),
        "bench" => bench(&root, rest),
        "package" => package::package(&root, rest),
        "icons" => icons::icons(&root, rest.iter().any(|argument| argument == "--check")),
        "setup" => setup::everything(&root),
        _ => {
            say(USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("error: {error}"));
            ExitCode::FAILURE
        }
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
    icons::icons(root, true)?;
    build::ui(root)?;
    build::gallery(root)?;
    build::test_ui(root)?;
    run(cargo(root).args(["fmt", "--all", "--check"]))?;
    run(cargo(root).args(["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    let test = ["test", "--locked", "--no-fail-fast"];
    run(cargo(root).args(test).args(["--workspace", "--exclude", "herokey-tests"]).arg("--").args(names))?;
    if !cfg!(target_os = "linux") {
        return name_skipped(root);
    }
    // Last, since a test of the whole workspace would leave other builds of the programs behind.
    build::programs(root)?;
    run(cargo(root).args(test).args(["--package", "herokey-tests"]).arg("--").args(names))
}

/// Says by name which suites do not run on this system.
fn name_skipped(root: &Path) -> Result<()> {
    let suites = std::fs::read_to_string(root.join("tests/it/main.rs"))?;
    let names = suites.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    say(
        "Skipped here, each for the same reason: it runs in a world of D-Bus, gnome-keyring and network namespaces,",
    );
    say(
        "which only Linux has. The workflow runs the Heroku CLI beside this system's keychain (tests/keychain).",
    );
    names.for_each(|name| say(&format!("  skipped: {name}")));
    Ok(())
}

/// `N`, or `FROM..TO` to try certain seeds again.
fn machines(root: &Path, rest: &[String]) -> Result<()> {
    let [seeds] = rest else { return Err("how many machines? `cargo xtask machines 1000`".into()) };
    setup::everything(root)?;
    build::programs(root)?;
    let arguments = ["test", "--locked", "--package", "herokey-tests", "--test", "it", "every_tool_gets"];
    run(cargo(root).args(arguments).args(["--", "--nocapture"]).env("HEROKEY_MACHINES", seeds))
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
    build::released(root)?;
    let bin = ["run", "--quiet", "--release", "--package", "herokey-tests", "--bin", "bench", "--"];
    run(cargo(root).args(bin).args(parts))
}

/// The workspace's folder, wherever `cargo xtask` was called.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new(".")).to_path_buf()
}

fn cargo(root: &Path) -> Command {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root);
    command
}

/// Runs a command to its end, with its output shown. A release's secrets reach it only where it is given them itself.
fn run(command: &mut Command) -> Result<()> {
    let given: Vec<_> = command.get_envs().map(|(name, _)| name.to_owned()).collect();
    for secret in package::SECRETS.into_iter().filter(|secret| given.iter().all(|name| name != *secret)) {
        command.env_remove(secret);
    }
    let status = command.status().map_err(|error| format!("{}: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("{} ended with {status}", shown(command)).into()) }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn say(line: &str) {
    use std::io::Write;
    // With standard error gone there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{line}");
}
