//! The build step that every Tauri program needs.

fn main() {
    tauri_build::build();
}
