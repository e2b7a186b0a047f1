//! Faults of whole connections, before any request: a closed port or an expired certificate.

use std::time::Duration;

use crate::state::Shared;

/// How long the sockets may take to react to a new fault.
const TIMEOUT: Duration = Duration::from_secs(10);

/// What goes wrong with new connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ConnectionFault {
    /// Nothing: new connections are accepted and served.
    #[default]
    None,
    /// The sandbox does not listen, so the system refuses new connections.
    Refused,
    /// New TLS connections get a certificate that expired yesterday. Plain HTTP works as usual.
    ExpiredCertificate,
}

/// The connection fault, and when it starts.
#[derive(Debug, Default)]
pub(crate) struct ConnectionSchedule {
    fault: ConnectionFault,
    /// How many connections are served before the fault.
    after: usize,
    accepted: usize,
    /// How many sockets have seen the fault.
    acknowledged: usize,
}

impl ConnectionSchedule {
    /// The fault for the next connection.
    pub(crate) fn next(&self) -> ConnectionFault {
        if self.accepted < self.after { ConnectionFault::None } else { self.fault }
    }

    /// Whether each connection serves only one request, so that counting connections counts requests.
    pub(crate) fn allows_one_request(&self) -> bool {
        self.fault != ConnectionFault::None
    }

    pub(crate) fn count_connection(&mut self) {
        self.accepted += 1;
    }
}

impl Shared {
    /// Sets the connection fault, and waits until all `sockets` of the server have seen it.
    pub(crate) fn set_connection_fault(&self, after: usize, fault: ConnectionFault, sockets: usize) {
        self.lock().connections = ConnectionSchedule { fault, after, accepted: 0, acknowledged: 0 };
        self.connection_fault_changed.send_modify(|version| *version += 1);
        // Until its socket has seen the change, a connection could still be accepted the old way.
        let acknowledged =
            self.wait_for(TIMEOUT, |state| (state.connections.acknowledged == sockets).then_some(()));
        if acknowledged.is_none() {
            tracing::error!("a socket of the sandbox did not react to the connection fault");
        }
    }

    /// Records that one more socket has seen the connection fault.
    pub(crate) fn acknowledge_connection_fault(&self) {
        self.lock().connections.acknowledged += 1;
        self.notify();
    }
}
