//! Sets up a machine, and compares the real tools with Herokey.

use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use herokey_core::Env;
use herokey_core::base::token::Trace;
use herokey_core::insight::readers::{Answer, Source, resolve};
use herokey_core::survey::survey;
use herokey_tests::{Collection, Finished, Program, World};

use super::machine::{Keychain, Machine};
use crate::programs::{REQUESTS, with_editor};

/// A world in which machines are set up one after another.
pub(super) fn world() -> World {
    let world = World::builder().keyring().without_program("secret-tool").build();
    let gpg = world.home().join(".gnupg");
    std::fs::create_dir(&gpg).unwrap();
    std::fs::set_permissions(&gpg, std::fs::Permissions::from_mode(0o700)).unwrap();
    let key = [
        "--batch",
        "--quiet",
        "--passphrase",
        "",
        "--quick-generate-key",
        "me@example.com",
        "default",
        "default",
        "never",
    ];
    world.program("gpg").args(key).run().ok();
    with_editor(&world);
    world
}

/// Sets up the machine and runs all tools. The error says which tool disagrees with Herokey.
pub(super) fn disagreement(machine: &Machine, world: &mut World) -> Result<(), String> {
    let second = fill_keyring(machine, world);
    encrypt(machine, world);
    let asked = Asked { machine, world };
    asked.write_files();
    let mut env = Env::new(asked.variables());
    env.folder = asked.folder();
    let facts = survey(&env);
    let tools = resolve(&facts);
    let herokey = asked.program("herokey").args(["status", "--offline", "--json"]);
    let report = match asked.folder() {
        Some(_) => herokey.args(["--in", "."]).run(),
        None => herokey.run(),
    };
    let report: serde_json::Value = serde_json::from_str(report.ok()).unwrap();
    let token = said(&asked.program("herokey").arg("token").run());

    let curl = asked.curl();
    let (python, extension) = (asked.python(), asked.extension());
    let address = asked.git_address();
    let git_itself = asked.git_without_helpers();
    let git_helper = asked.git_credential_fill(&address);
    let heroku = asked.heroku();
    if machine.keychain == Keychain::Locked {
        world.keyring().unlock();
    }
    if let Some(second) = second {
        world.keyring().unlock_collection(&second);
        world.keyring().delete_collection(&second);
    }

    // Herokey never prints a text that cannot be a token. It only says that heroku uses it.
    let printed = heroku.as_ref().map(|token| token.trim().to_owned());
    if printed.as_ref().is_none_or(|token| !token.contains(' ')) {
        same("herokey token", printed.as_ref(), token.as_ref())?;
    }
    seen("heroku", heroku.as_ref(), &tools.heroku, &report["tools"]["heroku"])?;
    seen("curl", curl.as_ref(), &tools.curl, &report["tools"]["curl"])?;
    for (name, sent) in [("python-requests", python), ("vscode-heroku", extension)] {
        let reader = tools.others.iter().find(|reader| reader.name == name);
        if let Some((sent, reader)) = sent.zip(reader) {
            agrees(name, Some(&sent).filter(|sent| !sent.is_empty()), &reader.answer)?;
        }
    }
    // Herokey answers for Heroku's host if the remote is another one's.
    if address.starts_with("heroku:") {
        return Ok(());
    }
    let needs_no_helper = matches!(tools.git.source, Source::Netrc | Source::GitConfig);
    if !is_open(&tools.git) && git_itself.is_some() != needs_no_helper {
        return Err(format!("git sent {git_itself:?} without a helper, Herokey says {:?}", tools.git));
    }
    let git = git_itself.or(git_helper);
    seen("git", git.as_ref(), &tools.git, &report["tools"]["git"])
}

fn same(who: &str, real: Option<&String>, ours: Option<&String>) -> Result<(), String> {
    if real == ours { Ok(()) } else { Err(format!("{who}: {ours:?}, the real tool: {real:?}")) }
}

fn seen(
    tool: &str,
    real: Option<&String>,
    ours: &Answer,
    reported: &serde_json::Value,
) -> Result<(), String> {
    agrees(tool, real, ours)?;
    let masked =
        ours.trace.as_ref().filter(|_| ours.source != Source::None).map(|trace| trace.masked.as_str());
    if reported["source"] == ours.source.name() && reported["masked"].as_str() == masked {
        return Ok(());
    }
    Err(format!("{tool}: `herokey status` says {reported}, asked within the process it is {ours:?}"))
}

/// Whether Herokey cannot know the credential, so that any answer is right: another program's helper returns it, it
/// depends on curl's version, or it cannot be a token.
fn is_open(ours: &Answer) -> bool {
    ours.source != Source::None && ours.trace.is_none()
}

fn agrees(tool: &str, real: Option<&String>, ours: &Answer) -> Result<(), String> {
    if is_open(ours) {
        return Ok(());
    }
    let same = match real {
        Some(real) => ours.source != Source::None && ours.trace == Some(Trace::of(real)),
        None => ours.source == Source::None,
    };
    if same { Ok(()) } else { Err(format!("{tool} uses {real:?}, Herokey says {ours:#?}")) }
}

fn fill_keyring(machine: &Machine, world: &World) -> Option<Collection> {
    let keyring = world.keyring();
    keyring.clear();
    for (account, secret) in &machine.items {
        world.add_to_keyring(account, secret);
    }
    let second = machine.second.as_ref().map(|second| {
        let collection = keyring.create_collection("Second");
        for (account, secret) in &second.items {
            let attributes = [("service", "heroku-cli"), ("account", account.as_str())];
            keyring.add_to(&collection, "Heroku CLI", &attributes, secret);
        }
        if second.is_locked {
            keyring.lock_collection(&collection);
        }
        collection
    });
    if machine.keychain == Keychain::Locked {
        keyring.lock();
    }
    second
}

fn encrypt(machine: &Machine, world: &World) {
    write(world, "encrypted", None);
    if let Some(netrc) = &machine.netrc_gpg {
        let gpg =
            world.program("gpg").args(["--batch", "--default-recipient-self", "-a", "-o", "encrypted", "-e"]);
        gpg.input(netrc.as_str()).run().ok();
    }
}

struct Asked<'a> {
    machine: &'a Machine,
    world: &'a World,
}

/// The repository in the home folder.
const FOLDER: &str = "app";
/// Every file that a machine may have. They are removed before the next machine is set up.
const FILES: [&str; 19] = [
    ".local/share/heroku/login.json",
    "data/heroku/login.json",
    "own/login.json",
    ".netrc",
    ".dotfiles/netrc",
    ".netrc.gpg",
    ".gitconfig",
    ".config/git/config",
    ".config/git/included",
    "included",
    "global",
    "system",
    ".git-credentials",
    ".config/git/credentials",
    "passwords",
    ".curlrc",
    ".config/curlrc",
    ".config/.curlrc",
    "named-netrc",
];

impl Asked<'_> {
    /// Writes the files. This is repeated before each tool that changes some of them.
    fn write_files(&self) {
        let Self { machine, world } = self;
        for path in FILES {
            remove(world, path);
        }
        let login_json = format!("{}/login.json", machine.data_folder());
        write(world, &login_json, machine.login_json.as_deref());
        if machine.netrc_is_a_link {
            write(world, ".dotfiles/netrc", machine.netrc.as_deref());
            std::os::unix::fs::symlink(".dotfiles/netrc", world.home().join(".netrc")).unwrap();
        } else {
            write(world, ".netrc", machine.netrc.as_deref());
        }
        let encrypted = machine.netrc_gpg.as_ref().and_then(|_| world.file("encrypted"));
        write(world, ".netrc.gpg", encrypted.as_deref());
        for (path, text) in &machine.git_files {
            write(world, path, Some(text));
        }
        write(world, "named-netrc", machine.named_netrc.as_deref());
        if let Some((path, text)) = &machine.curlrc {
            write(world, path, Some(&text.replace("HOME", &world.home().display().to_string())));
        }
        write(world, ".config/heroku/accounts/work", machine.account.as_deref());
        for folder in [".git/objects", ".git/refs"] {
            std::fs::create_dir_all(world.home().join(FOLDER).join(folder)).unwrap();
        }
        for folder in ["empty/.git/objects", "empty/.git/refs"] {
            std::fs::create_dir_all(world.home().join(folder)).unwrap();
        }
        write(world, "empty/.git/HEAD", Some("ref: refs/heads/main\n"));
        let remote = format!("[remote \"heroku\"]\n\turl = https://{}/other.git\n", machine.hosts(world).git);
        write(world, "empty/.git/config", Some(&remote));
        write(world, "app/.git/HEAD", Some("ref: refs/heads/main\n"));
        write(world, "app/.git/config", machine.repository.as_deref());
    }

    fn variables(&self) -> std::collections::BTreeMap<String, String> {
        let mut variables = self.world.environment().clone();
        let home = self.world.home().display().to_string();
        for (name, value) in &self.machine.variables {
            let value = value.strip_prefix('~').map_or_else(|| value.clone(), |rest| format!("{home}{rest}"));
            variables.insert((*name).to_owned(), value);
        }
        if !self.machine.without_secret_tool {
            let own = variables["PATH"].split(':').next().unwrap().to_owned();
            variables.insert("PATH".to_owned(), format!("{own}:/usr/local/bin:/usr/bin:/bin"));
        }
        if self.machine.keychain == Keychain::Gone {
            variables.insert("DBUS_SESSION_BUS_ADDRESS".to_owned(), "unix:path=/nowhere".to_owned());
        }
        variables
    }

    fn folder(&self) -> Option<std::path::PathBuf> {
        self.machine.repository.as_ref().map(|_| self.world.home().join(FOLDER))
    }

    fn program(&self, name: &str) -> Program {
        let mut program = self.world.program(name);
        if let Some(folder) = self.folder() {
            program = program.in_folder(folder);
        }
        self.variables().into_iter().fold(program, |program, (name, value)| program.env(&name, value))
    }

    fn heroku(&self) -> Option<String> {
        self.write_files();
        let ended = self.program("heroku").args(["auth:token"]).run();
        let variable = self
            .machine
            .variables
            .iter()
            .find(|(name, value)| *name == "HEROKU_API_KEY" && !value.is_empty());
        match variable {
            // HTTP drops the blanks at the end. The CLI uses everything else of the variable.
            Some((_, value)) => {
                assert_eq!(ended.stdout.trim_end(), value.trim_end());
                Some(value.trim_end_matches([' ', '\t']).to_owned())
            }
            None => said(&ended),
        }
    }

    /// What Python's `requests` sends by itself; `None` without it, or if the file cannot be decoded.
    fn python(&self) -> Option<String> {
        let address = format!("https://{}/account", self.machine.hosts(self.world).api);
        let ended = self.program("python3").args(["-c", REQUESTS, &address]).run();
        ended.status.success().then(|| ended.stdout.trim().to_owned())
    }

    /// What Heroku's extension of VS Code finds. It reads an encrypted file through gpg, as the Heroku CLI does.
    fn extension(&self) -> Option<String> {
        let paths = ["extension.js", ".netrc"].map(|name| self.world.home().join(name).display().to_string());
        let is_plain = self.machine.netrc_gpg.is_none();
        let ended =
            is_plain.then(|| self.program("node").args(paths.each_ref().map(String::as_str)).run())?;
        Some(ended.stdout.trim().to_owned())
    }

    // All hosts resolve to this machine, which has no certificate for some of their names.

    fn curl(&self) -> Option<String> {
        let address = format!("https://{}/account", self.machine.hosts(self.world).api);
        let here = ["--insecure", "--resolve", "*:443:127.0.0.1"];
        let curl = self.program("curl").args(["--silent", "--verbose", "--netrc"]).args(here);
        sent(&curl.arg(address).run().stderr)
    }

    /// git in the repository, or in an empty one. Both have a remote `heroku`.
    fn git(&self) -> Program {
        let git = self.program("git").env("GIT_SSH_COMMAND", "false");
        if self.machine.repository.is_some() { git } else { git.args(["-C", "empty"]) }
    }

    /// The password that git sends without any helper.
    fn git_without_helpers(&self) -> Option<String> {
        let here = ["-c", "http.sslVerify=false", "-c", "http.curloptResolve=*:443:127.0.0.1"];
        let git = self.git().env("GIT_CURL_VERBOSE", "1").env("GIT_TRACE_REDACT", "0").args(here);
        sent(&git.args(["-c", "credential.helper=", "push", "heroku", ":nothing"]).run().stderr)
    }

    /// The address that git pushes to.
    fn git_address(&self) -> String {
        self.git().args(["remote", "get-url", "--push", "heroku"]).run().stdout.trim().to_owned()
    }

    /// The password that git's helpers return for this address.
    fn git_credential_fill(&self, address: &str) -> Option<String> {
        self.write_files();
        if !address.starts_with("https://") {
            return None;
        }
        let answer = self.git().args(["credential", "fill"]).input(format!("url={address}\n\n")).run();
        // The CLI's helper keeps the spaces around HEROKU_API_KEY (seed 11372).
        answer.stdout.lines().find_map(|line| line.strip_prefix("password=").map(str::to_owned))
    }
}

fn write(world: &World, path: &str, text: Option<&str>) {
    match text {
        Some(text) => world.write_file(path, text),
        None => remove(world, path),
    }
}

fn remove(world: &World, path: &str) {
    match std::fs::remove_file(world.home().join(path)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => panic!("~/{path}: {error}"),
        _ => {}
    }
}

fn said(ended: &Finished) -> Option<String> {
    let token = ended.stdout.trim();
    (ended.status.success() && !token.is_empty()).then(|| token.to_owned())
}

/// The first password in an `Authorization: Basic` header that curl logs. It sends the user name of an address alone at
/// first.
fn sent(shown: &str) -> Option<String> {
    shown.lines().find_map(|line| {
        let at = line.to_ascii_lowercase().find("authorization: basic ")?;
        let encoded = line.get(at + "authorization: basic ".len()..)?;
        let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).unwrap()).unwrap();
        let (_, password) = decoded.split_once(':')?;
        (!password.is_empty()).then(|| password.to_owned())
    })
}
