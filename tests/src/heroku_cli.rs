//! The real Heroku CLI, and the files that it shares with Herokey.

use std::fs;

use crate::program::Ended;
use crate::world::World;

/// What else a netrc may hold: the bytes of others, in a form of their own.
pub const OTHERS: &str = "# mine\nmachine ftp.example.com\n\tlogin anna\n\tpassword \"two words\"\n";

/// A netrc record as the CLI writes it.
pub fn record(host: &str, email: &str, token: &str) -> String {
    format!("machine {host}\n  login {email}\n  password {token}\n")
}

impl World {
    /// The pinned Heroku CLI.
    ///
    /// # Panics
    /// Where it is not installed; the message says how to.
    #[track_caller]
    pub fn heroku<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
        self.heroku_program().args(arguments).run()
    }

    /// The pinned Heroku CLI, to be started.
    ///
    /// # Panics
    /// Where it is not installed; the message says how to.
    #[track_caller]
    pub fn heroku_program(&self) -> crate::Program {
        // Only a folder `heroku-cli` beside this crate, never a `heroku` of the machine.
        let path = self.home().with_file_name("bin").join("heroku");
        assert!(path.exists(), "the Heroku CLI is missing: run `npm ci` in tests/heroku-cli");
        self.program("heroku")
    }

    /// The CLI's own browser login, from the key pressed on a terminal to the page.
    #[track_caller]
    pub fn heroku_login(&self, email: &str) -> Ended {
        let mut login = self.heroku_program().arg("login").on_terminal().start();
        login.wait_for("Press any key");
        login.type_in("\n");
        self.approve(&self.browser().wait_for_address(), email);
        let ended = login.finish();
        ended.ok();
        ended
    }

    /// A token of this account in the keyring, as the CLI leaves it, and the CLI pointed at it.
    pub fn keep(&self, email: &str, token: &str) {
        self.add_to_keyring(email, token);
        self.write_login_json(email);
    }

    /// A token of this account in the keyring, as the CLI leaves it.
    pub fn add_to_keyring(&self, email: &str, token: &str) {
        self.keyring().add("Heroku CLI", &[("service", "heroku-cli"), ("account", email)], token);
    }

    /// Points the CLI at this account's token in the keyring.
    pub fn write_login_json(&self, email: &str) {
        self.write_file(".local/share/heroku/login.json", &format!("{{\"account\":\"{email}\"}}\n"));
    }

    /// `~/.local/share/heroku/login.json`: which account of the keyring the CLI uses.
    pub fn login_json(&self) -> Option<serde_json::Value> {
        let text = self.file(".local/share/heroku/login.json")?;
        Some(serde_json::from_str(&text).expect("login.json is JSON"))
    }

    /// `~/.netrc`.
    pub fn netrc(&self) -> Option<String> {
        self.file(".netrc")
    }

    /// `~/.gitconfig`.
    pub fn gitconfig(&self) -> Option<String> {
        self.file(".gitconfig")
    }

    /// The records of Heroku's API and git, as the CLI writes them.
    pub fn records(&self, email: &str, token: &str) -> String {
        let (api, git) = (self.api_host(), self.git_host());
        // On a shared network they are one.
        let git = if api == git { String::new() } else { record(&git, email, token) };
        record(&api, email, token) + &git
    }

    /// What git asks its helpers for Heroku.
    pub fn git_question(&self) -> String {
        format!("protocol=https\nhost={}\n\n", self.git_host())
    }

    /// `git credential fill`: what git's helpers answer for Heroku.
    pub fn git_fill(&self) -> Ended {
        self.program("git").args(["credential", "fill"]).input(self.git_question()).run()
    }

    /// The values of git's helper key for Heroku, in the order git asks them.
    pub fn git_helpers(&self) -> Vec<String> {
        let key = format!("credential.https://{}.helper", self.git_host());
        let values = self.git(["config", "--global", "--get-all", &key]);
        values.stdout.lines().map(str::to_owned).collect()
    }

    /// A file of the home folder; `None` where there is none.
    ///
    /// # Panics
    /// Where it cannot be read as text.
    #[track_caller]
    pub fn file(&self, path: &str) -> Option<String> {
        match fs::read_to_string(self.home().join(path)) {
            Ok(text) => Some(text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => panic!("~/{path}: {error}"),
        }
    }

    /// Writes a file of the home folder, with what folders it needs, in the mode a shell would give it.
    pub fn write_file(&self, path: &str, text: &str) {
        let path = self.home().join(path);
        let folder = path.parent().expect("a path below the home folder");
        fs::create_dir_all(folder).expect("the home folder can be written");
        fs::write(path, text).expect("the home folder can be written");
    }
}
