//! Predicts what a helper answers without running it: a helper may prompt the user, and may take a second.

use std::path::{Path, PathBuf};

use percent_encoding::percent_decode_str;
use secrecy::zeroize::Zeroizing;

use super::command_line::{self, Runs, Word};
use super::{CLI_HELPER, IF_INSTALLED, folder, git, is_herokey, run, socket};
use crate::base::env::{Env, is_executable};
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
    /// The token of this account. Without one, Herokey makes git stop, so that it does not push as another account.
    TokenOf(String),
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
    if value == CLI_HELPER || is_herokey(value) {
        let account = request.username.as_ref().filter(|name| is_herokey(value) && names_account(env, name));
        return match (cli_token(env, value), account) {
            (Answers::CliToken, Some(account)) => Answers::TokenOf(shown(account)),
            (answers, _) => answers,
        };
    }
    match command_line::runs(value, &home(env)) {
        Runs::Named(name, arguments) => named(env, &name, &arguments, request),
        Runs::Program(path) if is_installed(env, &path) => Answers::Unseen,
        Runs::Program(path) => missing(&path),
        Runs::Unknown => Answers::Unseen,
    }
}

/// True if Herokey's helper answers a request for this user name with the token of the account of that name. Otherwise it
/// answers with the token in use, because Heroku accepts any user name; `HEROKU_API_KEY` wins over both.
pub fn names_account(env: &Env, username: &str) -> bool {
    username.contains('@') && env.os("HEROKU_API_KEY").is_none()
}

/// What Herokey's helper and the Heroku CLI's answer: nothing if the program is gone.
fn cli_token(env: &Env, value: &str) -> Answers {
    match program_of(env, value) {
        Some(program) if is_installed(env, &program) => Answers::CliToken,
        Some(program) => missing(&program),
        None => Answers::Unseen,
    }
}

/// What `git credential-NAME` answers.
fn named(env: &Env, name: &str, arguments: &[Word], request: &CredentialRequest) -> Answers {
    match name {
        "store" if request.has_path => Answers::Unseen,
        "store" => stored(env, arguments, request),
        "cache" => cached(env, arguments),
        _ => {
            let program = format!("git-credential-{name}");
            let is_gits = || exec_path(env).is_some_and(|folder| can_run(&folder.join(&program)));
            if is_installed(env, &program) || is_gits() { Answers::Unseen } else { missing(&program) }
        }
    }
}

fn missing(program: &str) -> Answers {
    Answers::Nothing(format!("The program {} is not installed.", shown(program)))
}

fn is_installed(env: &Env, program: &str) -> bool {
    // A relative path starts at the folder that git runs in.
    env.find_program(program).is_some_and(|path| can_run(&folder(env).join(path)))
}

/// True for a program, also one that is named without the ending that Windows adds.
fn can_run(path: &Path) -> bool {
    let mut with_ending = path.as_os_str().to_owned();
    with_ending.push(std::env::consts::EXE_SUFFIX);
    is_executable(path) || is_executable(Path::new(&with_ending))
}

/// The program in the line of Herokey's helper or the Heroku CLI's; `None` if only the shell knows it.
fn program_of(env: &Env, value: &str) -> Option<String> {
    let command = value.trim_start_matches('!').trim_start();
    command_line::first_word(command.strip_prefix(IF_INSTALLED).unwrap_or(command), &home(env))
}

fn home(env: &Env) -> String {
    env.home().to_string_lossy().into_owned()
}

/// The folder of git's own programs.
fn exec_path(env: &Env) -> Option<PathBuf> {
    let output = run(env, git(env).arg("--exec-path")).ok()?;
    output.status.success().then(|| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()))
}

/// What git-credential-store(1) finds in its files: the first line for the host and the user name.
fn stored(env: &Env, arguments: &[Word], request: &CredentialRequest) -> Answers {
    let config = env.os("XDG_CONFIG_HOME").map_or_else(|| env.home().join(".config"), PathBuf::from);
    let files = match path_in(arguments, "--file") {
        Ok(Some(path)) => vec![path],
        Err(Unseen) => return Answers::Unseen,
        Ok(None) => vec![env.home().join(".git-credentials"), config.join("git/credentials")],
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

/// What git-credential-cache(1) answers: nothing if no daemon holds passwords for it.
fn cached(env: &Env, arguments: &[Word]) -> Answers {
    let socket = match path_in(arguments, "--socket") {
        Ok(Some(path)) => path,
        Ok(None) => cache_socket(env),
        Err(Unseen) => return Answers::Unseen,
    };
    if socket::listens(&socket) {
        return Answers::Unseen;
    }
    Answers::Nothing("It holds no password, because its daemon is not running.".to_owned())
}

/// The socket of the daemon, if no option names it (`get_socket_path` in git's builtin/credential-cache.c).
fn cache_socket(env: &Env) -> PathBuf {
    let old = env.home().join(".git-credential-cache");
    if old.is_dir() {
        return old.join("socket");
    }
    let cache = env.os("XDG_CACHE_HOME").map_or_else(|| env.home().join(".cache"), PathBuf::from);
    cache.join("git/credential/socket")
}

/// What a helper does cannot be known without running it.
struct Unseen;

/// The absolute path that an option names, if it is given. Options may be shortened (gitcli(7)).
fn path_in(arguments: &[Word], option: &str) -> Result<Option<PathBuf>, Unseen> {
    let words: Option<Vec<&str>> = arguments.iter().map(Option::as_deref).collect();
    let mut words = words.ok_or(Unseen)?.into_iter();
    let mut found = None;
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        if name.len() > "--".len() && option.starts_with(name) {
            found = Some(PathBuf::from(value.or_else(|| words.next()).ok_or(Unseen)?));
        }
    }
    // A relative path depends on the folder that git runs in.
    if found.as_ref().is_some_and(|path| !path.is_absolute()) { Err(Unseen) } else { Ok(found) }
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
    fn finds_the_path_of_an_option() {
        let of = |line: &str| {
            let words: Vec<Word> = line.split(' ').map(|word| Some(word.to_owned())).collect();
            path_in(&words, "--file").map(|path| path.map(|path| path.display().to_string())).ok()
        };
        let root = if cfg!(windows) { "C:/" } else { "/" };
        let path = |name: &str| Some(Some(format!("{root}{name}")));
        assert_eq!(of("get"), Some(None));
        assert_eq!(of("--timeout 5 get"), Some(None));
        assert_eq!(of(&format!("--file {root}one get")), path("one"));
        assert_eq!(of(&format!("--file={root}one --fi {root}two get")), path("two"));
        assert_eq!(of("--file one get"), None, "a relative path");
        assert!(path_in(&[None], "--file").is_err(), "a variable");
    }

    #[cfg(unix)]
    #[test]
    fn passes_by_programs_that_cannot_run() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let env = Env::new([("HOME", folder.path())]);
        let program = folder.path().join("my helper");
        let line = format!("{} --x", program.display().to_string().replace(' ', r"\ "));
        let predict = || predict(&env, &line, &CredentialRequest::default());
        assert!(matches!(predict(), Answers::Nothing(why) if why.contains("my helper is not installed")));
        std::fs::write(&program, "").unwrap();
        assert!(matches!(predict(), Answers::Nothing(_)), "not executable");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(predict(), Answers::Unseen);
    }

    #[test]
    fn finds_the_program_in_a_command_line() {
        let program_of = |line: &str| program_of(&Env::new([("HOME", "/home/me")]), line).unwrap();
        assert_eq!(program_of("!'/opt/her okey/herokey' git-credential"), "/opt/her okey/herokey");
        assert_eq!(program_of(r"!/opt/her\ okey/herokey git-credential"), "/opt/her okey/herokey");
        assert_eq!(program_of("!~/bin/herokey git-credential"), "/home/me/bin/herokey");
        assert_eq!(program_of("!herokey git-credential"), "herokey");
        let line = r"!test -x '/it'\''s/herokey' && '/it'\''s/herokey' git-credential";
        assert_eq!(program_of(line), "/it's/herokey");
    }
}
