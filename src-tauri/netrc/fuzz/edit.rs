//! Reads and edits any bytes, and checks what holds for every file.

#![no_main]

#[path = "../tests/invariants/mod.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    invariants::bytes_come_back(file);
    invariants::what_is_set_is_read_and_nothing_else_changes(file);
    invariants::setting_again_changes_nothing(file);
    invariants::a_new_record_is_added_in_one_piece_and_taken_out_again(file);
    invariants::what_is_removed_is_gone_and_nothing_else_changes(file);
    invariants::only_what_is_unwanted_is_removed(file);
});
