//! `herokey exec`: runs a command with a token of its own.

use std::io;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

use herokey_core::action::{self, Lent, Wanted};
use herokey_core::heroku::{Cancel, Heroku};
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::tools::git;
use herokey_core::{Env, Result};
use jiff::Timestamp;

use crate::args::Exec;
use crate::prompt::Prompter;
use crate::terminal::{print_error, say, with_runner};

#[cfg(unix)]
mod unix;
#[cfg(unix)]
use unix as system;
#[cfg(windows)]
mod windows;
#[cfg(windows)]
use windows as system;

/// What a shell answers if there is no such command, or if it cannot be started (POSIX, "Exit Status for Commands").
const NOT_FOUND: u8 = 127;
const NOT_EXECUTABLE: u8 = 126;
/// How long to sleep at most: while the machine itself sleeps, this does not pass.
const NAP: Duration = Duration::from_mins(1);

/// Runs the command. Returns its exit code; if a signal ended it, the same signal ends this program.
pub(crate) fn run(env: &Env, args: Exec) -> Result<u8> {
    let Some((name, arguments)) = args.command.split_first() else { return Ok(NOT_FOUND) };
    let Some(program) = env.find_program(name).filter(|path| path.exists()) else {
        say(&format!("herokey: {}: there is no such command", Path::new(name).display()));
        return Ok(NOT_FOUND);
    };
    let command = |token: &str| {
        let mut command = Command::new(&program);
        system::called(&mut command, name);
        command.args(arguments).env(&args.variable, token);
        command
    };
    let account = args.account.or_else(|| account_here(env));
    if args.own {
        let (_, token) = lookup::account_token(env, account.as_deref(), Unlock::Ask)?;
        return Ok(match system::replace(command(token.expose())) {
            Ok(code) => code,
            Err(error) => not_started(&program, &error),
        });
    }
    let wanted = Wanted {
        account,
        scope: args.scope,
        lifetime_seconds: args.lifetime_seconds,
        command: Path::new(name).file_name().unwrap_or(name).to_string_lossy().into_owned(),
    };
    let person = Prompter::new(env);
    let lent = action::lend(env, &Heroku::connect(env, Cancel::new(), &person)?, &wanted)?;
    if let Some(ends_at) = lent.ends_at() {
        tell_of_the_end(env.clone(), ends_at);
    }
    // Ctrl-C after the end stops only the revoking; the next program does it then.
    let cancel = Cancel::new();
    let ended = system::run(command(lent.token().expose()), &cancel);
    take_back(env, lent, cancel);
    Ok(match ended {
        Ok(ended) => system::end_as(ended),
        Err(error) => not_started(&program, &error),
    })
}

/// The account of the current folder, if git's configuration names one and no variable wins over it.
fn account_here(env: &Env) -> Option<String> {
    let here = std::env::current_dir().ok()?;
    // Where git cannot read its configuration, it names no account; the command may have nothing to do with git.
    let account = git::account_here(&env.in_folder(here, None)).ok()?;
    account.filter(|account| git::names_account(env, account))
}

/// Revokes the token. The exit code is the command's, so an error is only printed.
fn take_back(env: &Env, lent: Lent, cancel: Cancel) {
    let person = Prompter::new(env);
    let revoked = Heroku::connect(env, cancel, &person).and_then(|heroku| lent.take_back(env, &heroku));
    let revoked = revoked.and_then(|()| with_runner(env, &person, action::take_back_left).map(drop));
    if let Err(error) = revoked {
        print_error(&error);
    }
}

/// Says so when Heroku stops accepting the token while the command still runs.
fn tell_of_the_end(env: Env, ends_at: Timestamp) {
    thread::spawn(move || {
        while let Ok(left) = Duration::try_from(ends_at.duration_since(env.now()))
            && !left.is_zero()
        {
            thread::sleep(left.min(NAP));
        }
        say(
            "herokey: the token of this command has ended, so Heroku refuses it from now on. Start the command again, with a longer `--for`.",
        );
    });
}

fn not_started(program: &Path, error: &io::Error) -> u8 {
    say(&format!("herokey: {} cannot be started: {error}", program.display()));
    if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }
}
