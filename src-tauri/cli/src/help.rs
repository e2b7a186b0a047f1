//! What `herokey --help` shows beyond clap's own: the commands in groups, and examples.

use clap::builder::{StyledStr, Styles};
use clap::{Command, CommandFactory};

use super::args::Cli;

/// Every command, by what it is for. clap has no groups of commands (clap-rs/clap#1553).
pub(crate) const GROUPS: [(&str, &[&str]); 6] = [
    ("Log in and out", &["login", "logout", "accounts", "use"]),
    ("The token", &["token", "exec", "regenerate", "move", "forget", "link"]),
    ("This machine", &["status", "doctor", "scan", "history"]),
    ("Access", &["authorizations", "revoke", "keys"]),
    ("Git and Docker", &["git", "docker"]),
    ("Plumbing", &["completions", "git-credential"]),
];

/// The definition of `herokey` and its commands, with groups in the help.
pub(crate) fn command() -> Command {
    let command = Cli::command();
    let groups = groups(&command);
    let options = heading("Options");
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{groups}`herokey help COMMAND` explains a \
         command.\n\n{options}\n{{options}}{{after-help}}"
    ))
}

/// The examples at the end of a command's help, one a line.
pub(crate) fn examples<const N: usize>(lines: [&str; N]) -> StyledStr {
    let title = heading(if N == 1 { "Example" } else { "Examples" });
    let lines: Vec<String> = lines.iter().map(|line| format!("  {line}")).collect();
    format!("{title}\n{}", lines.join("\n")).into()
}

fn groups(command: &Command) -> String {
    let names = GROUPS.iter().flat_map(|(_, names)| names.iter());
    let width = names.map(|name| name.len()).max().unwrap_or_default();
    let literal = *Styles::styled().get_literal();
    let line = |name: &&str| {
        let about = command.find_subcommand(name).and_then(Command::get_about);
        let about = about.map(ToString::to_string).unwrap_or_default();
        format!("  {literal}{name}{literal:#}{:pad$}  {about}\n", "", pad = width - name.len())
    };
    let group = |(title, names): &(&str, &[&str])| {
        format!("{}\n{}\n", heading(title), names.iter().map(line).collect::<String>())
    };
    GROUPS.iter().map(group).collect()
}

/// A title in the style of clap's own.
fn heading(title: &str) -> String {
    let styles = Styles::styled();
    let header = styles.get_header();
    format!("{header}{title}:{header:#}")
}
