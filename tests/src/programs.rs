//! Where the programs of a world come from: this workspace, the pinned Heroku CLI, the system.

use std::fs;
use std::path::{Path, PathBuf};

use crate::program::{Ended, Program};
use crate::world::{World, link};

/// Overrides where Herokey's programs are looked for: an installed package's folder, say.
const PROGRAMS_VARIABLE: &str = "HEROKEY_PROGRAMS";
const HEROKEYS: [&str; 3] = ["herokey", "herokey-tray", "herokey-desktop"];
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

impl World {
    /// Herokey in the terminal.
    #[track_caller]
    pub fn herokey<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
        self.herokey_program("herokey").args(arguments).run()
    }

    /// One of Herokey's programs, `herokey`, `herokey-tray` or `herokey-desktop`, to be started.
    ///
    /// # Panics
    /// Where it is not built; the message says how to.
    #[track_caller]
    pub fn herokey_program(&self, name: &str) -> Program {
        let path = herokey_path(name);
        assert!(
            path.is_file(),
            "there is no {}: build it with `cargo build -p {name}`, or set {PROGRAMS_VARIABLE} to the \
             folder of Herokey's programs",
            path.display()
        );
        // By its name, through the PATH, as a person would: the programs of this world are linked there.
        self.program(name)
    }

    /// git.
    #[track_caller]
    pub fn git<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
        self.program("git").args(arguments).run()
    }

    /// curl, silent but for errors.
    #[track_caller]
    pub fn curl<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
        self.program("curl").args(["--silent", "--show-error"]).args(arguments).run()
    }

    /// libsecret's `secret-tool`.
    #[track_caller]
    pub fn secret_tool<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ended {
        self.program("secret-tool").args(arguments).run()
    }
}

/// Where one of Herokey's programs is, or would be once built.
pub fn herokey_path(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os(PROGRAMS_VARIABLE) {
        return Path::new(&folder).join(name);
    }
    build_folder().join(name)
}

/// Where tests leave what a person may want to look at: screenshots. It outlives the run.
pub fn artifacts() -> PathBuf {
    let folder = build_folder().join("test-artifacts");
    fs::create_dir_all(&folder).expect("the build folder can be written");
    folder
}

/// `target/debug` or `target/release`: a test binary is in its folder `deps`, the demo in itself.
fn build_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a program has a path");
    let folder = program.parent().expect("a program is in a folder");
    if folder.ends_with("deps") { folder.with_file_name("") } else { folder.to_owned() }
}

/// Links Herokey's programs, as far as they are built, and the pinned Heroku CLI into a folder.
pub(crate) fn fill(folder: &Path) {
    for name in HEROKEYS {
        let path = herokey_path(name);
        if path.is_file() {
            link(&path, folder, name);
        }
    }
    let cli = Path::new(env!("CARGO_MANIFEST_DIR")).join("heroku-cli/node_modules/heroku/bin/run.js");
    if cli.is_file() {
        link(&cli, folder, "heroku");
    }
    if let Some(node) = on_path("node") {
        link(&node, folder, "node");
    }
}

/// The system's PATH, or one folder of links to all of it but `hidden`.
pub(crate) fn system_path(folder: &Path, hidden: &[String]) -> String {
    if hidden.is_empty() {
        return SYSTEM_FOLDERS.join(":");
    }
    let links = folder.join("system");
    fs::create_dir(&links).expect("a new folder can be filled");
    let programs = SYSTEM_FOLDERS.iter().filter_map(|folder| fs::read_dir(folder).ok()).flatten().flatten();
    for program in programs {
        let name = program.file_name();
        let linked = links.join(&name).symlink_metadata().is_ok();
        if !linked && !hidden.iter().any(|hidden| name == hidden.as_str()) {
            link(&program.path(), &links, &name.to_string_lossy());
        }
    }
    links.display().to_string()
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file())
}
