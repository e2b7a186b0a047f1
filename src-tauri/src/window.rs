//! The one window.

#[cfg(target_os = "linux")]
use gtk::prelude::GtkWindowExt;
use tauri::utils::config::Color;
use tauri::webview::{NewWindowResponse, PageLoadEvent};
use tauri::{AppHandle, Manager, Theme, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::updates;
use herokey_app::controller::{Controller, State};
use herokey_app::view::overview;

const LABEL: &str = "main";

/// Brings the window to the front with the desktop's activation token, or creates it.
pub(crate) fn open(app: &AppHandle, activation: Option<&str>) {
    #[cfg(windows)]
    if !can_open() {
        return crate::web_view2::offer();
    }
    let opened = match app.get_webview_window(LABEL) {
        Some(window) => bring_to_front(&window, activation),
        None => make(app, activation),
    };
    if let Err(error) = opened {
        tracing::error!("the window could not be opened: {error}");
    }
}

/// False on a Windows without `WebView2`.
#[cfg(not(target_os = "linux"))]
pub(crate) fn can_open() -> bool {
    cfg!(target_os = "macos") || tauri::webview_version().is_ok()
}

/// True while the window exists.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_open(app: &AppHandle) -> bool {
    app.get_webview_window(LABEL).is_some()
}

/// Shows the program in macOS's Dock, which it should be only while its window exists.
#[cfg(target_os = "macos")]
pub(crate) fn show_in_dock(app: &AppHandle, shown: bool) {
    let policy = if shown { tauri::ActivationPolicy::Regular } else { tauri::ActivationPolicy::Accessory };
    if let Err(error) = app.set_activation_policy(policy) {
        tracing::error!("the Dock could not be updated: {error}");
    }
}

/// Without the token, a Wayland desktop leaves the window behind the active one and shows a busy cursor.
#[cfg(target_os = "linux")]
fn activate(window: &WebviewWindow, activation: Option<&str>) {
    let Some(activation) = activation.map(str::to_owned) else { return };
    let activated = window.clone();
    let asked = window.run_on_main_thread(move || match activated.gtk_window() {
        Ok(window) => window.set_startup_id(&activation),
        Err(error) => tracing::warn!("the window could not be activated: {error}"),
    });
    if let Err(error) = asked {
        tracing::warn!("the window could not be activated: {error}");
    }
}

/// On other systems a program may come to the front after a click.
#[cfg(not(target_os = "linux"))]
fn activate(_window: &WebviewWindow, _activation: Option<&str>) {}

fn bring_to_front(window: &WebviewWindow, activation: Option<&str>) -> tauri::Result<()> {
    activate(window, activation);
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn make(app: &AppHandle, activation: Option<&str>) -> tauri::Result<()> {
    #[cfg(target_os = "macos")]
    show_in_dock(app, true);
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
        .initialization_script(first_overview(&app.state::<Controller>().state()))
        .title("Herokey")
        .inner_size(420.0, 640.0)
        .min_inner_size(340.0, 420.0)
        // Hidden until it has its background colour, so that it never flashes white.
        .visible(false)
        .background_color(canvas(Theme::Light))
        .on_page_load(|window, page| {
            if page.event() == PageLoadEvent::Finished {
                updates::check(window.app_handle());
            }
        })
        .on_navigation(is_own_page)
        .on_new_window(|_, _| NewWindowResponse::Deny)
        .disable_drag_drop_handler()
        .build()?;
    window.set_background_color(Some(canvas(window.theme()?)))?;
    #[cfg(target_os = "linux")]
    crate::web_process::watch(&window)?;
    activate(&window, activation);
    window.show()
}

/// The script that hands the page its first overview, which holds no token, so that it draws before it has asked for
/// anything. Empty if the first survey is not done yet: then the page asks.
fn first_overview(state: &State) -> String {
    if state.facts.is_none() {
        return String::new();
    }
    match serde_json::to_string(&overview(state)) {
        Ok(overview) => format!("window.firstOverview = {overview};"),
        Err(error) => {
            tracing::error!("the page starts without an overview: {error}");
            String::new()
        }
    }
}

/// The page's background (`--canvas` in `ui/src/styles/tokens.css`), visible where the window grows faster than the page.
fn canvas(theme: Theme) -> Color {
    match theme {
        Theme::Dark => Color(0x16, 0x13, 0x1c, 0xff),
        _ => Color(0xfa, 0xf9, 0xfb, 0xff),
    }
}

/// The window stays on its page; links open in the browser through a request.
fn is_own_page(url: &Url) -> bool {
    match url.scheme() {
        "tauri" => url.host_str() == Some("localhost"),
        // On Windows the page has this address.
        "http" => cfg!(windows) && url.host_str() == Some("tauri.localhost"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_own_page;

    #[test]
    fn stays_on_its_page() {
        assert!(is_own_page(&"tauri://localhost/index.html".parse().unwrap()));
        for elsewhere in
            ["https://heroku.com/", "tauri://heroku.com/", "data:text/html,", "http://localhost/"]
        {
            assert!(!is_own_page(&elsewhere.parse().unwrap()), "{elsewhere}");
        }
    }
}
