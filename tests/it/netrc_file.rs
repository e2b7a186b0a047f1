//! The netrc file as a link, encrypted, on a full disk, and written by several programs at the same time.

use std::fs;
use std::path::Path;
use std::time::Duration;

use herokey_tests::{ME, Running, World, herokey_path};

const OTHERS: &str = "# mine\nmachine ftp.example.com\n  login anna\n  password fake-ftp-password\n";
const EDITS: usize = 200;

/// Another program that takes the lock (INTEROP.md, "The netrc lock").
const LOCK_TAKER: &str = r"
const fs = require('fs'), os = require('os'), [host, times] = process.argv.slice(1);
const netrc = process.env.HOME + '/.netrc', lock = netrc + '.lock', mine = lock + '.' + host;
const wait = new Int32Array(new SharedArrayBuffer(4));
for (let number = 0; number <= Number(times); number++) {
  const now = Date.now(), holder = { createdAt: now, hostname: os.hostname(), nonce: host + number,
    pid: process.pid, processStartedAt: Math.round(now - process.uptime() * 1000) };
  fs.writeFileSync(mine, JSON.stringify(holder), { mode: 0o600 });
  for (;;) {
    try { fs.linkSync(mine, lock); break } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      Atomics.wait(wait, 0, 0, 5);
    }
  }
  fs.unlinkSync(mine);
  const old = fs.readFileSync(netrc, 'utf8');
  const others = old.replace(new RegExp(`machine ${host}\\n(  .*\\n)*`), '');
  fs.writeFileSync(netrc + '.' + host, `${others}machine ${host}\n  login them\n  password HRKU-fake-${number}\n`,
    { mode: 0o600 });
  fs.renameSync(netrc + '.' + host, netrc);
  fs.unlinkSync(lock);
}
";

/// The Heroku CLI's own writer, which takes no lock and writes in place.
const CLI_WRITER: &str = r"
const [host, times, module] = process.argv.slice(1);
import(module).then(async ({ NetrcHandler }) => {
  for (let number = 0; number <= Number(times); number++)
    await new NetrcHandler().saveAuth({ login: 'cli', password: `HRKU-fake-${number}` }, host);
});
";

#[test]
fn eight_programs_that_take_the_lock_lose_no_edit() {
    let world = World::new();
    world.write_file(".netrc", OTHERS);
    let done = world.home().join("done");
    fs::write(&done, "").unwrap();
    let ours = (0..6).map(|number| editor(&world, &format!("ours{number}.example"), &done));
    let theirs = (0..2).map(|number| script(&world, LOCK_TAKER, &[&format!("theirs{number}.example")]));
    let mut running: Vec<Running> = ours.chain(theirs).collect();
    let mut reads = 0;
    while let Some(editor) = running.pop() {
        while !editor.has_ended() {
            let seen = world.netrc().expect("the file is always there");
            assert!(seen.starts_with(OTHERS) && seen.ends_with('\n'), "a torn file: {seen}");
            reads += 1;
        }
        editor.finish().ok();
    }
    assert!(reads > 100, "{reads} reads");
    assert_last_edits(&world, &["ours0", "ours1", "ours2", "ours3", "ours4", "ours5", "theirs0", "theirs1"]);
    assert_eq!(world.tree().paths().filter(|path| path.to_string_lossy().contains(".netrc.")).count(), 0);
}

#[test]
fn no_edit_is_lost_while_the_cli_writes() {
    let world = World::new();
    world.write_file(".netrc", OTHERS);
    let done = world.home().join("done");
    let ours: Vec<_> = (0..6).map(|number| editor(&world, &format!("ours{number}.example"), &done)).collect();
    // One after another, because two of them would lose each other's edits.
    for number in 0..2 {
        script(&world, CLI_WRITER, &[&format!("cli{number}.example")]).finish().ok();
    }
    fs::write(&done, "").unwrap();
    for editor in ours {
        editor.finish().ok();
    }
    assert_last_edits(&world, &["ours0", "ours1", "ours2", "ours3", "ours4", "ours5", "cli0", "cli1"]);
    assert!(world.netrc().unwrap().contains("password fake-ftp-password"), "{}", world.netrc().unwrap());
}

#[track_caller]
fn assert_last_edits(world: &World, hosts: &[&str]) {
    let netrc = netrc_edit::Netrc::parse(world.netrc().unwrap());
    for host in hosts {
        let found = netrc.curl(&format!("{host}.example"));
        let password = found.as_ref().and_then(netrc_edit::Credential::password).map(String::from_utf8_lossy);
        assert_eq!(password.as_deref(), Some(format!("HRKU-fake-{EDITS}").as_str()), "{host}");
    }
}

fn editor(world: &World, host: &str, done: &Path) -> Running {
    let program = world.program(herokey_path("edit_netrc").to_str().unwrap());
    program.args([host, &EDITS.to_string(), done.to_str().unwrap()]).timeout(Duration::from_mins(2)).start()
}

fn script(world: &World, text: &str, arguments: &[&str]) -> Running {
    let module = "node_modules/@heroku-cli/command/lib/credential-manager-core/index.js";
    let module = Path::new(env!("CARGO_MANIFEST_DIR")).join("heroku-cli").join(module);
    let program = world.program("node").args(["-e", text]).args(arguments.iter().copied());
    let program = program.args([&EDITS.to_string(), module.to_str().unwrap()]);
    program.timeout(Duration::from_mins(2)).start()
}

#[test]
fn shares_an_encrypted_file_with_the_cli() {
    let mut world = World::new();
    world.set_env("HEROKU_NETRC_WRITE", "true");
    let gpg = |arguments: &[&str]| world.program("gpg").args(arguments.iter().copied());
    let key = [
        "--batch",
        "--passphrase",
        "",
        "--quick-generate-key",
        "me@example.com",
        "default",
        "default",
        "never",
    ];
    gpg(&key).run().ok();
    gpg(&["--batch", "--default-recipient-self", "-a", "-o", ".netrc.gpg", "-e"]).input(OTHERS).run().ok();

    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    assert_eq!(world.heroku(["auth:token"]).ok(), token, "the CLI reads what Herokey wrote");
    let plain = world.program("gpg").args(["--batch", "--quiet", "--decrypt", ".netrc.gpg"]).run();
    assert!(plain.ok().starts_with(OTHERS.trim_end()), "{plain}");
    assert_eq!(
        world.tree().files_containing(&token),
        [""; 0].map(Path::new),
        "plain text never touches the disk"
    );
    let status = world.status();
    assert_eq!(status["stores"]["netrc"]["encrypted"], true);
    assert_eq!(status["tools"]["heroku"]["source"], "netrc");
    assert_eq!(status["tools"]["curl"]["source"], "none", "curl cannot read it");

    world.heroku(["whoami"]).ok();
    world.herokey(["logout"]).ok();
    let plain = world.program("gpg").args(["--batch", "--quiet", "--decrypt", ".netrc.gpg"]).run();
    assert_eq!(plain.ok(), OTHERS.trim_end());
    world.heroku(["whoami"]).failed_with(100);
}

#[test]
fn reports_that_gpg_cannot_decrypt() {
    let world = World::new();
    world.write_file(".netrc.gpg", "-----BEGIN PGP MESSAGE-----\n\nnot one\n-----END PGP MESSAGE-----\n");
    let output = world.herokey(["token"]);
    let output = output.failed_with(1);
    assert!(
        output.contains("Could not read ~/.netrc.gpg. [netrc-failed]") && output.contains("gpg: "),
        "{output}"
    );
    assert_eq!(world.status()["stores"]["netrc"]["state"], "unreadable");
}

#[test]
fn a_linked_file_stays_linked() {
    let world = World::desktop();
    fs::create_dir(world.home().join("dotfiles")).unwrap();
    world.write_file("dotfiles/netrc", OTHERS);
    std::os::unix::fs::symlink("dotfiles/netrc", world.home().join(".netrc")).unwrap();
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    world.herokey(["move", "netrc"]).ok();
    assert!(world.home().join(".netrc").is_symlink());
    assert!(world.file("dotfiles/netrc").unwrap().contains(&token));
    assert_eq!(world.heroku(["auth:token"]).ok(), token);
    world.herokey(["move", "keychain"]).ok();
    assert_eq!(world.file("dotfiles/netrc").as_deref(), Some(OTHERS));
    assert!(world.home().join(".netrc").is_symlink());
}

#[test]
fn reports_and_fixes_a_file_that_others_can_read() {
    let mut world = World::new();
    world.set_env("HEROKU_NETRC_WRITE", "true");
    world.heroku_login(ME);
    let netrc = world.home().join(".netrc");
    fs::set_permissions(&netrc, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    assert!(world.problem_codes().contains(&"netrc-mode".to_owned()));
    world.herokey_login(ME);
    assert_eq!(world.status()["stores"]["netrc"]["mode"], "0600");
}

#[test]
fn on_a_full_disk_nothing_is_lost() {
    let world = World::desktop();
    if !world.has_own_network() {
        println!("skipped: a full disk needs a mount, and this machine allows no namespaces");
        return;
    }
    let disk = small_disk(&world, "size=64k");
    std::os::unix::fs::symlink(disk.join("netrc"), world.home().join(".netrc")).unwrap();
    fs::write(disk.join("netrc"), OTHERS).unwrap();
    let mut filler = fs::File::create(disk.join("filler")).unwrap();
    while std::io::Write::write_all(&mut filler, &[b'x'; 512]).is_ok() {}
    assert_refused(&world, &disk, "No space left on device");
}

#[test]
fn in_a_read_only_folder_nothing_is_lost() {
    let world = World::desktop();
    if !world.has_own_network() {
        println!("skipped: a read-only folder needs a mount for root, and this machine allows no namespaces");
        return;
    }
    let disk = small_disk(&world, "size=64k");
    std::os::unix::fs::symlink(disk.join("netrc"), world.home().join(".netrc")).unwrap();
    fs::write(disk.join("netrc"), OTHERS).unwrap();
    world.program("mount").args(["-o", "remount,ro", disk.to_str().unwrap()]).run().ok();
    assert_refused(&world, &disk, "Read-only file system");
}

fn small_disk(world: &World, options: &str) -> std::path::PathBuf {
    let disk = world.home().join("disk");
    fs::create_dir(&disk).unwrap();
    world.program("mount").args(["-t", "tmpfs", "-o", options, "tmpfs", disk.to_str().unwrap()]).run().ok();
    disk
}

#[track_caller]
fn assert_refused(world: &World, disk: &Path, why: &str) {
    world.herokey_login(ME);
    let token = world.herokey(["token"]).ok().to_owned();
    let moved = world.herokey(["move", "netrc"]);
    let output = moved.failed_with(1);
    assert!(output.contains("Could not write ~/.netrc. [netrc-failed]") && output.contains(why), "{output}");
    assert_eq!(fs::read_to_string(disk.join("netrc")).unwrap(), OTHERS);
    assert_eq!(world.heroku(["auth:token"]).ok(), token, "the token is still in the keychain");
    let left = fs::read_dir(disk)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().file_name().to_string_lossy().contains("herokey"));
    assert_eq!(left.count(), 0);
}
