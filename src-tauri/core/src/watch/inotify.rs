//! Watches by inotify(7). A folder tells of names that come and go, a file of its bytes: so a folder that others write
//! into all day, such as the home, wakes nobody.

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
const MOST_LINKS: usize = 40;

pub(super) struct Files {
    inotify: Arc<OwnedFd>,
    watched: Arc<Mutex<Watched>>,
}

/// By watch descriptor.
type Watched = HashMap<i32, Concern>;

/// What matters of the events of one watch.
#[derive(Default)]
struct Concern {
    /// All of them: it is a file, or a folder that counts with all that is in it.
    all: bool,
    /// Those about these names in a folder.
    names: HashSet<OsString>,
}

impl Files {
    /// `changed` is told the name in its folder, where there is one.
    pub(super) fn start(changed: impl Fn(Option<&OsStr>) + Send + 'static) -> io::Result<Self> {
        let inotify = Arc::new(inotify::init(CreateFlags::CLOEXEC)?);
        let watched: Arc<Mutex<Watched>> = Arc::default();
        let (events, concerns) = (Arc::clone(&inotify), Arc::clone(&watched));
        std::thread::Builder::new().name("files".to_owned()).spawn(move || {
            let mut buffer = [MaybeUninit::uninit(); 4096];
            let mut reader = Reader::new(&*events, &mut buffer);
            loop {
                match reader.next() {
                    Ok(event) => {
                        let name = event.file_name().map(|name| OsStr::from_bytes(name.to_bytes()));
                        if concerns_us(&event, name, &concerns) {
                            changed(name);
                        }
                    }
                    Err(Errno::INTR) => {}
                    Err(error) => return tracing::error!(%error, "files are not watched any more"),
                }
            }
        })?;
        Ok(Self { inotify, watched })
    }

    pub(super) fn refresh(&mut self, wanted: &[PathBuf]) -> io::Result<()> {
        // Held until all is known: the events of a new watch wait for its entry.
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        let mut walk = Walk { inotify: &self.inotify, watched: HashMap::new(), failure: None };
        for path in wanted {
            walk.follow(path);
        }
        let Walk { watched: now, failure, .. } = walk;
        for gone in watched.keys().filter(|watch| !now.contains_key(watch)) {
            // What was deleted took its watch along.
            let _ = inotify::remove_watch(&self.inotify, *gone);
        }
        *watched = now;
        failure.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn concerns_us(event: &inotify::Event<'_>, name: Option<&OsStr>, watched: &Mutex<Watched>) -> bool {
    if event.events().contains(ReadFlags::QUEUE_OVERFLOW) {
        return true;
    }
    if event.events().contains(ReadFlags::IGNORED) {
        return false;
    }
    let watched = watched.lock().unwrap_or_else(PoisonError::into_inner);
    let concern = watched.get(&event.wd());
    concern.is_some_and(|concern| concern.all || name.is_none_or(|name| concern.names.contains(name)))
}

struct Walk<'a> {
    inotify: &'a OwnedFd,
    watched: Watched,
    failure: Option<Errno>,
}

impl Walk<'_> {
    /// Watches a path as the kernel resolves it: each link on the way, the file or folder at the end, and, where the
    /// path breaks off, the folder in which the next name would appear.
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
                self.names_in(&resolved, name);
                // It may have come or gone just before the watch.
                found = std::fs::symlink_metadata(&entry);
            }
            let Ok(metadata) = found else { return };
            if metadata.is_symlink() {
                links += 1;
                let Ok(target) = std::fs::read_link(&entry) else { return };
                if links > MOST_LINKS {
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
                self.all_of(&entry, NAMES | BYTES);
            } else if metadata.is_file() {
                self.all_of(&entry, BYTES);
            }
            resolved = entry;
        }
    }

    fn names_in(&mut self, folder: &Path, name: OsString) {
        if let Some(concern) = self.watch(folder, NAMES) {
            concern.names.insert(name);
        }
    }

    fn all_of(&mut self, path: &Path, flags: WatchFlags) {
        if let Some(concern) = self.watch(path, flags) {
            concern.all = true;
        }
    }

    fn watch(&mut self, path: &Path, flags: WatchFlags) -> Option<&mut Concern> {
        let added = inotify::add_watch(self.inotify, path, flags | WatchFlags::MASK_ADD);
        match added {
            Ok(watch) => Some(self.watched.entry(watch).or_default()),
            // Gone meanwhile, which its folder tells; or closed to this person, and so to the survey.
            Err(Errno::NOENT | Errno::NOTDIR | Errno::ACCESS) => None,
            Err(error) => {
                self.failure = Some(error);
                None
            }
        }
    }
}

/// The names in a path, `..` among them.
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
        changes: Receiver<Option<OsString>>,
        wanted: Vec<PathBuf>,
    }

    impl Watching {
        fn of(names: &[&str]) -> Self {
            let home = tempfile::tempdir().unwrap();
            let (told, changes) = mpsc::channel();
            let files = Files::start(move |name| told.send(name.map(OsStr::to_owned)).unwrap()).unwrap();
            let wanted = names.iter().chain(&[MARKER]).map(|name| home.path().join(name)).collect();
            let mut watching = Self { home, files, changes, wanted };
            watching.files.refresh(&watching.wanted).unwrap();
            watching
        }

        fn at(&self, name: &str) -> PathBuf {
            self.home.path().join(name)
        }

        /// What was told until now, in order; then it looks at how things are, as the controller does.
        #[track_caller]
        fn told(&mut self) -> Vec<Option<OsString>> {
            let mark = |name: &Option<OsString>| name.as_deref() == Some(OsStr::new(MARKER));
            let mut told = Vec::new();
            for act in [fs::create_dir, fs::remove_dir::<PathBuf>] {
                act(self.at(MARKER)).unwrap();
                loop {
                    match self.changes.recv_timeout(Duration::from_secs(10)).expect("the marker is told") {
                        name if mark(&name) => break,
                        other => told.push(other),
                    }
                }
            }
            self.files.refresh(&self.wanted).unwrap();
            told
        }

        #[track_caller]
        fn tells(&mut self) {
            assert!(!self.told().is_empty(), "a change is told");
        }
    }

    #[test]
    fn every_way_of_writing_is_told() {
        let mut watching = Watching::of(&["netrc"]);
        let netrc = watching.at("netrc");
        fs::write(&netrc, "one").unwrap();
        watching.tells();
        fs::write(&netrc, "in place").unwrap();
        watching.tells();
        fs::write(watching.at("netrc.new"), "renamed").unwrap();
        fs::rename(watching.at("netrc.new"), &netrc).unwrap();
        watching.tells();
        fs::write(&netrc, "the renamed one, in place").unwrap();
        watching.tells();
        fs::rename(&netrc, watching.at("netrc~")).unwrap();
        fs::write(&netrc, "beside a backup").unwrap();
        watching.tells();
        fs::set_permissions(&netrc, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        watching.tells();
        fs::remove_file(&netrc).unwrap();
        watching.tells();
    }

    #[test]
    fn folders_that_come_later_are_followed_down() {
        let mut watching = Watching::of(&["a/b/login.json", "accounts"]);
        for name in ["a", "a/b", "accounts"] {
            fs::create_dir(watching.at(name)).unwrap();
            watching.tells();
        }
        fs::write(watching.at("a/b/login.json"), "{}").unwrap();
        watching.tells();
        fs::write(watching.at("accounts/work"), "username: me@example.com").unwrap();
        watching.tells();
        fs::write(watching.at("accounts/work"), "in place").unwrap();
        watching.tells();
        fs::rename(watching.at("a"), watching.at("away")).unwrap();
        watching.tells();
        fs::create_dir_all(watching.at("a/b")).unwrap();
        watching.tells();
        fs::write(watching.at("a/b/login.json"), "{}").unwrap();
        watching.tells();
    }

    #[test]
    fn links_are_followed_and_may_lead_elsewhere() {
        use std::os::unix::fs::symlink;
        let mut watching = Watching::of(&["netrc", "config/file"]);
        fs::create_dir(watching.at("dotfiles")).unwrap();
        fs::write(watching.at("dotfiles/one"), "one").unwrap();
        symlink("dotfiles/one", watching.at("netrc")).unwrap();
        watching.tells();
        fs::write(watching.at("dotfiles/one"), "changed").unwrap();
        watching.tells();
        symlink("dotfiles/two", watching.at("netrc.new")).unwrap();
        fs::rename(watching.at("netrc.new"), watching.at("netrc")).unwrap();
        watching.tells();
        fs::write(watching.at("dotfiles/two"), "a file that the link had led to before it was there")
            .unwrap();
        watching.tells();
        symlink("dotfiles", watching.at("config")).unwrap();
        watching.tells();
        fs::write(watching.at("dotfiles/file"), "through a folder that is a link").unwrap();
        watching.tells();
        symlink("circle", watching.at("circle")).unwrap();
        watching.wanted.push(watching.at("circle/file"));
        watching.files.refresh(&watching.wanted).unwrap();
    }

    #[test]
    fn what_happens_beside_it_and_reading_wake_nobody() {
        let mut watching = Watching::of(&["netrc"]);
        fs::write(watching.at("netrc"), "one").unwrap();
        fs::write(watching.at("log"), "").unwrap();
        watching.tells();
        fs::write(watching.at("log"), "a line").unwrap();
        fs::create_dir(watching.at("folder")).unwrap();
        fs::read(watching.at("netrc")).unwrap();
        assert_eq!(watching.told(), []);
    }
}
