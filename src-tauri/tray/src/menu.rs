//! The menu's lines, as the system's menu items.

use herokey_core::controller::Request;
use herokey_core::menu::Item;
use tray_icon::menu::{CheckMenuItem, ContextMenu, Error, Menu, MenuId, MenuItem, PredefinedMenuItem};

/// A menu in the tray. Its lines' texts can change; another set of lines takes another menu.
pub(crate) struct Lines {
    menu: Menu,
    lines: Vec<Line>,
}

enum Line {
    Text(MenuItem),
    Action(MenuItem, Request),
    Account(CheckMenuItem, Request),
    Separator,
}

impl Lines {
    pub(crate) fn new(items: &[Item]) -> Result<Self, Error> {
        let menu = Menu::new();
        let mut lines = Vec::with_capacity(items.len());
        for item in items {
            lines.push(match item {
                Item::Label(label) => {
                    let text = MenuItem::new(plain(label), false, None);
                    menu.append(&text)?;
                    Line::Text(text)
                }
                Item::Action { label, request, enabled } => {
                    let action = MenuItem::new(plain(label), *enabled, None);
                    menu.append(&action)?;
                    Line::Action(action, request.clone())
                }
                Item::Account { email, is_current, request, enabled } => {
                    let account = CheckMenuItem::new(plain(email), *enabled, *is_current, None);
                    menu.append(&account)?;
                    Line::Account(account, request.clone())
                }
                Item::Separator => {
                    menu.append(&PredefinedMenuItem::separator())?;
                    Line::Separator
                }
            });
        }
        Ok(Self { menu, lines })
    }

    pub(crate) fn menu(&self) -> Box<dyn ContextMenu> {
        Box::new(self.menu.clone())
    }

    /// Changes the texts from `before` to `after`, which must be of the [`same_shape`].
    pub(crate) fn update(&self, before: &[Item], after: &[Item]) {
        for ((line, before), after) in self.lines.iter().zip(before).zip(after) {
            if before == after {
                continue;
            }
            match (line, after) {
                (Line::Text(text), Item::Label(label)) => text.set_text(plain(label)),
                (Line::Action(action, _), Item::Action { label, enabled, .. }) => {
                    action.set_text(plain(label));
                    action.set_enabled(*enabled);
                }
                (Line::Account(account, _), Item::Account { email, is_current, enabled, .. }) => {
                    account.set_text(plain(email));
                    account.set_checked(*is_current);
                    account.set_enabled(*enabled);
                }
                _ => {}
            }
        }
    }

    /// Every line's id is new, so a click on a menu that has been replaced asks for nothing.
    pub(crate) fn request(&self, clicked: &MenuId) -> Option<Request> {
        self.lines.iter().find_map(|line| match line {
            Line::Action(action, request) if action.id() == clicked => Some(request.clone()),
            Line::Account(account, request) if account.id() == clicked => Some(request.clone()),
            _ => None,
        })
    }
}

/// True if the lines differ in no more than text and being enabled.
pub(crate) fn same_shape(one: &[Item], other: &[Item]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Item::Label(_), Item::Label(_)) | (Item::Separator, Item::Separator) => true,
            (Item::Action { request: one, .. }, Item::Action { request: other, .. })
            | (Item::Account { request: one, .. }, Item::Account { request: other, .. }) => one == other,
            _ => false,
        })
}

/// In a menu item's text a single `&` marks the next letter as the line's key.
fn plain(label: &str) -> String {
    label.replace('&', "&&")
}

#[cfg(test)]
mod tests {
    use herokey_core::controller::Request;
    use herokey_core::menu::Item;
    use tray_icon::menu::MenuId;

    use super::{Line, Lines, same_shape};

    fn label(text: &str) -> Item {
        Item::Label(text.to_owned())
    }

    fn action(text: &str, request: Request, enabled: bool) -> Item {
        Item::Action { label: text.to_owned(), request, enabled }
    }

    fn texts(lines: &Lines) -> Vec<(String, bool)> {
        let shown = |line: &Line| match line {
            Line::Text(item) | Line::Action(item, _) => (item.text(), item.is_enabled()),
            Line::Account(item, _) => (item.text(), item.is_enabled()),
            Line::Separator => ("-".to_owned(), false),
        };
        lines.lines.iter().map(shown).collect()
    }

    #[test]
    fn a_new_text_is_the_same_shape() {
        let before = [label("me@example.com"), Item::Separator, action("Log out", Request::LogOut, true)];
        let after =
            [label("R&D <you@example.com>"), Item::Separator, action("Log out", Request::LogOut, false)];
        assert!(same_shape(&before, &after));

        let lines = Lines::new(&before).unwrap();
        lines.update(&before, &after);
        let expected = [("R&&D <you@example.com>", false), ("-", false), ("Log out", false)];
        assert_eq!(texts(&lines), expected.map(|(text, enabled)| (text.to_owned(), enabled)));
    }

    #[test]
    fn another_request_or_line_is_another_shape() {
        let items = [label("me@example.com"), action("Log out", Request::LogOut, true)];
        for other in [
            vec![label("me@example.com"), action("Log out", Request::LogIn, true)],
            vec![label("me@example.com"), label("Log out")],
            vec![label("me@example.com"), Item::Separator],
            vec![label("me@example.com")],
        ] {
            assert!(!same_shape(&items, &other), "{other:?}");
        }
    }

    #[test]
    fn a_click_asks_for_its_line_and_only_while_it_is_there() {
        let items =
            [label("…"), action("Open", Request::OpenWindow, true), action("Quit", Request::Quit, true)];
        let (old, new) = (Lines::new(&items).unwrap(), Lines::new(&items).unwrap());
        let ids: Vec<&MenuId> = old
            .lines
            .iter()
            .filter_map(|line| match line {
                Line::Text(item) | Line::Action(item, _) => Some(item.id()),
                Line::Account(item, _) => Some(item.id()),
                Line::Separator => None,
            })
            .collect();
        let asked: Vec<_> = ids.iter().map(|id| old.request(id)).collect();
        assert_eq!(asked, [None, Some(Request::OpenWindow), Some(Request::Quit)]);
        assert!(ids.iter().all(|id| new.request(id).is_none()));
    }
}
