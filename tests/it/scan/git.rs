//! Tokens in git's objects, however git keeps them. What a repository could run must not run.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use herokey_tests::{World, unknown_token};
use serde_json::Value;

use super::{found_in, held_token, list, scan};

/// A repository in a world.
struct Repository<'a> {
    world: &'a World,
    name: &'a str,
}

impl<'a> Repository<'a> {
    fn new(world: &'a World, name: &'a str, options: &[&str]) -> Self {
        world.git([&["init", "--quiet"], options, &[name]].concat()).ok();
        Self { world, name }
    }

    #[track_caller]
    fn git(&self, arguments: &[&str]) -> String {
        let who = ["-C", self.name, "-c", "user.name=Me", "-c", "user.email=me@example.com"];
        self.world.git([&who, arguments].concat()).ok().to_owned()
    }

    fn write(&self, file: &str, text: &str) {
        self.world.write_file(&format!("{}/{file}", self.name), text);
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message]);
    }

    /// How many objects git knows that are searched, and in which of them a text is.
    fn objects(&self, text: &str) -> (u64, BTreeSet<String>) {
        let all = self.git(&["cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)"]);
        let searched: Vec<_> = all.lines().filter(|line| !line.ends_with(" tree")).collect();
        let names = searched.iter().map(|line| line.split_once(' ').unwrap());
        let found = names.filter(|(name, kind)| self.git(&["cat-file", kind, name]).contains(text));
        (searched.len() as u64, found.map(|(name, _)| name.to_owned()).collect())
    }
}

fn objects_in(report: &Value) -> BTreeSet<String> {
    let objects = list(report, "findings").iter().filter_map(|finding| finding["object"].as_str());
    objects.map(str::to_owned).collect()
}

/// A history in which a token comes and goes: in a file, in a large file that git stores as a delta, in a message, in a tag.
fn history(repository: &Repository<'_>, token: &str) {
    let line =
        |number: usize| format!("fake line {number} of a file that changes a little with every commit\n");
    let mut lines: Vec<String> = (0..2000).map(line).collect();
    for number in 0..30 {
        lines[number * 61] = format!("changed in commit {number}\n");
        if number == 15 {
            lines[700] = format!("HEROKU_API_KEY={token}\n");
        }
        if number == 20 {
            lines[700] = line(700);
        }
        repository.write("large.txt", &lines.concat());
        repository.write(&format!("folder/{number}.txt"), &format!("fake {number}\n"));
        repository.commit(&format!("Commit {number}"));
    }
    repository.write(".env", &format!("A=1\nHEROKU_API_KEY={token}\n"));
    repository.commit("Add the settings");
    fs::remove_file(repository.world.home().join(repository.name).join(".env")).unwrap();
    repository.commit(&format!("Remove {token}"));
    repository.git(&["tag", "--annotate", "v1", "--message", token]);
}

#[test]
fn every_object_is_searched_loose_or_packed() {
    let world = World::desktop();
    let token = held_token(&world);
    for (name, format) in [("one", "sha1"), ("two", "sha256")] {
        let repository = Repository::new(&world, name, &["--object-format", format]);
        history(&repository, &token);
        let (count, expected) = repository.objects(&token);
        // Five versions of the large file, `.env`, a commit and a tag.
        assert_eq!(expected.len(), 8, "{name}");
        let check = |how: &str| {
            let report = scan(&world, &[name]);
            assert_eq!(objects_in(&report), expected, "{name} {how}");
            assert_eq!(report["searched"]["objects"], count, "{name} {how}");
            assert_eq!(list(&report, "unreadable").len(), 0, "{name} {how}: {report}");
        };
        check("loose");
        repository.git(&["repack", "--quiet", "-a", "-d", "-f", "--depth=50"]);
        let packed = repository.git(&["count-objects", "-v"]);
        assert!(packed.contains("count: 0\n") && packed.contains("packs: 1\n"), "{packed}");
        let deltas = repository.git(&["verify-pack", "--stat-only", "-v", &pack(&world, name)]);
        assert!(deltas.contains("chain length = 10"), "{deltas}");
        check("packed");
        repository.write("new.txt", "fake\n");
        repository.commit("Both at once");
        assert_eq!(scan(&world, &[name])["searched"]["objects"], count + 2);
    }
    let told = world.herokey(["scan", "one"]);
    assert!(told.stdout.contains("~/one/.git, blob "), "{told}");
    assert!(told.stderr.contains("git log --all --find-object"), "{told}");
    assert!(!format!("{told}").contains(&token));
}

fn pack(world: &World, repository: &str) -> String {
    let folder = world.home().join(repository).join(".git/objects/pack");
    let mut files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files
        .find(|path| path.extension().is_some_and(|extension| extension == "idx"))
        .unwrap()
        .display()
        .to_string()
}

/// The names and lines are those that git itself would show.
#[test]
fn an_object_is_named_as_git_names_it() {
    let world = World::desktop();
    let token = held_token(&world);
    let repository = Repository::new(&world, "app", &[]);
    history(&repository, &token);
    repository.git(&["gc", "--quiet"]);
    let blob = repository.git(&["rev-parse", "HEAD~1:.env"]);
    let report = scan(&world, &["app"]);
    let found = list(&report, "findings").iter().find(|finding| finding["object"] == blob.as_str()).unwrap();
    assert_eq!((&found["line"], &found["kind"]), (&2.into(), &"blob".into()), "{found}");
    assert_eq!(found["repository"], world.home().join("app/.git").to_str().unwrap());
    let log = repository.git(&["log", "--all", "--format=%s", &format!("--find-object={blob}")]);
    assert!(log.contains("Add the settings"), "{log}");
}

#[test]
fn borrowed_objects_worktrees_and_bare_repositories_are_searched_once() {
    let world = World::desktop();
    let token = held_token(&world);
    let repository = Repository::new(&world, "origin", &[]);
    history(&repository, &token);
    let (_, expected) = repository.objects(&token);
    world.git(["clone", "--quiet", "--shared", "origin", "clones/shared"]).ok();
    world.git(["clone", "--quiet", "--bare", "--no-local", "origin", "bare.git"]).ok();
    repository.git(&["worktree", "add", "--quiet", "../tree"]);
    for folder in ["clones", "bare.git", "tree", "clones/shared/.git"] {
        assert_eq!(objects_in(&scan(&world, &[folder])), expected, "{folder}");
    }
    let all = scan(&world, &["clones", "tree", "origin", "bare.git"]);
    assert_eq!(objects_in(&all), expected);
    assert_eq!(
        list(&all, "findings").iter().filter(|finding| finding["object"].is_string()).count(),
        expected.len()
    );
    // Alternates that lead in a circle, to nowhere and to a file.
    let alternates =
        "../../../origin/.git/objects\n../../clones/shared/.git/objects\n# no path\n/missing\n/etc/passwd\n";
    world.write_file("origin/.git/objects/info/alternates", alternates);
    let report = scan(&world, &["clones"]);
    assert_eq!(objects_in(&report), expected);
    assert!(report["unreadable"][0]["why"].as_str().unwrap().contains("/missing"), "{report}");
}

/// As `.git/modules` keeps the repository of a submodule that was removed.
#[test]
fn a_repository_without_its_working_tree_is_searched() {
    let mut world = World::desktop();
    let token = held_token(&world);
    let repository = Repository::new(&world, "app", &[]);
    history(&repository, &token);
    let (_, expected) = repository.objects(&token);
    repository.git(&["config", "core.worktree", "../../gone"]);
    world.set_env("GIT_TRACE", "1");
    let report = scan(&world, &["app"]);
    assert_eq!(objects_in(&report), expected);
    assert_eq!(list(&report, "unreadable").len(), 0, "{report}");
}

#[test]
fn without_git_the_scan_says_what_it_did_not_search() {
    let world = World::builder().keyring().without_program("git").build();
    for file in ["HEAD", "refs/keep", "objects/keep"] {
        world.write_file(&format!("app/.git/{file}"), "ref: refs/heads/main\n");
    }
    let told = world.herokey(["scan", "app"]);
    told.ok();
    assert!(told.stderr.contains("~/app/.git (git is not installed"), "{told}");
}

/// git refuses it without `safe.directory`, since it could name programs to run.
#[test]
fn somebody_elses_repository_is_searched() {
    let mut world = World::desktop();
    let token = held_token(&world);
    let repository = Repository::new(&world, "app", &[]);
    history(&repository, &token);
    let (_, expected) = repository.objects(&token);
    world.set_env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1");
    let refused = world.git(["-C", "app", "status"]);
    assert!(refused.failed_with(128).contains("dubious ownership"), "{refused}");
    let report = scan(&world, &["app"]);
    assert_eq!(objects_in(&report), expected);
    assert_eq!(list(&report, "unreadable").len(), 0, "{report}");
}

#[test]
fn nothing_of_a_repository_runs() {
    let world = World::desktop();
    let token = held_token(&world);
    let repository = Repository::new(&world, "app", &[]);
    repository.write(".env", &format!("HEROKU_API_KEY={token}\n"));
    repository.write(".gitattributes", "* filter=evil diff=evil\n");
    repository.write(".gitignore", ".env\nignored\n");
    repository.write("ignored/file", &token);
    repository.git(&["add", "--force", ".env", ".gitattributes"]);
    repository.commit("Fake");
    let evil = "touch \"$HOME/ran\"";
    for key in [
        "core.fsmonitor",
        "core.pager",
        "filter.evil.smudge",
        "filter.evil.clean",
        "diff.evil.textconv",
        "core.sshCommand",
    ] {
        repository.git(&["config", key, evil]);
    }
    for hook in
        ["post-checkout", "pre-commit", "post-index-change", "reference-transaction", "fsmonitor-watchman"]
    {
        let path = world.home().join("app/.git/hooks").join(hook);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, format!("#!/bin/sh\n{evil}\n")).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let program = world.herokey_program("herokey").args(["scan", "--json", "."]);
    let told = program.in_folder(world.home().join("app")).traced().run();
    let report: Value = serde_json::from_str(&told.stdout).unwrap();
    let files: BTreeSet<_> =
        found_in(&report, &world.home().join("app")).into_iter().map(|(file, _)| file).collect();
    assert!(
        files.contains(".env") && files.contains("ignored/file"),
        "what git ignores is searched: {files:?}"
    );
    assert_eq!(objects_in(&report).len(), 1);
    assert!(!world.home().join("ran").exists(), "{}", told.started_programs);
    let started =
        told.started_programs.lines().filter(|line| line.contains("git") && line.contains("execve("));
    for line in started.filter(|line| line.ends_with("= 0")) {
        assert!(
            ["\"config\"", "\"--version\"", "\"cat-file\"", "herokey"]
                .iter()
                .any(|known| line.contains(known)),
            "{line}"
        );
    }
}

#[test]
fn damaged_objects_are_told_and_the_rest_is_searched() {
    let world = World::desktop();
    let token = held_token(&world);
    let repository = Repository::new(&world, "app", &[]);
    repository.write("token", &token);
    repository.commit("Fake");
    let objects = world.home().join("app/.git/objects");
    let loose = |name: &str, bytes: &[u8]| {
        let path = objects.join("00").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    loose(&"0".repeat(38), b"no zlib");
    loose(&"1".repeat(38), b"");
    symlink("/dev/zero", objects.join("00").join("2".repeat(38))).unwrap();
    fs::write(objects.join("pack/pack-empty.pack"), b"").unwrap();
    fs::write(objects.join("pack/pack-empty.idx"), b"").unwrap();
    fs::write(objects.join("pack/pack-alone.pack"), b"PACK\0\0\0\x02\0\0\0\0").unwrap();
    let report = scan(&world, &["app"]);
    assert_eq!(objects_in(&report).len(), 1, "{report}");
    let told = &list(&report, "unreadable")[0];
    assert_eq!(told["file"], world.home().join("app/.git").to_str().unwrap(), "{report}");
    assert!(
        told["why"].as_str().unwrap().contains("pack-empty.idx is too small; error: "),
        "git names what is damaged: {report}"
    );
}

/// A pack in which every byte in turn is damaged ends neither the program nor its bounds.
#[test]
fn a_damaged_pack_does_no_harm() {
    let world = World::desktop();
    let token = held_token(&world);
    let repository = Repository::new(&world, "app", &[]);
    history(&repository, &token);
    repository.git(&["gc", "--quiet"]);
    let index = pack(&world, "app");
    let pack = index.replace(".idx", ".pack");
    for file in [&index, &pack] {
        let bytes = fs::read(file).unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o644)).unwrap();
        for at in (0..bytes.len()).step_by(bytes.len() / 20) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0xff;
            fs::write(file, &damaged).unwrap();
            let told = world.herokey(["scan", "app"]);
            assert!(matches!(told.code(), Some(0 | 6)), "{file} {at}: {told}");
            fs::write(file, &bytes[..at]).unwrap();
            let told = world.herokey(["scan", "app"]);
            assert!(
                matches!(told.code(), Some(0 | 6)) && told.stderr.contains("Could not read"),
                "{file} {at}: {told}"
            );
        }
        fs::write(file, &bytes).unwrap();
    }
    assert_eq!(list(&scan(&world, &["app"]), "unreadable").len(), 0);
}

/// A blob that is larger than the memory that the program may have.
#[test]
fn a_large_blob_is_streamed() {
    let world = World::desktop();
    held_token(&world);
    let token = unknown_token(1);
    let repository = Repository::new(&world, "app", &[]);
    let line = "fake line of a very large file in a repository\n";
    let large = line.repeat((100 << 20) / line.len());
    repository.write("large", &format!("{large}{token}\n"));
    repository.commit("Fake");
    let program = || world.herokey_program("herokey").args(["scan", "--json", "app/.git"]);
    for how in ["loose", "packed"] {
        let running = program().start();
        let peak = running.peak_memory();
        let report: Value = serde_json::from_str(&running.finish().stdout).unwrap();
        assert_eq!(objects_in(&report).len(), 1, "{how}: {report}");
        assert!(peak > 1.0 && peak < super::MAX_MIB, "{how}: {peak} MiB");
        repository.git(&["gc", "--quiet"]);
    }
}
