//! The tray of macOS and Windows. Whoever holds it keeps the events: give a menu event's id to [`Tray::request`], and
//! take a left click of [`TrayIconEvent`] for opening the window.

use herokey_app::menu::Menu;
use herokey_app::request::Request;
use tray_icon::TrayIconBuilder;
pub use tray_icon::TrayIconEvent;
pub use tray_icon::menu::MenuId;
use tray_icon::{MouseButton, MouseButtonState};

use crate::icon;
use crate::icon::Panel;
use crate::lines::Lines;
use crate::shape::same_shape;

/// The icon in the tray, with its tooltip and menu. It goes away when this is dropped.
pub struct Tray {
    icon: tray_icon::TrayIcon,
    panel: Panel,
    shown: Menu,
    lines: Lines,
}

/// Why the tray cannot show something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system did not take the icon.
    #[error("no tray took the icon: {0}")]
    Tray(#[from] tray_icon::Error),
    /// The system did not take the menu.
    #[error("the tray's menu cannot be made: {0}")]
    Menu(#[from] tray_icon::menu::Error),
    /// The picture built into this program is broken.
    #[error("the tray's icon cannot be read: {0}")]
    Picture(#[from] icon::PictureError),
    /// The same.
    #[error("the tray's icon cannot be read: {0}")]
    Pixels(#[from] tray_icon::BadIcon),
}

impl Tray {
    /// Puts the icon in the tray. On macOS: on the main thread, once its event loop runs.
    pub fn new(menu: &Menu, panel: Panel) -> Result<Self, Error> {
        let lines = Lines::new(&menu.items)?;
        let icon = TrayIconBuilder::new()
            .with_id("herokey")
            .with_tooltip(&menu.tooltip)
            .with_icon(picture(menu.icon, panel)?)
            .with_icon_as_template(cfg!(target_os = "macos"))
            .with_menu(lines.menu())
            // Where a menu on either button is the custom.
            .with_menu_on_left_click(cfg!(target_os = "macos"))
            .build()?;
        Ok(Self { icon, panel, shown: menu.clone(), lines })
    }

    /// Shows another state; only what differs is touched.
    pub fn apply(&mut self, menu: &Menu) -> Result<(), Error> {
        if menu.icon != self.shown.icon {
            self.draw_icon(menu.icon)?;
        }
        if menu.tooltip != self.shown.tooltip {
            self.icon.set_tooltip(Some(&menu.tooltip))?;
        }
        if same_shape(&menu.items, &self.shown.items) {
            self.lines.update(&menu.items);
        } else {
            self.lines = Lines::new(&menu.items)?;
            self.icon.set_menu(Some(self.lines.menu()));
        }
        self.shown = menu.clone();
        Ok(())
    }

    /// What the clicked line asks for; `None` for a line that is no longer there.
    pub fn request(&self, clicked: &MenuId) -> Option<Request> {
        self.lines.request(clicked)
    }

    fn draw_icon(&self, icon: herokey_app::menu::Icon) -> Result<(), Error> {
        let picture = Some(picture(icon, self.panel)?);
        if cfg!(target_os = "macos") {
            self.icon.set_icon_with_as_template(picture, true)?;
        } else {
            self.icon.set_icon(picture)?;
        }
        Ok(())
    }
}

fn picture(icon: herokey_app::menu::Icon, panel: Panel) -> Result<tray_icon::Icon, Error> {
    let picture = icon::largest(icon, panel)?;
    Ok(tray_icon::Icon::from_rgba(picture.pixels, picture.size, picture.size)?)
}

/// True for the click that opens the window.
pub fn opens_window(event: &TrayIconEvent) -> bool {
    let left = matches!(
        event,
        TrayIconEvent::Click { button: MouseButton::Left, button_state: MouseButtonState::Up, .. }
    );
    left && !cfg!(target_os = "macos")
}
