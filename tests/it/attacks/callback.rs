//! Attacks on the local port to which the browser returns from an OAuth login.
