//! The yardstick of the benchmark: a window of Tauri's with a page that shows one line, and nothing else.

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!("examples/bare_window/tauri.conf.json"))
}
