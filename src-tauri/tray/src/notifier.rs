//! Linux's tray: a `StatusNotifierItem` (freedesktop.org) and its `com.canonical.dbusmenu`, which KDE, XFCE, Cinnamon,
//! waybar and GNOME's extension for it show.

use herokey_app::menu::{Item, Menu};
use herokey_app::request::Request;
use ksni::blocking::{Handle, TrayMethods};
use ksni::menu::{CheckmarkItem, StandardItem, SubMenu};

use crate::Click;
use crate::icon;
use crate::icon::{Panel, Picture};
use crate::shape::same_shape;

/// Whether there must be a tray to begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// Without a tray it is an error.
    Now,
    /// A tray that starts later is joined: at login nobody knows who comes first.
    OnceThereIsATray,
}

/// The icon in the tray, with its tooltip and menu. A tray that ends and starts again is joined again.
pub struct Tray {
    handle: Handle<Notifier>,
    panel: Panel,
    shown: Menu,
}

/// Why the tray cannot show something.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no session bus, or no tray on it.
    #[error("no tray took the icon: {0}")]
    Tray(#[from] ksni::Error),
    /// The picture built into this program is broken.
    #[error("the tray's icon cannot be read: {0}")]
    Picture(#[from] icon::PictureError),
}

impl Tray {
    /// Puts the icon in the tray. `clicked` is called on the tray's own thread.
    pub fn new(
        menu: &Menu,
        panel: Panel,
        start: Start,
        clicked: impl Fn(Click) + Send + 'static,
    ) -> Result<Self, Error> {
        let notifier = Notifier {
            pictures: icons(menu, panel)?,
            menu: menu.clone(),
            filled: false,
            status: ksni::Status::Active,
            clicked: Box::new(clicked),
        };
        let handle = notifier.assume_sni_available(start == Start::OnceThereIsATray).spawn()?;
        Ok(Self { handle, panel, shown: menu.clone() })
    }

    /// Shows another state; only what differs is told, so that an open menu stays as it is but for its texts.
    pub fn apply(&mut self, menu: &Menu) -> Result<(), Error> {
        if *menu == self.shown {
            return Ok(());
        }
        let pictures = if menu.icon == self.shown.icon { None } else { Some(icons(menu, self.panel)?) };
        self.update(|notifier| notifier.show(menu, pictures));
        self.shown = menu.clone();
        Ok(())
    }

    /// Draws the icon for another panel.
    pub fn set_panel(&mut self, panel: Panel) -> Result<(), Error> {
        if panel != self.panel {
            self.panel = panel;
            let pictures = icons(&self.shown, panel)?;
            self.update(|notifier| notifier.pictures = pictures);
        }
        Ok(())
    }

    /// Takes the icon out of the tray. Once this returns, every click until now has been answered, that on *Quit* too.
    pub fn hide(&self) {
        self.update(|notifier| notifier.status = ksni::Status::Passive);
    }

    fn update(&self, change: impl FnOnce(&mut Notifier)) {
        // Nothing to tell once the bus is gone, which ends the program.
        let _ = self.handle.update(change);
    }
}

fn icons(menu: &Menu, panel: Panel) -> Result<Vec<ksni::Icon>, icon::PictureError> {
    Ok(icon::pictures(menu.icon, panel)?.into_iter().map(icon_of).collect())
}

/// Opacity comes first on the bus.
fn icon_of(Picture { size, mut pixels }: Picture) -> ksni::Icon {
    pixels.chunks_exact_mut(4).for_each(|pixel| pixel.rotate_right(1));
    let size = i32::try_from(size).unwrap_or_default();
    ksni::Icon { width: size, height: size, data: pixels }
}

struct Notifier {
    pictures: Vec<ksni::Icon>,
    menu: Menu,
    /// There is a line that nobody sees; see [`show`](Self::show).
    filled: bool,
    status: ksni::Status,
    clicked: Box<dyn Fn(Click) + Send>,
}

impl Notifier {
    /// A line keeps its number while the menu keeps its shape, and so an open menu stays open. Otherwise every line gets
    /// a new number, so that a click on its way to a line that was there before asks for nothing. ksni gives new numbers
    /// where the count of lines differs: a line that nobody sees makes it differ.
    fn show(&mut self, menu: &Menu, pictures: Option<Vec<ksni::Icon>>) {
        if !same_shape(&self.menu.items, &menu.items) {
            let shown = self.menu.items.len() + usize::from(self.filled);
            self.filled = menu.items.len() == shown;
        }
        self.menu.clone_from(menu);
        if let Some(pictures) = pictures {
            self.pictures = pictures;
        }
    }

    fn lines(&self, items: &[Item]) -> Vec<ksni::MenuItem<Self>> {
        items.iter().map(|item| self.line(item)).collect()
    }

    fn line(&self, item: &Item) -> ksni::MenuItem<Self> {
        match item {
            Item::Label(label) => {
                StandardItem { label: plain(label), enabled: false, ..StandardItem::default() }.into()
            }
            Item::Action { label, request, enabled } => StandardItem {
                label: plain(label),
                enabled: *enabled,
                activate: Self::asks(request),
                ..StandardItem::default()
            }
            .into(),
            Item::Tick { label, is_on, request, enabled } => CheckmarkItem {
                label: plain(label),
                enabled: *enabled,
                checked: *is_on,
                activate: Self::asks(request),
                ..CheckmarkItem::default()
            }
            .into(),
            Item::Submenu { label, items } => {
                SubMenu { label: plain(label), submenu: self.lines(items), ..SubMenu::default() }.into()
            }
            Item::Separator => ksni::MenuItem::Separator,
        }
    }

    fn asks(request: &Request) -> Box<dyn Fn(&mut Self) + Send> {
        let request = request.clone();
        Box::new(move |notifier| notifier.click(request.clone()))
    }

    fn click(&self, request: Request) {
        let activation = ksni::current_xdg_activation_token().filter(|activation| !activation.is_empty());
        (self.clicked)(Click { request, activation });
    }
}

impl ksni::Tray for Notifier {
    fn id(&self) -> String {
        "herokey".to_owned()
    }

    fn title(&self) -> String {
        "Herokey".to_owned()
    }

    fn status(&self) -> ksni::Status {
        self.status
    }

    fn icon_pixmap(&self) -> Vec<ksni::Icon> {
        self.pictures.clone()
    }

    fn tool_tip(&self) -> ksni::ToolTip {
        let (title, text) = self.menu.tooltip.split_once('\n').unwrap_or((&self.menu.tooltip, ""));
        // The text may hold markup; a title is plain.
        let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "<br/>");
        ksni::ToolTip { title: title.to_owned(), description: text, ..ksni::ToolTip::default() }
    }

    /// GNOME's extension opens the menu by the left button and tells of a double click.
    fn activate(&mut self, _x: i32, _y: i32) {
        self.click(Request::OpenWindow);
    }

    fn menu(&self) -> Vec<ksni::MenuItem<Self>> {
        let filler = StandardItem { visible: false, ..StandardItem::default() };
        let filler = self.filled.then(|| filler.into());
        self.lines(&self.menu.items).into_iter().chain(filler).collect()
    }
}

/// In a label an underscore marks the next letter as the line's key.
fn plain(label: &str) -> String {
    label.replace('_', "__")
}

#[cfg(test)]
mod tests {
    use herokey_app::menu::Icon;
    use herokey_app::request::{Act, Aside};
    use ksni::Tray;

    use super::*;

    fn label(text: &str) -> Item {
        Item::Label(text.to_owned())
    }

    fn action(text: &str, request: Request) -> Item {
        Item::Action { label: text.to_owned(), request, enabled: true }
    }

    fn of(items: &[Item]) -> Menu {
        Menu { icon: Icon::SignedIn, tooltip: "Herokey: R&D\nToken <b>".to_owned(), items: items.to_vec() }
    }

    fn notifier(items: &[Item]) -> Notifier {
        Notifier {
            pictures: icons(&of(items), Panel::Dark).unwrap(),
            menu: of(items),
            filled: false,
            status: ksni::Status::Active,
            clicked: Box::new(|_| {}),
        }
    }

    #[test]
    fn another_request_on_as_many_lines_counts_as_other_lines() {
        let mut shown = notifier(&[label("me"), action("Log out", Act::LogOut.into())]);
        let count = |notifier: &Notifier| notifier.menu().len();
        shown.show(&of(&[label("you"), action("Log out…", Act::LogOut.into())]), None);
        assert_eq!(count(&shown), 2, "texts alone");
        shown.show(&of(&[label("you"), action("Log in", Act::LogIn.into())]), None);
        assert_eq!(count(&shown), 3);
        shown.show(&of(&[label("you"), Item::Separator, action("Log in", Act::LogIn.into())]), None);
        assert_eq!(count(&shown), 4, "one line more would be as many as before");
        shown.show(&of(&[label("you")]), None);
        assert_eq!(count(&shown), 1);
    }

    #[test]
    fn a_tick_keeps_the_shape() {
        let tick = |on: bool| {
            let request = Aside::SetAutostart { on: !on }.into();
            Item::Tick { label: "Start at login".to_owned(), is_on: on, request, enabled: true }
        };
        assert!(same_shape(&[tick(true)], &[tick(false)]));
        assert!(!same_shape(&[tick(true)], &[label("Start at login")]));
    }

    #[test]
    fn texts_are_no_markup_and_pictures_come_in_every_size() {
        let notifier = notifier(&[label("a_b@example.com")]);
        let tooltip = notifier.tool_tip();
        assert_eq!((tooltip.title.as_str(), tooltip.description.as_str()), ("Herokey: R&D", "Token &lt;b>"));
        let ksni::MenuItem::Standard(line) = &notifier.menu()[0] else { panic!("a line") };
        assert_eq!(line.label, "a__b@example.com");
        let sizes: Vec<i32> = notifier.pictures.iter().map(|icon| icon.width).collect();
        assert_eq!(sizes, [44, 32, 24, 22, 16]);
    }
}
