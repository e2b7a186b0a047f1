//! A fake notification server, `org.freedesktop.Notifications` (Desktop Notifications Specification, "D-BUS Protocol").

#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "the interface macro of zbus requires these signatures"
)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use zbus::blocking::Connection;
use zbus::zvariant::OwnedValue;

use crate::patience::PATIENCE;
use crate::world::World;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A notification that a program has sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Its id.
    pub id: u32,
    /// Its first line.
    pub title: String,
    /// The text below the title.
    pub body: String,
    /// Name and label of each button, and of `default`, which is a click on the notification itself.
    pub buttons: Vec<(String, String)>,
}

struct Server {
    count: AtomicU32,
    sender: mpsc::Sender<Notification>,
}

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Server {
    fn notify(
        &self,
        _app: &str,
        _replaces: u32,
        _icon: &str,
        title: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expires: i32,
    ) -> u32 {
        let id = 1 + self.count.fetch_add(1, Ordering::Relaxed);
        let buttons =
            actions.chunks(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone())));
        // The test may have dropped the receiver.
        let _ = self.sender.send(Notification { id, title, body, buttons: buttons.collect() });
        id
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body"].map(str::to_owned).to_vec()
    }

    fn close_notification(&self, _id: u32) {}

    fn get_server_information(&self) -> (String, String, String, String) {
        let text = |text: &str| text.to_owned();
        (text("herokey-tests"), text("example.com"), text("1"), text("1.2"))
    }
}

/// Receives the notifications that a world's programs send.
pub struct Notifications {
    connection: Connection,
    received: Receiver<Notification>,
}

impl Notifications {
    /// Starts a notification server on the world's bus.
    pub fn start(world: &World) -> Self {
        let (sender, received) = mpsc::channel();
        let connection = world.connect_to_bus();
        let served = connection.object_server().at(PATH, Server { count: AtomicU32::new(0), sender });
        served.expect("an object can be served");
        connection.request_name(NAME).expect("no other notification server is on this bus");
        Self { connection, received }
    }

    /// Waits for the next notification.
    #[track_caller]
    pub fn next(&self) -> Notification {
        self.next_within(PATIENCE).expect("a notification should have come by now")
    }

    fn next_within(&self, timeout: Duration) -> Option<Notification> {
        self.received.recv_timeout(timeout).ok()
    }

    /// Presses a button. The program gets an activation token, which lets its window come to the front.
    #[track_caller]
    pub fn press(&self, notification: &Notification, label: &str) {
        let button = notification.buttons.iter().find(|(_, text)| text == label);
        let (name, _) = button.unwrap_or_else(|| panic!("{notification:?} has no button {label}"));
        let to: Option<&str> = None;
        for (signal, value) in [("ActivationToken", "fake-token"), ("ActionInvoked", name)] {
            let sent = self.connection.emit_signal(to, PATH, NAME, signal, &(notification.id, value));
            sent.expect("the bus accepts signals");
        }
    }
}
