//! Whether the panel that holds the tray is dark or light.
//!
//! No desktop reports its panel's colour. GNOME's is always dark; elsewhere Herokey follows the colour scheme of the
//! desktop portal (XDG Desktop Portal, `org.freedesktop.portal.Settings`).

use std::io;

use futures_lite::{StreamExt, future};
use herokey_core::Env;
use herokey_core::base::memory;
use herokey_tray::Panel;
use zbus::zvariant::Value;
use zbus::{Connection, Proxy};

use super::instance;

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";
const PREFERS_LIGHT: u32 = 2;

/// What changed.
pub(crate) enum Change {
    /// The panel is light or dark.
    Panel(Panel),
    /// The session bus is gone, and the tray with it; the tray's own connection does not report it. Or another tray has taken
    /// this one's place.
    Ended,
}

/// Reports the panel's colour and the end of the session bus, or of this tray's part on it.
pub(crate) fn watch(env: &Env, bus: Connection, report: impl Fn(Change) + Send + 'static) -> io::Result<()> {
    let always_dark =
        env.text("XDG_CURRENT_DESKTOP").is_some_and(|names| names.split(':').any(|name| name == "GNOME"));
    let watch = move || {
        let on_scheme = |scheme| {
            if !always_dark {
                report(Change::Panel(if scheme == PREFERS_LIGHT { Panel::Light } else { Panel::Dark }));
            }
        };
        let replaced = async {
            // Without the signal, this tray stays.
            if let Err(error) = instance::replaced(&bus).await {
                tracing::warn!("another tray would not be noticed: {error}");
                future::pending::<()>().await;
            }
            Ok(())
        };
        if let Err(error) = zbus::block_on(future::or(follow(&bus, on_scheme), replaced)) {
            tracing::warn!("the session bus cannot be watched: {error}");
        }
        report(Change::Ended);
    };
    std::thread::Builder::new().name("panel".to_owned()).spawn(watch)?;
    Ok(())
}

/// Follows the colour scheme until the session bus ends.
async fn follow(bus: &Connection, on_scheme: impl Fn(u32)) -> zbus::Result<()> {
    let portal = Proxy::new(bus, PORTAL, PATH, SETTINGS).await?;
    // Drops what another program sends, and follows the portal when it restarts.
    let mut changes = portal.receive_signal_with_args("SettingChanged", &[(0, NAMESPACE)]).await?;
    match portal.call_method("Read", &(NAMESPACE, KEY)).await {
        Ok(answer) => on_scheme(scheme(&answer.body().deserialize::<Value<'_>>()?)),
        Err(error) => tracing::debug!("no portal reports the colour scheme: {error}"),
    }
    // Only now: the portal does not answer a program whose memory is protected. Its signals still arrive.
    memory::protect();
    while let Some(change) = changes.next().await {
        let body = change.body();
        if let Ok((_, KEY, value)) = body.deserialize::<(&str, &str, Value<'_>)>() {
            on_scheme(scheme(&value));
        }
    }
    Ok(())
}

/// `Read` wraps the value in one more variant than the signal does.
fn scheme(value: &Value<'_>) -> u32 {
    match value {
        Value::Value(inner) => scheme(inner),
        Value::U32(scheme) => *scheme,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use zbus::zvariant::Value;

    use super::scheme;

    #[test]
    fn a_wrapped_scheme_is_read() {
        assert_eq!(scheme(&Value::U32(2)), 2);
        assert_eq!(scheme(&Value::Value(Box::new(Value::U32(1)))), 1);
        assert_eq!(scheme(&Value::from("dark")), 0);
    }
}
