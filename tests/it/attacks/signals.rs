//! Attacks by a stranger on the session bus.
