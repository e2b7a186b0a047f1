//! `cargo xtask demo --gallery`: saves a picture of every state of the window, light and dark, and a page with all of
//! them.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "the gallery prints its progress, and panics with the reason if it cannot continue"
)]

use std::fmt::Write;
use std::fs;

use herokey_tests::{Display, Gallery, Theme, World, herokey_path};

/// Further variants of each state in the light theme: name and query.
const VARIANTS: [(&str, &str); 2] = [("rtl", "&dir=rtl"), ("large-text", "&text=200")];

pub(crate) fn run() {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let folder = herokey_path("herokey").with_file_name("demo-pictures").join("gallery");
    fs::create_dir_all(&folder).expect("the build folder can be written");
    let mut world = World::new();
    // Two pixels for each CSS pixel, as on most screens.
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
    println!("{} pictures, all on one page: {}", shown.len(), folder.join("index.html").display());
}

/// An HTML page that shows all pictures, with a row for each state.
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
        write!(page, "<h2 id=\"{state}\">{state}</h2>\n<div>").expect("writing to a string succeeds");
        for (_, name) in shown.iter().filter(|(of, _)| of == state) {
            write!(page, "<img src=\"{name}.png\" alt=\"{name}\" title=\"{name}\">")
                .expect("writing to a string succeeds");
        }
        page.push_str("</div>\n");
    }
    page
}
