//! The menu's lines, as the system's menu items.

use herokey_app::menu::Item;
use herokey_app::request::Request;
use tray_icon::menu::{
    CheckMenuItem, ContextMenu, Error, IsMenuItem, Menu, MenuId, MenuItem, PredefinedMenuItem, Submenu,
};

/// A menu in the tray. Its lines' texts can change; another set of lines takes another menu.
pub(crate) struct Lines {
    menu: Menu,
    lines: Vec<Line>,
}

enum Line {
    Text(MenuItem),
    Action(MenuItem, Request),
    Tick(CheckMenuItem, Request),
    Submenu(Submenu, Vec<Line>),
    Separator,
}

impl Lines {
    pub(crate) fn new(items: &[Item]) -> Result<Self, Error> {
        let menu = Menu::new();
        let lines = put(items, &|line| menu.append(line))?;
        #[cfg(windows)]
        default_line::mark(&menu, items);
        Ok(Self { menu, lines })
    }

    pub(crate) fn menu(&self) -> Box<dyn ContextMenu> {
        Box::new(self.menu.clone())
    }

    /// Changes the texts to those of `items`, which must be of the same shape.
    pub(crate) fn update(&mut self, items: &[Item]) {
        update(&mut self.lines, items);
    }

    /// Every line's id is new, so a click on a menu that has been replaced asks for nothing.
    pub(crate) fn request(&self, clicked: &MenuId) -> Option<Request> {
        find(&self.lines, clicked)
    }
}

fn put(items: &[Item], append: &dyn Fn(&dyn IsMenuItem) -> Result<(), Error>) -> Result<Vec<Line>, Error> {
    let mut lines = Vec::with_capacity(items.len());
    for item in items {
        lines.push(match item {
            Item::Label(label) => {
                let text = MenuItem::new(plain(label), false, None);
                append(&text)?;
                Line::Text(text)
            }
            Item::Action { label, request, enabled } => {
                let action = MenuItem::new(plain(label), *enabled, None);
                append(&action)?;
                Line::Action(action, request.clone())
            }
            Item::Tick { label, is_on, request, enabled } => {
                let tick = CheckMenuItem::new(plain(label), *enabled, *is_on, None);
                append(&tick)?;
                Line::Tick(tick, request.clone())
            }
            Item::Submenu { label, items } => {
                let submenu = Submenu::new(plain(label), true);
                let lines = put(items, &|line| submenu.append(line))?;
                append(&submenu)?;
                Line::Submenu(submenu, lines)
            }
            Item::Separator => {
                append(&PredefinedMenuItem::separator())?;
                Line::Separator
            }
        });
    }
    Ok(lines)
}

fn update(lines: &mut [Line], items: &[Item]) {
    for (line, item) in lines.iter_mut().zip(items) {
        match (line, item) {
            (Line::Text(text), Item::Label(label)) => text.set_text(plain(label)),
            (Line::Action(action, _), Item::Action { label, enabled, .. }) => {
                action.set_text(plain(label));
                action.set_enabled(*enabled);
            }
            (Line::Tick(tick, asked), Item::Tick { label, is_on, request, enabled }) => {
                tick.set_text(plain(label));
                tick.set_checked(*is_on);
                tick.set_enabled(*enabled);
                asked.clone_from(request);
            }
            (Line::Submenu(submenu, lines), Item::Submenu { label, items }) => {
                submenu.set_text(plain(label));
                update(lines, items);
            }
            _ => {}
        }
    }
}

fn find(lines: &[Line], clicked: &MenuId) -> Option<Request> {
    lines.iter().find_map(|line| match line {
        Line::Action(action, request) if action.id() == clicked => Some(request.clone()),
        Line::Tick(tick, request) if tick.id() == clicked => Some(request.clone()),
        Line::Submenu(_, lines) => find(lines, clicked),
        _ => None,
    })
}

/// On Windows the line that does what a click on the icon does is bold.
#[cfg(windows)]
mod default_line {
    use herokey_app::menu::Item;
    use herokey_app::request::Request;
    use tray_icon::menu::{ContextMenu, Menu};
    use windows::Win32::UI::WindowsAndMessaging::{HMENU, SetMenuDefaultItem};

    const BY_POSITION: u32 = 1;

    pub(super) fn mark(menu: &Menu, items: &[Item]) {
        let opens = |item: &Item| matches!(item, Item::Action { request: Request::OpenWindow, .. });
        let Some(line) = items.iter().position(opens).and_then(|line| u32::try_from(line).ok()) else {
            return;
        };
        #[expect(unsafe_code, reason = "only the system has it")]
        // SAFETY: the menu is there, and the call keeps nothing of it.
        let marked = unsafe { SetMenuDefaultItem(handle(menu), line, BY_POSITION) };
        if let Err(error) = marked {
            tracing::debug!(%error, "no line of the menu is bold");
        }
    }

    pub(super) fn handle(menu: &Menu) -> HMENU {
        HMENU(std::ptr::with_exposed_provenance_mut(menu.hpopupmenu().cast_unsigned()))
    }
}

/// In a menu item's text a single `&` marks the next letter as the line's key.
fn plain(label: &str) -> String {
    label.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use herokey_app::menu::Item;
    use herokey_app::request::Request;

    use super::{Line, Lines};

    #[cfg(windows)]
    #[test]
    fn the_line_that_opens_the_window_is_the_default() {
        use herokey_app::request::Act;
        use windows::Win32::UI::WindowsAndMessaging::{GET_MENU_DEFAULT_ITEM_FLAGS, GetMenuDefaultItem};

        let action = |request| Item::Action { label: "fake".to_owned(), request, enabled: true };
        let items = [action(Act::LogOut.into()), Item::Separator, action(Request::OpenWindow)];
        let lines = Lines::new(&items).unwrap();
        #[expect(unsafe_code, reason = "only the system has it")]
        // SAFETY: it reads a menu that is there.
        let line = unsafe {
            GetMenuDefaultItem(super::default_line::handle(&lines.menu), 1, GET_MENU_DEFAULT_ITEM_FLAGS(0))
        };
        assert_eq!(line, 2);
    }

    #[test]
    fn a_click_asks_for_its_line_and_only_while_it_is_there() {
        let action = |request| Item::Action { label: "R&D".to_owned(), request, enabled: true };
        let items = [Item::Label("…".to_owned()), action(Request::OpenWindow), action(Request::Quit)];
        let (old, new) = (Lines::new(&items).unwrap(), Lines::new(&items).unwrap());
        let mut ids = Vec::new();
        for line in &old.lines {
            if let Line::Text(item) | Line::Action(item, _) = line {
                ids.push(item.id());
            }
        }
        let asked: Vec<_> = ids.iter().map(|id| old.request(id)).collect();
        assert_eq!(asked, [None, Some(Request::OpenWindow), Some(Request::Quit)]);
        assert!(ids.into_iter().all(|id| new.request(id).is_none()));
    }
}
