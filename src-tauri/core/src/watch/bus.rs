//! Watches the session bus: keychain items that are created, removed or changed, collections that are locked or
//! unlocked, a Secret Service that starts or stops, and a screen that is unlocked.

use super::Change;
use crate::base::env::Env;
use crate::stores::keychain::secret_service::session_bus;

const RULES: [&str; 5] = [
    "type='signal',path_namespace='/org/freedesktop/secrets',interface='org.freedesktop.Secret.Collection'",
    "type='signal',path_namespace='/org/freedesktop/secrets',interface='org.freedesktop.DBus.Properties'",
    "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',\
     arg0='org.freedesktop.secrets'",
    "type='signal',interface='org.freedesktop.ScreenSaver',member='ActiveChanged'",
    "type='signal',interface='org.gnome.ScreenSaver',member='ActiveChanged'",
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

fn listen(env: &Env, notify: impl Fn(Change)) -> zbus::Result<()> {
    let address = session_bus(env)?;
    let connection = zbus::blocking::connection::Builder::address(address.as_str())?.build()?;
    let messages = zbus::blocking::MessageIterator::from(&connection);
    let bus = zbus::blocking::fdo::DBusProxy::new(&connection)?;
    for rule in RULES {
        bus.add_match_rule(rule.try_into()?)?;
    }
    for message in messages {
        if message?.message_type() == zbus::message::Type::Signal {
            notify(Change::Machine);
        }
    }
    Ok(())
}
