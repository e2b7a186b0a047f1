//! Attacks by text from outside: escape sequences, bidirectional controls, floods.
