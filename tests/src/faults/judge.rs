//! What must hold after a cell.

use herokey_core::journal::{self, Activity};
use herokey_core::store::keychain::Unlock;
use herokey_core::store::lookup;
use herokey_core::{Code, Result};

use super::{Case, Kind, PASSWORD, Request, TOKEN, said};
use crate::world::World;

/// What an action is to say, or that the fault does not matter to it.
#[derive(Debug)]
enum Expected {
    Done,
    Code(&'static [Code]),
    /// The code of the kind.
    Usual,
}

/// What is not as it should be, if anything.
pub(super) fn wrong(
    world: &World,
    case: &Case,
    kind: &Kind,
    request: &Request,
    result: &Result<()>,
) -> Option<String> {
    wrong_answer(kind, request, case, result)
        .or_else(|| wrong_stores(world, case, result))
        .or_else(|| wrong_words(world, result))
}

fn wrong_answer(kind: &Kind, request: &Request, case: &Case, result: &Result<()>) -> Option<String> {
    let expected = expected(kind, request, case);
    let fits = match (&expected, result) {
        (Expected::Done, Ok(())) => true,
        (Expected::Code(codes), Err(error)) => codes.contains(&error.code),
        // A busy machine is slow in other places too, and Heroku's long wait has an error of its own.
        (Expected::Usual, Err(error)) if kind.is_slow => {
            matches!(error.code, Code::HerokuUnreachable | Code::LoginTimedOut)
        }
        (Expected::Usual, Err(error)) => error.code == kind.code,
        _ => false,
    };
    (!fits).then(|| format!("expected {expected:?} ({}), got {result:?}", kind.code))
}

/// The requests that a fault does not keep an action from, and those with an error of their own.
fn expected(kind: &Kind, request: &Request, case: &Case) -> Expected {
    let garbled = kind.code == Code::HerokuGarbled && kind.is_done && kind.name != "100 MB";
    match (request.to_string().as_str(), kind.code) {
        // What is gone is as good as deleted, and nobody reads what the answer says.
        ("DELETE /account/keys/*", Code::NotFound) => Expected::Usual,
        (path, Code::NotFound) if path.starts_with("DELETE ") => Expected::Done,
        (path, _) if path.starts_with("DELETE ") && garbled => Expected::Done,
        // A logout goes on with a token that Heroku does not know any more.
        (_, Code::TokenRefused) if case.name == "log out" => Expected::Done,
        // An account need not have a default authorization. A client that is not there is registered anew, and a dead
        // token cannot tell whether it is.
        ("GET /oauth/authorizations/~" | "GET /oauth/clients/*", Code::NotFound)
        | ("GET /oauth/clients/*", Code::TokenRefused) => Expected::Done,
        // Only whether it is there matters.
        ("GET /oauth/clients/*", _) if matches!(kind.name, "other JSON" | "wrong types") => Expected::Done,
        ("POST /oauth/authorizations", Code::TokenRefused) => Expected::Code(&[Code::PasswordRefused]),
        ("POST /oauth/token", Code::TokenRefused) => Expected::Code(&[Code::HerokuError]),
        _ => Expected::Usual,
    }
}

fn wrong_stores(world: &World, case: &Case, result: &Result<()>) -> Option<String> {
    let sandbox = world.sandbox();
    let env = world.env();
    match journal::activity(&env) {
        Activity::Idle | Activity::Ended(_) => {}
        other => return Some(format!("the journal is left at {other:?}")),
    }
    let stored: Vec<String> = world
        .keyring()
        .items()
        .into_iter()
        .filter(|item| item.attributes["service"] == "heroku-cli")
        .filter_map(|item| item.secret)
        .collect();
    if case.ends_token {
        let left = usize::from(result.is_err());
        return (stored.len() != left).then(|| format!("{} tokens are stored", stored.len()));
    }
    if let Some(dead) = stored.iter().find(|token| !sandbox.is_live(token)) {
        let mask = &dead[dead.len() - 4..];
        return Some(format!("the dead token …{mask} is stored"));
    }
    let in_use = match lookup::token_in_use(&env, Unlock::Never) {
        Ok(Some(found)) => found.token,
        other => return Some(format!("no token is in use: {other:?}")),
    };
    if result.is_err() && in_use.expose() != TOKEN {
        return Some("the action failed, and another token is in use".to_owned());
    }
    if world.netrc().is_some() {
        return Some("there is a netrc file".to_owned());
    }
    if sandbox.requests().iter().any(|request| request.path == "/elsewhere") {
        return Some("a redirect was followed".to_owned());
    }
    // A token that was made and that nobody knows: then it must be said where it is found.
    let nobodys =
        case.name.starts_with("log in") && sandbox.live_tokens().len() > known(case, in_use.expose());
    let told = said(result).contains("herokey authorizations");
    (nobodys && result.is_err() && !told).then(|| "a token that nobody knows is not mentioned".to_owned())
}

/// How many tokens somebody knows after a login.
fn known(case: &Case, in_use: &str) -> usize {
    let pasted = usize::from(case.name == "log in, token");
    1 + pasted.max(usize::from(in_use != TOKEN))
}

fn wrong_words(world: &World, result: &Result<()>) -> Option<String> {
    let said = said(result) + &world.file(".local/state/herokey/journal.json").unwrap_or_default();
    let secret = [TOKEN, PASSWORD, "HRKU-fake", "refresh-fake", "secret-fake", "code-fake"];
    if let Some(shown) = secret.iter().find(|secret| said.contains(**secret)) {
        return Some(format!("{shown} is shown: {said}"));
    }
    let error = result.as_ref().err()?;
    (error.fix.is_empty() || error.what.is_empty()).then(|| format!("it does not say what to do: {error}"))
}
