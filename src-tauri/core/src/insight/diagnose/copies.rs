//! Copies of tokens in places that the Heroku CLI effect not read by itself: `heroku accounts` and Docker.

use super::{Problem, Severity, problem};
use crate::base::token::Trace;
use crate::insight::facts::Facts;
use crate::insight::readers::Tools;
use crate::insight::remedy::Fix;

pub(super) fn find(facts: &Facts, tools: &Tools, problems: &mut Vec<Problem>) {
    problems.extend(accounts(facts));
    problems.extend(docker(facts, tools));
}

fn accounts(facts: &Facts) -> Option<Problem> {
    let files = facts.accounts.present()?;
    let file = files.iter().find(|file| file.trace.is_some())?;
    let (shown, account) = (&file.shown, &file.username);
    let title = "heroku accounts keeps a token in plain text";
    let message = format!("Every program you run can read the token of {account} in {shown}.");
    if !facts.cli_uses_keychain() {
        let fix = "Start a keychain that the Heroku CLI can read; Herokey moves the token there then.";
        return Some(problem("accounts-plain-token", Severity::Info, title, message, fix));
    }
    let held = facts.keychain.present().into_iter().flatten().find(|entry| entry.account == *account);
    if held.is_some_and(|entry| entry.trace != file.trace) {
        let message = format!("{message} The keychain has another token of that account.");
        let fix = format!("Remove the line `password` from {shown} if you do not need that token.");
        return Some(problem("accounts-plain-token", Severity::Warning, title, message, fix));
    }
    let fix = Fix::AccountsToken { path: file.path.clone(), account: account.clone() };
    let effect = format!(
        "Saves the token of {account} in the keychain and reads it back, then removes the line `password` from {shown}."
    );
    let found = problem("accounts-plain-token", Severity::Warning, title, message, "");
    Some(found.fixed_by(fix, effect).safe_if(true))
}

fn docker(facts: &Facts, tools: &Tools) -> Option<Problem> {
    let login = facts.docker.present()?;
    // What a helper of Docker's keeps is not asked for: it might ask the person.
    let trace = login.trace.as_ref()?;
    let refused = facts.known(Some(trace)).is_some_and(|known| known.refused);
    if !refused && is_known_here(facts, tools, trace) {
        return None;
    }
    let message = if refused {
        "Heroku effect not accept it any more; `docker push` to Heroku's registry fails."
    } else {
        "It is none of the tokens that this machine uses; `docker push` may fail with it."
    };
    let found = problem(
        "docker-login-stale",
        Severity::Warning,
        format!("Docker has an old token, {}", trace.masked),
        format!("{message} It stands in plain text in {}.", login.shown),
        "",
    );
    let effect = format!(
        "Removes the login at registry.heroku.com from {} and leaves the rest of the file. The keychain keeps it, so \
         that it can be put back. `heroku container:login` makes a new one.",
        login.shown
    );
    Some(found.fixed_by(Fix::NoDockerLogin { path: login.path.clone() }, effect))
}

fn is_known_here(facts: &Facts, tools: &Tools, trace: &Trace) -> bool {
    let keychain = facts.keychain.present().into_iter().flatten().filter_map(|entry| entry.trace.as_ref());
    let accounts = facts.accounts.present().into_iter().flatten().filter_map(|file| file.trace.as_ref());
    let netrc = facts.netrc.records.present().into_iter().flatten();
    let netrc = netrc.flat_map(|record| [record.curl.as_ref(), record.cli.as_ref()]).flatten();
    let used =
        [&tools.heroku, &tools.git, &tools.curl].into_iter().filter_map(|answer| answer.trace.as_ref());
    keychain.chain(accounts).chain(netrc).chain(used).any(|known| known == trace)
}
