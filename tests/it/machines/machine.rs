//! A machine, generated from a seed or written by hand.

use herokey_tests::{ME, World};

use super::chance::Chance;
use super::{git, netrc};

/// Everything that decides which credential a tool uses.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    /// Environment variables; `~` at the start of a value means the home folder.
    pub(super) variables: Vec<(&'static str, String)>,
    /// Whether `secret-tool` is missing.
    pub(super) without_secret_tool: bool,
    pub(super) keychain: Keychain,
    /// Accounts and secrets of the keychain, oldest first.
    pub(super) items: Vec<(String, String)>,
    /// A second keyring.
    pub(super) second: Option<SecondKeyring>,
    /// The text of `login.json`, in [`Machine::data_folder`].
    pub(super) login_json: Option<String>,
    pub(super) netrc: Option<String>,
    /// Whether `.netrc` is a link into a folder of dotfiles.
    pub(super) netrc_is_a_link: bool,
    /// The text of `.netrc.gpg` before encryption.
    pub(super) netrc_gpg: Option<String>,
    /// The files in the home folder that git reads.
    pub(super) git_files: Vec<(&'static str, String)>,
    /// curl's configuration, with its path in the home folder. `HOME` in it is the home folder.
    pub(super) curlrc: Option<(&'static str, String)>,
    /// A netrc file that `NETRC` or curl's configuration may name.
    pub(super) named_netrc: Option<String>,
    /// A file of `heroku accounts`.
    pub(super) account: Option<String>,
    /// The configuration of a repository in the home folder. The tools run in it if there is one.
    pub(super) repository: Option<String>,
}

/// A keyring beside the default one.
#[derive(Clone, Debug)]
pub(super) struct SecondKeyring {
    pub(super) items: Vec<(String, String)>,
    pub(super) is_locked: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keychain {
    #[default]
    Open,
    Locked,
    /// There is no session bus.
    Gone,
}

const OTHER: &str = "other@example.com";

impl Machine {
    pub(super) fn of_seed(seed: u64, world: &World) -> Self {
        let mut chance = Chance(seed);
        let chance = &mut chance;
        let mut variables = variables(chance, world.has_own_network());
        let hosts = hosts(&variables, world);
        let machine = Self {
            git_files: git::files(chance, &mut variables, &hosts),
            variables,
            without_secret_tool: chance.one_in(5),
            keychain: chance.weighted(&[(Keychain::Open, 10), (Keychain::Locked, 1), (Keychain::Gone, 1)]),
            items: items(chance),
            login_json: login_json(chance),
            netrc: (!chance.one_in(3)).then(|| netrc::file(chance, &hosts)),
            netrc_is_a_link: chance.one_in(8),
            netrc_gpg: chance.one_in(10).then(|| netrc::file(chance, &hosts)),
            account: chance
                .one_in(4)
                .then(|| "username: other@example.com\npassword: HRKU-fake-account-0001\n".to_owned()),
            repository: chance.one_in(4).then(|| git::repository(chance, &hosts)),
            ..Self::default()
        };
        let machine = if machine.repository.is_none() { machine.without_conditions() } else { machine };
        machine.with_named_netrc(chance, &hosts).with_second_keyring(chance)
    }

    fn with_second_keyring(mut self, chance: &mut Chance) -> Self {
        if chance.one_in(6) {
            let mut items = items(chance);
            for (_, secret) in &mut items {
                *secret = secret.replace("fake-keychain", "fake-second");
            }
            let is_locked = chance.one_in(2);
            // Of two open items from the same second, the keyring may give either.
            items.retain(|(account, _)| is_locked || self.items.iter().all(|(other, _)| other != account));
            self.second = Some(SecondKeyring { items, is_locked });
        }
        self
    }

    /// Drops the condition that holds only in the repository in which git is asked if the machine has none.
    fn without_conditions(mut self) -> Self {
        for (_, text) in &mut self.git_files {
            *text = text.replace("hasconfig:remote.*.url:https://git.heroku.com/*", "gitdir:~/other/");
        }
        self
    }

    /// Another netrc file, and what may name it.
    fn with_named_netrc(mut self, chance: &mut Chance, hosts: &Hosts) -> Self {
        if chance.one_in(4) {
            self.named_netrc = Some(netrc::file(chance, hosts).replace("fake-netrc", "fake-named"));
        }
        if chance.one_in(4) {
            let values = ["~/named-netrc", "~/named-netrc", "~/missing", "named-netrc", "~/.netrc", ""];
            self.variables.push(("NETRC", chance.of(&values).to_owned()));
        }
        if chance.one_in(4) {
            let path = chance.of(&[".curlrc", ".curlrc", ".config/curlrc", ".config/.curlrc"]);
            let text = chance.of(&[
                "netrc-file = \"HOME/named-netrc\"\n",
                "# mine\n\n  --netrc-file HOME/named-netrc # here\nsilent\n",
                "netrc-file HOME/missing\nnetrc-file:HOME/named-netrc\r\n",
                "netrc-file = HOME/missing\n",
                "netrc-file = named-netrc\n",
                "netrc\n",
                "netrc-optional\n",
                "user = me:HRKU-fake-curlrc-0001\n",
                "-u me:HRKU-fake-curlrc-0001\n",
                "#netrc-file = HOME/named-netrc\n",
                "header = \"X-Mine: 1\"\n",
            ]);
            self.curlrc = Some((path, text.to_owned()));
        }
        self
    }

    /// The hosts that the tools connect to.
    pub(super) fn hosts(&self, world: &World) -> Hosts {
        hosts(&self.variables, world)
    }

    /// The Heroku CLI's data folder, in the home folder.
    pub(super) fn data_folder(&self) -> &'static str {
        let is_set = |wanted| self.variables.iter().any(|(name, value)| *name == wanted && !value.is_empty());
        match (is_set("HEROKU_DATA_DIR"), is_set("XDG_DATA_HOME")) {
            (true, _) => "own",
            (false, true) => "data/heroku",
            (false, false) => ".local/share/heroku",
        }
    }
}

/// The hosts that the tools connect to.
#[derive(Clone, Debug)]
pub(super) struct Hosts {
    pub(super) api: String,
    pub(super) git: String,
}

/// Finds the hosts as the CLI's `vars.js` does.
fn hosts(variables: &[(&'static str, String)], world: &World) -> Hosts {
    let value = |wanted| variables.iter().find(|(name, value)| *name == wanted && !value.is_empty());
    let (api, git) = match value("HEROKU_HOST").map(|(_, value)| value.as_str()) {
        None | Some("heroku.example.com") => (world.api_host(), world.git_host()),
        Some(url) if url.starts_with("http") => ("localhost".to_owned(), "localhost".to_owned()),
        Some(domain) => (format!("api.{domain}"), format!("git.{domain}")),
    };
    Hosts { api, git: value("HEROKU_GIT_HOST").map_or(git, |(_, value)| value.clone()) }
}

fn variables(chance: &mut Chance, own_network: bool) -> Vec<(&'static str, String)> {
    let mut set = Vec::new();
    let mut add = |name, value: &str| set.push((name, value.to_owned()));
    if chance.one_in(6) {
        let values = &[
            ("HRKU-fake-env-0001", 6),
            (" HRKU-fake-env-0002 ", 1),
            (" HRKU-fake-env-0003", 1),
            ("HRKU-fake-env-0004\n", 1),
            ("HRKU-fake-env-0005\r", 1),
            ("HRKU-fake-env-0006\r\n", 1),
            ("HRKU-fake-env-0007\u{a0}", 1),
            ("\"HRKU-fake-env-0008\"", 1),
            ("Bearer HRKU-fake-env-0009", 1),
            ("no token at all", 1),
            ("", 3),
        ];
        add("HEROKU_API_KEY", chance.weighted(values));
    }
    if chance.one_in(8) {
        add("HEROKU_API_TOKEN", "HRKU-fake-ignored-0001");
    }
    if chance.one_in(3) {
        add(
            "HEROKU_NETRC_WRITE",
            chance.of(&["true", "TRUE", "True", "1", "yes", "on", "false", "", " true"]),
        );
    }
    if own_network && chance.one_in(6) {
        let values = [
            "heroku.com",
            "herokai.com",
            "my.herokuspace.com",
            "heroku.example.com",
            "",
            "https://localhost",
        ];
        add("HEROKU_HOST", chance.of(&values));
    }
    if own_network && chance.one_in(12) {
        add("HEROKU_GIT_HOST", chance.of(&["git.herokai.com", ""]));
    }
    if chance.one_in(8) {
        add("XDG_DATA_HOME", chance.of(&["~/data", "~/data", ""]));
    }
    if chance.one_in(10) {
        add("HEROKU_DATA_DIR", chance.of(&["~/own", "~/own", ""]));
    }
    set
}

fn items(chance: &mut Chance) -> Vec<(String, String)> {
    let mut items = Vec::new();
    let mut add = |account: &str, secret: &str| items.push((account.to_owned(), secret.to_owned()));
    if !chance.one_in(3) {
        add(ME, chance.weighted(&[("HRKU-fake-keychain-0001", 8), ("HRKU-fake-keychain-0001\n", 1)]));
    }
    if chance.one_in(3) {
        add(OTHER, "HRKU-fake-keychain-0002");
    }
    if chance.one_in(12) {
        add("empty@example.com", chance.of(&["", " ", "\n"]));
    }
    if chance.one_in(12) {
        // Perhaps created within the same second. The keyring decides which one is the newest.
        add(ME, "HRKU-fake-keychain-0001");
    }
    if chance.one_in(12) {
        add("Me@Example.com", "HRKU-fake-keychain-0003");
    }
    items
}

fn login_json(chance: &mut Chance) -> Option<String> {
    let text = chance.weighted(&[
        ("{\"account\":\"me@example.com\"}\n", 14),
        ("{\"account\":\"other@example.com\"}\n", 3),
        ("{\"account\":\"empty@example.com\"}\n", 1),
        ("{\"account\":\"nobody@example.com\"}\n", 1),
        ("{\"account\":\"ME@example.com\"}\n", 1),
        ("{\"account\":\"me@example.com \"}\n", 1),
        ("{ \"x\": [1], \"account\" : \"me@example.com\" }", 1),
        ("{\"account\":\"other@example.com\",\"account\":\"me@example.com\"}", 1),
        ("{\"account\":\"me\\u0040example.com\"}\r\n", 1),
        ("\u{feff}{\"account\":\"me@example.com\"}\n", 1),
        ("[\"me@example.com\"]\n", 1),
        ("\"me@example.com\"\n", 1),
        ("null\n", 1),
        ("{\"account\":\"\"}\n", 1),
        ("{\"account\":7}\n", 1),
        ("{\"account\":\"me@example.com\"", 1),
        ("", 1),
        ("absent", 5),
    ]);
    (text != "absent").then(|| text.to_owned())
}
