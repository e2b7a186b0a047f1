//! Names the commands that a capability can allow.

fn main() {
    let commands: &[&str] = &["overview", "ask", "log_in_by_password", "log_in_by_token", "second_factor"];
    let manifest = tauri_build::AppManifest::new().commands(commands);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        println!("cargo::error={error:#}");
    }
}
