//! One notification on a freedesktop desktop (Desktop Notifications Specification, "D-Bus Protocol").

use std::collections::HashMap;

use futures_lite::{StreamExt, stream};
use zbus::names::MemberName;
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, MessageStream, message};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUTTON: &str = "act";
/// What a click on the notification itself is called.
const ITSELF: &str = "default";

/// What was pressed.
pub(crate) struct Pressed {
    /// The button; else the notification itself.
    pub(crate) button: bool,
    /// What lets a window come to the front (the token of XDG Activation), where the desktop gives it.
    pub(crate) activation: Option<String>,
}

/// Shows it. With labels for a button and for the notification itself, waits until one of them is pressed or the
/// notification is gone.
pub(crate) fn show(title: &str, body: &str, labels: Option<[&str; 2]>) -> zbus::Result<Option<Pressed>> {
    zbus::block_on(async {
        let bus = Connection::session().await?;
        let rule = MatchRule::builder().msg_type(message::Type::Signal).interface(NAME)?.path(PATH)?.build();
        // Before it is shown: nobody can be too quick.
        let signals = MessageStream::for_match_rule(rule, &bus, None).await?;
        // A server that ends takes what it shows along, without a word. One that the bus starts for this has no old owner.
        let rule = MatchRule::builder()
            .msg_type(message::Type::Signal)
            .interface("org.freedesktop.DBus")?
            .member("NameOwnerChanged")?
            .arg(0, NAME)?
            .build();
        let ends = MessageStream::for_match_rule(rule, &bus, None).await?;
        let mut signals = stream::or(signals, ends);
        let actions: Vec<&str> =
            labels.into_iter().flat_map(|[button, itself]| [BUTTON, button, ITSELF, itself]).collect();
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
                // It comes before what was pressed.
                Some("ActivationToken") => {
                    activation = named().map(|(_, token)| token.to_owned()).or(activation);
                }
                Some("ActionInvoked") => {
                    if let Some((_, pressed @ (BUTTON | ITSELF))) = named() {
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
