//! Predicts what a helper answers without running it: a helper may prompt the user, and may take a second.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use secrecy::zeroize::Zeroizing;

use super::{CLI_HELPER, IF_INSTALLED, git, is_herokey, run};
use crate::base::env::Env;
use crate::base::files;
use crate::base::text::shown;
use crate::base::token::{Token, Trace};

/// Far larger than any real credentials file.
const MAX_BYTES: u64 = 4 << 20;

/// What a helper answers when git asks it for Heroku's password.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// The token that the `heroku` command uses.
    CliToken,
    /// This login.
    This {
        /// The user name.
        account: Option<String>,
        /// The password's mask and fingerprint; `None` if it cannot be a token.
        trace: Option<Trace>,
    },
    /// Nothing, so git asks the next helper. The text says why, in one sentence.
    Nothing(String),
    /// Unknown without running the helper.
    Unseen,
}

/// What git asks its helpers for: a password for `https://HOST`.
#[derive(Default)]
pub(super) struct CredentialRequest {
    pub(super) host: String,
    /// `credential.username`.
    pub(super) username: Option<String>,
    /// `credential.useHttpPath`: git asks for each Heroku app by its path.
    pub(super) has_path: bool,
}

/// Predicts what a helper answers; `value` is its line in the configuration.
pub(super) fn predict(env: &Env, value: &str, request: &CredentialRequest) -> Answers {
    let missing =
        |program: &str| Answers::Nothing(format!("The program {} is not installed.", shown(program)));
    let is_installed = |program: &str| env.find_program(program).is_some_and(|path| path.is_file());
    if value == CLI_HELPER || is_herokey(value) {
        let program = program_of(value);
        return if is_installed(&program) { Answers::CliToken } else { missing(&program) };
    }
    let name = value.split_whitespace().next().unwrap_or_default();
    match name {
        "store" if request.has_path => Answers::Unseen,
        "store" => stored(env, value, request),
        "cache" if !cache_may_run(env, value) => {
            Answers::Nothing("It holds no password, because its daemon is not running.".to_owned())
        }
        _ if value.starts_with('!') => Answers::Unseen,
        _ if Path::new(name).is_absolute() => {
            if is_installed(name) {
                Answers::Unseen
            } else {
                missing(name)
            }
        }
        _ => {
            let program = format!("git-credential-{name}");
            if is_installed(&program)
                || exec_path(env).is_some_and(|folder| contains_program(&folder, &program))
            {
                Answers::Unseen
            } else {
                missing(&program)
            }
        }
    }
}

fn contains_program(folder: &Path, program: &str) -> bool {
    folder.join(format!("{program}{}", std::env::consts::EXE_SUFFIX)).is_file()
}

/// The program in a command line that git passes to a shell: in quotes, or the first word.
fn program_of(value: &str) -> String {
    let command = value.trim_start_matches('!').trim_start();
    let command = command.strip_prefix(IF_INSTALLED).unwrap_or(command);
    match command.strip_prefix('\'') {
        Some(quoted) => {
            quoted.replace(r"'\''", "\0").split('\'').next().unwrap_or_default().replace('\0', "'")
        }
        None => command.split_whitespace().next().unwrap_or_default().to_owned(),
    }
}

/// The folder of git's own programs.
fn exec_path(env: &Env) -> Option<PathBuf> {
    let output = run(env, git(env).arg("--exec-path")).ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// What git-credential-store(1) finds in its files: the first line for the host and the user name.
fn stored(env: &Env, value: &str, request: &CredentialRequest) -> Answers {
    let config = env.os("XDG_CONFIG_HOME").map_or_else(|| env.home().join(".config"), PathBuf::from);
    let files = match path_of(env, value, "--file") {
        Some(path) if path.is_absolute() => vec![path],
        // A relative path depends on the folder that git runs in.
        Some(_) => return Answers::Unseen,
        None => vec![env.home().join(".git-credentials"), config.join("git/credentials")],
    };
    for path in files {
        // git skips files that it cannot read.
        let Ok(Some(bytes)) = files::read(&path, MAX_BYTES) else { continue };
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        let mut logins = text.split('\n').filter_map(|line| login(line, &request.host));
        let found = logins.find(|(name, _)| request.username.as_ref().is_none_or(|wanted| wanted == name));
        if let Some((account, password)) = found {
            let trace = Token::parse(&password).map(|token| token.trace());
            return Answers::This { account: Some(shown(&account)), trace };
        }
    }
    Answers::Nothing(format!("Its file has no password for {}.", request.host))
}

/// The user name and password in a line of a credentials file, if it is for this host. Compares byte for byte, as git
/// does (`credential_from_url` in its credential.c): other capitals or a written-out default port make another host.
fn login(line: &str, host: &str) -> Option<(String, Zeroizing<String>)> {
    let rest = line.strip_prefix("https://")?;
    let (user, line_host) = rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())].split_once('@')?;
    let (name, password) = user.split_once(':')?;
    let decode = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    (decode(line_host) == host).then(|| (decode(name), Zeroizing::new(decode(password))))
}

/// True if git-credential-cache(1)'s daemon may be running.
fn cache_may_run(env: &Env, value: &str) -> bool {
    if let Some(socket) = path_of(env, value, "--socket") {
        return socket.exists();
    }
    let cache = env.os("XDG_CACHE_HOME").map_or_else(|| env.home().join(".cache"), PathBuf::from);
    [env.home().join(".git-credential-cache/socket"), cache.join("git/credential/socket")]
        .iter()
        .any(|socket| socket.exists())
}

/// The path of an option, expanded as the shell does that git starts a helper with: `~` means the home folder only at
/// the start of a word, and not in quotes.
fn path_of(env: &Env, value: &str, option: &str) -> Option<PathBuf> {
    let (_, rest) = value.split_once(option)?;
    let (rest, is_word) =
        rest.strip_prefix('=').map_or_else(|| (rest.trim(), true), |rest| (rest.trim(), false));
    let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
    let path = match quote {
        Some(quote) => rest[1..].split(quote).next()?,
        None => rest.split_whitespace().next()?,
    };
    let in_home = match quote {
        Some('\'') => None,
        Some(_) => path.strip_prefix("$HOME/"),
        None => path.strip_prefix("$HOME/").or_else(|| path.strip_prefix("~/").filter(|_| is_word)),
    };
    Some(in_home.map_or_else(|| PathBuf::from(path), |rest| env.home().join(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_line_as_git_does() {
        let of =
            |line: &str| login(line, "git.heroku.com").map(|(name, password)| (name, password.to_string()));
        let mine = |password: &str| Some(("me@example.com".to_owned(), password.to_owned()));
        assert_eq!(of("https://me%40example.com:fake%2Fone@git.heroku.com"), mine("fake/one"));
        assert_eq!(of("https://me%40example.com:fake:two@git.heroku.com/app.git"), mine("fake:two"));
        for line in [
            "https://me:fake@github.com",
            "http://me:fake@git.heroku.com",
            "HTTPS://me:fake@git.heroku.com",
            "https://me:fake@GIT.heroku.com",
            "https://me:fake@git.heroku.com:443",
            "https://me:fake@git.heroku.com\r",
            "https://me@git.heroku.com",
            "https://git.heroku.com",
            "",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }

    #[test]
    fn expands_the_path_of_an_option_as_the_shell_does() {
        let env = Env::new([("HOME", "/home/me")]);
        for (value, path) in [
            ("store --file ~/passwords", "/home/me/passwords"),
            ("store --file=~/passwords", "~/passwords"),
            ("store --file \"~/passwords\"", "~/passwords"),
            ("store --file \"$HOME/my passwords\"", "/home/me/my passwords"),
            ("store --file='/my passwords' -x", "/my passwords"),
            ("store --file $HOME/passwords -x", "/home/me/passwords"),
        ] {
            assert_eq!(path_of(&env, value, "--file").unwrap(), Path::new(path), "{value}");
        }
    }

    #[test]
    fn finds_the_program_in_a_command_line() {
        assert_eq!(program_of("!'/opt/her okey/herokey' git-credential"), "/opt/her okey/herokey");
        assert_eq!(program_of(r"!'/it'\''s/herokey' git-credential"), "/it's/herokey");
        assert_eq!(program_of("!herokey git-credential"), "herokey");
        let line = r"!test -x '/it'\''s/herokey' && '/it'\''s/herokey' git-credential";
        assert_eq!(program_of(line), "/it's/herokey");
    }
}
