//! One notification on a freedesktop desktop (Desktop Notifications Specification, "D-Bus Protocol").

use std::collections::HashMap;
use std::time::Duration;

use futures_lite::{StreamExt, stream};
use zbus::names::{MemberName, OwnedUniqueName};
use zbus::zvariant::Value;
use zbus::{Connection, MatchRule, MessageStream, connection, message};

/// The bus itself.
const BUS: &str = "org.freedesktop.DBus";
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";
const BUTTON: &str = "act";
/// The action of a click on the notification itself.
const DEFAULT: &str = "default";

/// How long the server may take to answer. The bus may start it first, and a busy one shows its notifications late.
const ANSWER: Duration = Duration::from_mins(2);

/// A click on a notification.
pub(crate) struct Pressed {
    /// True for the button, false for the notification itself.
    pub(crate) button: bool,
    /// The token of XDG Activation, if the desktop sends one.
    pub(crate) activation: Option<String>,
}

/// Shows a notification, and calls `shown` once the server has it. With labels for a button and for the notification
/// itself, waits until the user clicks one of them or the notification is gone.
pub(crate) fn show(
    title: &str,
    body: &str,
    labels: Option<[&str; 2]>,
    shown: impl FnOnce(),
) -> zbus::Result<Option<Pressed>> {
    zbus::block_on(async {
        let bus = connection::Builder::session()?.method_timeout(ANSWER).build().await?;
        let server = server(&bus).await?;
        // Subscribed before the notification is shown, so that no click is missed.
        let mut signals = signals(&bus, &server).await?;
        let actions: Vec<&str> =
            labels.into_iter().flat_map(|[button, itself]| [BUTTON, button, DEFAULT, itself]).collect();
        let hints: HashMap<&str, Value<'_>> = HashMap::new();
        let asked = ("Herokey", 0_u32, "herokey", title, body, actions, hints, -1_i32);
        let answer = bus.call_method(Some(&server), PATH, Some(NAME), "Notify", &asked).await?;
        shown();
        if labels.is_none() {
            return Ok(None);
        }
        pressed(&mut signals, answer.body().deserialize()?).await
    })
}

/// The unique bus name of the notification server, which the bus may have to start.
async fn server(bus: &Connection) -> zbus::Result<OwnedUniqueName> {
    let answer = bus.call_method(Some(NAME), PATH, Some(NAME), "GetServerInformation", &()).await?;
    let sender = answer.header().sender().map(|sender| sender.to_owned().into());
    sender.ok_or_else(|| zbus::Error::Failure("the notification server has no name".to_owned()))
}

/// The signals of this server, and the one with which the bus reports that the server is gone: it takes its notifications
/// with it. Any program on the bus can send signals that look the same, also to this connection alone, so the rules name
/// unique senders: zbus compares those with each message, but not a well-known name.
async fn signals(
    bus: &Connection,
    server: &OwnedUniqueName,
) -> zbus::Result<stream::Or<MessageStream, MessageStream>> {
    let signal = || MatchRule::builder().msg_type(message::Type::Signal);
    let clicks = signal().sender(server)?.interface(NAME)?.path(PATH)?.build();
    let clicks = MessageStream::for_match_rule(clicks, bus, None).await?;
    let end = signal().sender(BUS)?.interface(BUS)?.member("NameOwnerChanged")?;
    // The old owner is this server.
    let end = end.arg(0, NAME)?.arg(1, server.as_str())?.build();
    let end = MessageStream::for_match_rule(end, bus, None).await?;
    Ok(stream::or(clicks, end))
}

/// Waits for a click on a notification; `None` if the notification is gone.
async fn pressed(
    signals: &mut stream::Or<MessageStream, MessageStream>,
    number: u32,
) -> zbus::Result<Option<Pressed>> {
    let mut activation = None;
    while let Some(signal) = signals.next().await {
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
            Some("NameOwnerChanged") => return Ok(None),
            Some("NotificationClosed")
                if body.deserialize::<(u32, u32)>().is_ok_and(|(about, _)| about == number) =>
            {
                return Ok(None);
            }
            _ => {}
        }
    }
    Ok(None)
}
