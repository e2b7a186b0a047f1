//! A machine, made by chance or by hand.

use std::fmt::Write;

use herokey_tests::{ME, World};

/// Everything that decides about a credential.
#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    /// Variables.
    pub(super) variables: Vec<(&'static str, String)>,
    /// Programs that are not installed.
    pub(super) without_secret_tool: bool,
    pub(super) keychain: Keychain,
    /// Accounts and secrets of the keychain, oldest first.
    pub(super) items: Vec<(String, String)>,
    pub(super) login_json: Option<String>,
    pub(super) netrc: Option<String>,
    /// What `.netrc.gpg` has encrypted.
    pub(super) netrc_gpg: Option<String>,
    pub(super) gitconfig: String,
    pub(super) git_credentials: Option<String>,
    /// A file of `heroku accounts`.
    pub(super) account: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Keychain {
    #[default]
    Open,
    Locked,
    /// Nobody is on the bus, and there is no bus.
    Gone,
}

const OTHER: &str = "other@example.com";

impl Machine {
    pub(super) fn of_seed(seed: u64, world: &World) -> Self {
        let mut chance = Chance(seed);
        let chance = &mut chance;
        Self {
            variables: variables(chance),
            without_secret_tool: chance.one_in(5),
            keychain: chance.weighted(&[(Keychain::Open, 10), (Keychain::Locked, 1), (Keychain::Gone, 1)]),
            items: items(chance),
            login_json: login_json(chance),
            netrc: (!chance.one_in(3)).then(|| netrc(chance, world)),
            netrc_gpg: chance.one_in(10).then(|| netrc(chance, world)),
            gitconfig: gitconfig(chance, world),
            git_credentials: chance.one_in(2).then(|| git_credentials(chance, world)),
            account: chance
                .one_in(4)
                .then(|| "username: other@example.com\npassword: HRKU-fake-account-0001\n".to_owned()),
        }
    }
}

fn variables(chance: &mut Chance) -> Vec<(&'static str, String)> {
    let mut set = Vec::new();
    if chance.one_in(6) {
        set.push(("HEROKU_API_KEY", chance.weighted(&[("HRKU-fake-env-0001", 4), ("", 2)]).to_owned()));
    }
    if chance.one_in(8) {
        set.push(("HEROKU_API_TOKEN", "HRKU-fake-ignored-0001".to_owned()));
    }
    if chance.one_in(3) {
        let value = chance.of(&["true", "TRUE", "True", "1", "yes", "on", "false", "", " true"]);
        set.push(("HEROKU_NETRC_WRITE", value.to_owned()));
    }
    set
}

fn items(chance: &mut Chance) -> Vec<(String, String)> {
    let mut items = Vec::new();
    if !chance.one_in(3) {
        items.push((ME.to_owned(), "HRKU-fake-keychain-0001".to_owned()));
    }
    if chance.one_in(3) {
        items.push((OTHER.to_owned(), "HRKU-fake-keychain-0002".to_owned()));
    }
    if chance.one_in(12) {
        items.push(("empty@example.com".to_owned(), String::new()));
    }
    if chance.one_in(12) {
        // Of one second, perhaps: the service tells which is the newest.
        items.push((ME.to_owned(), "HRKU-fake-keychain-0001".to_owned()));
    }
    items
}

fn login_json(chance: &mut Chance) -> Option<String> {
    let text = chance.weighted(&[
        ("{\"account\":\"me@example.com\"}\n", 10),
        ("{\"account\":\"other@example.com\"}\n", 2),
        ("{\"account\":\"empty@example.com\"}\n", 1),
        ("{\"account\":\"nobody@example.com\"}\n", 1),
        ("{ \"x\": [1], \"account\" : \"me@example.com\" }", 1),
        ("{\"account\":\"\"}\n", 1),
        ("{\"account\":7}\n", 1),
        ("{\"account\":\"me@example.com\"", 1),
        ("", 1),
        ("absent", 4),
    ]);
    (text != "absent").then(|| text.to_owned())
}

/// A netrc in one of the many shapes that people and programs give it.
fn netrc(chance: &mut Chance, world: &World) -> String {
    let mut text = String::new();
    let mut hosts = vec![world.api_host(), world.git_host(), "ftp.example.com".to_owned()];
    if chance.one_in(4) {
        let again = chance.of(&[0, 1]);
        hosts.push(hosts[again].clone());
    }
    chance.shuffle(&mut hosts);
    for (number, host) in hosts.iter().enumerate() {
        if chance.one_in(3) {
            continue;
        }
        if chance.one_in(6) {
            text +=
                chance.of(&["# a comment\n", "#machine api.heroku.com\n", "\n", "macdef init\ncd /tmp\n\n"]);
        }
        record(chance, &mut text, host, number);
    }
    if chance.one_in(6) {
        text += chance.of(&[
            "default login any password HRKU-fake-default-0001\n",
            "default\n  login any\n  password HRKU-fake-default-0001\n",
        ]);
    }
    if chance.one_in(10) {
        text.truncate(text.trim_end().len());
    }
    if chance.one_in(8) { text.replace('\n', "\r\n") } else { text }
}

fn record(chance: &mut Chance, text: &mut String, host: &str, number: usize) {
    let token = format!("HRKU-fake-netrc-{number:04}");
    let login = "me@example.com";
    let shape = chance.weighted(&[
        (0, 6),
        (1, 2),
        (2, 3),
        (3, 2),
        (4, 1),
        (5, 1),
        (6, 1),
        (7, 1),
        (8, 1),
        (9, 1),
        (10, 1),
        (11, 1),
    ]);
    // Writing to a text cannot fail.
    let _ = match shape {
        0 => writeln!(text, "machine {host}\n  login {login}\n  password {token}"),
        1 => writeln!(text, "machine {host}\n\tlogin {login}\n\tpassword {token}"),
        2 => writeln!(text, "machine {host} login {login} password {token}"),
        3 => writeln!(text, "machine {host}\nlogin {login}\npassword {token}"),
        4 => writeln!(text, "machine {host}\n  login \"{login}\"\n  password \"{token}\""),
        5 => writeln!(text, "machine {host}\n  # mine\n  login {login}\n  password {token}"),
        6 => writeln!(text, "machine {host}\n\n  login {login}\n  password {token}"),
        7 => writeln!(text, "machine {host}\n  password {token}\n  login {login}\n  account work"),
        8 => writeln!(text, "machine {host}\n  login {login}"),
        9 => writeln!(text, "machine {host}\n  password {token}"),
        10 => writeln!(text, "machine\t{host}\tlogin\t{login}\tpassword\t{token}"),
        _ => writeln!(
            text,
            "  machine {}\n    login {login} # mine\n    password {token} # mine",
            host.to_uppercase()
        ),
    };
}

fn gitconfig(chance: &mut Chance, world: &World) -> String {
    let mut text = String::new();
    let host = world.git_host();
    for _ in 0..chance.of(&[0, 0, 1, 1, 2]) {
        let helper =
            chance.of(&["store", "cache", "nothing-of-the-kind", "", "!f() { :; }; f", "/nowhere/helper"]);
        // Writing to a text cannot fail, here and below.
        let _ = writeln!(text, "[credential]\n\thelper = \"{helper}\"");
    }
    for _ in 0..chance.of(&[0, 1, 1, 2, 3]) {
        let scope = chance.weighted(&[
            (format!("https://{host}"), 8),
            (format!("https://{host}/"), 1),
            (format!("http://{host}"), 1),
            (host.clone(), 1),
            (format!("https://me@{host}"), 1),
            ("https://github.com".to_owned(), 1),
        ]);
        let helper = chance.weighted(&[
            ("!herokey git-credential", 4),
            ("!'/nowhere/herokey' git-credential", 1),
            ("!heroku git:credentials", 2),
            ("", 2),
            ("store", 1),
            ("!f() { test \\\"$1\\\" = get && echo username=x && echo password=HRKU-fake-script-0001; }; f", 1),
        ]);
        let _ = writeln!(text, "[credential \"{scope}\"]\n\thelper = \"{helper}\"");
    }
    text
}

fn git_credentials(chance: &mut Chance, world: &World) -> String {
    let mut text = "https://me:fake-github-0001@github.com\n".to_owned();
    if chance.one_in(2) {
        let _ = writeln!(text, "https://me%40example.com:HRKU-fake-store-0001@{}", world.git_host());
    }
    text
}

/// Chances that follow from a seed (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())]
    }

    fn weighted<T: Clone>(&mut self, choices: &[(T, usize)]) -> T {
        let mut at = self.below(choices.iter().map(|(_, weight)| weight).sum());
        for (choice, weight) in choices {
            match at.checked_sub(*weight) {
                Some(rest) => at = rest,
                None => return choice.clone(),
            }
        }
        unreachable!("a number below the sum of the weights")
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}
