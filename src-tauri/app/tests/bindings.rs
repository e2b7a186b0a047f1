//! `ui/src/bindings.ts`, the page's view of the Rust types: generated from them, and checked for drift.
//!
//! `UPDATE_BINDINGS=1 cargo test -p herokey-app --test bindings` rewrites it.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;
use std::fmt::Write;

use herokey_app::request::PageRequest;
use herokey_app::view::Overview;
use ts_rs::{Config, TS, TypeVisitor};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/bindings.ts");

#[test]
fn the_committed_file_is_fresh() {
    let made = bindings();
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap().replace("\r\n", "\n");
    assert!(
        committed == made,
        "ui/src/bindings.ts differs from the Rust types: see src-tauri/app/tests/bindings.rs"
    );
}

fn bindings() -> String {
    let mut types = Types(BTreeMap::new());
    types.visit::<Overview>();
    types.visit::<PageRequest>();
    let mut file =
        "// Generated from the Rust types by src-tauri/app/tests/bindings.rs. Do not edit.\n".to_owned();
    for (docs, declaration) in types.0.values() {
        write!(file, "\n{docs}export {declaration}\n").unwrap();
    }
    let allowed = "/** Whether the page may send a request while an action runs. */\n\
                   export const allowedDuringAction: Record<PageRequest[\"command\"], boolean> = {\n";
    write!(file, "\n{allowed}").unwrap();
    for (command, is_allowed) in PageRequest::allowed_during_action() {
        writeln!(file, "  {command}: {is_allowed},").unwrap();
    }
    file + "};\n"
}

/// Each type's documentation and declaration, by name.
struct Types(BTreeMap<String, (String, String)>);

impl TypeVisitor for Types {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let config = Config::default();
        // What has no file of its own is TypeScript's own.
        if T::output_path().is_some() && !self.0.contains_key(&T::name(&config)) {
            self.0.insert(T::name(&config), (T::docs().unwrap_or_default(), T::decl(&config)));
        }
        T::visit_dependencies(self);
    }
}
