//! Whether a menu can show new lines without being replaced.

use herokey_app::menu::Item;

/// True if the lines differ only in their texts, ticks and whether they are enabled.
pub(crate) fn same_shape(one: &[Item], other: &[Item]) -> bool {
    one.len() == other.len()
        && one.iter().zip(other).all(|pair| match pair {
            (Item::Label(_), Item::Label(_)) | (Item::Separator, Item::Separator) => true,
            (Item::Action { request: one, .. }, Item::Action { request: other, .. }) => one == other,
            (Item::Tick { request: one, .. }, Item::Tick { request: other, .. }) => {
                std::mem::discriminant(one) == std::mem::discriminant(other)
            }
            (Item::Submenu { items: one, .. }, Item::Submenu { items: other, .. }) => same_shape(one, other),
            _ => false,
        })
}
