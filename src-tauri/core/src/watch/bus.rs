//! The session bus: items of the keychain that come, go and change, collections that are locked and unlocked, a Secret
//! Service that starts or ends, a screen that is unlocked.

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

pub(super) fn watch(env: &Env, tell: impl Fn(Change) + Send + 'static) {
    let env = env.clone();
    let listen = move || {
        if let Err(error) = listen(&env, tell) {
            tracing::info!(%error, "the keychain's changes are not watched");
        }
    };
    if let Err(error) = std::thread::Builder::new().name("bus".to_owned()).spawn(listen) {
        tracing::warn!(%error, "the keychain's changes are not watched");
    }
}

fn listen(env: &Env, tell: impl Fn(Change)) -> zbus::Result<()> {
    let address = session_bus(env)?;
    let connection = zbus::blocking::connection::Builder::address(address.as_str())?.build()?;
    let messages = zbus::blocking::MessageIterator::from(&connection);
    let bus = zbus::blocking::fdo::DBusProxy::new(&connection)?;
    for rule in RULES {
        bus.add_match_rule(rule.try_into()?)?;
    }
    for message in messages {
        if message?.message_type() == zbus::message::Type::Signal {
            tell(Change::Machine);
        }
    }
    Ok(())
}
