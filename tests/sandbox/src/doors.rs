//! Faults of whole connections, before any request: a closed port or an expired certificate.

use std::time::Duration;

use crate::state::Shared;

/// How long the sockets may take to react to a change of the door.
const TIMEOUT: Duration = Duration::from_secs(10);

/// How the sandbox treats new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Door {
    /// New connections are accepted and served.
    #[default]
    Open,
    /// The sandbox does not listen, so the system refuses new connections.
    Closed,
    /// New TLS connections get a certificate that expired yesterday. Plain HTTP works as usual.
    Expired,
}

/// A door, and the number of connections that are served before it takes effect.
#[derive(Debug, Default)]
pub(crate) struct Doors {
    door: Door,
    after: usize,
    accepted: usize,
    /// How many sockets have seen this door.
    acknowledged: usize,
}

impl Doors {
    /// How the next connection is treated.
    pub(crate) fn next(&self) -> Door {
        if self.accepted < self.after { Door::Open } else { self.door }
    }

    /// Whether each connection serves only one request, so that counting connections counts requests.
    pub(crate) fn allows_one_request(&self) -> bool {
        self.door != Door::Open
    }

    pub(crate) fn count_connection(&mut self) {
        self.accepted += 1;
    }
}

impl Shared {
    /// Sets the door and waits until all `sockets` of the server have seen it.
    pub(crate) fn set_door(&self, after: usize, door: Door, sockets: usize) {
        self.lock().doors = Doors { door, after, accepted: 0, acknowledged: 0 };
        self.doors_changed.send_modify(|version| *version += 1);
        // Until its socket has seen the change, a connection could still be accepted the old way.
        let acknowledged =
            self.wait_for(TIMEOUT, |state| (state.doors.acknowledged == sockets).then_some(()));
        if acknowledged.is_none() {
            tracing::error!("a socket of the sandbox did not react to the change of its door");
        }
    }

    /// Records that one more socket has seen the current door.
    pub(crate) fn acknowledge_door(&self) {
        self.lock().doors.acknowledged += 1;
        self.notify();
    }
}
