//! `herokey exec`: runs a command with a token of its own.

use std::io;
use std::panic::resume_unwind;
use std::path::Path;
use std::process::Command;
use std::sync::Once;
use std::thread;

use herokey_core::action::{self, Lent, Wanted};
use herokey_core::base::alarm::Alarm;
use herokey_core::base::token::Token;
use herokey_core::heroku::{Cancel, Heroku};
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup::{self, Source};
use herokey_core::tools::git;
use herokey_core::{Env, Result};
use jiff::Timestamp;

use crate::args::Exec;
use crate::progress_line;
use crate::prompt::Prompter;
use crate::suggest;
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
    let find = || suggest::account(env, args.account.as_deref(), acting(env, args.account.as_deref()));
    if args.own {
        let (_, token) = find()?;
        return Ok(match system::replace(command(token.expose())) {
            Ok(code) => code,
            Err(error) => not_started(&program, &error),
        });
    }
    let wanted = Wanted {
        scope: args.scope,
        lifetime_seconds: args.lifetime_seconds,
        command: Path::new(name).file_name().unwrap_or(name).to_string_lossy().into_owned(),
    };
    let person = Prompter::new(env);
    // Loading the system's certificates takes as long as the keychain.
    let (by, heroku) = thread::scope(|threads| {
        let by = threads.spawn(find);
        let heroku = Heroku::connect(env, Cancel::new(), &person);
        (by.join().unwrap_or_else(|panic| resume_unwind(panic)), heroku)
    });
    let by = by?;
    let lent = action::lend(env, &heroku?, by, &wanted)?;
    let alarm = lent.ends_at().and_then(|ends_at| tell_of_the_end(env.clone(), ends_at));
    let _off = progress_line::off();
    // Ctrl-C after the end stops only the revoking; the next program does it then.
    let cancel = Cancel::new();
    let ended = system::run(command(lent.token().expose()), &cancel);
    drop(alarm);
    take_back(env, lent, cancel);
    Ok(match ended {
        Ok(ended) => system::end_as(ended),
        Err(error) => not_started(&program, &error),
    })
}

/// The account to act for, if its name is known, and its token: the one asked for, else the folder's, else the one in use.
fn acting(env: &Env, asked: Option<&str>) -> Result<(Option<String>, Token)> {
    if asked.is_some() {
        return lookup::account_token(env, asked, Unlock::Ask);
    }
    // git takes as long as the keychain, and a folder with an account of its own is rare.
    let (here, in_use) = thread::scope(|threads| {
        let here = threads.spawn(|| account_here(env));
        let in_use = lookup::token_in_use(env, Unlock::Never);
        (here.join().unwrap_or_default(), in_use)
    });
    match in_use {
        // What netrc says counts only if the keychain stays locked.
        Ok(Some(found)) if found.source != Source::Netrc && (here.is_none() || here == found.account) => {
            Ok((found.account, found.token))
        }
        _ => lookup::account_token(env, here.as_deref(), Unlock::Ask),
    }
}

/// The account of the current folder, if git's configuration names one and no variable wins over it.
fn account_here(env: &Env) -> Option<String> {
    if env.os("HEROKU_API_KEY").is_some() {
        return None;
    }
    let here = std::env::current_dir().ok()?;
    // Where git cannot read its configuration, it names no account; the command may have nothing to do with git.
    git::account_here(&env.in_folder(here, None)).ok()?
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
fn tell_of_the_end(env: Env, ends_at: Timestamp) -> Option<Alarm> {
    let (now, told) = (env.now(), Once::new());
    let tell = || {
        say(
            "herokey: the token of this command has ended, so Heroku refuses it from now on. Start the command again, with a longer `--for`.",
        );
    };
    // It also rings when the clock is set.
    let ring = move || {
        if env.now() >= ends_at {
            told.call_once(tell);
        }
    };
    let alarm = Alarm::start(ring).and_then(|alarm| alarm.set(Some(ends_at), now).map(|()| alarm));
    alarm
        .inspect_err(|error| say(&format!("herokey: nothing will say when the token has ended: {error}")))
        .ok()
}

fn not_started(program: &Path, error: &io::Error) -> u8 {
    say(&format!("herokey: {} cannot be started: {error}", program.display()));
    if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_EXECUTABLE }
}
