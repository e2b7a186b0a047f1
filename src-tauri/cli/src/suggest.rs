//! "Did you mean …?" for a name that this machine does not know. clap does the same for commands and options.

use herokey_core::insight::accounts::accounts;
use herokey_core::survey::survey;
use herokey_core::{Code, Env, Error, Result};

/// How many typing errors a name may have.
const MAX_ERRORS: usize = 2;
/// Shorter names resemble too many others.
const MIN_LENGTH: usize = 4;

/// Adds the account that the user may have meant to the error that there is none with that name.
pub(crate) fn account<T>(env: &Env, asked: Option<&str>, done: Result<T>) -> Result<T> {
    let Some(asked) = asked else { return done };
    done.map_err(|error| {
        if !matches!(error.code, Code::NotLoggedIn | Code::NotFound) {
            return error;
        }
        let known = accounts(&survey(env));
        let emails = known.iter().map(|account| account.email.as_str());
        let of_alias = known.iter().find(|account| account.aliases.iter().any(|alias| alias == asked));
        let meant = of_alias.map(|account| account.email.as_str()).or_else(|| closest(asked, emails));
        meant.map_or_else(|| error.clone(), |meant| did_you_mean(&error, meant))
    })
}

/// The error with a question before its next step.
pub(crate) fn did_you_mean(error: &Error, meant: &str) -> Error {
    let next_step = format!("Did you mean {meant}? {}", error.next_step);
    error.clone().next_step(next_step)
}

/// The name that resembles `asked` most: it begins like that, or has a few typing errors less.
pub(crate) fn closest<'a>(asked: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let asked = asked.to_lowercase();
    let names: Vec<_> = names.collect();
    if names.iter().any(|name| name.to_lowercase() == asked) {
        return None;
    }
    let distance = |name: &&str| {
        let name = name.to_lowercase();
        let begins = asked.len() > 1 && name.starts_with(&asked);
        let errors = strsim::osa_distance(&asked, &name);
        let is_close = errors <= MAX_ERRORS && asked.chars().count() >= MIN_LENGTH;
        (begins || is_close).then_some(if begins { 0 } else { errors })
    };
    let close = names.into_iter().filter_map(|name| Some((distance(&name)?, name)));
    close.min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::closest;

    #[test]
    fn the_closest_name_is_suggested_if_any_is_close() {
        let emails = ["me@example.com", "nobody@example.com", "work@example.org", "me2@example.com"];
        for (asked, meant) in [
            ("nobdy@example.com", Some(emails[1])),
            ("nobody@exmaple.com", Some(emails[1])),
            ("Me@Example.con", Some(emails[0])),
            ("work", Some(emails[2])),
            ("wrok@example.org", Some(emails[2])),
            ("me@example.com", None),
            ("m", None),
            ("you@example.com", None),
            ("somebody.else@example.com", None),
        ] {
            assert_eq!(closest(asked, emails.into_iter()), meant, "{asked}");
        }
    }
}
