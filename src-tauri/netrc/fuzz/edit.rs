//! Reads and edits arbitrary bytes, and checks the invariants that hold for every file.

#![no_main]

#[path = "../tests/invariants/mod.rs"]
mod invariants;

libfuzzer_sys::fuzz_target!(|file: &[u8]| {
    invariants::parsing_keeps_every_byte(file);
    invariants::setting_changes_only_the_host(file);
    invariants::setting_again_changes_nothing(file);
    invariants::a_new_record_is_one_insertion_and_can_be_removed(file);
    invariants::removing_changes_only_the_host(file);
    invariants::only_unwanted_records_are_removed(file);
    invariants::every_reading_returns(file);
});
