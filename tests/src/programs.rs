//! Finds the programs of a world: this workspace's, the pinned Heroku CLI, and the system's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::program::Program;
use crate::running::Finished;
use crate::world::{World, link};

/// Names another folder with Herokey's programs, for example that of an installed package.
const PROGRAMS_VARIABLE: &str = "HEROKEY_PROGRAMS";
const HEROKEY_PROGRAMS: [&str; 3] = ["herokey", "herokey-tray", "herokey-desktop"];
const SYSTEM_FOLDERS: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

impl World {
    /// Runs `herokey`.
    #[track_caller]
    pub fn herokey<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        self.herokey_program("herokey").args(arguments).run()
    }

    /// One of Herokey's programs, `herokey`, `herokey-tray` or `herokey-desktop`, ready to start.
    ///
    /// # Panics
    /// If it is not built; the message says how to build it.
    #[track_caller]
    pub fn herokey_program(&self, name: &str) -> Program {
        let path = herokey_path(name);
        assert!(
            path.is_file(),
            "{} is missing: build it with `cargo build -p {name}`, or set {PROGRAMS_VARIABLE} to the \
             folder of Herokey's programs",
            path.display()
        );
        // By its name, as a user would type it. The world's PATH has a link to it.
        self.program(name)
    }

    /// The tray, next to a fake window that only reports its arguments, in one line, to the world's browser.
    ///
    /// # Panics
    /// If the tray is not built.
    #[track_caller]
    pub fn tray_beside_a_fake_window(&self) -> Program {
        let folder = self.home().with_file_name("bin").join("beside-a-fake-window");
        let (tray, window) = (folder.join("herokey-tray"), folder.join("herokey-desktop"));
        fs::create_dir(&folder).expect("a new folder can be made");
        // Copied by a program: a process that another test starts meanwhile would inherit this one's open file, and an
        // executable that is open for writing cannot be started.
        let built = herokey_path("herokey-tray");
        self.program("cp")
            .arg(built.to_str().expect("a path in Unicode"))
            .arg(tray.to_str().expect("a path in Unicode"))
            .run()
            .ok();
        fs::write(&window, "#!/bin/sh\nexec xdg-open \"$*\"\n").expect("a new folder can be written");
        fs::set_permissions(&window, fs::Permissions::from_mode(0o755))
            .expect("a new file's mode can be set");
        self.program(tray.to_str().expect("a path in Unicode"))
    }

    /// Runs git.
    #[track_caller]
    pub fn git<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        self.program("git").args(arguments).run()
    }

    /// Runs curl, which prints only the response and errors.
    #[track_caller]
    pub fn curl<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        self.program("curl").args(["--silent", "--show-error"]).args(arguments).run()
    }

    /// Runs libsecret's `secret-tool`.
    #[track_caller]
    pub fn secret_tool<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Finished {
        self.program("secret-tool").args(arguments).run()
    }
}

/// The path of one of Herokey's programs, whether it is built or not.
pub fn herokey_path(name: &str) -> PathBuf {
    if let Some(folder) = std::env::var_os(PROGRAMS_VARIABLE) {
        return Path::new(&folder).join(name);
    }
    build_folder().join(name)
}

/// The folder for screenshots and other files that you may want to look at after the run.
pub fn artifacts() -> PathBuf {
    let folder = build_folder().join("test-artifacts");
    fs::create_dir_all(&folder).expect("the build folder can be written");
    folder
}

/// `target/debug` or `target/release`. Test binaries are in its folder `deps`, other programs directly in it.
fn build_folder() -> PathBuf {
    let program = std::env::current_exe().expect("a program has a path");
    let folder = program.parent().expect("a program is in a folder");
    if folder.ends_with("deps") { folder.with_file_name("") } else { folder.to_owned() }
}

/// Links Herokey's programs that are built, the pinned Heroku CLI and Node.js into a folder.
pub(crate) fn link_all(folder: &Path) {
    for name in HEROKEY_PROGRAMS {
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

/// The system's PATH. If programs are `hidden`, it is one folder with links to all others instead.
pub(crate) fn system_path(folder: &Path, hidden: &[String]) -> String {
    if hidden.is_empty() {
        return SYSTEM_FOLDERS.join(":");
    }
    let links = folder.join("system");
    fs::create_dir(&links).expect("a new folder can be written");
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
