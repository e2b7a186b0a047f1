//! Copies of tokens that the Heroku CLI does not read by itself: those of `heroku accounts` and Docker.

use super::{Problem, Severity, problem, problem_of};
use crate::base::token::Trace;
use crate::insight::facts::{Facts, Observed};
use crate::insight::readers::Readers;
use crate::insight::remedy::Fix;

pub(super) fn find(facts: &Facts, readers: &Readers, problems: &mut Vec<Problem>) {
    problems.extend(accounts(facts));
    problems.extend(docker(facts, readers));
    problems.extend(docker_configuration(facts));
}

fn accounts(facts: &Facts) -> Option<Problem> {
    let files = facts.accounts.present()?;
    let file = files.iter().find(|file| file.trace.is_some())?;
    let (shown, account) = (&file.shown, &file.username);
    let title = "`heroku accounts` keeps a token in plain text";
    let message = format!("Any program you run can read the token for {account} in {shown}.");
    if !facts.cli_uses_keychain() {
        let fix = "Start a keychain that the Heroku CLI can read, then run `herokey doctor --fix`.";
        return Some(problem("accounts-plain-token", Severity::Info, title, message, fix));
    }
    let held = facts.keychain.present().into_iter().flatten().find(|entry| entry.account == *account);
    if held.is_some_and(|entry| entry.trace != file.trace) {
        let message = format!("{message} The keychain has a different token for that account.");
        let fix = format!("If you do not need that token, remove the line `password` from {shown}.");
        return Some(problem("accounts-plain-token", Severity::Warning, title, message, fix));
    }
    let fix = Fix::AccountsToken { path: file.path.clone(), account: account.clone() };
    let effect = format!(
        "Saves the token for {account} in the keychain and reads it back, then removes the line `password` from {shown}."
    );
    let found = problem("accounts-plain-token", Severity::Warning, title, message, "");
    Some(found.fixed_by(fix, effect).safe_if(true))
}

fn docker(facts: &Facts, readers: &Readers) -> Option<Problem> {
    let login = facts.docker.present()?;
    // A Docker credential helper is never asked, since it might prompt the user.
    let trace = login.trace.as_ref()?;
    let refused = facts.known(Some(trace)).is_some_and(|known| known.refused);
    if !refused && is_known_here(facts, readers, trace) {
        return None;
    }
    let message = if refused {
        "Heroku no longer accepts it, so `docker push` to Heroku's registry fails."
    } else {
        "Nothing else on this machine uses it, and `docker push` to Heroku's registry may fail."
    };
    let found = problem(
        "docker-login-stale",
        Severity::Warning,
        format!("Docker has an old token ({})", trace.masked),
        format!("{message} Any program you run can read it in {}.", login.shown),
        "",
    );
    let effect = format!(
        "Removes the login for registry.heroku.com from {}, and nothing else there. The keychain keeps the login, so \
         that you can undo this. `heroku container:login` creates a new one.",
        login.shown
    );
    Some(found.fixed_by(Fix::NoDockerLogin { path: login.path.clone() }, effect))
}

/// Docker's configuration cannot be read, so nobody can tell whether it holds a token.
fn docker_configuration(facts: &Facts) -> Option<Problem> {
    let Observed::Unknown(error) = &facts.docker else { return None };
    Some(Problem { severity: Severity::Warning, ..problem_of("docker-config-unreadable", error) })
}

fn is_known_here(facts: &Facts, readers: &Readers, trace: &Trace) -> bool {
    let keychain = facts.keychain.present().into_iter().flatten().filter_map(|entry| entry.trace.as_ref());
    let accounts = facts.accounts.present().into_iter().flatten().filter_map(|file| file.trace.as_ref());
    let netrc = facts.netrc.records.present().into_iter().flatten();
    let netrc = netrc.flat_map(|record| [record.curl.as_ref(), record.cli.as_ref()]).flatten();
    let used =
        [&readers.heroku, &readers.git, &readers.curl].into_iter().filter_map(|answer| answer.trace.as_ref());
    keychain.chain(accounts).chain(netrc).chain(used).any(|known| known == trace)
}
