//! The real Heroku CLI and the files that it shares with Herokey.

use std::fs;

use crate::running::Finished;
use crate::world::World;

/// A netrc record that has nothing to do with Heroku, with a comment, indentation and quotes of its own.
pub const FTP_RECORD: &str = "# mine\nmachine ftp.example.com\n\tlogin anna\n\tpassword \"two words\"\n";

/// A netrc record as the Heroku CLI writes it.
pub fn netrc_record(host: &str, email: &str, token: &str) -> String {
    format!("machine {host}\n  login {email}\n  password {token}\n")
}

impl World {
    /// Runs the pinned Heroku CLI.
    ///
    /// # Panics
    /// If it is not installed; the message says how to install it.
    #[track_caller]
    pub fn heroku<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        self.heroku_program().args(arguments).run()
    }

    /// The pinned Heroku CLI, ready to start.
    ///
    /// # Panics
    /// If it is not installed; the message says how to install it.
    #[track_caller]
    pub fn heroku_program(&self) -> crate::Program {
        // Only the one in `tests/heroku-cli` is linked into this folder, never a `heroku` of the machine.
        let path = self.home().with_file_name("bin").join("heroku");
        assert!(path.exists(), "the Heroku CLI is missing: run `npm ci` in tests/heroku-cli");
        self.program("heroku")
    }

    /// Logs in with `heroku login` on a terminal and approves the login on Heroku's page.
    #[track_caller]
    pub fn heroku_login(&self, email: &str) -> Finished {
        let mut login = self.heroku_program().arg("login").on_terminal().start();
        login.wait_for("Press any key");
        login.type_in("\n");
        self.approve(&self.browser().wait_for_address(), email);
        let finished = login.finish();
        finished.ok();
        finished
    }

    /// Stores a token as the Heroku CLI does: in the keyring, with `login.json` naming its account.
    pub fn store_as_cli(&self, email: &str, token: &str) {
        self.add_to_keyring(email, token);
        self.write_login_json(email);
    }

    /// Adds a token of this account to the keyring as the Heroku CLI does, but leaves `login.json` alone.
    pub fn add_to_keyring(&self, email: &str, token: &str) {
        self.keyring().add("Heroku CLI", &[("service", "heroku-cli"), ("account", email)], token);
    }

    /// Makes the Heroku CLI use this account's token in the keyring.
    pub fn write_login_json(&self, email: &str) {
        self.write_file(".local/share/heroku/login.json", &format!("{{\"account\":\"{email}\"}}\n"));
    }

    /// The content of `~/.local/share/heroku/login.json`, which names the account in the keyring that the CLI uses.
    pub fn login_json(&self) -> Option<serde_json::Value> {
        let text = self.file(".local/share/heroku/login.json")?;
        Some(serde_json::from_str(&text).expect("login.json is JSON"))
    }

    /// The text of `~/.netrc`.
    pub fn netrc(&self) -> Option<String> {
        self.file(".netrc")
    }

    /// The text of `~/.gitconfig`.
    pub fn gitconfig(&self) -> Option<String> {
        self.file(".gitconfig")
    }

    /// The netrc records of Heroku's API and git hosts, as the CLI writes them.
    pub fn netrc_records(&self, email: &str, token: &str) -> String {
        let (api, git) = (self.api_host(), self.git_host());
        // On a shared network both are the same host.
        let git = if api == git { String::new() } else { netrc_record(&git, email, token) };
        netrc_record(&api, email, token) + &git
    }

    /// The input of a git credential helper that is asked for Heroku's git host.
    pub fn git_credential_input(&self) -> String {
        format!("protocol=https\nhost={}\n\n", self.git_host())
    }

    /// Runs `git credential fill` for Heroku's git host.
    pub fn git_credential_fill(&self) -> Finished {
        self.program("git").args(["credential", "fill"]).input(self.git_credential_input()).run()
    }

    /// The credential helpers that git's configuration lists for Heroku, in the order in which git asks them.
    pub fn git_helpers(&self) -> Vec<String> {
        let key = format!("credential.https://{}.helper", self.git_host());
        let values = self.git(["config", "--global", "--get-all", &key]);
        values.stdout.lines().map(str::to_owned).collect()
    }

    /// The text of a file in the home folder, or `None` if there is no such file.
    ///
    /// # Panics
    /// If it cannot be read as text.
    #[track_caller]
    pub fn file(&self, path: &str) -> Option<String> {
        match fs::read_to_string(self.home().join(path)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("~/{path}: {error}"),
        }
    }

    /// Writes a file in the home folder and creates its folders. Its mode is the default of the system.
    pub fn write_file(&self, path: &str, text: &str) {
        let path = self.home().join(path);
        let folder = path.parent().expect("a path below the home folder");
        fs::create_dir_all(folder).expect("the home folder can be written");
        fs::write(path, text).expect("the home folder can be written");
    }
}
