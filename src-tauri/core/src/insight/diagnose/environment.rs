//! Variables that decide, or do not decide what they seem to.

use super::{Problem, Severity, problem};
use crate::base::terminal::SetIn;
use crate::insight::facts::{Facts, Look};
use crate::insight::remedy::Fix;

pub(super) fn find(facts: &Facts, problems: &mut Vec<Problem>) {
    let overrides = &facts.overrides;
    if let Some(api_key) = &overrides.api_key {
        let place = match &api_key.set_in {
            Some(found) => format!("Set in {}.", found.shown),
            None => "Set by whatever started this program.".to_owned(),
        };
        let message =
            format!("{place} The heroku command uses it in place of your token, and refuses to log in.");
        let title = "HEROKU_API_KEY wins over your token";
        let found = problem("env-api-key-overrides", Severity::Error, title, message, "");
        problems.push(unset(found, "HEROKU_API_KEY", api_key.set_in.as_ref(), ""));
    } else if overrides.api_token {
        let found = problem(
            "env-api-token-ignored",
            Severity::Info,
            "HEROKU_API_TOKEN is ignored",
            "The Heroku CLI reads HEROKU_API_KEY, not HEROKU_API_TOKEN.",
            "",
        );
        let set_in = overrides.set_in("HEROKU_API_TOKEN");
        problems.push(unset(found, "HEROKU_API_TOKEN", set_in, "Or rename it if you meant HEROKU_API_KEY."));
    }
    if let Some(value) = overrides.netrc_write.as_ref().filter(|_| !overrides.netrc_only) {
        let found = problem(
            "env-netrc-write-ignored",
            Severity::Info,
            "HEROKU_NETRC_WRITE is ignored",
            format!("Its value is `{value}`; only `true` counts."),
            "",
        );
        let set_in = overrides.set_in("HEROKU_NETRC_WRITE");
        problems.push(unset(found, "HEROKU_NETRC_WRITE", set_in, "Or set it to `true` if you meant that."));
    }
    for refused in &overrides.refused_hosts {
        let found = problem(
            "host-not-allowed",
            Severity::Error,
            format!("{} is not one of Heroku's hosts", refused.name),
            format!("Its value is `{}`. No token is sent there; Herokey uses heroku.com.", refused.value),
            "",
        );
        problems.push(unset(found, refused.name, overrides.set_in(refused.name), ""));
    }
    problems.extend(differing(facts));
    problems.extend(facts.heroku_alias.as_ref().map(|alias| {
        problem(
            "heroku-is-no-program",
            Severity::Info,
            "`heroku` is an alias or a function in your shell",
            format!("Your shell says: {alias}. What it effect with a token Herokey cannot see."),
            "Take it out of your shell's start-up files if you do not want it.",
        )
    }));
}

/// A new terminal and this program see different values.
fn differing(facts: &Facts) -> Option<Problem> {
    let names = facts.differing();
    let Look::Present(_) = facts.login_shell else { return None };
    if names.is_empty() {
        return None;
    }
    let names = names.join(", ");
    Some(problem(
        "env-differs",
        Severity::Info,
        "A new terminal has other variables",
        format!("This program was started with other values of {names} than a new terminal has."),
        "Start it again from a new terminal, or log in to your desktop again.",
    ))
}

/// How to be rid of a variable: its line made a comment where it is one of the person's own, else in words.
fn unset(found: Problem, name: &str, set_in: Option<&SetIn>, or: &str) -> Problem {
    let words = match set_in {
        Some(line) if line.path.ends_with("fish_variables") => format!("Run `set -e {name}` in fish. {or}"),
        Some(place) if place.line == 0 => {
            format!("Remove {name} from {}, then start Herokey again. {or}", place.shown)
        }
        Some(line) => format!("Remove the line {}, then start a new shell. {or}", line.shown),
        None => format!("Unset {name} where it is set, then start Herokey again. {or}"),
    };
    let found = Problem { next_step: words.trim_end().into(), ..found };
    // Another's file takes another's rights, fish writes its own file itself, and a property list knows no `#`.
    let own = |line: &&SetIn| {
        line.shown.starts_with('~')
            && !line.path.ends_with("fish_variables")
            && line.path.extension().is_none_or(|end| end != "plist")
    };
    let Some(line) = set_in.filter(own) else { return found };
    let fix = Fix::CommentOut { path: line.path.clone(), line: line.line, variable: name.to_owned() };
    let effect = format!(
        "Puts `# ` before {}, which sets {name}, and changes nothing else there. It counts in new terminals. {or}",
        line.shown
    );
    found.fixed_by(fix, effect.trim_end())
}
