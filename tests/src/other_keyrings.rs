//! The keyrings of other desktops: `KeePassXC` and `KWallet`. Both serve the Secret Service, without a display.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator, Proxy};
use zbus::zvariant::OwnedObjectPath;

use crate::keyring::{SECRETS, SERVICE};
use crate::running::Running;
use crate::world::World;

/// The password of every database in these tests.
const PASSWORD: &str = "fake-master-password";
/// The name under which KeePassXC keeps which group it shows to other programs.
const EXPOSED_GROUP: &str = "FDO_SECRETS_EXPOSED_GROUP";

/// A keyring that runs in a world. Dropping it ends it.
#[derive(Debug)]
pub struct OtherKeyring {
    _daemon: Running,
}

impl OtherKeyring {
    /// Starts `KeePassXC` with a database whose entries other programs may use. `None`, and a line that says so, if it is not
    /// installed. Nobody answers its prompts.
    ///
    /// `is_open`: the database is unlocked. `confirms`: it asks the user before a program may read an entry.
    pub fn keepassxc(world: &World, is_open: bool, confirms: bool) -> Option<Self> {
        if !is_installed("keepassxc") {
            return None;
        }
        let database = keepassxc_database(world);
        world.write_file(
            ".config/keepassxc/keepassxc.ini",
            &format!(
                "[General]\nConfigVersion=2\nUpdateCheckMessageShown=true\n[GUI]\nCheckForUpdates=false\n\
                 [FdoSecrets]\nEnabled=true\nConfirmAccessItem={confirms}\nConfirmDeleteItem=false\nShowNotification=false\n"
            ),
        );
        let program = world.program("keepassxc").env("QT_QPA_PLATFORM", "offscreen");
        let program = if is_open {
            program.args(["--pw-stdin", &database]).input(format!("{PASSWORD}\n"))
        } else {
            program.arg(&database)
        };
        let bus = world.connect_to_bus();
        let mut events = Events::of(&bus);
        let daemon = program.start();
        events.wait_until(|| locked(&bus) == Some(vec![!is_open]));
        Some(Self { _daemon: daemon })
    }

    /// Starts `KWallet` with an open wallet. `None`, and a line that says so, if it is not installed.
    pub fn kwallet(world: &World) -> Option<Self> {
        if !is_installed("kwalletd5") {
            return None;
        }
        world.write_file(
            ".config/kwalletrc",
            "[Wallet]\nEnabled=true\nFirst Use=false\nDefault Wallet=kdewallet\n[org.freedesktop.secrets]\napiEnabled=true\n",
        );
        // The service shows only wallets that existed when it started.
        drop(start_kwallet(world));
        let daemon = start_kwallet(world);
        unlock(&world.connect_to_bus());
        repeat_refused_sessions(world);
        Some(Self { _daemon: daemon })
    }
}

/// `KWallet` refuses a session whose key begins with a zero byte, about one of 256, because libsecret leaves that byte out.
/// Herokey opens another session then; `secret-tool`, which the Heroku CLI runs, fails. Here it is run again.
fn repeat_refused_sessions(world: &World) {
    // The folder of this script comes first in PATH.
    let script = r#"#!/bin/sh
[ "$1" != store ] || input=$(cat)
while :; do
  output=$(printf %s "$input" | PATH=${PATH#*:} secret-tool "$@" 2>&1)
  status=$?
  case $output in *'Client public key size is invalid'*) ;; *) break ;; esac
done
[ $status = 0 ] || exec >&2
printf %s "$output"
exit $status
"#;
    let path = world.home().with_file_name("bin").join("secret-tool");
    fs::write(&path, script).expect("a script can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a script can be made a program");
}

/// Starts `KWallet` and opens its wallet as its PAM module does.
fn start_kwallet(world: &World) -> Running {
    let bus = world.connect_to_bus();
    let mut events = Events::of(&bus);
    let daemon = world.program("kwalletd5").env("QT_QPA_PLATFORM", "offscreen").start();
    events.wait_until(|| has_owner(&bus, SECRETS) && has_owner(&bus, "org.kde.kwalletd5"));
    // The hash that the module derives from the user's password; any bytes of the right length make a new wallet.
    let hash = PASSWORD.bytes().cycle().take(56).collect::<Vec<u8>>();
    let path = "/modules/kwalletd5";
    let opened = bus.call_method(
        Some("org.kde.kwalletd5"),
        path,
        Some("org.kde.KWallet"),
        "pamOpen",
        &("kdewallet", hash, 0),
    );
    opened.expect("KWallet opens its wallet");
    daemon
}

/// Unlocks the collection of an open wallet. `KWallet` calls it locked until a program asks for it, and then shows no dialog.
fn unlock(bus: &Connection) {
    let mut events = Events::of(bus);
    let service =
        Proxy::new(bus, SECRETS, SERVICE, "org.freedesktop.Secret.Service").expect("a service answers");
    let collections: Vec<OwnedObjectPath> = service.get_property("Collections").expect("it has collections");
    let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
        service.call("Unlock", &(collections,)).expect("it unlocks a collection");
    let prompt = Proxy::new(bus, SECRETS, prompt, "org.freedesktop.Secret.Prompt").expect("it has a prompt");
    let () = prompt.call("Prompt", &("",)).expect("the prompt runs");
    events.wait_until(|| locked(bus) == Some(vec![false]));
}

/// Creates a database with a group that other programs may use, and returns its path.
fn keepassxc_database(world: &World) -> String {
    let [new, made] = ["new.kdbx", "made.kdbx"].map(|name| world.home().join(name).display().to_string());
    let twice = format!("{PASSWORD}\n{PASSWORD}\n");
    let cli = |arguments: &[&str], input: &str| {
        let run = world
            .program("keepassxc-cli")
            .env("QT_QPA_PLATFORM", "offscreen")
            .args(arguments.iter().copied())
            .input(input)
            .run();
        assert!(run.status.success(), "{run}");
        run.stdout
    };
    cli(&["db-create", "-p", "-t", "100", &new], &twice);
    let xml = cli(&["export", &new], &format!("{PASSWORD}\n"));
    let group = uuid_of_first_group(&xml);
    let exposed = format!(
        "<CustomData><Item><Key>{EXPOSED_GROUP}</Key><Value>{group}</Value></Item></CustomData></Meta>"
    );
    world.write_file("made.xml", &xml.replacen("</Meta>", &exposed, 1));
    let source = world.home().join("made.xml").display().to_string();
    cli(&["import", "-p", "-t", "100", &source, &made], &twice);
    made
}

/// The id of a database's root group, in the form in which KeePassXC refers to it. In the database it is in base64.
fn uuid_of_first_group(xml: &str) -> String {
    use base64::Engine;
    let group = xml.split_once("<Group>").expect("a database has a group").1;
    let id = group
        .split_once("<UUID>")
        .and_then(|(_, rest)| rest.split_once("</UUID>"))
        .expect("a group has an id")
        .0;
    let bytes = base64::engine::general_purpose::STANDARD.decode(id.trim()).expect("base64");
    let number = u128::from_be_bytes(bytes.try_into().expect("an id of 16 bytes"));
    let hex = format!("{number:032x}");
    format!("{{{}-{}-{}-{}-{}}}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Whether each collection is locked; `None` while the service does not answer.
fn locked(bus: &Connection) -> Option<Vec<bool>> {
    if !has_owner(bus, SECRETS) {
        return None;
    }
    let property = |path: &str, interface: &'static str| Proxy::new(bus, SECRETS, path.to_owned(), interface);
    let service = property(SERVICE, "org.freedesktop.Secret.Service").ok()?;
    let collections: Vec<OwnedObjectPath> = service.get_property("Collections").ok()?;
    let is_locked = |path: &OwnedObjectPath| {
        property(path.as_str(), "org.freedesktop.Secret.Collection").ok()?.get_property("Locked").ok()
    };
    collections.iter().map(is_locked).collect()
}

fn has_owner(bus: &Connection, name: &str) -> bool {
    let bus = DBusProxy::new(bus).expect("the bus has its own interface");
    bus.name_has_owner(name.try_into().expect("a bus name")).expect("the bus knows who owns a name")
}

/// Everything that the bus and the keyring report.
struct Events(MessageIterator);

impl Events {
    fn of(bus: &Connection) -> Self {
        let rule = zbus::MatchRule::builder().msg_type(zbus::message::Type::Signal).build();
        Self(MessageIterator::for_match_rule(rule, bus, Some(1024)).expect("the bus reports signals"))
    }

    /// Waits for a signal after which this is true.
    fn wait_until(&mut self, is_true: impl Fn() -> bool) {
        while !is_true() {
            let message = self.0.next().expect("the bus has not ended");
            message.expect("a message that zbus can read");
        }
    }
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn is_installed(program: &str) -> bool {
    let found = Path::new("/usr/bin").join(program).exists();
    if !found {
        eprintln!("SKIPPED: {program} is not installed (`cargo xtask test` installs it on Debian)");
    }
    found
}
