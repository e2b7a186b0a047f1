use super::*;

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_file_can_be_written_repeatedly_and_nothing_else_is_left() {
    let folder = folder();
    let path = folder.path().join("file");
    for bytes in [b"one".as_slice(), b"two, longer", b""] {
        write(&path, bytes).unwrap();
        assert_eq!(read(&path, 100).unwrap().unwrap().as_slice(), bytes);
    }
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn a_file_is_replaced_only_if_nobody_has_changed_it() {
    let folder = folder();
    let path = folder.path().join("file");
    std::fs::write(&path, "before").unwrap();
    assert!(replace(&path, b"other", b"after").is_err());
    replace(&path, b"before", b"after").unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"after");
    assert_eq!(names(folder.path()), ["file"]);
}

#[test]
fn sweep_removes_what_a_killed_process_left() {
    let folder = folder();
    let path = folder.path().join("file");
    for name in ["file", "file.herokey-1a2b3c", "other.herokey-1a2b3c"] {
        std::fs::write(folder.path().join(name), "").unwrap();
    }
    sweep(&path).unwrap();
    assert_eq!(names(folder.path()), ["file", "other.herokey-1a2b3c"]);
}

#[test]
fn a_large_file_and_a_folder_are_not_read() {
    let folder = folder();
    let path = folder.path().join("file");
    assert!(read(&path, 4).unwrap().is_none());
    std::fs::write(&path, "12345").unwrap();
    assert!(read(&path, 4).is_err());
    assert!(read(&path, 5).unwrap().is_some());
    assert!(read(folder.path(), 5).is_err());
}

#[cfg(unix)]
#[test]
fn a_socket_is_neither_replaced_nor_changed() {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};

    let folder = folder();
    let path = folder.path().join("socket");
    let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let mode = std::fs::metadata(&path).unwrap().mode();
    assert!(matches!(obstacle(&path), Some(Obstacle::NotRegular)));
    assert!(
        write(&path, b"").is_err() && write_own(&path, b"").is_err() && replace(&path, b"", b"").is_err()
    );
    assert!(set_mode(&path, 0o600).is_err());
    let after = std::fs::metadata(&path).unwrap();
    assert!(after.file_type().is_socket() && after.mode() == mode);
    assert_eq!(names(folder.path()), ["socket"]);
}

#[test]
fn a_read_only_file_has_an_obstacle_and_a_new_one_does_not() {
    let folder = folder();
    let path = folder.path().join("file");
    assert!(obstacle(&path).is_none());
    write(&path, b"").unwrap();
    assert!(obstacle(&path).is_none());
    let mut permissions = std::fs::metadata(&path).unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(&path, permissions).unwrap();
    assert!(matches!(obstacle(&path), Some(Obstacle::ReadOnly)));
    assert!(matches!(obstacle(&folder.path().join("gone/file")), Some(Obstacle::Unseen(_))));
}

/// Windows refuses to replace a file that a program has open without sharing it.
#[cfg(windows)]
mod held {
    use std::os::windows::fs::OpenOptionsExt;
    use std::sync::mpsc;

    use super::*;

    fn hold(path: &Path) -> File {
        File::options().read(true).share_mode(1).open(path).unwrap()
    }

    #[test]
    fn a_held_file_is_replaced_once_it_is_closed() {
        let folder = folder();
        let path = folder.path().join("file");
        write(&path, b"before").unwrap();
        let held = hold(&path);
        let (tried, first_try) = mpsc::channel();
        let target = path.clone();
        let writer = std::thread::spawn(move || {
            let mut temporary = temporary(&target).unwrap();
            temporary.write_all(b"after").unwrap();
            let first = std::fs::rename(temporary.path(), &target);
            tried.send(()).unwrap();
            put(temporary, &target, Duration::from_mins(1)).unwrap();
            first
        });
        first_try.recv().unwrap();
        drop(held);
        assert!(is_held(&writer.join().unwrap().unwrap_err()), "the first attempt fails");
        assert_eq!(std::fs::read(&path).unwrap(), b"after");
    }

    #[test]
    fn a_file_that_stays_open_is_not_changed() {
        let folder = folder();
        let path = folder.path().join("file");
        write(&path, b"before").unwrap();
        let _held = hold(&path);
        let error = put(temporary(&path).unwrap(), &path, Duration::from_millis(60)).unwrap_err();
        assert!(is_held(&error), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"before");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn only_the_user_may_ever_read_it() {
        if crate::fixture::is_wine() {
            eprintln!("SKIPPED: Wine derives access lists from Unix modes");
            return;
        }
        let folder = folder();
        let private = |path: &Path| {
            let list = system::access(path).unwrap();
            list.starts_with("D:P(A;;FA;;;S-1-") && list.matches('(').count() == 1
        };
        let temporary = temporary(&folder.path().join("file")).unwrap();
        assert!(private(temporary.path()), "{:?}", system::access(temporary.path()));
        let (other, path) = (folder.path().join("other"), folder.path().join("file"));
        std::fs::write(&other, "as the folder says").unwrap();
        let inherited = system::access(&other).unwrap();
        replace(&other, b"as the folder says", b"x").unwrap();
        assert_eq!(system::access(&other).unwrap(), inherited, "the access list stays");
        write(&path, b"x").unwrap();
        replace(&path, b"x", b"y").unwrap();
        assert!(private(&path), "{:?}", system::access(&path));
    }
}
