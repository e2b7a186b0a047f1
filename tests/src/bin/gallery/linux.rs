//! `cargo xtask demo --gallery`: a picture of every state of the window, light and dark, and a page of them all.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a gallery ends where it cannot go on, and says why"
)]

use std::fmt::Write;
use std::fs;

use herokey_tests::{Display, Gallery, Theme, World, herokey_path};

/// Other settings that each state is shown with, in the light theme.
const VARIANTS: [(&str, &str); 2] = [("rtl", "&dir=rtl"), ("large-text", "&text=200")];

pub(crate) fn run() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folder = herokey_path("herokey").with_file_name("demo-pictures").join("gallery");
    fs::create_dir_all(&folder).expect("the build folder can be written");
    let mut world = World::new();
    // Two pixels for each of the page's, as on most screens of today.
    world.set_env("GDK_SCALE", "2");
    let _display = Display::with_size(&mut world, "1400x2000");
    let mut shown = Vec::new();
    for theme in Theme::ALL {
        let gallery = Gallery::open(&world, theme);
        for state in gallery.states() {
            let variants =
                [("", "")].into_iter().chain(VARIANTS.into_iter().filter(|_| theme == Theme::Light));
            for (variant, query) in variants {
                let name = [state.as_str(), theme.name(), variant].join(" ").trim_end().replace(' ', "-");
                if !wanted.is_empty() && !wanted.iter().any(|part| name.contains(part.as_str())) {
                    continue;
                }
                gallery.show(&state, query);
                gallery.page().screenshot(&folder.join(format!("{name}.png")));
                shown.push((state.clone(), name));
            }
        }
    }
    fs::write(folder.join("index.html"), page(&shown)).expect("the build folder can be written");
    println!("{} pictures: {}", shown.len(), folder.join("index.html").display());
}

/// The page of all pictures, a row a state.
fn page(shown: &[(String, String)]) -> String {
    let mut page =
        "<!doctype html>\n<meta charset=\"utf-8\">\n<title>Herokey: every state of the window</title>\n\
        <style>body { font: 14px system-ui; background: #8a8792 } div { display: flex; gap: 16px }\n\
        img { width: 420px; border-radius: 8px } h2 { margin: 32px 0 8px }</style>\n"
            .to_owned();
    let mut states: Vec<&str> = shown.iter().map(|(state, _)| state.as_str()).collect();
    states.dedup();
    states.sort_unstable();
    states.dedup();
    for state in states {
        write!(page, "<h2 id=\"{state}\">{state}</h2>\n<div>").expect("a string takes it");
        for (_, name) in shown.iter().filter(|(of, _)| of == state) {
            write!(page, "<img src=\"{name}.png\" alt=\"{name}\" title=\"{name}\">")
                .expect("a string takes it");
        }
        page.push_str("</div>\n");
    }
    page
}
