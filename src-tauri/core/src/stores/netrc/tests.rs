use std::fs;
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::fixture;

const NAME: &str = if cfg!(windows) { "_netrc" } else { ".netrc" };

const HOSTS: [&str; 2] = ["api.heroku.com", "git.heroku.com"];
const OTHERS: &str = "# mine\nmachine ftp.example.com\n\tlogin anna\n\tpassword \"two words\"\n";

fn home(netrc: Option<&str>) -> (tempfile::TempDir, Env, NetrcFile) {
    let home = tempfile::tempdir().unwrap();
    if let Some(content) = netrc {
        fs::write(home.path().join(NAME), content).unwrap();
    }
    let env = Env::new([("HOME", home.path())]);
    let file = NetrcFile::locate(&env);
    (home, env, file)
}

fn token(text: &str) -> Token {
    Token::parse(text).unwrap()
}

#[test]
fn other_content_is_the_same_after_writing_and_removing() {
    let (home, env, file) = home(Some(OTHERS));
    file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap();
    let text = fs::read_to_string(&file.path).unwrap();
    assert!(text.starts_with(OTHERS), "{text}");
    assert!(
        text.contains("machine git.heroku.com\n\tlogin me@example.com\n\tpassword HRKU-fake-one\n"),
        "{text}"
    );
    #[cfg(unix)]
    assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(
        file.remove(&env, &HOSTS, |record| login_of(record).as_deref() == Some("me@example.com")).unwrap(),
        2
    );
    assert_eq!(fs::read_to_string(&file.path).unwrap(), OTHERS);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no lock or temporary file is left");
}

fn holds(wanted: &'static str) -> impl Fn(&Credential) -> bool {
    move |record| token_of(record) == Some(token(wanted))
}

#[test]
fn only_unwanted_records_are_removed() {
    let (_home, env, file) = home(None);
    file.set(&env, &HOSTS, "other@example.com", &token("HRKU-fake-other")).unwrap();
    let before = fs::read(&file.path).unwrap();
    assert_eq!(file.remove(&env, &HOSTS, holds("HRKU-fake-mine")).unwrap(), 0);
    assert_eq!(fs::read(&file.path).unwrap(), before);
    assert_eq!(file.remove(&env, &HOSTS, holds("HRKU-fake-other")).unwrap(), 2);
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let (home, env, file) = home(None);
    let target = home.path().join("dotfiles-netrc");
    std::os::unix::fs::symlink("dotfiles-netrc", &file.path).unwrap();
    file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap();
    file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-two")).unwrap();
    assert!(fs::symlink_metadata(&file.path).unwrap().is_symlink());
    assert!(fs::read_to_string(target).unwrap().contains("HRKU-fake-two"));
}

#[test]
fn only_a_regular_file_is_written() {
    let (home, env, file) = home(None);
    let refused = || {
        let error = file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap_err();
        assert_eq!((error.code, error.means.as_str()), (Code::NetrcFailed, "The file was not changed."));
        assert_eq!(file.read(&env, Unlock::Never).map(drop).unwrap_err().code, Code::NetrcFailed);
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "no other file is left");
        error.detail
    };
    fs::create_dir(&file.path).unwrap();
    // Windows cannot open a folder, and reports that error instead.
    assert!(cfg!(windows) || refused() == "it is not a regular file", "{}", refused());
    fs::remove_dir(&file.path).unwrap();
    #[cfg(unix)]
    {
        let made = std::process::Command::new("mkfifo").arg(&file.path).status().unwrap();
        assert!(made.success());
        assert_eq!(refused(), "it is not a regular file");
    }
}

#[test]
fn a_huge_file_is_not_written() {
    let (_home, env, file) = home(None);
    fs::File::create(&file.path).unwrap().set_len(100 << 20).unwrap();
    let error = file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap_err();
    assert_eq!(error.detail, "it is larger than 16 MiB");
    assert_eq!(fs::metadata(&file.path).unwrap().len(), 100 << 20);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_written_file() {
    let (_home, env, file) = home(Some(OTHERS));
    fs::set_permissions(&file.path, fs::Permissions::from_mode(0o644)).unwrap();
    file.set(&env, &HOSTS, "me@example.com", &token("HRKU-fake-one")).unwrap();
    assert_eq!(fs::metadata(&file.path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn sweep_removes_what_a_killed_writer_left() {
    let (home, env, file) = home(Some(OTHERS));
    for left in [".herokey-1a2b3c", ".lock.herokey-4d5e6f"] {
        fs::write(
            home.path().join(format!("{NAME}{left}")),
            "machine api.heroku.com password HRKU-fake-left",
        )
        .unwrap();
    }
    fs::write(home.path().join(format!("{NAME}.bak")), "mine").unwrap();
    file.sweep(&env).unwrap();
    let mut names: Vec<_> =
        fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, [NAME, &format!("{NAME}.bak")]);
}

#[test]
fn a_change_to_the_replaced_file_is_kept() {
    if fixture::is_wine() {
        eprintln!("SKIPPED: Wine does not replace open files");
        return;
    }
    let (_home, env, file) = home(Some(OTHERS));
    let old = Opened::read(&env, &file.path, MAX_BYTES).unwrap().unwrap();
    let in_place = fs::File::options().write(true).truncate(true).open(&file.path).unwrap();
    let theirs = old.replace_with(|| {
        files::write(&file.path, b"# ours")?;
        io::Write::write_all(&mut &in_place, b"# theirs")
    });
    assert_eq!(theirs.unwrap().unwrap().as_slice(), b"# theirs");
    let old = Opened::read(&env, &file.path, MAX_BYTES).unwrap().unwrap();
    assert!(old.replace_with(|| files::write(&file.path, b"# again")).unwrap().is_none());
}

#[test]
fn a_change_by_another_program_is_kept() {
    let (_home, env, file) = home(Some(OTHERS));
    let mut first = true;
    file.edit(&env, |netrc| {
        if std::mem::take(&mut first) {
            fs::write(&file.path, format!("{OTHERS}machine new.example.com login me password fake\n"))
                .unwrap();
        }
        netrc.set("api.heroku.com", "me@example.com", "HRKU-fake-one")
    })
    .unwrap();
    let text = fs::read_to_string(&file.path).unwrap();
    assert!(text.contains("new.example.com") && text.contains("HRKU-fake-one"), "{text}");
}
