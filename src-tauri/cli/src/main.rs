//! `herokey`: Heroku credentials in the terminal, and the credential helpers of git and Docker for Heroku.

mod accounts;
mod args;
mod authorizations;
mod clipboard;
mod complete;
mod delivery;
mod docker;
mod docker_credential;
mod doctor;
mod exec;
mod git;
mod git_credential;
mod help;
mod hidden_input;
mod history;
mod in_folder;
mod input;
mod keys;
mod login;
mod logout;
mod move_token;
mod progress_line;
mod prompt;
mod regenerate;
mod scan;
mod scan_report;
#[cfg(unix)]
mod signals;
mod status;
mod status_json;
mod style;
mod suggest;
mod terminal;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::FromArgMatches;
use herokey_core::base::log::Reader;
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::{Code, Env, Error};

use args::{Cli, Command};
use terminal::{print_error, say};

fn main() -> ExitCode {
    complete::answer_if_asked();
    let env = Env::of_process();
    herokey_core::base::log::start(&env, Reader::User);
    herokey_core::base::memory::protect();
    herokey_core::stores::netrc::restore_interrupted(&env);
    let mut words = std::env::args_os();
    let is_docker_helper = words.next().is_some_and(|name| {
        Path::new(&name).file_stem().is_some_and(|name| name == herokey_core::stores::docker::PROGRAM)
    });
    let done = match parse() {
        _ if is_docker_helper => docker_credential::run(&env, words.next()),
        Ok(cli) => run(cli.command.unwrap_or_else(|| Command::Status(args::Status::default())), &env),
        Err(answer) => print_answer(&answer),
    };
    // What is left in the buffer would be lost without a word at the end of the program.
    match done.and_then(|code| Ok(io::stdout().flush().map(|()| code)?)) {
        Ok(code) => ExitCode::from(code),
        Err(Failure::Herokey(error)) => failed(&error),
        // The program that reads the output has ended, as in `herokey status | head -1`.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Output(error)) => failed(
            &Error::new(Code::OutputFailed, "Could not write the output.")
                .means("The output is incomplete, but the command did its work.")
                .next_step("Make room on the disk or write it elsewhere, then run the command again.")
                .detail(error),
        ),
    }
}

fn parse() -> Result<Cli, clap::Error> {
    help::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches))
}

fn failed(error: &Error) -> ExitCode {
    print_error(error);
    ExitCode::from(error.code.exit())
}

/// Prints what clap answers itself: the help, the version, or what is wrong with the command line. Returns the exit code.
fn print_answer(answer: &clap::Error) -> Result<u8, Failure> {
    let printed = answer.print();
    if !answer.use_stderr() {
        printed?;
    }
    Ok(u8::try_from(answer.exit_code()).unwrap_or(2))
}

/// Why a command failed.
enum Failure {
    Herokey(Error),
    Output(io::Error),
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Herokey(error)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

/// Runs a command. Returns the exit code.
fn run(command: Command, env: &Env) -> Result<u8, Failure> {
    // git's own output is on the terminal while it asks.
    let env =
        &if matches!(command, Command::GitCredential(_)) { env.clone() } else { progress_line::start(env) };
    match command {
        Command::Status(args) => status::run(env, &args)?,
        Command::Login(args) => login::run(env, &args)?,
        Command::Logout(args) => logout::run(env, &args)?,
        Command::Regenerate { yes } => regenerate::run(env, yes)?,
        Command::Token(args) if args.copy => {
            herokey_core::desktop::clipboard::copy_token(env)?;
            say("The token is on the clipboard for 30 seconds.");
        }
        Command::Token(_) => {
            let found = lookup::token_to_print(env, Unlock::Ask)?.ok_or_else(lookup::not_logged_in)?;
            if let Some(flaw) = found.flaw {
                say(&format!("HEROKU_API_KEY has more than the token: {flaw}. {}", flaw.effect()));
            }
            writeln!(io::stdout(), "{}", found.token.expose())?;
        }
        Command::Move(args) => move_token::run(env, &args)?,
        Command::Forget(args) => move_token::forget(env, &args)?,
        Command::Link { account } => move_token::link(env, account)?,
        Command::Accounts(args) => accounts::run(env, &args)?,
        Command::Use(args) => accounts::switch(env, args)?,
        Command::Doctor(args) => doctor::run(env, &args)?,
        Command::History(args) => history::run(env, &args)?,
        Command::Scan(args) => scan::run(env, &args)?,
        Command::Authorizations(args) => authorizations::run(env, args)?,
        Command::Revoke(args) => authorizations::revoke(env, args)?,
        Command::Exec(args) => return exec::run(env, args).map_err(Into::into),
        Command::Keys(args) => keys::run(env, args)?,
        Command::Git(args) => git::run(env, &args)?,
        Command::Docker(args) => docker::run(env, &args)?,
        Command::GitCredential(args) => git_credential::run(env, args.operation)?,
        Command::Completions { shell } => io::stdout().write_all(&complete::script(shell)?)?,
        Command::Clipboard { secret } => clipboard::serve(secret)?,
        #[cfg(windows)]
        Command::PathEntry { change } => match change {
            args::PathChange::Add => herokey_core::desktop::path_entry::add(env)?,
            args::PathChange::Remove => herokey_core::desktop::path_entry::remove(env)?,
        },
    }
    Ok(0)
}
