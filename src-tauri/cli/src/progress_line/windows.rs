//! Ctrl-C ends the program at once: the console begins a new line by itself.

pub(super) fn wait_for_the_line() {}

pub(super) fn have_come() -> bool {
    false
}

pub(super) fn end_the_program() {}

pub(super) fn leave_to_others() {}
