//! The command line of `cargo xtask`. Its doc comments are the texts of `--help`.

use std::ops::Range;

use clap::{Args, Parser, Subcommand};

/// Herokey's commands for developers.
///
/// Every command installs what it needs and says so first.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
pub(crate) struct CommandLine {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run the whole app against a Heroku on localhost, apart from your own files and keyring
    Demo {
        /// Take pictures of every state of the window instead, or only of states whose name contains a NAME
        #[arg(long, value_name = "NAME", num_args = 0..)]
        gallery: Option<Vec<String>>,
    },
    /// Run the app against heroku.com, with your own keyring
    Run,
    /// Run every check and test
    Test {
        /// Run only the tests whose name contains a NAME; options of the test programs go after `--`
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Run the suite of Herokey's programs for Windows, in the Wine and with the programs that variables name
    TestWindows {
        /// Run only the tests whose name contains a NAME
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Run the linters that `test` leaves out because they have to be installed
    Lint,
    /// Generate random machines and compare what the real tools and Herokey say on each
    Machines {
        /// How many machines, or FROM..TO to repeat these seeds
        #[arg(value_name = "N", value_parser = seeds)]
        seeds: Range<u64>,
    },
    /// Print the fault table: every request of every action, with every failure of Heroku and the network
    Faults {
        /// Only the actions whose name contains a NAME
        #[arg(value_name = "NAME")]
        names: Vec<String>,
    },
    /// Measure start-up, memory, the git helper, the survey and the scan, next to programs that do the same
    Bench {
        /// Measure only these parts; `live` takes a quarter of an hour
        #[arg(value_name = "PART", value_parser = ["tray", "window", "helper", "survey", "exec", "scan", "growth", "live"])]
        parts: Vec<String>,
    },
    /// Build the packages that users install, in target/package
    Package(PackageOptions),
    /// Draw the icon files from icons/*.svg
    Icons {
        /// Only check that the files match the drawings
        #[arg(long)]
        check: bool,
    },
    /// Install what the other commands need
    Setup,
}

#[derive(Args)]
pub(crate) struct PackageOptions {
    /// Also try the .deb on a fresh Debian (needs root) and read the .rpm
    #[arg(long, conflicts_with = "appimage")]
    pub(crate) check: bool,
    /// Build an AppImage instead
    #[arg(long)]
    pub(crate) appimage: bool,
}

/// Reads `FROM..TO`, which excludes `TO`, or `N`, which is short for `0..N`.
fn seeds(text: &str) -> Result<Range<u64>, String> {
    let (from, to) = text.split_once("..").unwrap_or(("0", text));
    match (from.parse(), to.parse()) {
        (Ok(from), Ok(to)) if from < to => Ok(from..to),
        _ => Err("expected a number, or FROM..TO with FROM below TO".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;
    use clap::error::ErrorKind;

    use super::*;

    fn parse(arguments: &str) -> Result<Command, clap::Error> {
        let words = std::iter::once("xtask").chain(arguments.split_whitespace());
        CommandLine::try_parse_from(words).map(|line| line.command)
    }

    #[test]
    fn every_command_refuses_an_unknown_option() {
        for command in CommandLine::command().get_subcommands() {
            let error = parse(&format!("{} --no-such-option", command.get_name())).err().unwrap();
            assert_eq!(error.kind(), ErrorKind::UnknownArgument, "{}", command.get_name());
            assert_eq!(error.exit_code(), 2);
        }
    }

    #[test]
    fn the_gallery_takes_names() {
        for (arguments, expected) in [
            ("demo", None),
            ("demo --gallery", Some(vec![])),
            ("demo --gallery offline locked", Some(vec!["offline".to_owned(), "locked".to_owned()])),
        ] {
            let Ok(Command::Demo { gallery }) = parse(arguments) else { panic!("{arguments} is refused") };
            assert_eq!(gallery, expected);
        }
        assert!(parse("demo offline").is_err());
    }

    #[test]
    fn options_of_the_test_programs_go_after_two_dashes() {
        let Ok(Command::Test { names }) = parse("test git:: -- --nocapture") else { panic!("refused") };
        assert_eq!(names, ["git::", "--nocapture"]);
    }

    #[test]
    fn machines_are_a_number_or_a_range_of_seeds() {
        for (arguments, expected) in [("machines 1000", 0..1000), ("machines 40..50", 40..50)] {
            let Ok(Command::Machines { seeds }) = parse(arguments) else { panic!("{arguments} is refused") };
            assert_eq!(seeds, expected);
        }
        assert!(parse("machines").is_err());
        assert!(parse("machines many").is_err());
        assert!(parse("machines 50..40").is_err());
    }

    #[test]
    fn a_package_is_either_an_appimage_or_checked() {
        assert!(parse("package --check").is_ok());
        assert!(parse("package --appimage").is_ok());
        assert!(parse("package --check --appimage").is_err());
    }
}
