//! The part of a desktop that shows notifications: `org.freedesktop.Notifications`, played by the test (Desktop
//! Notifications Specification, "D-BUS Protocol").

#![allow(
    clippy::needless_pass_by_value,
    clippy::too_many_arguments,
    clippy::unused_self,
    clippy::used_underscore_binding,
    reason = "the shape that the bus's interface macro wants"
)]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use zbus::blocking::Connection;
use zbus::zvariant::OwnedValue;

use crate::world::World;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// A notification that a program has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its number.
    pub id: u32,
    /// The first line.
    pub title: String,
    /// The text below.
    pub body: String,
    /// Its buttons, and as `default` the notification itself: name and label.
    pub buttons: Vec<(String, String)>,
}

struct Server {
    count: AtomicU32,
    shown: mpsc::Sender<Shown>,
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
        // The test may have seen all that it wanted.
        let _ = self.shown.send(Shown { id, title, body, buttons: buttons.collect() });
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

/// Shows the notifications of a world's programs to the test.
pub struct Notifications {
    connection: Connection,
    shown: Receiver<Shown>,
}

impl Notifications {
    /// Takes the place of a desktop's notification server.
    pub fn start(world: &World) -> Self {
        let (shown, seen) = mpsc::channel();
        let connection = world.connect_to_bus();
        let served = connection.object_server().at(PATH, Server { count: AtomicU32::new(0), shown });
        served.expect("an object can be served");
        connection.request_name(NAME).expect("a new bus has no notifications");
        Self { connection, shown: seen }
    }

    /// Waits for the next one.
    #[track_caller]
    pub fn next(&self) -> Shown {
        self.within(Duration::from_secs(20)).expect("a notification should have come by now")
    }

    /// The next one that comes before `limit` is over.
    pub fn within(&self, limit: Duration) -> Option<Shown> {
        self.shown.recv_timeout(limit).ok()
    }

    /// Presses one of its buttons, on a desktop that lets the program's window come to the front for that.
    #[track_caller]
    pub fn press(&self, shown: &Shown, label: &str) {
        let button = shown.buttons.iter().find(|(_, text)| text == label);
        let (name, _) = button.unwrap_or_else(|| panic!("{shown:?} has no button {label}"));
        let to: Option<&str> = None;
        for (signal, value) in [("ActivationToken", "fake-token"), ("ActionInvoked", name)] {
            let told = self.connection.emit_signal(to, PATH, NAME, signal, &(shown.id, value));
            told.expect("the bus takes signals");
        }
    }
}
