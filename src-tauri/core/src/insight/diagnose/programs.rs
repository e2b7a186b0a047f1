//! Tokens that other programs keep in plain text.

use super::{Problem, Severity, command, problem, problem_of};
use crate::base::token::Trace;
use crate::insight::facts::{Facts, Observed};
use crate::insight::programs::{McpKey, McpServer, ProgramKind};
use crate::insight::readers::Readers;
use crate::insight::remedy::Fix;
use crate::stores::docker;

pub(super) fn find(facts: &Facts, readers: &Readers, problems: &mut Vec<Problem>) {
    for program in &facts.programs {
        if let ProgramKind::McpServer(server) = &program.kind
            && let McpKey::Token(trace) = &server.key
        {
            problems.push(plain_key(facts, readers, server, trace));
        }
    }
    problems.extend(facts.unread_configurations.iter().map(|unread| Problem {
        severity: Severity::Info,
        ..problem_of("mcp-config-unreadable", &unread.error)
    }));
    problems.extend(plain_login(facts, readers));
}

fn plain_key(facts: &Facts, readers: &Readers, server: &McpServer, trace: &Trace) -> Problem {
    let McpServer { client, name, shown, line, .. } = server;
    let in_use = readers.heroku.trace.as_ref() == Some(trace);
    let state = match facts.known(Some(trace)) {
        Some(known) if known.refused => {
            " Heroku no longer accepts it, so what the server does fails.".to_owned()
        }
        _ if in_use => String::new(),
        Some(known) if known.account.is_some() && known.account != readers.heroku.account => {
            format!(" It belongs to {}.", known.account.as_deref().unwrap_or_default())
        }
        _ => " It is not the token that heroku uses.".to_owned(),
    };
    let found = problem(
        "mcp-plain-token",
        Severity::Warning,
        format!("{client} keeps a token in plain text ({})", trace.masked),
        format!("Any program you run can read the key of the server `{name}` in {shown}:{line}.{state}"),
        "Remove the key, and let `herokey exec -- COMMAND` start the server.",
    );
    if !server.can_be_lent || server.is_lent {
        return found;
    }
    let effect = format!(
        "Lets `herokey exec` start the server with a token of its own, which is revoked when the server ends, and \
         removes the key from {shown}. Nothing else there changes. The keychain keeps what is removed, so that you can \
         undo this."
    );
    found.fixed_by(Fix::LendToMcpServer { path: server.path.clone(), entry: server.entry.clone() }, effect)
}

/// Docker's login, if it is the token in use; an old one is another problem.
fn plain_login(facts: &Facts, readers: &Readers) -> Option<Problem> {
    let Observed::Present(login) = &facts.docker else { return None };
    let trace = login.trace.as_ref().filter(|_| login.helper.is_none())?;
    if readers.heroku.trace.as_ref() != Some(trace) {
        return None;
    }
    let shown = &login.shown;
    let found = problem(
        "docker-plain-token",
        Severity::Info,
        "Docker has your token in plain text",
        format!("Any program you run can read it in {shown}."),
        command("herokey docker install"),
    );
    if !facts.docker_helper_found {
        return Some(found);
    }
    let effect = format!(
        "Names `{}` as the helper for registry.heroku.com in {shown}, and removes the login there. Nothing else \
         changes. The keychain keeps the login, so that you can undo this.",
        docker::HELPER
    );
    Some(found.fixed_by(Fix::DockerHelper { path: login.path.clone() }, effect))
}
