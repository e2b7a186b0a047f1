use std::os::unix::fs::PermissionsExt;

use super::*;

fn machine() -> (tempfile::TempDir, Env) {
    let home = tempfile::tempdir().unwrap();
    let env = Env::new([("HOME", home.path())]);
    (home, env)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

#[test]
fn a_folder_and_a_lock_that_others_can_open_become_private() {
    let (_home, env) = machine();
    let folder = env.state_dir();
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    let lock = folder.join("a.lock");
    std::fs::write(&lock, "").unwrap();
    std::fs::set_permissions(&lock, std::fs::Permissions::from_mode(0o644)).unwrap();
    drop(open_lock(&env, "a.lock").unwrap());
    assert_eq!((mode(&folder), mode(&lock)), (0o700, 0o600));
    drop(open_lock(&env, "b.lock").unwrap());
    assert_eq!(mode(&folder.join("b.lock")), 0o600);
    assert_eq!(unwritable(&env), None);
}

#[test]
fn a_lock_must_be_a_file_of_its_own() {
    let (_home, env) = machine();
    let folder = prepare(&env).unwrap();
    std::fs::write(folder.join("elsewhere"), "").unwrap();
    std::os::unix::fs::symlink("elsewhere", folder.join("link.lock")).unwrap();
    assert!(open_lock(&env, "link.lock").is_err());
    std::fs::create_dir(folder.join("folder.lock")).unwrap();
    assert!(open_lock(&env, "folder.lock").is_err());
}

#[test]
fn says_what_is_in_the_way() {
    let (home, env) = machine();
    std::fs::create_dir(home.path().join(".local")).unwrap();
    std::fs::write(home.path().join(".local/state"), "").unwrap();
    let error = unwritable(&env).unwrap();
    let what = "Herokey cannot write to its folder ~/.local/state/herokey: ~/.local/state is not a folder.";
    assert_eq!(error.what, what);
    assert!(failed(&env, "Failed.", &io::Error::other("x")).next_step.contains("~/.local/state away"));
    let full = failed(&env, "Failed.", &io::ErrorKind::StorageFull.into());
    assert!(full.detail.contains("the disk is full") && full.next_step.contains("Free some space"), "{full}");
}

#[test]
fn the_command_names_the_owner_and_the_path() {
    let (_home, env) = machine();
    let of = |path: PathBuf, own| Obstacle { path, kind: Kind::Foreign { owner: 0, own } }.into_error(&env);
    let folder = of(env.state_dir(), 1000);
    assert!(folder.what.ends_with("~/.local/state/herokey: it belongs to root."), "{folder}");
    assert_eq!(
        folder.next_step,
        "Run `sudo chown -R 1000 ~/.local/state/herokey`, then start Herokey again."
    );
    let parent = of(env.home().join(".local"), 1000);
    assert!(parent.next_step.contains("`sudo chown 1000 ~/.local`"), "not the whole of it: {parent}");
    assert!(of(env.state_dir(), 0).next_step.contains("without sudo"));
    assert_eq!(
        system::quoted("~/Library/Application Support/Herokey"),
        "~/'Library/Application Support/Herokey'"
    );
    assert_eq!(system::quoted("/it's"), r"'/it'\''s'");
}
