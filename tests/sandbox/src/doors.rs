//! What connections meet before any request: a closed port, or a certificate that has expired.

use std::time::Duration;

use crate::state::Shared;

/// What a connection meets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// It is served.
    #[default]
    Open,
    /// Nobody listens: the system refuses it.
    Closed,
    /// Over TLS it is shown a certificate that expired yesterday.
    Expired,
}

/// The door, after a number of connections that are served.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    door: Door,
    after: usize,
    accepted: usize,
    /// The sockets that know.
    aware: usize,
}

impl Doors {
    /// What the next connection meets.
    pub(crate) fn next(&self) -> Door {
        if self.accepted < self.after { Door::Open } else { self.door }
    }

    /// True where each connection serves one request, so that the next request opens another.
    pub(crate) fn one_request_each(&self) -> bool {
        self.door != Door::Open
    }

    pub(crate) fn accept(&mut self) {
        self.accepted += 1;
    }
}

impl Shared {
    pub(crate) fn set_door(&self, after: usize, door: Door, sockets: usize) {
        self.lock().doors = Doors { door, after, accepted: 0, aware: 0 };
        self.doors_changed.send_modify(|version| *version += 1);
        // A socket that is still about to accept would let one pass.
        let aware =
            self.wait_for(Duration::from_secs(10), |world| (world.doors.aware == sockets).then_some(()));
        if aware.is_none() {
            tracing::error!("a socket of the sandbox does not answer");
        }
    }

    /// A socket has seen the change.
    pub(crate) fn aware_of_door(&self) {
        self.lock().doors.aware += 1;
        self.ring();
    }
}
