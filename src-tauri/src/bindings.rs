//! The page's view of core's types, `ui/src/bindings.ts`: made from them, and checked to be what they make.
//!
//! `UPDATE_BINDINGS=1 cargo test -p herokey-desktop bindings` writes it anew.

use std::collections::BTreeMap;
use std::fmt::Write;

use herokey_app::controller::Request;
use herokey_app::view::Overview;
use ts_rs::{Config, TS, TypeVisitor};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ui/src/bindings.ts");

#[test]
fn the_committed_file_is_fresh() {
    let made = bindings();
    if std::env::var_os("UPDATE_BINDINGS").is_some() {
        std::fs::write(FILE, &made).unwrap();
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    assert!(committed == made, "ui/src/bindings.ts is not what core's types make: see bindings.rs");
}

fn bindings() -> String {
    let mut types = Types(BTreeMap::new());
    types.visit::<Overview>();
    types.visit::<Request>();
    let mut file =
        "// Made from herokey-core's types by src-tauri/src/bindings.rs. Do not edit.\n".to_owned();
    for (docs, declaration) in types.0.values() {
        write!(file, "\n{docs}export {declaration}\n").unwrap();
    }
    file
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
