//! Every state of the window in the real web view: what is visible, and what the keyboard reaches.

use std::panic::{AssertUnwindSafe, catch_unwind};

use herokey_tests::{Display, Gallery, Theme, World};

/// A screen so small that its centre, where the pointer is, lies on the gallery's window. Without a window manager, the
/// keyboard's focus follows the pointer.
fn display(world: &mut World) -> Display {
    Display::with_size(world, "800x1200")
}

#[test]
fn no_state_violates_an_axe_rule_or_cuts_off_text() {
    let mut world = World::new();
    let _display = display(&mut world);
    let mut wrong = Vec::new();
    for theme in Theme::ALL {
        let gallery = Gallery::open(&world, theme);
        let states = gallery.states();
        assert!(states.len() > 30, "{states:?}");
        for state in states {
            gallery.show(&state, "");
            wrong.extend(
                gallery.audit().into_iter().map(|found| format!("{state} {}: {found}", theme.name())),
            );
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the user can click the middle of an element without scrolling first.
const CAN_BE_CLICKED: &str = "const within = (one) => {
        const { left, top, width, height } = one.getBoundingClientRect();
        const inside = top >= 0 && top + height <= innerHeight;
        return inside && one.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    };";

#[test]
fn what_needs_the_user_is_on_the_first_screen() {
    let mut world = World::new();
    let _display = display(&mut world);
    let gallery = Gallery::open(&world, Theme::Light);
    let (mut measured, mut wrong) = (Vec::new(), Vec::new());
    for state in gallery.states() {
        gallery.show(&state, "");
        let first = gallery.page().execute(&format!(
            "{CAN_BE_CLICKED}
            const buttons = document.querySelectorAll('[data-testid^=notice-], [data-testid^=fix-], [data-testid=unlock]');
            const first = (start) => [...buttons].find((one) => start.test(one.dataset.testid));
            return [first(/^notice-(?!dismiss)/), first(/^(fix-|unlock)/)].filter(Boolean)
                .map((one) => [one.dataset.testid, within(one)])"
        ));
        for button in first.as_array().expect("a list") {
            measured.push(format!("{state}: {}", button[0]));
            if button[1] != true {
                wrong.push(format!("{state}: {} is not on the first screen", button[0]));
            }
        }
    }
    assert!(measured.len() > 20, "{measured:?}");
    assert!(measured.iter().any(|one| one.starts_with("notice-and-problems: \"fix-")), "{measured:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_on_the_page_about_access_ends_in_an_ellipsis() {
    let mut world = World::new();
    let _display = display(&mut world);
    let gallery = Gallery::open(&world, Theme::Light);
    for state in ["access-long", "access", "access-team"] {
        gallery.show(state, "");
        let cut = gallery.page().execute(
            "return [...document.querySelectorAll('[data-testid=access] *')]
                .filter((one) => getComputedStyle(one).textOverflow === 'ellipsis' && one.scrollWidth > one.clientWidth)
                .map((one) => one.outerHTML)",
        );
        assert_eq!(cut, serde_json::json!([]), "{state}");
        let wide = gallery.page().execute(
            "return [...document.querySelectorAll('[data-testid=access] *')]
                .filter((one) => one.getBoundingClientRect().right > innerWidth).map((one) => one.outerHTML)",
        );
        assert_eq!(wide, serde_json::json!([]), "{state}");
    }
}

#[test]
fn rejects_an_unknown_state() {
    let mut world = World::new();
    let _display = display(&mut world);
    let gallery = Gallery::open(&world, Theme::Light);
    let shown = catch_unwind(AssertUnwindSafe(|| gallery.show("no-such-state", "")));
    let why = shown.expect_err("there is no such state");
    let why = why.downcast_ref::<String>().unwrap();
    assert!(why.contains("there is no state no-such-state"), "the page's own words: {why}");
}

#[test]
fn states_work_right_to_left_and_with_large_text() {
    let mut world = World::new();
    let _display = display(&mut world);
    let gallery = Gallery::open(&world, Theme::Light);
    let mut wrong = Vec::new();
    let states =
        ["signed-out-other-accounts", "waiting", "signed-in-both", "three-problems", "long-email", "access"];
    let more = [
        "new-authorization",
        "access-team",
        "history-long",
        "offline",
        "keychain-locked",
        "notice-and-problems",
        "access-long",
        "other-ways",
        "accounts-menu",
        "shortcuts",
    ];
    for state in states.into_iter().chain(more) {
        for variant in ["&dir=rtl", "&text=200", "&dir=rtl&text=200"] {
            gallery.show(state, variant);
            wrong.extend(gallery.audit().into_iter().map(|found| format!("{state}{variant}: {found}")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn tab_reaches_every_control_and_shows_the_focus() {
    let mut world = World::new();
    let _display = display(&mut world);
    let gallery = Gallery::open(&world, Theme::Light);
    let states =
        ["signed-out", "waiting", "signed-in-overridden", "move-question", "access", "new-authorization"];
    for state in states.into_iter().chain(["history-long", "keychain-locked", "notice-and-problems"]) {
        gallery.show(state, "");
        let page = gallery.page();
        // Arrow keys reach the items of a menu. Tab also stops at lists that scroll, so that the arrow keys scroll
        // them.
        let clickable = "[...document.querySelectorAll('button, summary, input, select, [tabindex=\"0\"]')].filter(one => one.checkVisibility())";
        let count = page.execute(&format!("return {clickable}.length")).as_u64().expect("a number");
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..count {
            page.press("\u{e004}");
            let focus = page.execute(&format!(
                "const one = document.activeElement;
                return [{clickable}.indexOf(one), getComputedStyle(one).outlineStyle, one.outerHTML]"
            ));
            assert_eq!(focus[1], "solid", "{state}: {focus}");
            seen.insert(focus[0].as_i64().expect("a number"));
        }
        assert_eq!(seen.len() as u64, count, "{state}: {seen:?}");
        assert!(!seen.contains(&-1), "{state}: {seen:?}");
    }
}
