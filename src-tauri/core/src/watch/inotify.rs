//! Watches files with inotify(7): folders for created and removed names, files for changed bytes. So programs that write
//! to other files in a watched folder, such as the home folder, do not wake Herokey.

use std::collections::{HashMap, HashSet, VecDeque};
use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;

const SELF: WatchFlags = WatchFlags::DELETE_SELF.union(WatchFlags::MOVE_SELF);
const NAMES: WatchFlags = WatchFlags::CREATE.union(WatchFlags::DELETE).union(WatchFlags::MOVE).union(SELF);
const BYTES: WatchFlags = WatchFlags::MODIFY.union(WatchFlags::ATTRIB).union(SELF);
/// As many links as the kernel follows in one path (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

pub(super) struct Files {
    inotify: Arc<OwnedFd>,
    watched: Arc<Mutex<Watched>>,
}

/// What each watch is for, by watch descriptor.
type Watched = HashMap<i32, Interest>;

/// Which events of one watch count.
#[derive(Default, PartialEq)]
struct Interest {
    /// All events: the path is a file, or a folder that is watched with everything in it.
    all: bool,
    /// Events about these names in a folder.
    names: HashSet<OsString>,
}

impl Files {
    /// Starts the thread that calls `on_change`, with the name in the folder if the event has one.
    pub(super) fn start(on_change: impl Fn(Option<&OsStr>) + Send + 'static) -> io::Result<Self> {
        let inotify = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
        let watched: Arc<Mutex<Watched>> = Arc::default();
        let (events, interests) = (Arc::clone(&inotify), Arc::clone(&watched));
        std::thread::Builder::new().name("files".to_owned()).spawn(move || {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = Reader::new(&*events, &mut buffer);
            loop {
                match reader.next() {
                    Ok(event) => {
                        let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                        if counts(&event, name, &interests) {
                            on_change(name);
                        }
                    }
                    Err(Errno::INTR) => {}
                    Err(error) => return tracing::error!(%error, "file changes are no longer noticed"),
                }
            }
        })?;
        Ok(Self { inotify, watched })
    }

    /// Watches these paths alone. True if that differs from what was watched before.
    pub(super) fn refresh(&mut self, paths: &[PathBuf]) -> io::Result<bool> {
        // Locked until the end, so that an event of a new watch waits until the watch is listed.
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut walk = Walk { inotify: &self.inotify, watched: HashMap::new(), failure: None };
        for path in paths {
            walk.follow(path);
        }
        let Walk { watched: now, failure, .. } = walk;
        for watch in watched.keys().filter(|watch| !now.contains_key(watch)) {
            // Fails if the file was deleted, which ended its watch.
            let _ = inotify::remove_watch(&self.inotify, *watch);
        }
        let differs = *watched != now;
        *watched = now;
        failure.map_or(Ok(differs), |error| Err(error.into()))
    }
}

fn counts(event: &inotify::Event<'_>, name: Option<&OsStr>, watched: &Mutex<Watched>) -> bool {
    if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
        return true;
    }
    if event.events().contains(ReadFlags::IGNORED) {
        return false;
    }
    let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
    let interest = watched.get(&event.wd());
    interest.is_some_and(|interest| interest.all || name.is_none_or(|name| interest.names.contains(name)))
}

struct Walk<'a> {
    inotify: &'a OwnedFd,
    watched: Watched,
    failure: Option<Errno>,
}

impl Walk<'_> {
    /// Watches a path the way the kernel resolves it: each link on the way, and the file or folder at the end. If the path
    /// does not exist, watches the folder in which its next name would appear.
    fn follow(&mut self, path: &Path) {
        let mut resolved = PathBuf::from("/");
        let mut rest: VecDeque<OsString> = names(path).collect();
        let mut links = 0;
        while let Some(name) = rest.pop_front() {
            if name == ".." {
                resolved.pop();
                continue;
            }
            let entry = resolved.join(&name);
            let is_folder = |metadata: &std::fs::Metadata| metadata.is_dir();
            let mut found = std::fs::symlink_metadata(&entry);
            if rest.is_empty() || !found.as_ref().is_ok_and(is_folder) {
                self.watch_name(&resolved, name);
                // It may have appeared or vanished just before the watch began.
                found = std::fs::symlink_metadata(&entry);
            }
            let Ok(metadata) = found else { return };
            if metadata.is_symlink() {
                links += 1;
                let Ok(target) = std::fs::read_link(&entry) else { return };
                if links > MAX_LINKS {
                    return;
                }
                if target.is_absolute() {
                    resolved = PathBuf::from("/");
                }
                for name in names(&target).collect::<Vec<_>>().into_iter().rev() {
                    rest.push_front(name);
                }
                continue;
            }
            if !rest.is_empty() {
                self.watch(&entry, SELF);
            } else if metadata.is_dir() {
                self.watch_all(&entry, NAMES | BYTES);
            } else if metadata.is_file() {
                self.watch_all(&entry, BYTES);
            }
            resolved = entry;
        }
    }

    fn watch_name(&mut self, folder: &Path, name: OsString) {
        if let Some(interest) = self.watch(folder, NAMES) {
            interest.names.insert(name);
        }
    }

    fn watch_all(&mut self, path: &Path, flags: WatchFlags) {
        if let Some(interest) = self.watch(path, flags) {
            interest.all = true;
        }
    }

    fn watch(&mut self, path: &Path, flags: WatchFlags) -> Option<&mut Interest> {
        let added = inotify::add_watch(self.inotify, path, flags | WatchFlags::MASK_ADD);
        match added {
            Ok(watch) => Some(self.watched.entry(watch).or_default()),
            // It is gone, which the watch on its folder reports, or the user may not read it, so no survey can.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => None,
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }
}

/// The names in a path, including `..`.
fn names(path: &Path) -> impl Iterator<Item = OsString> + '_ {
    path.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::RootDir | Component::CurDir | Component::Prefix(_) => None,
    })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::mpsc::{self, Receiver};
    use std::time::Duration;

    use super::*;

    const MARKER: &str = "marker";

    struct Watching {
        home: tempfile::TempDir,
        files: Files,
        receiver: Receiver<Option<OsString>>,
        paths: Vec<PathBuf>,
    }

    impl Watching {
        fn of(names: &[&str]) -> Self {
            let home = tempfile::tempdir().unwrap();
            let (sender, receiver) = mpsc::channel();
            let files = Files::start(move |name| sender.send(name.map(OsStr::to_owned)).unwrap()).unwrap();
            let paths = names.iter().chain(&[MARKER]).map(|name| home.path().join(name)).collect();
            let mut watching = Self { home, files, receiver, paths };
            watching.files.refresh(&watching.paths).unwrap();
            watching
        }

        fn at(&self, name: &str) -> PathBuf {
            self.home.path().join(name)
        }

        /// The changes until now, in order; then refreshes the watches, as the controller does.
        #[track_caller]
        fn changes(&mut self) -> Vec<Option<OsString>> {
            let mark = |name: &Option<OsString>| name.as_deref() == Some(OsStr::new(MARKER));
            let mut found = Vec::new();
            for act in [fs::create_dir, fs::remove_dir::<PathBuf>] {
                act(self.at(MARKER)).unwrap();
                loop {
                    match self.receiver.recv_timeout(Duration::from_secs(10)).expect("a change of the marker")
                    {
                        name if mark(&name) => break,
                        other => found.push(other),
                    }
                }
            }
            self.files.refresh(&self.paths).unwrap();
            found
        }

        #[track_caller]
        fn expect_change(&mut self) {
            assert!(!self.changes().is_empty(), "no change was reported");
        }
    }

    #[test]
    fn notices_every_way_of_writing() {
        let mut watching = Watching::of(&["netrc"]);
        let netrc = watching.at("netrc");
        fs::write(&netrc, "one").unwrap();
        watching.expect_change();
        fs::write(&netrc, "in place").unwrap();
        watching.expect_change();
        fs::write(watching.at("netrc.new"), "renamed").unwrap();
        fs::rename(watching.at("netrc.new"), &netrc).unwrap();
        watching.expect_change();
        fs::write(&netrc, "the renamed one, in place").unwrap();
        watching.expect_change();
        fs::rename(&netrc, watching.at("netrc~")).unwrap();
        fs::write(&netrc, "beside a backup").unwrap();
        watching.expect_change();
        fs::set_permissions(&netrc, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        watching.expect_change();
        fs::remove_file(&netrc).unwrap();
        watching.expect_change();
    }

    #[test]
    fn follows_folders_that_are_created_later() {
        let mut watching = Watching::of(&["a/b/login.json", "accounts"]);
        for name in ["a", "a/b", "accounts"] {
            fs::create_dir(watching.at(name)).unwrap();
            watching.expect_change();
        }
        fs::write(watching.at("a/b/login.json"), "{}").unwrap();
        watching.expect_change();
        fs::write(watching.at("accounts/work"), "username: me@example.com").unwrap();
        watching.expect_change();
        fs::write(watching.at("accounts/work"), "in place").unwrap();
        watching.expect_change();
        fs::rename(watching.at("a"), watching.at("away")).unwrap();
        watching.expect_change();
        fs::create_dir_all(watching.at("a/b")).unwrap();
        watching.expect_change();
        fs::write(watching.at("a/b/login.json"), "{}").unwrap();
        watching.expect_change();
    }

    #[test]
    fn follows_links_and_their_changes() {
        use std::os::unix::fs::symlink;
        let mut watching = Watching::of(&["netrc", "config/file"]);
        fs::create_dir(watching.at("dotfiles")).unwrap();
        fs::write(watching.at("dotfiles/one"), "one").unwrap();
        symlink("dotfiles/one", watching.at("netrc")).unwrap();
        watching.expect_change();
        fs::write(watching.at("dotfiles/one"), "changed").unwrap();
        watching.expect_change();
        symlink("dotfiles/two", watching.at("netrc.new")).unwrap();
        fs::rename(watching.at("netrc.new"), watching.at("netrc")).unwrap();
        watching.expect_change();
        fs::write(watching.at("dotfiles/two"), "a target that did not exist before").unwrap();
        watching.expect_change();
        symlink("dotfiles", watching.at("config")).unwrap();
        watching.expect_change();
        fs::write(watching.at("dotfiles/file"), "through a folder that is a link").unwrap();
        watching.expect_change();
        symlink("circle", watching.at("circle")).unwrap();
        watching.paths.push(watching.at("circle/file"));
        watching.files.refresh(&watching.paths).unwrap();
    }

    #[test]
    fn ignores_reads_and_other_files() {
        let mut watching = Watching::of(&["netrc"]);
        fs::write(watching.at("netrc"), "one").unwrap();
        fs::write(watching.at("log"), "").unwrap();
        watching.expect_change();
        fs::write(watching.at("log"), "a line").unwrap();
        fs::create_dir(watching.at("folder")).unwrap();
        fs::read(watching.at("netrc")).unwrap();
        assert_eq!(watching.changes(), []);
    }
}
