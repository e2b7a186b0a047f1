//! Watches the session bus: keychain items that are created, removed or changed, collections that are locked or
//! unlocked, a Secret Service that starts or stops, and a screen that is unlocked.
//!
//! Any program on the bus can send such signals, also to this connection alone, which no match rule prevents. So only what
//! comes from the owner of a watched name counts.

use std::collections::HashMap;

use zbus::Message;
use zbus::blocking::fdo::DBusProxy;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::names::UniqueName;

use super::Change;
use crate::base::env::Env;
use crate::base::session_bus;

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";
const SECRETS: &str = "org.freedesktop.secrets";
/// Each watched name, and which of its owner's signals report a change.
const SIGNALS: [(&str, &str); 5] = [
    // KeePassXC and KWallet report a locked or unlocked collection with a signal of the service.
    (SECRETS, "path_namespace='/org/freedesktop/secrets',interface='org.freedesktop.Secret.Service'"),
    (SECRETS, "path_namespace='/org/freedesktop/secrets',interface='org.freedesktop.Secret.Collection'"),
    (SECRETS, "path_namespace='/org/freedesktop/secrets',interface='org.freedesktop.DBus.Properties'"),
    ("org.freedesktop.ScreenSaver", "interface='org.freedesktop.ScreenSaver',member='ActiveChanged'"),
    ("org.gnome.ScreenSaver", "interface='org.gnome.ScreenSaver',member='ActiveChanged'"),
];

pub(super) fn watch(env: &Env, notify: impl Fn(Change) + Send + 'static) {
    let env = env.clone();
    let listen = move || {
        if let Err(error) = listen(&env, notify) {
            tracing::info!(%error, "changes in the keychain are not noticed");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("bus".to_owned()).spawn(listen) {
        tracing::warn!(%error, "changes in the keychain are not noticed");
    }
}

fn listen(env: &Env, notify: impl Fn(Change)) -> Result<(), Box<dyn std::error::Error>> {
    let connection = session_bus::connect_to_keyring(env, None)?;
    let messages = MessageIterator::from(&connection);
    let mut owners = Owners::watch(&connection)?;
    for message in messages {
        let message = message?;
        if message.message_type() == Type::Signal && owners.reports_change(&message) {
            notify(Change::Machine);
        }
    }
    Ok(())
}

/// The unique name of the owner of each watched name; empty if nobody owns it any more. No message has an empty sender.
#[derive(Default)]
struct Owners(HashMap<String, String>);

impl Owners {
    /// Subscribes to the signals, and to changes of the owners.
    fn watch(connection: &Connection) -> zbus::Result<Self> {
        let bus = DBusProxy::new(connection)?;
        let mut owners = Self::default();
        for (name, signals) in SIGNALS {
            let changes = format!(
                "type='signal',sender='{BUS}',interface='{BUS}',member='NameOwnerChanged',arg0='{name}'"
            );
            bus.add_match_rule(changes.as_str().try_into()?)?;
            let signals = format!("type='signal',sender='{name}',{signals}");
            bus.add_match_rule(signals.as_str().try_into()?)?;
            // Fails if nobody owns it.
            if let Ok(owner) = bus.get_name_owner(name.try_into()?) {
                owners.0.insert(name.to_owned(), owner.to_string());
            }
        }
        Ok(owners)
    }

    /// True for a signal of an owner, and if there is another Secret Service. Keeps track of the owners.
    fn reports_change(&mut self, signal: &Message) -> bool {
        let header = signal.header();
        let Some(sender) = header.sender().map(UniqueName::as_str) else { return false };
        if sender != BUS {
            return self.0.values().any(|owner| owner == sender);
        }
        let body = signal.body();
        let Ok((name, _, owner)) = body.deserialize::<(&str, &str, &str)>() else { return false };
        if SIGNALS.iter().any(|(watched, _)| *watched == name) {
            self.0.insert(name.to_owned(), owner.to_owned());
        }
        name == SECRETS
    }
}

#[cfg(test)]
mod tests {
    use zbus::Message;

    use super::{BUS, Owners, SECRETS};

    fn signal(sender: &str, member: &str, body: (&str, &str, &str)) -> Message {
        let signal = Message::signal("/fake", BUS, member).unwrap().sender(sender).unwrap();
        signal.build(&body).unwrap()
    }

    #[test]
    fn only_the_owner_of_a_watched_name_is_heard() {
        let mut owners = Owners::default();
        let changed = |sender: &str, name, owner| signal(sender, "NameOwnerChanged", (name, "", owner));
        let of = |sender: &str| signal(sender, "ItemCreated", ("", "", ""));
        assert!(!owners.reports_change(&of(":1.7")));
        assert!(!owners.reports_change(&changed(":1.7", SECRETS, ":1.7")), "only the bus knows owners");
        assert!(!owners.reports_change(&changed(BUS, "org.example.Fake", ":1.7")));
        assert!(!owners.reports_change(&of(":1.7")));

        assert!(owners.reports_change(&changed(BUS, SECRETS, ":1.2")));
        assert!(owners.reports_change(&of(":1.2")));
        assert!(owners.reports_change(&changed(BUS, SECRETS, ":1.3")), "it restarted");
        assert!(owners.reports_change(&of(":1.3")));
        assert!(!owners.reports_change(&of(":1.2")));
        assert!(owners.reports_change(&changed(BUS, SECRETS, "")), "it stopped");
        assert!(!owners.reports_change(&of(":1.3")));
    }
}
