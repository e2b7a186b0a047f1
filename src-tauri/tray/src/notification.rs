//! One notification on a freedesktop desktop (Desktop Notifications Specification, "D-Bus Protocol").

use std::collections::HashMap;

use futures_lite::{StreamExt, stream};
use zbus::names::MemberName;
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, MessageStream, message};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUTTON: &str = "act";
/// The action of a click on the notification itself.
const DEFAULT: &str = "default";

/// A click on a notification.
pub(crate) struct Pressed {
    /// True for the button, false for the notification itself.
    pub(crate) button: bool,
    /// The token of XDG Activation, if the desktop sends one.
    pub(crate) activation: Option<String>,
}

/// Shows a notification. With labels for a button and for the notification itself, waits until the user clicks one of
/// them or the notification is gone.
pub(crate) fn show(title: &str, body: &str, labels: Option<[&str; 2]>) -> zbus::Result<Option<Pressed>> {
    zbus::block_on(async {
        let bus = Connection::session().await?;
        let rule = MatchRule::builder().msg_type(message::Type::Signal).interface(NAME)?.path(PATH)?.build();
        // Subscribed before the notification is shown, so that no click is missed.
        let signals = MessageStream::for_match_rule(rule, &bus, None).await?;
        // A server that exits takes its notifications with it, without a signal of its own. A server that the bus starts
        // just now has no old owner.
        let rule = MatchRule::builder()
            .msg_type(message::Type::Signal)
            .interface("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, NAME)?
            .build();
        let ends = MessageStream::for_match_rule(rule, &bus, None).await?;
        let mut signals = stream::or(signals, ends);
        let actions: Vec<&str> =
            labels.into_iter().flat_map(|[button, itself]| [BUTTON, button, DEFAULT, itself]).collect();
        let hints: HashMap<&str, Value<'_>> = HashMap::new();
        let asked = ("Herokey", 0_u32, "herokey", title, body, actions, hints, -1_i32);
        let shown = bus.call_method(Some(NAME), PATH, Some(NAME), "Notify", &asked).await?;
        let number: u32 = shown.body().deserialize()?;
        let mut activation = None;
        while let Some(signal) = signals.next().await.filter(|_| labels.is_some()) {
            let signal = signal?;
            let (header, body) = (signal.header(), signal.body());
            let named = || body.deserialize::<(u32, &str)>().ok().filter(|(about, _)| *about == number);
            match header.member().map(MemberName::as_str) {
                // It comes before the action.
                Some("ActivationToken") => {
                    activation = named().map(|(_, token)| token.to_owned()).or(activation);
                }
                Some("ActionInvoked") => {
                    if let Some((_, pressed @ (BUTTON | DEFAULT))) = named() {
                        return Ok(Some(Pressed { button: pressed == BUTTON, activation }));
                    }
                }
                Some("NameOwnerChanged") => {
                    let change = body.deserialize::<(&str, &str, &str)>().ok();
                    if change.is_some_and(|(_, before, _)| !before.is_empty()) {
                        return Ok(None);
                    }
                }
                Some("NotificationClosed")
                    if body.deserialize::<(u32, u32)>().is_ok_and(|(about, _)| about == number) =>
                {
                    return Ok(None);
                }
                _ => {}
            }
        }
        Ok(None)
    })
}
