//! A minimal Tauri tray icon with a menu of one line, which the benchmark compares `herokey-tray` with.

use tauri::menu::{Menu, MenuItem};
use tauri::tray::TrayIconBuilder;

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .setup(|app| {
            let quit = MenuItem::new(app, "Quit", true, None::<&str>)?;
            let menu = Menu::with_items(app, &[&quit])?;
            let mut tray = TrayIconBuilder::new().menu(&menu);
            if let Some(icon) = app.default_window_icon() {
                tray = tray.icon(icon.clone());
            }
            tray.on_menu_event(|app, _| app.exit(0)).build(app)?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
