//! Environment variables that override a token or have no effect, and what else differs in a new terminal.

use super::{Problem, Severity, problem, problem_of};
use crate::base::terminal::{SetIn, Unset};
use crate::insight::facts::{Facts, Observed, Override};
use crate::insight::readers::{Readers, Source, has_override};
use crate::insight::remedy::Fix;

pub(super) fn find(facts: &Facts, readers: &Readers, problems: &mut Vec<Problem>) {
    let overrides = &facts.overrides;
    if let Some(key) = &overrides.api_key {
        problems.extend(api_key_is_malformed(key, readers));
        problems.extend(has_override(facts).then(|| api_key_overrides(key)));
    } else if overrides.api_token {
        let found = problem(
            "env-api-token-ignored",
            Severity::Info,
            "HEROKU_API_TOKEN is ignored",
            "The Heroku CLI reads HEROKU_API_KEY, not HEROKU_API_TOKEN.",
            "",
        );
        let set_in = overrides.set_in("HEROKU_API_TOKEN");
        problems.push(unset(
            found,
            "HEROKU_API_TOKEN",
            set_in,
            "If you meant HEROKU_API_KEY, rename it instead.",
        ));
    }
    if let Some(value) = overrides.netrc_write.as_ref().filter(|_| !overrides.netrc_only) {
        let found = problem(
            "env-netrc-write-ignored",
            Severity::Info,
            "HEROKU_NETRC_WRITE is ignored",
            format!("Its value is `{value}`, but the Heroku CLI accepts only `true`."),
            "",
        );
        let set_in = overrides.set_in("HEROKU_NETRC_WRITE");
        problems.push(unset(
            found,
            "HEROKU_NETRC_WRITE",
            set_in,
            "If you want the token in netrc, set it to `true` instead.",
        ));
    }
    for refused in &overrides.refused_hosts {
        let found = problem(
            "host-not-allowed",
            Severity::Error,
            format!("{} is not a Heroku host", refused.name),
            format!(
                "Its value is `{}`. Until you correct it, Herokey sends no token anywhere and changes nothing.",
                refused.value
            ),
            "",
        );
        problems.push(unset(found, refused.name, overrides.set_in(refused.name), ""));
    }
    problems.extend(facts.ignored_certificates.as_ref().map(|error| Problem {
        severity: Severity::Warning,
        ..problem_of("env-extra-certs-ignored", error)
    }));
    problems.extend(new_terminal_differs(facts));
    problems.extend(facts.heroku_alias.as_ref().map(|alias| {
        problem(
            "heroku-is-no-program",
            Severity::Info,
            "`heroku` is an alias or a function in your shell",
            format!("Your shell says: {alias}. Herokey cannot see which token it uses."),
            "If you do not want it, remove it from your shell's start-up files.",
        )
    }));
}

/// heroku, or git through the Heroku CLI's helper, cannot use `HEROKU_API_KEY` as it is.
fn api_key_is_malformed(api_key: &Override, readers: &Readers) -> Option<Problem> {
    let flaw = api_key.flaw.as_ref()?;
    if !flaw.stops_heroku() && readers.git.source != Source::HelperHeroku {
        return None;
    }
    let (severity, title) = if flaw.stops_heroku() {
        (Severity::Error, "The heroku command cannot use HEROKU_API_KEY")
    } else {
        (Severity::Warning, "git cannot use HEROKU_API_KEY")
    };
    let message = format!("It is set {}, and {flaw}. {}", place_of(api_key), flaw.effect());
    let found = problem("env-api-key-malformed", severity, title, message, "");
    let instead = "If you need it, set it to the token and nothing else instead.";
    Some(unset(found, "HEROKU_API_KEY", api_key.set_in.as_ref(), instead))
}

/// `HEROKU_API_KEY` wins over a stored token. Without one it is how the user gives heroku a token, as on a CI machine.
fn api_key_overrides(api_key: &Override) -> Problem {
    let message = format!(
        "It is set {}. The heroku command uses it instead of your stored token, and refuses to log in.",
        place_of(api_key)
    );
    let title = "HEROKU_API_KEY overrides your token";
    let found = problem("env-api-key-overrides", Severity::Error, title, message, "");
    unset(found, "HEROKU_API_KEY", api_key.set_in.as_ref(), "")
}

fn place_of(api_key: &Override) -> String {
    match &api_key.set_in {
        Some(set_in) => format!("in {}", set_in.shown),
        None => "by the program that started Herokey".to_owned(),
    }
}

/// This program's variables have other values than those of a new terminal.
fn new_terminal_differs(facts: &Facts) -> Option<Problem> {
    let names = facts.differing_variables();
    let Observed::Present(_) = facts.login_shell else { return None };
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(problem(
        "env-differs",
        Severity::Info,
        "A new terminal has different variables",
        format!("These variables have other values in a new terminal than in this program: {names}."),
        "Restart this program from a new terminal, or log in to your desktop again.",
    ))
}

/// Says how to unset a variable, and offers to do so where the user could. `instead` is the
/// sentence about an alternative.
fn unset(found: Problem, name: &str, set_in: Option<&SetIn>, instead: &str) -> Problem {
    let words = match set_in {
        Some(line) if line.path.ends_with("fish_variables") => {
            format!("Run `set -e {name}` in fish. {instead}")
        }
        Some(place) if place.line == 0 => {
            format!("Remove {name} from {}, then restart Herokey. {instead}", place.shown)
        }
        Some(line) => format!("Remove {name} from {}, then open a new terminal. {instead}", line.shown),
        None => format!("Unset {name} where it is set, then restart Herokey. {instead}"),
    };
    let found = Problem { next_step: words.trim_end().into(), ..found };
    let Some((place, unset)) = set_in.and_then(|place| Some((place, place.unset?))) else { return found };
    let variable = name.to_owned();
    let (fix, effect) = match unset {
        Unset::CommentOut => (
            Fix::CommentOut { path: place.path.clone(), line: place.line, variable },
            format!("Puts `# ` before {}, which sets {name}, and changes nothing else there.", place.shown),
        ),
        Unset::RemoveValue => {
            (Fix::RemoveVariable { variable }, format!("Removes {name} from {}.", place.shown))
        }
    };
    found.fixed_by(fix, format!("{effect} This takes effect in new terminals. {instead}").trim_end())
}
