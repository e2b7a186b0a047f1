//! One notification on a freedesktop desktop (Desktop Notifications Specification, "D-Bus Protocol").

use std::collections::HashMap;

use futures_lite::{StreamExt, stream};
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, MessageStream, message};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUTTON: &str = "act";

/// Shows it; with a button, waits until that is pressed (true) or the notification is gone. A click on the notification
/// counts as one on its button.
pub(crate) fn show(title: &str, body: &str, button: Option<&str>) -> zbus::Result<bool> {
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
        let buttons: Vec<&str> = button.into_iter().flat_map(|label| [BUTTON, label]).collect();
        let hints: HashMap<&str, Value<'_>> = HashMap::new();
        let asked = ("Herokey", 0_u32, "herokey", title, body, buttons, hints, -1_i32);
        let shown = bus.call_method(Some(NAME), PATH, Some(NAME), "Notify", &asked).await?;
        let number: u32 = shown.body().deserialize()?;
        while let Some(signal) = signals.next().await.filter(|_| button.is_some()) {
            let signal = signal?;
            let header = signal.header();
            let member = header.member().map(ToString::to_string);
            let about = match member.as_deref() {
                Some("ActionInvoked") => signal
                    .body()
                    .deserialize::<(u32, &str)>()
                    .ok()
                    .map(|(about, pressed)| (about, matches!(pressed, BUTTON | "default"))),
                Some("NameOwnerChanged") => {
                    let body = signal.body();
                    let change = body.deserialize::<(&str, &str, &str)>().ok();
                    change.filter(|(_, before, _)| !before.is_empty()).map(|_| (number, false))
                }
                Some("NotificationClosed") => {
                    signal.body().deserialize::<(u32, u32)>().ok().map(|(about, _)| (about, false))
                }
                _ => None,
            };
            if let Some((_, pressed)) = about.filter(|(about, _)| *about == number) {
                return Ok(pressed);
            }
        }
        Ok(false)
    })
}
