//! What must hold after a cell.

use herokey_core::ledger::journal;
use herokey_core::ledger::journal::Activity;
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup;
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
    if case.replaces_token() {
        return wrong_successor(world, case, kind, result).or_else(|| wrong_words(world, result));
    }
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
        // When the token ends is worth knowing, but no reason to fail.
        ("GET /oauth/authorizations" | "GET /oauth/sessions", _) if case.name.starts_with("log in") => {
            Expected::Done
        }
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

/// After a new token was to take the old one's place: the stored one lives, or the person was told before that it would
/// die; what is one too many is named; and the next try, without a fault, comes to a good end.
fn wrong_successor(world: &World, case: &Case, kind: &Kind, result: &Result<()>) -> Option<String> {
    let sandbox = world.sandbox();
    let env = world.env();
    let in_use = || lookup::token_in_use(&env, Unlock::Never).ok().flatten().map(|found| found.token);
    let Some(token) = in_use() else { return Some("no token is stored".to_owned()) };
    let told_before = case.name != "regenerate";
    if !sandbox.is_live(token.expose()) && !told_before {
        return Some("the stored token is dead".to_owned());
    }
    if result.is_ok() && sandbox.is_live(TOKEN) && case.name != "renew" {
        return Some("it is done, and the old token lives".to_owned());
    }
    if let Err(error) = result {
        let of_its_own = [Code::PartlyDone, Code::PersonNeeded, Code::TokenRefused, Code::HerokuUnreachable];
        if error.code != kind.code && !of_its_own.contains(&error.code) {
            return Some(format!("expected {}, got {error:?}", kind.code));
        }
    }
    let half_done = matches!(journal::activity(&env), Activity::HalfDone(_));
    let partly = result.as_ref().is_err_and(|error| error.code == Code::PartlyDone);
    if half_done != partly {
        return Some(format!("the journal: {:?}", journal::activity(&env)));
    }
    if case.name == "regenerate" {
        let said = said(result);
        let live = sandbox.live_tokens();
        let mask = token.trace().masked;
        let mut others = live.iter().filter(|one| one.masked != mask);
        let unnamed =
            others.find(|one| !said.contains(&one.id.to_string()) && !said.contains(&one.description));
        if live.len() > 2 || unnamed.is_some() {
            return Some(format!("{} tokens live, {unnamed:?} is not named: {said}", live.len()));
        }
    }
    if !sandbox.is_live(token.expose()) && case.name == "regenerate, in place" {
        let says = result.as_ref().err().map(|error| error.next_step.contains("og in again"));
        return (says != Some(true)).then(|| format!("the token is dead, and nobody is told: {result:?}"));
    }
    if case.name == "renew" && result.as_ref().is_err_and(|error| error.code == Code::TokenRefused) {
        // The token lives until it expires, and only a new login brings another: that was said.
        return None;
    }
    if case.name == "regenerate, in place" {
        (case.prepare)(world);
    }
    let again = super::run(world, case, &env);
    let lives = in_use().is_some_and(|token| sandbox.is_live(token.expose()));
    (again.is_err() || !lives).then(|| format!("the next try: {again:?}"))
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
    (error.next_step.is_empty() || error.what.is_empty())
        .then(|| format!("it does not say what to do: {error}"))
}
