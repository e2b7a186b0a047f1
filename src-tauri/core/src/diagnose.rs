//! Facts → what is wrong, each with a stable code, a sentence and a fix. Pure.

use serde::Serialize;

use crate::controller::Request;
use crate::error::{Code, Error};
use crate::git::Helper;
use crate::journal::Activity;
use crate::resolve::{Source, Tools, stored};
use crate::store::Place;
use crate::survey::{Facts, Look, NetrcRecord};

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A tool does not work, or uses something else than a person would think.
    Error,
    /// It works, and could be safer or will stop working.
    Warning,
    /// Worth knowing.
    Info,
}

/// Something wrong on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Problem {
    /// Stable; listed in INTEROP.md.
    pub code: &'static str,
    /// How much it matters.
    pub severity: Severity,
    /// What is wrong, in a few words.
    pub title: String,
    /// What it means.
    pub message: String,
    /// The command, or the act, that mends it.
    pub fix: String,
    /// What Herokey can do about it at one click, with the button's label.
    pub button: Option<(&'static str, Request)>,
}

/// Every problem, worst first.
pub fn diagnose(facts: &Facts, tools: &Tools) -> Vec<Problem> {
    let mut problems = Vec::new();
    unfinished(facts, &mut problems);
    environment(facts, &mut problems);
    keychain(facts, &mut problems);
    netrc(facts, &mut problems);
    git(facts, tools, &mut problems);
    problems.sort_by_key(|problem| problem.severity);
    problems
}

fn problem(
    code: &'static str,
    severity: Severity,
    title: impl Into<String>,
    message: impl Into<String>,
    fix: impl Into<String>,
) -> Problem {
    Problem { code, severity, title: title.into(), message: message.into(), fix: fix.into(), button: None }
}

fn unfinished(facts: &Facts, problems: &mut Vec<Problem>) {
    if let Activity::HalfDone(entry) = &facts.activity {
        let done = entry.done.last().map_or("nothing", String::as_str);
        let mut found = problem(
            "unfinished-action",
            Severity::Error,
            "An action was interrupted",
            format!("It began at {:.0}; the last step done: {done}.", entry.started_at),
            "Start Herokey: it finishes the action.",
        );
        found.button = Some(("Finish it", Request::FinishAction));
        problems.push(found);
    }
}

fn environment(facts: &Facts, problems: &mut Vec<Problem>) {
    let overrides = &facts.overrides;
    if let Some(api_key) = &overrides.api_key {
        let (place, fix) = match &api_key.set_in {
            Some(found) => (
                format!("Set in {}.", found.shown),
                format!("Remove the line {}, then start a new shell.", found.shown),
            ),
            None => (
                "Set by whatever started this program.".to_owned(),
                "Unset HEROKU_API_KEY where it is set, then start Herokey again.".to_owned(),
            ),
        };
        let message =
            format!("{place} The heroku command uses it in place of your token, and refuses to log in.");
        problems.push(problem(
            "env-api-key-overrides",
            Severity::Error,
            "HEROKU_API_KEY wins over your token",
            message,
            fix,
        ));
    } else if overrides.api_token {
        problems.push(problem(
            "env-api-token-ignored",
            Severity::Info,
            "HEROKU_API_TOKEN is ignored",
            "The Heroku CLI reads HEROKU_API_KEY, not HEROKU_API_TOKEN.",
            "Unset HEROKU_API_TOKEN, or rename it if you meant HEROKU_API_KEY.",
        ));
    }
    if let Some(value) = overrides.netrc_write.as_ref().filter(|_| !overrides.netrc_only) {
        problems.push(problem(
            "env-netrc-write-ignored",
            Severity::Info,
            "HEROKU_NETRC_WRITE is ignored",
            format!("Its value is `{value}`; only `true` counts."),
            "Set HEROKU_NETRC_WRITE=true, or unset it.",
        ));
    }
    for refused in &overrides.refused_hosts {
        problems.push(problem(
            "host-not-allowed",
            Severity::Error,
            format!("{} is not one of Heroku's hosts", refused.name),
            format!("Its value is `{}`. No token is sent there; Herokey uses heroku.com.", refused.value),
            format!("Unset {}.", refused.name),
        ));
    }
}

fn keychain(facts: &Facts, problems: &mut Vec<Problem>) {
    let in_use = facts.cli_reads_keychain && !facts.overrides.netrc_only;
    match &facts.keychain {
        Look::Unknown(error) if in_use => problems.extend(unreadable_keychain(facts, error)),
        Look::Unknown(_) | Look::Absent => {}
        Look::Present(entries) => {
            if !facts.cli_reads_keychain && !entries.is_empty() {
                problems.push(problem(
                    "keychain-cli-cannot-read",
                    Severity::Error,
                    "The Heroku CLI cannot read the keychain",
                    "It reads the keychain through secret-tool, which is not installed.",
                    "Install the package libsecret-tools.",
                ));
            }
            let named = facts.login_state.present();
            if let Some(orphan) = entries.first().filter(|_| in_use && named.is_none()) {
                let link = Request::Link { account: orphan.account.clone() };
                problems.push(Problem {
                    button: Some(("Use it", link)),
                    ..problem(
                        "keychain-orphan",
                        Severity::Warning,
                        "A token that nothing points to",
                        format!(
                            "The keychain has a token of {}, but the Heroku CLI does not look for it.",
                            orphan.account
                        ),
                        format!("herokey link {}", orphan.account),
                    )
                });
            }
            let mut accounts: Vec<&str> = entries.iter().map(|entry| entry.account.as_str()).collect();
            accounts.sort_unstable();
            if let Some((twice, _)) =
                accounts.iter().zip(accounts.iter().skip(1)).find(|(one, next)| one == next)
            {
                problems.push(problem(
                    "keychain-duplicate",
                    Severity::Warning,
                    "Two entries of one account",
                    format!(
                        "The keychain has more than one entry of {twice}; tools may read different ones."
                    ),
                    "herokey login",
                ));
            }
        }
    }
}

fn unreadable_keychain(facts: &Facts, error: &Error) -> Option<Problem> {
    let code = match error.code {
        Code::KeychainLocked => "keychain-locked",
        Code::KeychainDenied => "keychain-denied",
        Code::KeychainTimeout => "keychain-timeout",
        // Without a keychain the CLI uses netrc, and so does Herokey.
        Code::KeychainMissing if facts.login_state.present().is_none() => return None,
        Code::KeychainMissing => "keychain-missing",
        _ => "keychain-failed",
    };
    let message = format!("{} {}", error.means, error.detail);
    Some(problem(code, Severity::Error, error.what.clone(), message.trim(), error.fix.clone()))
}

fn netrc(facts: &Facts, problems: &mut Vec<Problem>) {
    let shown = &facts.netrc.shown;
    let records = match &facts.netrc.records {
        Look::Present(records) => records,
        Look::Absent => return,
        Look::Unknown(error) => {
            let message = format!("{} {}", error.means, error.detail);
            problems.push(problem(
                "netrc-unreadable",
                Severity::Error,
                error.what.clone(),
                message.trim(),
                error.fix.clone(),
            ));
            return;
        }
    };
    let stored = stored(facts);
    let held = |record: &NetrcRecord| record.curl.clone().or_else(|| record.cli.clone());
    let stale = |record: &&NetrcRecord| {
        stored.source == Source::Keychain && held(record).is_some_and(|trace| Some(trace) != stored.trace)
    };
    if let Some(record) = records.iter().find(stale) {
        problems.push(Problem {
            button: Some(("Remove it", Request::Forget { place: Place::Netrc })),
            ..problem(
                "netrc-stale-copy",
                Severity::Warning,
                format!("{shown} holds another token"),
                format!("curl and git read the record of {} there before anything else.", record.host),
                "herokey forget netrc",
            )
        });
    } else if records.iter().any(|record| held(record).is_some()) && !facts.netrc.encrypted {
        let has_keychain = facts.cli_uses_keychain();
        problems.push(Problem {
            button: has_keychain.then_some(("Move to keychain", Request::MoveToken { to: Place::Keychain })),
            ..problem(
                "netrc-plain-token",
                Severity::Warning,
                "Your token is in plain text",
                format!("Every program you run can read it in {shown}."),
                if has_keychain {
                    "herokey move keychain"
                } else {
                    "Start a keychain that the Heroku CLI can read, then run `herokey move keychain`."
                },
            )
        });
    }
    if let Some(record) = records.iter().find(|record| record.records > 1) {
        problems.push(problem(
            "netrc-duplicate",
            Severity::Warning,
            format!("{} is in {shown} twice", record.host),
            "Tools read the first record; what writes may change another.",
            format!("Keep one record of {} in {shown}.", record.host),
        ));
    }
    if let Some(record) =
        records.iter().find(|record| record.curl.is_some() && record.cli.is_none() && record.records > 0)
    {
        problems.push(problem(
            "netrc-cli-cannot-read",
            Severity::Warning,
            "The Heroku CLI cannot read your netrc record",
            format!(
                "curl reads the record of {} in {shown}; the CLI reads only indented lines.",
                record.host
            ),
            "herokey login",
        ));
    }
    let pair = |host: &str| records.iter().find(|record| record.host == host).and_then(held);
    if let (Some(api), Some(git)) = (pair(&facts.api_host), pair(&facts.git_host))
        && api != git
    {
        problems.push(problem(
            "netrc-hosts-differ",
            Severity::Warning,
            format!("Two different tokens in {shown}"),
            format!("{} and {} have different ones.", facts.api_host, facts.git_host),
            "herokey login",
        ));
    }
    if let Some(mode) = facts.netrc.mode.filter(|mode| mode & 0o077 != 0 && !records.is_empty()) {
        problems.push(problem(
            "netrc-mode",
            Severity::Warning,
            format!("Others can read {shown}"),
            format!("Its mode is {mode:04o}; it should be 0600."),
            format!("chmod 600 {shown}"),
        ));
    }
}

fn git(facts: &Facts, tools: &Tools, problems: &mut Vec<Problem>) {
    let Look::Present(helpers) = &facts.git_helpers else { return };
    if tools.heroku.source == Source::None {
        return;
    }
    if tools.git.source == Source::Netrc && tools.git.trace != tools.heroku.trace {
        problems.push(problem(
            "git-netrc-first",
            Severity::Warning,
            "git uses another token than heroku",
            format!("It reads {} before it asks a helper.", facts.netrc.shown),
            format!("Remove the record of {} from {}.", facts.git_host, facts.netrc.shown),
        ));
    }
    let install = Some(("Set the helper", Request::InstallGitHelper));
    match helpers.iter().position(|line| line.helper == Helper::Herokey) {
        Some(0) => {}
        Some(_) => problems.push(Problem {
            button: install,
            ..problem(
                "git-helper-shadowed",
                Severity::Warning,
                "Another helper answers git first",
                "It may answer with an old password.",
                "herokey git install",
            )
        }),
        None => problems.push(Problem {
            button: install,
            ..problem(
                "git-helper-missing",
                Severity::Warning,
                "git does not ask Herokey",
                "`git push heroku` asks the Heroku CLI, which takes about a second, or you.",
                "herokey git install",
            )
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::{Severity, diagnose};
    use crate::error::Code;
    use crate::fixture::{ME, entry, fresh, helper, logged_in, record, with_api_key, with_netrc};
    use crate::git::Helper;
    use crate::host::Refused;
    use crate::resolve::resolve;
    use crate::store::keychain::{Trouble, error_for};
    use crate::survey::{Facts, Look};

    fn codes(facts: &Facts) -> Vec<&'static str> {
        diagnose(facts, &resolve(facts)).iter().map(|problem| problem.code).collect()
    }

    #[test]
    fn a_good_machine_has_none() {
        assert_eq!(codes(&fresh()), [""; 0]);
        assert_eq!(codes(&logged_in()), [""; 0]);
    }

    #[test]
    fn the_environment() {
        let mut facts = with_api_key(logged_in(), "key");
        facts.overrides.api_token = true;
        assert_eq!(codes(&facts), ["env-api-key-overrides"]);
        facts.overrides.api_key = None;
        facts.overrides.netrc_write = Some("1".to_owned());
        assert_eq!(codes(&facts), ["env-api-token-ignored", "env-netrc-write-ignored"]);
        let refused = Refused { name: "HEROKU_HOST", value: "evil.example".to_owned() };
        facts.overrides.refused_hosts = vec![refused];
        assert_eq!(codes(&facts)[0], "host-not-allowed", "the worst comes first");
    }

    #[test]
    fn the_keychain() {
        let trouble = |trouble| Facts { keychain: Look::Unknown(error_for(&trouble)), ..logged_in() };
        assert_eq!(codes(&trouble(Trouble::Locked)), ["keychain-locked"]);
        assert_eq!(codes(&trouble(Trouble::Timeout)), ["keychain-timeout"]);
        let missing = Facts { login_state: Look::Absent, ..trouble(Trouble::Missing(String::new())) };
        assert_eq!(codes(&missing), [""; 0], "netrc serves in its place");

        assert_eq!(codes(&Facts { login_state: Look::Absent, ..logged_in() }), ["keychain-orphan"]);
        let unread = Facts { cli_reads_keychain: false, ..logged_in() };
        assert_eq!(codes(&unread), ["keychain-cli-cannot-read"]);
        let twice =
            Facts { keychain: Look::Present(vec![entry(ME, "one"), entry(ME, "two")]), ..logged_in() };
        assert_eq!(codes(&twice), ["keychain-duplicate"]);
    }

    #[test]
    fn netrc() {
        let in_netrc = Facts { git_helpers: Look::Absent, ..with_netrc(fresh(), "one") };
        assert_eq!(codes(&in_netrc), ["netrc-plain-token"]);
        let stale = with_netrc(logged_in(), "two");
        assert_eq!(codes(&stale), ["netrc-stale-copy", "git-netrc-first"]);
        assert_eq!(codes(&with_netrc(logged_in(), "one")), ["netrc-plain-token"]);

        let mut odd = in_netrc.clone();
        let mut api = record("api.heroku.com", "one");
        (api.cli, api.records) = (None, 2);
        odd.netrc.records = Look::Present(vec![api, record("git.heroku.com", "two")]);
        odd.netrc.mode = Some(0o644);
        let expected = [
            "netrc-plain-token",
            "netrc-duplicate",
            "netrc-cli-cannot-read",
            "netrc-hosts-differ",
            "netrc-mode",
        ];
        assert_eq!(codes(&odd), expected);
    }

    #[test]
    fn git() {
        let helpers = |helpers| Facts { git_helpers: Look::Present(helpers), ..logged_in() };
        assert_eq!(codes(&helpers(vec![helper(Helper::Heroku)])), ["git-helper-missing"]);
        let shadowed = helpers([Helper::Other("store".to_owned()), Helper::Herokey].map(helper).to_vec());
        assert_eq!(codes(&shadowed), ["git-helper-shadowed"]);
    }

    #[test]
    fn each_says_what_to_do() {
        let mut facts = with_api_key(with_netrc(logged_in(), "two"), "key");
        facts.keychain = Look::Unknown(error_for(&Trouble::Denied));
        let problems = diagnose(&facts, &resolve(&facts));
        assert!(problems.iter().any(|problem| problem.code == Code::KeychainDenied.to_string()));
        assert!(problems.iter().all(|problem| !problem.fix.is_empty() && !problem.message.is_empty()));
        assert!(problems.is_sorted_by_key(|problem| problem.severity));
        assert_eq!(problems[0].severity, Severity::Error);
    }
}
