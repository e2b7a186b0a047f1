//! Facts → which credential each program uses, and why: `heroku`, `git`, `curl`, and the others that are found on this
//! machine. A file for each program. Pure.

mod cli_plugin;
mod curl;
mod docker;
mod git;
mod heroku;
mod jvm;
mod mcp;
mod one_password;
mod python;
mod terraform;
#[cfg(test)]
mod tests;
mod vscode;

use serde::Serialize;
use ts_rs::TS;

use crate::base::token::Trace;
use crate::insight::facts::{Facts, NetrcRecord, Observed};
use crate::insight::programs::{Program, ProgramKind, ProgramNetrc};

pub use git::on_route;
pub use heroku::{has_override, stored};

/// Where a reader gets its credential from, as `herokey status --json` names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// `HEROKU_API_KEY`.
    #[serde(rename = "env")]
    ApiKey,
    /// The keychain.
    Keychain,
    /// netrc.
    Netrc,
    /// Herokey's git helper.
    #[serde(rename = "helper:herokey")]
    HelperHerokey,
    /// The Heroku CLI's git helper.
    #[serde(rename = "helper:heroku")]
    HelperHeroku,
    /// Another program's git helper.
    #[serde(rename = "helper:other")]
    HelperOther,
    /// git's configuration itself: an address or a header with a token in it.
    #[serde(rename = "git-config")]
    GitConfig,
    /// The program's own configuration or secrets.
    Config,
    /// No source: the reader finds no credential.
    None,
}

impl Source {
    /// The source's name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::ApiKey => "env",
            Self::Keychain => "keychain",
            Self::Netrc => "netrc",
            Self::HelperHerokey => "helper:herokey",
            Self::HelperHeroku => "helper:heroku",
            Self::HelperOther => "helper:other",
            Self::GitConfig => "git-config",
            Self::Config => "config",
            Self::None => "none",
        }
    }
}

/// The credential that a reader uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Where the credential comes from.
    pub source: Source,
    /// The account that the credential belongs to, if known.
    pub account: Option<String>,
    /// The token, if known.
    pub trace: Option<Trace>,
    /// Why the reader uses it, in one or two sentences.
    pub reason: String,
    /// The reader finds it, but cannot send it to Heroku as it is, or sends something else.
    pub is_flawed: bool,
    /// The places that the reader tries, in its order, and those that it no longer reaches.
    pub(crate) chain: Vec<Lookup>,
}

/// One place in which a reader looks for a credential.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lookup {
    /// The place, such as `HEROKU_API_KEY`, "Keychain", `~/.netrc` or the value of a helper line.
    pub(crate) place: String,
    /// What the reader finds there.
    pub(crate) found: Found,
    /// Why, in one or two sentences.
    pub(crate) reason: String,
    /// The token there, if known.
    pub(crate) trace: Option<Trace>,
    source: Source,
    account: Option<String>,
    is_flawed: bool,
    /// The reader tries no later place, as far as Herokey can tell.
    ends: bool,
}

/// What a reader finds in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// The credential that it uses.
    Used,
    /// Nothing, so the reader tries the next place.
    Nothing,
    /// The reader does not look there.
    Skipped,
    /// The reader looks there, but Herokey cannot see what it finds.
    Unseen,
    /// An earlier place ended the search.
    NotReached,
}

/// What each program uses.
#[derive(Clone, Debug, PartialEq)]
pub struct Readers {
    /// The Heroku CLI.
    pub heroku: Answer,
    /// `git push` and `git fetch` over https.
    pub git: Answer,
    /// `curl -n`.
    pub curl: Answer,
    /// The others that are found on this machine.
    pub others: Vec<Reader>,
}

/// A program that reads Heroku's credentials.
#[derive(Clone, Debug, PartialEq)]
pub struct Reader {
    /// Its name in `herokey status --json`. Several editors, plugins or servers may have the same one.
    pub name: &'static str,
    /// Its name for people, at the beginning of a sentence: "Heroku's extension of VS Code".
    pub title: String,
    /// What it uses.
    pub answer: Answer,
}

/// Decides as the programs themselves do (INTEROP.md, "Which token the CLI uses", "git" and "Other programs").
pub fn resolve(facts: &Facts) -> Readers {
    let heroku = heroku::answer(facts);
    let others = facts.programs.iter().map(|program| reader(facts, &heroku, program)).collect();
    Readers { git: git::answer(facts, &heroku), curl: curl::answer(facts), others, heroku }
}

fn reader(facts: &Facts, heroku: &Answer, program: &Program) -> Reader {
    let netrc = program.netrc.as_ref();
    let (name, title, answer) = match &program.kind {
        ProgramKind::VsCode { editor } => {
            ("vscode-heroku", format!("Heroku's extension of {editor}"), vscode::answer(editor, netrc))
        }
        ProgramKind::Terraform { name } => {
            ("terraform", format!("Heroku's provider for {name}"), terraform::answer(facts, netrc))
        }
        ProgramKind::Docker => ("docker", "Docker".to_owned(), docker::answer(facts, heroku)),
        ProgramKind::McpServer(server) => (
            "mcp",
            format!("The MCP server `{}` of {}", server.name, server.client),
            mcp::answer(facts, heroku, server),
        ),
        ProgramKind::Python => ("python-requests", "Python's requests".to_owned(), python::answer(netrc)),
        ProgramKind::Jvm => (
            "heroku-maven-plugin",
            "Heroku's plug-in for Maven".to_owned(),
            jvm::answer(facts, heroku, netrc),
        ),
        ProgramKind::OnePassword => {
            ("1password", "1Password's plugin for heroku".to_owned(), one_password::answer())
        }
        ProgramKind::CliPlugin { name } => {
            ("heroku-plugin", format!("The plugin {name} of heroku"), cli_plugin::answer(facts, netrc))
        }
    };
    Reader { name, title, answer }
}

impl Readers {
    /// All programs, those that are always shown first.
    pub fn all(&self) -> Vec<Reader> {
        let always = [("heroku", &self.heroku), ("git", &self.git), ("curl", &self.curl)];
        let reader = |(name, answer): (&'static str, &Answer)| Reader {
            name,
            title: name.to_owned(),
            answer: answer.clone(),
        };
        always.into_iter().map(reader).chain(self.others.iter().cloned()).collect()
    }
}

impl Answer {
    /// The first lookup that finds a credential, or whose result Herokey cannot see although it ends the search;
    /// `nothing` is the reason if there is none.
    fn first(lookups: impl IntoIterator<Item = Lookup>, nothing: &str) -> Self {
        let mut chain: Vec<Lookup> = lookups.into_iter().collect();
        let end = chain.iter().position(|lookup| lookup.ends);
        if let Some(end) = end {
            for later in chain.iter_mut().skip(end + 1).filter(|lookup| lookup.found != Found::Skipped) {
                later.found = Found::NotReached;
            }
        }
        match end.and_then(|end| chain.get(end)) {
            Some(lookup) => Self {
                source: lookup.source,
                account: lookup.account.clone(),
                trace: lookup.trace.clone(),
                reason: lookup.reason.clone(),
                is_flawed: lookup.is_flawed,
                chain,
            },
            None => Self {
                source: Source::None,
                account: None,
                trace: None,
                reason: nothing.to_owned(),
                is_flawed: false,
                chain,
            },
        }
    }
}

impl Lookup {
    fn new(source: Source, place: &str, found: Found, reason: impl Into<String>) -> Self {
        Self {
            place: place.to_owned(),
            found,
            reason: reason.into(),
            trace: None,
            source,
            account: None,
            is_flawed: false,
            ends: found == Found::Used,
        }
    }

    fn with(self, account: Option<String>, trace: Option<Trace>) -> Self {
        Self { trace, account, ..self }
    }

    /// The record that a reader uses for an address with a user name: newer versions of curl take only one with that
    /// login, older ones any.
    fn for_user(self, user: Option<&str>) -> Self {
        let Some(user) = user.filter(|_| self.found == Found::Used) else { return self };
        if self.account.as_deref().is_none_or(|login| login == user) {
            return Self { account: Some(user.to_owned()), ..self };
        }
        let reason = format!(
            "{} Its login is not {user}, as in the address. Whether curl uses it then depends on its version.",
            self.reason
        );
        Self { found: Found::Unseen, reason, ..self }.with(None, None).ending()
    }

    /// The reader cannot use what it finds.
    fn flawed_if(self, is_flawed: bool) -> Self {
        Self { is_flawed, ..self }
    }

    /// The reader tries no later place.
    fn ending(self) -> Self {
        Self { ends: true, ..self }
    }
}

/// Why Herokey hands out no token, to git, Docker or a command.
const REFUSES: &str = "Herokey hands out no token while a variable names a host that is not Heroku's.";

/// True while Herokey hands out no token.
fn refuses(facts: &Facts) -> bool {
    !facts.overrides.refused_hosts.is_empty()
}

/// What a program finds in netrc; `why` is added to the reason if it uses what is there.
fn in_program_netrc(netrc: Option<&ProgramNetrc>, why: &str) -> Option<Lookup> {
    let ProgramNetrc { shown, reading } = netrc?;
    let lookup = |found, reason: String| Lookup::new(Source::Netrc, shown, found, reason);
    Some(match reading {
        Observed::Present(reading) if reading.trace.is_some() => {
            lookup(Found::Used, format!("{shown} has a record for Heroku. {why}"))
                .with(reading.login.clone(), reading.trace.clone())
        }
        Observed::Unknown(error) => lookup(Found::Unseen, error.what.clone()).ending(),
        Observed::Present(_) | Observed::Absent => {
            lookup(Found::Nothing, format!("{shown} has no record for Heroku that it understands."))
        }
    })
}

/// `HEROKU_API_KEY`, for a program that sends it as it is.
fn variable(facts: &Facts) -> Lookup {
    let lookup = |found, reason: String| Lookup::new(Source::ApiKey, "HEROKU_API_KEY", found, reason);
    let Some(api_key) = &facts.overrides.api_key else {
        return lookup(Found::Nothing, "HEROKU_API_KEY is not set.".to_owned());
    };
    let set_in = api_key.set_in.as_ref().map_or("the environment", |set_in| set_in.shown.as_str());
    let account = facts.known(api_key.trace.as_ref()).and_then(|known| known.account.clone());
    lookup(Found::Used, format!("HEROKU_API_KEY is set in {set_in}."))
        .with(account, api_key.trace.clone())
        .flawed_if(api_key.flaw.is_some())
}

fn record<'a>(facts: &'a Facts, host: &str) -> Option<&'a NetrcRecord> {
    facts.netrc.records.present()?.iter().find(|record| record.host == host)
}
