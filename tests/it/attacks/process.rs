//! Attacks on the processes: core dumps, closed pipes, hostile input of the git helper.
