//! What the programs that Herokey starts can see.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use herokey_core::stores::Store;
use herokey_tests::{ME, TrayHost, World, herokey_path};

const KEY: &str = "HRKU-fake-key-of-the-shell";
const API_TOKEN: &str = "HRKU-fake-ignored-token";
const PROXY: &str = "http://me:fake-proxy-password@127.0.0.1:9";

/// Programs that record their arguments and environment before they do their work.
struct Recorder(PathBuf);

impl Recorder {
    /// Puts a stand-in for each of these first on PATH. One that is not installed does nothing but record.
    /// A record is moved to its folder when it is whole.
    fn install(world: &mut World, names: &[&str]) -> Self {
        let folder = world.home().with_file_name("recorder");
        let records = folder.join("records");
        fs::create_dir_all(&records).unwrap();
        let path = world.environment()["PATH"].clone();
        for name in names {
            let real =
                std::env::split_paths(&path).map(|folder| folder.join(name)).find(|path| path.is_file());
            let real = real.unwrap_or_else(|| "/bin/true".into());
            let script = format!(
                "#!/bin/sh\n{{ echo \"arguments: $*\"; env; }} >'{parts}/{name}.'$$\n\
                 mv '{parts}/{name}.'$$ '{records}'\nexec '{real}' \"$@\"\n",
                parts = folder.display(),
                records = records.display(),
                real = real.display()
            );
            fs::write(folder.join(name), script).unwrap();
            fs::set_permissions(folder.join(name), fs::Permissions::from_mode(0o755)).unwrap();
        }
        world.set_env("PATH", format!("{}:{path}", folder.display()));
        Self(records)
    }

    /// What every run of each program recorded.
    fn runs(&self) -> BTreeMap<String, Vec<String>> {
        let mut runs = BTreeMap::<_, Vec<_>>::new();
        for entry in fs::read_dir(&self.0).unwrap().flatten() {
            let name = Path::new(&entry.file_name()).file_stem().unwrap().to_str().unwrap().to_owned();
            runs.entry(name).or_default().push(fs::read_to_string(entry.path()).unwrap());
        }
        runs
    }

    /// Checks that these programs ran, and that none of them saw a secret that it does not need.
    #[track_caller]
    fn check(&self, expected: &[&str]) {
        let runs = self.runs();
        assert_eq!(runs.keys().collect::<Vec<_>>(), expected);
        for (name, record) in runs.iter().flat_map(|(name, runs)| runs.iter().map(move |run| (name, run))) {
            let is_fill = record.lines().next().unwrap().ends_with("credential fill");
            assert_eq!(record.contains(KEY), is_fill, "{name}: {record}");
            assert!(is_fill || !record.contains(API_TOKEN), "{name}: {record}");
            let is_desktops = ["seahorse", "xdg-open"].contains(&name.as_str());
            assert_eq!(record.contains(PROXY), is_fill || is_desktops, "{name}: {record}");
            assert!(record.contains("HOME="), "{name}: {record}");
        }
    }
}

/// A world whose programs are to use a proxy with a password, except that it is for no host.
fn world() -> World {
    let mut world = World::desktop();
    world.herokey_login(ME);
    world.set_env("HTTPS_PROXY", PROXY);
    world.set_env("NO_PROXY", "*");
    world
}

#[test]
fn the_trays_programs_do_not_get_the_login_shells_token() {
    let mut world = world();
    world.write_file(".profile", &format!("export HEROKU_API_KEY='{KEY}' HEROKU_API_TOKEN='{API_TOKEN}'\n"));
    let recorder = Recorder::install(&mut world, &["git", "gpg", "herokey"]);
    world.write_file(".netrc.gpg", "fake");
    let host = TrayHost::start(&world);
    let _tray = world.tray_beside_a_fake_window().start();
    let icon = host.wait_for_icon();
    icon.wait_for_line("HEROKU_API_KEY");
    icon.click("Copy token");
    icon.click("Open Herokey");
    world.browser().wait_for_address();
    icon.wait_until("everything", |_| recorder.runs().contains_key("herokey"));
    recorder.check(&["git", "gpg", "herokey"]);
}

#[test]
fn programs_do_not_get_the_token_of_the_terminal() {
    let mut world = world();
    world.set_env("HEROKU_API_KEY", KEY);
    world.set_env("HEROKU_API_TOKEN", API_TOKEN);
    let names = ["git", "gpg", "herokey", "seahorse", "xdg-open"];
    let recorder = Recorder::install(&mut world, &names);
    let env = world.env();
    world.write_file(".netrc", "machine example.com\n");
    for place in [Store::Netrc, Store::Keychain] {
        herokey_core::desktop::open::open(&env, place).unwrap();
    }
    herokey_core::action::test_git(&env).unwrap();
    // The recorder is not beside this program, but on PATH.
    let elsewhere = herokey_core::Env::new(world.environment());
    herokey_core::desktop::clipboard::copy_text(&elsewhere, "fake").unwrap_err();
    world.write_file(".netrc.gpg", "fake");
    world.program(herokey_path("herokey").to_str().unwrap()).arg("status").run();
    recorder.check(&names);
    let fills = recorder.runs()["git"].iter().filter(|run| run.contains("credential fill")).count();
    assert_eq!(fills, 1);
}
