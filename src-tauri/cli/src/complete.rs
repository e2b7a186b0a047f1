//! What a shell completes, beyond what clap knows itself. It is read on this machine alone: nobody is asked, no token is
//! shown, and a keychain that does not answer is left out.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};
use clap_complete::{CompleteEnv, CompletionCandidate, Shell};
use herokey_core::Env;
use herokey_core::base::memory;
use herokey_core::insight::accounts;
use herokey_core::insight::diagnose::diagnose;
use herokey_core::insight::facts::Facts;
use herokey_core::insight::readers::resolve;
use herokey_core::ledger::seen_access;
use herokey_core::survey::survey;

/// The variable with which a script asks `herokey` what to complete.
const VARIABLE: &str = "HEROKEY_COMPLETE";
/// How long the keychain may take.
const KEYCHAIN: Duration = Duration::from_secs(1);
/// How long everything may take.
const SURVEY: Duration = Duration::from_secs(3);

const SHELLS: Shells<'_> = Shells(&[&SplittingBash, &Elvish, &Fish, &Powershell, &Zsh]);

/// Answers a script and ends the program, if one asks.
pub(crate) fn answer_if_asked() {
    CompleteEnv::with_factory(super::help::command).var(VARIABLE).shells(SHELLS).complete();
}

/// The script for a shell.
pub(crate) fn script(shell: Shell) -> io::Result<Vec<u8>> {
    let mut script = Vec::new();
    if let Some(completer) = SHELLS.completer(&shell.to_string()) {
        completer.write_registration(VARIABLE, "herokey", "herokey", "herokey", &mut script)?;
    }
    if shell == Shell::Zsh {
        // In a folder of $fpath, zsh loads the script to complete at once.
        writeln!(script, "if [[ $funcstack[1] == _herokey ]]; then _clap_dynamic_completer_herokey; fi")?;
    }
    Ok(script)
}

/// The accounts with a token on this machine.
pub(crate) fn accounts() -> Vec<CompletionCandidate> {
    let all = facts().map(|facts| accounts::accounts(&facts)).unwrap_or_default();
    all.into_iter().filter_map(|account| candidate(&account.email, "")).collect()
}

/// The problems on this machine that Herokey can fix.
pub(crate) fn problems() -> Vec<CompletionCandidate> {
    let Some(facts) = facts() else { return Vec::new() };
    let found = diagnose(&facts, &resolve(&facts)).into_iter().filter(|problem| problem.remedy.is_some());
    let mut candidates: Vec<_> =
        found.filter_map(|problem| candidate(problem.code, &problem.title)).collect();
    candidates.dedup_by(|one, other| one.get_value() == other.get_value());
    candidates
}

/// The authorizations and sessions that were listed last.
pub(crate) fn authorizations() -> Vec<CompletionCandidate> {
    let seen = seen_access::read(&Env::of_process());
    seen.iter().filter_map(|access| candidate(&access.id, &access.description)).collect()
}

/// A value that is one word in every shell. Others could run as a part of the command line.
fn candidate(value: &str, help: &str) -> Option<CompletionCandidate> {
    let is_word = value.chars().all(|c| c.is_ascii_alphanumeric() || "@._+-".contains(c));
    let help = (!help.is_empty()).then(|| help.to_owned().into());
    is_word.then(|| CompletionCandidate::new(value).help(help))
}

fn facts() -> Option<Facts> {
    memory::protect();
    let mut env = Env::of_process();
    env.limits.keychain = KEYCHAIN;
    let (sender, receiver) = mpsc::sync_channel(1);
    thread::spawn(move || {
        // It fails only if the survey took too long.
        let _ = sender.send(survey(&env));
    });
    receiver.recv_timeout(SURVEY).ok()
}

/// Like clap's [`Bash`], and completes words that bash splits, such as an email.
struct SplittingBash;

impl EnvCompleter for SplittingBash {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        _: &str,
        _: &str,
        _: &str,
        script: &mut dyn Write,
    ) -> io::Result<()> {
        script.write_all(include_str!("complete.bash").replace("VARIABLE", variable).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        Bash.write_complete(command, words, folder, out)
    }
}
