//! Every state of the window with made-up data, in the real web view, for pictures and for tests of what is visible.

use std::path::Path;

use serde_json::Value;

use crate::running::Running;
use crate::web_driver::{Page, free_port};
use crate::world::World;

/// The size in CSS pixels in which the app opens its window.
const SIZE: (u32, u32) = (420, 640);

/// The desktop's colour theme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Both themes.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// The theme's name for file names and messages.
    pub fn name(self) -> &'static str {
        if self == Self::Dark { "dark" } else { "light" }
    }
}

/// The page of the gallery, in a browser that uses the system's web view.
#[derive(Debug)]
pub struct Gallery {
    page: Page,
    address: String,
    _server: Running,
}

impl Gallery {
    /// Opens the gallery on the display of this world.
    ///
    /// # Panics
    /// If `ui/gallery-dist` is missing; `npm run gallery` builds it.
    #[track_caller]
    pub fn open(world: &World, theme: Theme) -> Self {
        let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui");
        assert!(
            ui.join("gallery-dist").is_dir(),
            "ui/gallery-dist is missing: build it with `npm run gallery` in ui"
        );
        let port = free_port().to_string();
        let vite = ui.join("node_modules/vite/bin/vite.js");
        let options =
            ["preview", "--outDir", "gallery-dist", "--host", "127.0.0.1", "--strictPort", "--port", &port];
        let server = world.program("node").arg(vite.to_string_lossy()).args(options).in_folder(ui).start();
        server.wait_for("127.0.0.1");
        let dark: &[&str] = if theme == Theme::Dark { &["--dark-mode"] } else { &[] };
        let page = Page::browser_with(
            world,
            &[&["--automation", "--javascript-can-open-windows-automatically=true"], dark].concat(),
        );
        let address = format!("http://127.0.0.1:{port}/gallery.html");
        page.pop_up(&address, SIZE);
        Self { page, address, _server: server }
    }

    /// The names of all states.
    pub fn states(&self) -> Vec<String> {
        self.show("starting", "");
        strings(&self.page.execute("return gallery.names"))
    }

    /// Shows a state. `variant` is empty or a query like `&dir=rtl`; `ui/src/gallery.ts` reads it.
    pub fn show(&self, state: &str, variant: &str) {
        self.page.open(&format!("{}?state={state}{variant}", self.address));
        // This script fails if the page cannot show the state.
        self.page.execute("return gallery.ready");
    }

    /// Problems of the state that is shown: axe-core's violations, with the colours as drawn, and text that is cut off.
    pub fn audit(&self) -> Vec<String> {
        strings(&self.page.execute("return gallery.audit()"))
    }

    /// The page, for clicks and screenshots.
    pub fn page(&self) -> &Page {
        &self.page
    }
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap_or_else(|| panic!("a list: {value}"));
    list.iter().map(|item| item.as_str().unwrap_or_default().to_owned()).collect()
}
