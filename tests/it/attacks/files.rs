//! Attacks on the files and locks of the state folder by other users, and folders that cannot be written.
