//! Fix: fixes one problem that `diagnose` found. A fix can be undone as long as nothing else has changed since.

mod file;
mod keychain;
mod line;
mod netrc;
mod undo;

pub(super) use file::change as change_plain;
pub(super) use netrc::passwords;
pub(super) use undo::undo;

use std::path::PathBuf;

use secrecy::zeroize::Zeroizing;

use super::{Done, Start};
use crate::base::env::Env;
use crate::base::error::{Code, Error, Result};
use crate::base::files;
use crate::base::files::Bytes;
use crate::base::masking::hide;
use crate::desktop::autostart;
use crate::insight::diagnose::diagnose;
use crate::insight::readers::resolve;
use crate::insight::remedy::{Changed, Fix, Remedy};
use crate::ledger::undo as undo_log;
use crate::ledger::undo::Secrets;
use crate::stores::keychain::Unlock;
use crate::stores::netrc::NetrcFile;
use crate::stores::{accounts_files, docker};
use crate::survey::survey;
use crate::tools::shell::UserVariable;
use crate::tools::{git, mcp};

/// The size limit of a file that a fix changes.
const MAX_BYTES: u64 = 4 << 20;
const IN_NEW_TERMINALS: &str = "This takes effect in terminals that you open from now on.";

/// One place that a fix would change in a file, to show to the user. Secrets are masked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedEdit {
    /// The file's path, abbreviated with `~`.
    pub file: String,
    /// The first line that changes, counted from 1.
    pub line: usize,
    /// The lines before the fix.
    pub before: String,
    /// The lines after the fix.
    pub after: String,
}

/// Applies a fix.
///
/// Fails with [`Code::CannotFix`] if the machine has changed since the fix was offered, and with [`Code::CannotUndo`] if
/// the fix would remove a secret for good. In both cases nothing is changed.
pub(super) fn fix(start: &Start<'_>, fix: &Fix) -> Result<Done> {
    start.run(|steps| {
        refuse_unless_offered(steps.env(), fix)?;
        match fix {
            Fix::PrivateNetrc => private_netrc(steps.env()),
            Fix::OneKeychainEntry { account } => keychain::one_entry(steps, account),
            Fix::RemoveVariable { variable } => remove_variable(steps.env(), fix, variable),
            Fix::AccountsToken { path, account } => keychain::accounts_token(steps, fix, path, account),
            _ => change_file(steps.env(), fix),
        }
    })
}

/// Lists what a fix would change in its file. Empty if it does not change the content of a file.
pub fn plan(env: &Env, fix: &Fix) -> Result<Vec<PlannedEdit>> {
    let Some(path) = fix.file(env) else { return Ok(Vec::new()) };
    let before = if let Some(netrc) = NetrcFile::at(env, &path) {
        netrc.read(env, Unlock::Never)?.map(|netrc| Zeroizing::new(netrc.into_bytes()))
    } else {
        files::read(&path, MAX_BYTES).map_err(|error| file::failed(env, &path, &error))?
    };
    let Some(before) = before else { return Err(machine_changed()) };
    let after = fix.apply(env, &before)?;
    let secrets = [fix.secrets(env, &before), fix.secrets(env, &after)].concat();
    let change = |(old, new): (std::ops::Range<usize>, std::ops::Range<usize>)| PlannedEdit {
        file: env.tilde(&path),
        line: before[..old.start].split(|byte| *byte == b'\n').count(),
        before: masked(&before[old], &secrets),
        after: masked(&after[new], &secrets),
    };
    Ok(undo_log::changes(&before, &after).into_iter().map(change).collect())
}

impl Fix {
    /// The one file whose content the fix changes.
    fn file(&self, env: &Env) -> Option<PathBuf> {
        match self.changes() {
            Changed::Netrc if *self == Self::PrivateNetrc => None,
            Changed::Netrc => Some(NetrcFile::locate(env).path),
            Changed::File(path) => Some(path.to_owned()),
            Changed::Keychain | Changed::Registry => None,
        }
    }

    /// The file's content after the fix.
    fn apply(&self, env: &Env, bytes: &[u8]) -> Result<Bytes> {
        match self {
            Self::CommentOut { path, line, variable } => line::comment_out(bytes, *line, variable, path),
            Self::OneNetrcRecord { host } => netrc::one_record(bytes, host),
            Self::ReadableNetrcRecord { host } => netrc::readable_record(bytes, host, &env.hosts()),
            Self::MatchingNetrcHosts => netrc::matching_hosts(bytes, &env.hosts()),
            Self::NoNetrcRecords { hosts } => netrc::no_records(bytes, hosts),
            Self::NoHiddenTokens { .. } => netrc::no_hidden_tokens(bytes, &env.hosts()),
            Self::AccountsToken { .. } => accounts_files::without_password(bytes).ok_or_else(machine_changed),
            Self::NoDockerLogin { .. } => docker::without_login(bytes).ok_or_else(machine_changed),
            Self::DockerHelper { .. } => docker::with_helper(bytes).ok_or_else(machine_changed),
            Self::Autostart { .. } => {
                autostart::repaired(env, bytes).map(Zeroizing::new).ok_or_else(machine_changed)
            }
            Self::LendToMcpServer { path, entry } => mcp::format_of(env, path)
                .and_then(|format| mcp::without_key(bytes, format, entry, mcp::KEY))
                .ok_or_else(machine_changed),
            Self::NoGitTokens { .. } => {
                git::without_tokens(bytes, &env.hosts().git).ok_or_else(machine_changed)
            }
            Self::PrivateNetrc | Self::OneKeychainEntry { .. } | Self::RemoveVariable { .. } => {
                Err(machine_changed())
            }
        }
    }

    /// The known secrets in the file, which must neither be shown nor written into the undo log.
    fn secrets(&self, env: &Env, bytes: &[u8]) -> Vec<Bytes> {
        match self {
            Self::CommentOut { line, variable, .. } => line::values(bytes, *line, variable),
            Self::AccountsToken { .. } => accounts_files::password_in(bytes).into_iter().collect(),
            Self::NoDockerLogin { .. } | Self::DockerHelper { .. } => docker::secrets(bytes),
            Self::LendToMcpServer { path, .. } => {
                mcp::format_of(env, path).map(|format| mcp::secrets(bytes, format)).unwrap_or_default()
            }
            Self::NoGitTokens { .. } => git::secrets(bytes, &env.hosts().git),
            Self::Autostart { .. } => Vec::new(),
            _ if self.file(env).is_some() => netrc::passwords(bytes),
            _ => Vec::new(),
        }
    }

    /// A sentence that says what the fix did, and one that says what undoing it does.
    fn messages(&self, env: &Env) -> (String, String) {
        let shown = self.file(env).map(|path| env.tilde(&path)).unwrap_or_default();
        match self {
            Self::CommentOut { line, variable, .. } => (
                format!("Line {line} of {shown} no longer sets {variable}; it is now a comment."),
                format!("Line {line} of {shown} sets {variable} again."),
            ),
            Self::RemoveVariable { variable } => (
                format!("Windows' registry no longer sets {variable}."),
                format!("Windows' registry sets {variable} again."),
            ),
            Self::OneNetrcRecord { host } => (
                format!("{shown} now has one record for {host}, the one that tools read."),
                format!("The other records for {host} are back in {shown}."),
            ),
            Self::ReadableNetrcRecord { host } => (
                format!("The Heroku CLI can now read the record for {host} in {shown}."),
                format!("The previous record for {host} is back in {shown}."),
            ),
            Self::MatchingNetrcHosts => (
                format!("Heroku's hosts now have the same login and token in {shown}."),
                format!("The previous records for Heroku's hosts are back in {shown}."),
            ),
            Self::NoNetrcRecords { hosts } => {
                let hosts = hosts.join(" and ");
                (
                    format!("{shown} no longer has records for {hosts}."),
                    format!("The records for {hosts} are back in {shown}."),
                )
            }
            Self::NoHiddenTokens { .. } => (
                format!("{shown} no longer has a token that no program finds."),
                format!("The hidden tokens are back in {shown}."),
            ),
            Self::AccountsToken { account, .. } => (
                format!("Moved the token for {account} from {shown} to the keychain."),
                format!("The token for {account} is back in {shown}."),
            ),
            Self::NoDockerLogin { .. } => (
                format!("Removed Docker's login for registry.heroku.com from {shown}."),
                format!("Docker's login for registry.heroku.com is back in {shown}."),
            ),
            Self::DockerHelper { .. } => (
                "Docker now asks Herokey for registry.heroku.com.".to_owned(),
                format!("Docker's login for registry.heroku.com is back in {shown}."),
            ),
            Self::Autostart { .. } => (
                "Herokey starts at login again.".to_owned(),
                format!("{shown} names the previous program again."),
            ),
            Self::LendToMcpServer { entry, .. } => {
                let server = entry.last().map(String::as_str).unwrap_or_default();
                (
                    format!(
                        "`herokey exec` now starts the server `{server}`, and {shown} no longer has its key."
                    ),
                    format!("The key of the server `{server}` is back in {shown}."),
                )
            }
            Self::NoGitTokens { .. } => (
                format!("Removed the token for Heroku's git host from {shown}."),
                format!("The token for Heroku's git host is back in {shown}."),
            ),
            Self::PrivateNetrc | Self::OneKeychainEntry { .. } => (String::new(), String::new()),
        }
    }
}

/// Refuses a fix that a diagnosis of this machine would not offer now, so that a caller cannot name any other file.
fn refuse_unless_offered(env: &Env, fix: &Fix) -> Result<()> {
    let facts = survey(env);
    let wanted = Remedy::Fix(fix.clone());
    let problems = diagnose(&facts, &resolve(&facts));
    let offered = problems.iter().filter_map(|problem| problem.remedy.as_ref());
    if offered.into_iter().any(|remedy| *remedy == wanted) { Ok(()) } else { Err(machine_changed()) }
}

fn change_file(env: &Env, fix: &Fix) -> Result<Done> {
    let path = fix.file(env).ok_or_else(machine_changed)?;
    let (what, undone) = fix.messages(env);
    let change = |now: &[u8]| {
        let after = fix.apply(env, now)?;
        let secrets = fix.secrets(env, now);
        let secrets = match fix {
            Fix::CommentOut { .. }
            | Fix::AccountsToken { .. }
            | Fix::NoDockerLogin { .. }
            | Fix::DockerHelper { .. }
            | Fix::LendToMcpServer { .. }
            | Fix::NoGitTokens { .. } => Secrets::Everything,
            _ => Secrets::These(&secrets),
        };
        undo_log::draft(env, &undone).file(&path, Some(now), Some(&after), secrets).save(env)?;
        Ok(Some(after))
    };
    match NetrcFile::at(env, &path) {
        Some(netrc) => netrc.change(env, change)?,
        None if matches!(fix, Fix::NoGitTokens { .. }) => git::replace_in(env, &path, change)?,
        None => file::change(env, &path, |now| change(now.ok_or_else(machine_changed)?))?,
    }
    let note = match fix {
        Fix::CommentOut { .. } => IN_NEW_TERMINALS,
        Fix::LendToMcpServer { .. } => "This takes effect when the assistant starts the server again.",
        _ => "",
    };
    Ok(Done { what, note: note.to_owned() })
}

fn remove_variable(env: &Env, fix: &Fix, variable: &str) -> Result<Done> {
    let path = UserVariable::named(variable).path();
    let (what, undone) = fix.messages(env);
    file::change(env, &path, |now| {
        let now = now.ok_or_else(machine_changed)?;
        undo_log::draft(env, &undone).file(&path, Some(now), None, Secrets::Everything).save(env)?;
        Ok(None)
    })?;
    Ok(Done { what, note: IN_NEW_TERMINALS.to_owned() })
}

fn private_netrc(env: &Env) -> Result<Done> {
    let path = NetrcFile::locate(env).path;
    let shown = env.tilde(&path);
    let mode = file::mode(env, &path)?;
    undo_log::draft(env, &format!("The permissions of {shown} are {mode:04o} again."))
        .mode(&path, mode)
        .save(env)?;
    file::set_mode(env, &path, files::PRIVATE)?;
    Ok(Done { what: format!("Now only you can read {shown}."), note: String::new() })
}

/// The text with each secret replaced by its mask.
fn masked(bytes: &[u8], secrets: &[Bytes]) -> String {
    let mask = |secret: &str| {
        crate::Token::parse(secret).map_or_else(|| "…".to_owned(), |token| token.trace().masked)
    };
    let secrets = secrets.iter().filter_map(|secret| std::str::from_utf8(secret).ok());
    let masks: Vec<(&str, String)> = secrets.map(|secret| (secret, mask(secret))).collect();
    let masks: Vec<(&str, &str)> = masks.iter().map(|(secret, mask)| (*secret, mask.as_str())).collect();
    hide(&String::from_utf8_lossy(bytes), &masks)
}

fn machine_changed() -> Error {
    Error::new(Code::CannotFix, "This machine has changed since the fix was offered.")
        .means("The fix was not applied.")
        .next_step("Run `herokey doctor` to see what is wrong now.")
}
