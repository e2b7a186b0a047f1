//! What no notification could say: the tray's menu and tooltip say it until the user has seen it. Pure.

use crate::menu::{Icon, Item, Menu};
use crate::request::Request;

/// How many missed notifications the menu shows.
const MAX_SHOWN: usize = 3;

/// What a notification would have said, had anybody shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missed {
    /// What happened.
    pub title: String,
    /// What it means, and what to do next.
    pub body: String,
    /// False if it is a warning or an error.
    pub is_good: bool,
    /// True for the failure of something that the user asked for, which opens the window.
    pub needs_window: bool,
}

/// The missed notifications that the user has not seen yet, newest first.
#[derive(Clone, Debug, Default)]
pub struct Unseen(Vec<Missed>);

impl Unseen {
    /// Adds one. The same is kept only once, and of all only the newest few.
    pub fn add(&mut self, missed: Missed) {
        self.remove(&missed);
        self.0.insert(0, missed);
        self.0.truncate(MAX_SHOWN);
    }

    /// Removes one, which was shown after all.
    pub fn remove(&mut self, shown: &Missed) {
        self.0.retain(|missed| missed != shown);
    }

    /// Removes all. A user who clicks in the menu has seen its first lines.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds them to the menu, as its first lines, which open the window, and to the tooltip.
    pub fn add_to(&self, menu: &mut Menu) {
        if self.0.is_empty() {
            return;
        }
        let line = |missed: &Missed| {
            let mark = if missed.is_good { "✓" } else { "⚠" };
            Item::Action {
                label: format!("{mark} {}", missed.title),
                request: Request::OpenWindow,
                enabled: true,
            }
        };
        let lines = self.0.iter().map(line).chain([Item::Separator]);
        menu.items.splice(0..0, lines.collect::<Vec<_>>());
        for text in self.0.iter().flat_map(|missed| [&missed.title, &missed.body]) {
            if !text.is_empty() {
                menu.tooltip.push('\n');
                menu.tooltip.push_str(text);
            }
        }
        if menu.icon != Icon::Working && self.0.iter().any(|missed| !missed.is_good) {
            menu.icon = Icon::Attention;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Missed, Unseen};
    use crate::controller::State;
    use crate::menu::{Icon, Item, menu};
    use herokey_core::fixture::logged_in;

    fn missed(title: &str) -> Missed {
        Missed { title: title.to_owned(), body: "Unlock it.".to_owned(), is_good: false, needs_window: true }
    }

    fn labels(unseen: &Unseen) -> Vec<String> {
        let mut menu = menu(&State { facts: Some(logged_in()), ..State::default() });
        unseen.add_to(&mut menu);
        let label = |item| if let Item::Action { label, .. } = item { Some(label) } else { None };
        menu.items.into_iter().map_while(label).collect()
    }

    #[test]
    fn the_menu_says_first_what_no_notification_said() {
        let mut menu = menu(&State { facts: Some(logged_in()), ..State::default() });
        let mut unseen = Unseen::default();
        unseen.add(missed("The keychain is locked"));
        unseen.add_to(&mut menu);
        assert!(matches!(&menu.items[0], Item::Action { label, .. } if label == "⚠ The keychain is locked"));
        assert_eq!(menu.items[1], Item::Separator);
        assert_eq!(menu.icon, Icon::Attention);
        assert!(menu.tooltip.ends_with("The keychain is locked\nUnlock it."), "{}", menu.tooltip);
    }

    #[test]
    fn the_newest_few_stay_until_they_are_seen() {
        let mut unseen = Unseen::default();
        for title in ["one", "two", "three", "four", "four"] {
            unseen.add(missed(title));
        }
        assert_eq!(labels(&unseen), ["⚠ four", "⚠ three", "⚠ two"]);
        unseen.remove(&missed("three"));
        assert_eq!(labels(&unseen), ["⚠ four", "⚠ two"]);
        unseen.clear();
        assert_eq!(labels(&unseen), [""; 0]);
    }
}
