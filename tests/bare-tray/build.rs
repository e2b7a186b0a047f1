//! What Tauri needs of every program.

fn main() {
    tauri_build::build();
}
