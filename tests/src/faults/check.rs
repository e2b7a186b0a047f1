//! The rules that must hold after a cell.

use herokey_core::ledger::journal;
use herokey_core::ledger::journal::Activity;
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
use herokey_core::{Code, Result};

use super::failures::Cause;
use super::{Case, Failure, PASSWORD, Request, TOKEN, message};
use crate::world::World;

/// How an action should end.
#[derive(Debug)]
enum Expected {
    /// It succeeds, because the failure does not matter to it.
    Success,
    /// It fails with one of these codes.
    Code(&'static [Code]),
    /// It fails with the code of the failure.
    CodeOfFailure,
    /// It fails with the code of the failure, or is partly done, depending on when it sends this request.
    CodeOfFailureOrPartlyDone,
}

/// The end of an action that revoked something, but cannot prove it.
const UNPROVEN: Expected = Expected::Code(&[Code::PartlyDone]);

/// The first rule that is violated, if any.
pub(super) fn violation(
    world: &World,
    case: &Case,
    failure: &Failure,
    request: &Request,
    result: &Result<()>,
) -> Option<String> {
    if case.replaces_token() {
        return check_new_token(world, case, failure, result).or_else(|| check_message(world, result));
    }
    check_result(failure, request, case, result)
        .or_else(|| check_stores(world, case, result))
        .or_else(|| check_message(world, result))
}

fn check_result(failure: &Failure, request: &Request, case: &Case, result: &Result<()>) -> Option<String> {
    let expected = expected(failure, request, case);
    let fits = match (&expected, result) {
        (Expected::Success, Ok(())) => true,
        (Expected::Code(codes), Err(error)) => codes.contains(&error.code),
        // On a busy machine, other requests may time out too. Waiting for a login has an error code of its own.
        (Expected::CodeOfFailure, Err(error)) if failure.is_slow => {
            matches!(error.code, Code::HerokuUnreachable | Code::LoginTimedOut)
        }
        (Expected::CodeOfFailure, Err(error)) => error.code == failure.code,
        (Expected::CodeOfFailureOrPartlyDone, Err(error)) => {
            error.code == failure.code || error.code == Code::PartlyDone
        }
        _ => false,
    };
    (!fits).then(|| format!("expected {expected:?} ({}), got {result:?}", failure.code))
}

/// Lists the requests whose failure does not matter to an action, and those that have an error code of their own.
fn expected(failure: &Failure, request: &Request, case: &Case) -> Expected {
    if failure.hides_token {
        return expected_without_authorization(request, case);
    }
    match case.name {
        "log out" => return expected_of_logout(failure, request),
        "exec" => return expected_of_exec(failure, request),
        "revoke" | "end a session" => return expected_of_revocation(failure, request),
        _ => {}
    }
    let garbled = failure.code == Code::HerokuGarbled && failure.is_done && failure.name != "100 MB";
    match (request.to_string().as_str(), failure.code) {
        // A login reads when the token expires, but does not depend on it.
        ("GET /oauth/authorizations" | "GET /oauth/sessions", _) if case.name.starts_with("log in") => {
            Expected::Success
        }
        // Deleting something that is already gone succeeds, except for keys. Nothing reads the body of the answer.
        ("DELETE /account/keys/*", Code::NotFound) => Expected::CodeOfFailure,
        (path, Code::NotFound) if path.starts_with("DELETE ") => Expected::Success,
        (path, _) if path.starts_with("DELETE ") && garbled => Expected::Success,
        // An account may have no default authorization. If a client is gone, or the token is refused and so cannot
        // tell, Herokey registers a new client. A token that may not ask for teams has none to show.
        ("GET /oauth/authorizations/~" | "GET /oauth/clients/*" | "GET /teams", Code::NotFound)
        | ("GET /oauth/clients/*", Code::TokenRefused)
        | ("GET /teams", Code::Forbidden) => Expected::Success,
        // Only the existence of the client matters, not the body of the answer.
        ("GET /oauth/clients/*", _) if matches!(failure.name, "other JSON" | "wrong types") => {
            Expected::Success
        }
        ("POST /oauth/authorizations", Code::TokenRefused) if case.name.starts_with("log in") => {
            Expected::Code(&[Code::PasswordRefused])
        }
        ("POST /oauth/token", Code::TokenRefused) => Expected::Code(&[Code::HerokuError]),
        _ => Expected::CodeOfFailure,
    }
}

/// What happens if Heroku does not know the authorization of the token in use.
fn expected_without_authorization(request: &Request, case: &Case) -> Expected {
    match (request.to_string().as_str(), case.name) {
        // Only a logout depends on the token's own authorization in the list.
        ("GET /oauth/authorizations", "log out") => UNPROVEN,
        // A token without an authorization may belong to any session, so Herokey asks first.
        ("GET /oauth/authorizations", "end a session") => Expected::Code(&[Code::PersonNeeded]),
        _ => Expected::Success,
    }
}

/// A logout succeeds once Heroku refuses the token, whatever else fails.
fn expected_of_logout(failure: &Failure, request: &Request) -> Expected {
    let stays = matches!(failure.cause, Cause::Connection(_));
    let right_status = failure.code == Code::HerokuGarbled && failure.is_done && failure.name != "100 MB";
    match (request.to_string().as_str(), failure.code) {
        ("DELETE /oauth/authorizations/*", Code::TokenRefused | Code::NotFound)
        | ("GET /oauth/authorizations", Code::Forbidden | Code::NotFound) => UNPROVEN,
        (_, Code::TokenRefused) | ("GET /oauth/authorizations/~", Code::NotFound) => Expected::Success,
        ("DELETE /oauth/authorizations/*" | "GET /account", _) if right_status => Expected::Success,
        ("DELETE /oauth/sessions/~", _) if !stays => Expected::Success,
        ("DELETE /oauth/sessions/~" | "GET /account", _) => UNPROVEN,
        _ => Expected::CodeOfFailure,
    }
}

/// The command's token is revoked once Heroku refuses it.
fn expected_of_exec(failure: &Failure, request: &Request) -> Expected {
    let right_status = failure.code == Code::HerokuGarbled && failure.is_done && failure.name != "100 MB";
    match (request.to_string().as_str(), failure.code) {
        ("POST /oauth/authorizations", _) => Expected::CodeOfFailure,
        ("GET /account", Code::TokenRefused) => Expected::Success,
        _ if right_status => Expected::Success,
        _ => UNPROVEN,
    }
}

/// Revoking by id reads the list again to prove that it worked.
fn expected_of_revocation(failure: &Failure, request: &Request) -> Expected {
    let right_status = failure.code == Code::HerokuGarbled && failure.is_done && failure.name != "100 MB";
    match (request.to_string().as_str(), failure.code) {
        // A refused token proves at the end that it was revoked.
        ("GET /oauth/authorizations/~", Code::NotFound) | ("GET /account", Code::TokenRefused) => {
            Expected::Success
        }
        ("DELETE /oauth/authorizations/*" | "DELETE /oauth/sessions/*", Code::NotFound)
        | ("GET /account", _) => UNPROVEN,
        ("DELETE /oauth/authorizations/*" | "DELETE /oauth/sessions/*", _) if right_status => {
            Expected::Success
        }
        ("GET /oauth/authorizations" | "GET /oauth/sessions", _) => Expected::CodeOfFailureOrPartlyDone,
        _ => Expected::CodeOfFailure,
    }
}

/// Checks an action that replaces the token. The stored token must be valid, unless the user agreed beforehand that it
/// may become invalid. The message must name a token that is left over. The next attempt, without a fault, must
/// succeed.
fn check_new_token(world: &World, case: &Case, failure: &Failure, result: &Result<()>) -> Option<String> {
    let sandbox = world.sandbox();
    let env = world.env();
    let in_use = || lookup::token_in_use(&env, Unlock::Never).ok().flatten().map(|found| found.token);
    let Some(token) = in_use() else { return Some("no token is stored".to_owned()) };
    let user_agreed = case.name != "regenerate";
    if !sandbox.is_live(token.expose()) && !user_agreed {
        return Some("the stored token is invalid".to_owned());
    }
    if result.is_ok() && sandbox.is_live(TOKEN) && case.name != "renew" {
        return Some("the action succeeded, but the old token is still valid".to_owned());
    }
    if let Err(error) = result {
        let own_codes = [Code::PartlyDone, Code::PersonNeeded, Code::TokenRefused, Code::HerokuUnreachable];
        if error.code != failure.code && !own_codes.contains(&error.code) {
            return Some(format!("expected {}, got {error:?}", failure.code));
        }
    }
    let half_done = matches!(journal::activity(&env), Activity::Interrupted(_));
    let partly = result.as_ref().is_err_and(|error| error.code == Code::PartlyDone);
    // Herokey cannot revoke a token that Heroku does not list, so there is nothing to finish.
    let can_finish = partly && !failure.hides_token;
    if half_done != can_finish {
        return Some(format!("the journal has {:?}", journal::activity(&env)));
    }
    if case.name == "regenerate" && !failure.hides_token {
        let message = message(result);
        let live = sandbox.live_tokens();
        let mask = token.trace().masked;
        let mut others = live.iter().filter(|other| other.masked != mask);
        let unnamed = others
            .find(|other| !message.contains(&other.id.to_string()) && !message.contains(&other.description));
        if live.len() > 2 || unnamed.is_some() {
            return Some(format!("{} tokens are valid, {unnamed:?} is not named: {message}", live.len()));
        }
    }
    if !sandbox.is_live(token.expose()) && case.name == "regenerate, in place" {
        let says = result.as_ref().err().map(|error| error.next_step.contains("og in again"));
        return (says != Some(true))
            .then(|| format!("the token is invalid, but the message does not say so: {result:?}"));
    }
    if case.name == "renew" && result.as_ref().is_err_and(|error| error.code == Code::TokenRefused) {
        // The token stays valid until it expires. The error says that only a login brings a new one.
        return None;
    }
    if failure.hides_token {
        // The first token stays valid, so the claims of another attempt cannot be compared with it.
        return None;
    }
    if case.name == "regenerate, in place" {
        (case.prepare)(world);
    }
    let retry = super::run(world, case, &env);
    let is_valid = in_use().is_some_and(|token| sandbox.is_live(token.expose()));
    let failed = (retry.result.is_err() || !is_valid)
        .then(|| format!("the next attempt ended with {:?}", retry.result));
    failed.or_else(|| retry.false_claim.map(|why| format!("the next attempt: {why}")))
}

/// Checks what an action that does not replace the token has left in the stores and at Heroku.
fn check_stores(world: &World, case: &Case, result: &Result<()>) -> Option<String> {
    let sandbox = world.sandbox();
    let env = world.env();
    let partly = result.as_ref().is_err_and(|error| error.code == Code::PartlyDone);
    match journal::activity(&env) {
        Activity::Idle | Activity::Ended(_) => {}
        Activity::Interrupted(_) if partly => {}
        other => return Some(format!("the journal has {other:?}")),
    }
    let stored: Vec<String> = world
        .keyring()
        .items()
        .into_iter()
        .filter(|item| item.attributes["service"] == "heroku-cli")
        .filter_map(|item| item.secret)
        .collect();
    if case.ends_token {
        let expected = usize::from(result.is_err());
        return (stored.len() != expected).then(|| format!("{} tokens are stored", stored.len()));
    }
    if let Some(invalid) = stored.iter().find(|token| !sandbox.is_live(token)) {
        let mask = &invalid[invalid.len() - 4..];
        return Some(format!("the invalid token …{mask} is stored"));
    }
    let in_use = match lookup::token_in_use(&env, Unlock::Never) {
        Ok(Some(found)) => found.token,
        other => return Some(format!("no token is in use: {other:?}")),
    };
    if result.is_err() && in_use.expose() != TOKEN {
        return Some("the action failed, but another token is in use".to_owned());
    }
    if world.netrc().is_some() {
        return Some("there is a netrc file".to_owned());
    }
    if sandbox.requests().iter().any(|request| request.path == "/elsewhere") {
        return Some("Herokey followed a redirect".to_owned());
    }
    // If a token was created and then lost, the message must say where to find it.
    let lost_token =
        case.name.starts_with("log in") && sandbox.live_tokens().len() > known_tokens(case, in_use.expose());
    let says_where = message(result).contains("herokey authorizations");
    (lost_token && result.is_err() && !says_where)
        .then(|| "the message does not mention a lost token".to_owned())
}

/// The number of tokens that the user or Herokey knows after a login.
fn known_tokens(case: &Case, in_use: &str) -> usize {
    let pasted = usize::from(case.name == "log in, token");
    1 + pasted.max(usize::from(in_use != TOKEN))
}

/// Checks that the message names a next step, and that neither it nor the journal shows a secret.
fn check_message(world: &World, result: &Result<()>) -> Option<String> {
    let text = message(result) + &world.file(".local/state/herokey/journal.json").unwrap_or_default();
    let secrets = [TOKEN, PASSWORD, "HRKU-fake", "refresh-fake", "secret-fake", "code-fake"];
    if let Some(shown) = secrets.iter().find(|secret| text.contains(**secret)) {
        return Some(format!("{shown} is shown: {text}"));
    }
    let error = result.as_ref().err()?;
    (error.next_step.is_empty() || error.what.is_empty()).then(|| format!("it names no next step: {error}"))
}
