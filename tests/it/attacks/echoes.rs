//! Attacks by a server that repeats the secrets of a request in its answers.
