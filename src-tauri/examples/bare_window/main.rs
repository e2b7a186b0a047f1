//! A minimal Tauri window, which the benchmark compares the app with: its page shows one line, and nothing else.

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!("examples/bare_window/tauri.conf.json"))
}
