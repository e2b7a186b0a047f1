//! Variables and settings that win over stored tokens.

use super::Case;
use crate::base::api_key::Flaw;
use crate::base::error::{Code, Error};
use crate::base::host::Refused;
use crate::base::terminal::{SetIn, Unset};
use crate::fixture::{helper, logged_in, trace, with_api_key};
use crate::insight::facts::{Facts, Observed, Overrides, Variable};
use crate::tools::git::Helper;

pub(super) fn environment() -> Vec<Case> {
    let set = |name: &'static str, path: &str, line: usize| {
        let set_in = set_in(path, line);
        let mut facts = logged_in();
        facts.overrides.variables = vec![variable(name, "here", Some(set_in))];
        facts
    };
    let api_key = |path: Option<(&str, usize)>| {
        let mut facts = with_api_key(logged_in(), "key");
        let api_key = facts.overrides.api_key.as_mut().unwrap();
        api_key.set_in = path.map(|(path, line)| set_in(path, line));
        facts
    };
    let malformed = |flaw| {
        let mut facts = api_key(Some(("~/.zshrc", 12)));
        facts.overrides.api_key.as_mut().unwrap().flaw = Some(flaw);
        facts.git_helpers = Observed::Present(vec![helper(Helper::Heroku)]);
        facts
    };
    let mut part_of_a_line = api_key(Some(("~/.zshrc", 12)));
    let set_in = &mut part_of_a_line.overrides.api_key.as_mut().unwrap().set_in;
    set_in.as_mut().unwrap().unset = None;
    let certificates =
        Error::new(Code::CertificateRefused, "The certificates in NODE_EXTRA_CA_CERTS cannot be read.")
            .means("Node.js ignores them, and so do the heroku command and Herokey.")
            .next_step("Set NODE_EXTRA_CA_CERTS to a file with certificates in PEM format, or unset it.")
            .detail("entity not found");
    let certificates = Facts { ignored_certificates: Some(certificates), ..logged_in() };
    let mut api_token = set("HEROKU_API_TOKEN", "~/.profile", 4);
    api_token.overrides.api_token = true;
    let mut netrc_write = set("HEROKU_NETRC_WRITE", "~/.profile", 4);
    netrc_write.overrides.netrc_write = Some("1".to_owned());
    let mut host = set("HEROKU_HOST", "~/.profile", 4);
    host.overrides.refused_hosts =
        vec![Refused { name: "HEROKU_HOST", value: "https://heroku.evil.example".to_owned() }];
    let terminal =
        Overrides { variables: vec![variable("HEROKU_HOST", "there", None)], ..Overrides::default() };
    let differs = Facts { login_shell: Observed::Present(terminal), ..logged_in() };
    let alias = Some("heroku is aliased to `HEROKU_API_KEY=… heroku'".to_owned());
    vec![
        (
            "env-api-key-overrides",
            vec![
                ("set in a start-up file", api_key(Some(("~/.zshrc", 12)))),
                ("set in a file of the system", api_key(Some(("/etc/environment", 3)))),
                ("set in a line that does more", part_of_a_line),
                ("set by fish", api_key(Some(("~/.config/fish/fish_variables", 3)))),
                ("set by launchd", api_key(Some(("launchd", 0)))),
                ("set in Windows' registry", api_key(Some((r"HKEY_CURRENT_USER\Environment", 0)))),
                ("set elsewhere", api_key(None)),
            ],
        ),
        (
            "env-api-key-malformed",
            vec![
                ("heroku cannot send it", malformed(Flaw::Unsendable('\n', 66))),
                ("Heroku refuses it", malformed(Flaw::Foreign('\u{a0}', 1))),
                ("with the word Bearer", malformed(Flaw::Scheme)),
                ("only blanks", malformed(Flaw::Blank)),
                ("only git cannot use it", malformed(Flaw::BlankAtEnd(' ', 66))),
            ],
        ),
        ("env-api-token-ignored", vec![("set in a start-up file", api_token)]),
        ("env-netrc-write-ignored", vec![("set in a start-up file", netrc_write)]),
        ("host-not-allowed", vec![("set in a start-up file", host)]),
        ("env-extra-certs-ignored", vec![("a file that does not exist", certificates)]),
        ("env-differs", vec![("one variable differs", differs)]),
        ("heroku-is-no-program", vec![("an alias", Facts { heroku_alias: alias, ..logged_in() })]),
    ]
}

fn set_in(path: &str, line: usize) -> SetIn {
    let shown = if line == 0 { path.to_owned() } else { format!("{path}:{line}") };
    SetIn {
        path: path.into(),
        line,
        shown,
        unset: match path {
            r"HKEY_CURRENT_USER\Environment" => Some(Unset::RemoveValue),
            path if path.starts_with('~') && !path.ends_with("fish_variables") => Some(Unset::CommentOut),
            _ => None,
        },
    }
}

fn variable(name: &'static str, value: &str, set_in: Option<SetIn>) -> Variable {
    Variable { name, value: trace(value), set_in }
}
