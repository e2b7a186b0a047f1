//! `herokey`: Heroku credentials in the terminal, and git's credential helper for Heroku.

mod accounts;
mod args;
mod authorizations;
mod clipboard;
mod doctor;
mod git;
mod git_credential;
mod hidden_input;
mod history;
mod in_folder;
mod keys;
mod login;
mod logout;
mod move_token;
mod prompt;
mod regenerate;
mod status;
mod status_json;
mod terminal;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::{Env, Error};

use args::{Cli, Command};
use terminal::{print_error, say};

fn main() -> ExitCode {
    let cli = Cli::parse();
    let env = Env::of_process();
    herokey_core::base::log::start(&env);
    match run(cli.command, &env) {
        Ok(code) => code,
        Err(Failure::Herokey(error)) => {
            print_error(&error);
            ExitCode::from(error.code.exit())
        }
        // The program that reads the output has ended, as in `herokey status | head -1`.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Failure::Output(error)) => {
            say(&format!("error: could not write the output: {error}"));
            ExitCode::FAILURE
        }
    }
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

fn run(command: Command, env: &Env) -> Result<ExitCode, Failure> {
    match command {
        Command::Status(args) => status::run(env, &args)?,
        Command::Login(args) => login::run(env, &args)?,
        Command::Logout(args) => logout::run(env, args)?,
        Command::Regenerate { yes } => regenerate::run(env, yes)?,
        Command::Token(args) if args.copy => {
            herokey_core::desktop::clipboard::copy_token(env)?;
            say("The token is on the clipboard for 30 seconds.");
        }
        Command::Token(_) => {
            let found = lookup::require_token(env, Unlock::Ask)?;
            writeln!(io::stdout(), "{}", found.token.expose())?;
        }
        Command::Move(args) => move_token::run(env, &args)?,
        Command::Forget(args) => move_token::forget(env, args)?,
        Command::Link { account } => move_token::link(env, account)?,
        Command::Accounts(args) => accounts::run(env, &args)?,
        Command::Use { account } => accounts::switch(env, account)?,
        Command::Doctor(args) => doctor::run(env, &args)?,
        Command::History(args) => history::run(env, &args)?,
        Command::Authorizations(args) => authorizations::run(env, &args)?,
        Command::Revoke(args) => authorizations::revoke(env, args)?,
        Command::Keys(args) => keys::run(env, args)?,
        Command::Git(args) => git::run(env, &args)?,
        Command::GitCredential(args) => git_credential::run(env, args.operation)?,
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "herokey", &mut io::stdout());
        }
        Command::Clipboard { secret } => clipboard::serve(secret)?,
    }
    Ok(ExitCode::SUCCESS)
}
