//! Every state of the window, made up by the page's own fake backend, in the real web view: for looking at, and for
//! tests of what can be seen.

use std::path::Path;

use serde_json::Value;

use crate::program::Running;
use crate::web_driver::{Page, free_port};
use crate::world::World;

/// The window's size in CSS pixels, as the app opens it.
const SIZE: (u32, u32) = (420, 640);

/// The desktop's colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Light, Self::Dark];

    /// In file names and messages.
    pub fn name(self) -> &'static str {
        if self == Self::Dark { "dark" } else { "light" }
    }
}

/// The gallery's page in a browser of the system's web view.
#[derive(Debug)]
pub struct Gallery {
    page: Page,
    address: String,
    _server: Running,
}

impl Gallery {
    /// Opens it on the display of this world. `ui/gallery-dist` has to be there: `npm run gallery` makes it.
    #[track_caller]
    pub fn open(world: &World, theme: Theme) -> Self {
        let ui = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui");
        assert!(
            ui.join("gallery-dist").is_dir(),
            "there is no ui/gallery-dist: `npm run gallery` in ui makes it"
        );
        let port = free_port().to_string();
        let vite = ui.join("node_modules/vite/bin/vite.js");
        let options =
            ["preview", "--outDir", "gallery-dist", "--host", "127.0.0.1", "--strictPort", "--port", &port];
        let server = world.program("node").arg(vite.to_string_lossy()).args(options).in_folder(ui).start();
        server.wait_for("127.0.0.1");
        let dark: &[&str] = if theme == Theme::Dark { &["--dark-mode"] } else { &[] };
        let page = Page::of_browser(
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

    /// Shows a state; `variant` is empty or like `&dir=rtl`, see `ui/src/gallery.ts`.
    pub fn show(&self, state: &str, variant: &str) {
        self.page.open(&format!("{}?state={state}{variant}", self.address));
        // A state that cannot be shown is the script's error.
        self.page.execute("return gallery.ready");
    }

    /// What is wrong with what is shown: axe-core's violations in the colours as drawn, and what is cut off.
    pub fn audit(&self) -> Vec<String> {
        strings(&self.page.execute("return gallery.audit()"))
    }

    /// The page that is driven.
    pub fn page(&self) -> &Page {
        &self.page
    }
}

fn strings(value: &Value) -> Vec<String> {
    let list = value.as_array().unwrap_or_else(|| panic!("a list: {value}"));
    list.iter().map(|one| one.as_str().unwrap_or_default().to_owned()).collect()
}
