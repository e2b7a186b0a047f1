//! Whether the panel that holds the tray is dark or light.
//!
//! No desktop tells its panel's colour. GNOME's is always dark; elsewhere it goes with the colour scheme
//! that the desktop portal tells (XDG Desktop Portal, `org.freedesktop.portal.Settings`).

use std::io;

use futures_lite::StreamExt;
use herokey_core::Env;
use herokey_tray::Panel;
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, MessageStream, message};

const PORTAL: &str = "org.freedesktop.portal.Desktop";
const PATH: &str = "/org/freedesktop/portal/desktop";
const SETTINGS: &str = "org.freedesktop.portal.Settings";
const NAMESPACE: &str = "org.freedesktop.appearance";
const KEY: &str = "color-scheme";
const PREFERS_LIGHT: u32 = 2;

/// What is new.
pub(crate) enum News {
    /// The panel's colour, now or since it has changed.
    Panel(Panel),
    /// The session bus is gone, and the tray with it: its own connection does not say so.
    BusEnded,
}

/// Tells the panel's colour and the end of the session bus.
pub(crate) fn watch(env: &Env, tell: impl Fn(News) + Send + 'static) -> io::Result<()> {
    let always_dark =
        env.text("XDG_CURRENT_DESKTOP").is_some_and(|names| names.split(':').any(|name| name == "GNOME"));
    let watch = move || {
        let told = |scheme| {
            if !always_dark {
                tell(News::Panel(if scheme == PREFERS_LIGHT { Panel::Light } else { Panel::Dark }));
            }
        };
        if let Err(error) = zbus::block_on(follow(told)) {
            tracing::warn!("the session bus cannot be watched: {error}");
        }
        tell(News::BusEnded);
    };
    std::thread::Builder::new().name("panel".to_owned()).spawn(watch)?;
    Ok(())
}

/// Ends with the session bus.
async fn follow(told: impl Fn(u32)) -> zbus::Result<()> {
    let bus = Connection::session().await?;
    let rule = MatchRule::builder()
        .msg_type(message::Type::Signal)
        .interface(SETTINGS)?
        .member("SettingChanged")?
        .path(PATH)?
        .arg(0, NAMESPACE)?
        .build();
    let mut changes = MessageStream::for_match_rule(rule, &bus, None).await?;
    match bus.call_method(Some(PORTAL), PATH, Some(SETTINGS), "Read", &(NAMESPACE, KEY)).await {
        Ok(answer) => told(scheme(&answer.body().deserialize::<Value<'_>>()?)),
        Err(error) => tracing::debug!("no portal tells the colour scheme: {error}"),
    }
    while let Some(Ok(change)) = changes.next().await {
        let body = change.body();
        if let Ok((_, KEY, value)) = body.deserialize::<(&str, &str, Value<'_>)>() {
            told(scheme(&value));
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
    fn a_scheme_is_read_however_often_it_is_wrapped() {
        assert_eq!(scheme(&Value::U32(2)), 2);
        assert_eq!(scheme(&Value::Value(Box::new(Value::U32(1)))), 1);
        assert_eq!(scheme(&Value::from("dark")), 0);
    }
}
