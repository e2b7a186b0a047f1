//! Machines with one problem each.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use herokey_tests::{FTP_RECORD, ME, World, netrc_record};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

pub(crate) const OTHER: &str = "HRKU-fake-another-token-0123456789";

/// `_:` followed by `OTHER`, in Base64.
pub(crate) const DOCKER_AUTH: &str = "XzpIUktVLWZha2UtYW5vdGhlci10b2tlbi0wMTIzNDU2Nzg5";

/// A machine that has a problem, and what fixes it.
pub(crate) struct Case {
    pub(crate) code: &'static str,
    /// Sets up the machine. Every tool should use this token, which Heroku accepts, in the end.
    pub(crate) make: fn(&mut World, &str),
    pub(crate) fixed_by: FixedBy,
}

/// What fixes a problem.
pub(crate) enum FixedBy {
    /// A fix. Undoing it restores every byte of every file and every entry in the keychain. If it is safe, `--fix` applies
    /// it without a code.
    Fix { is_safe: bool },
    /// An action that has no undo, but an opposite action.
    Action { is_safe: bool },
    /// A login.
    Login,
    /// Only the user, whom Herokey tells this.
    User(&'static str),
}

/// The problems of a folder alone, which have tests in `git_address`.
pub(crate) const ONLY_IN_FOLDERS: [&str; 2] = ["git-remote-differs", "git-repository-refused"];

pub(crate) const CASES: &[Case] = &[
    Case {
        code: "netrc-mode",
        make: |world, token| {
            netrc(world, &world.netrc_records(ME, token));
            mode(world, ".netrc", 0o644);
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "netrc-duplicate",
        make: |world, token| {
            let twice =
                format!("{}{}", world.netrc_records(ME, token), netrc_record(&world.api_host(), ME, token));
            netrc(world, &twice);
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "netrc-cli-cannot-read",
        make: |world, token| {
            let flat = format!("machine {}\nlogin {ME}\npassword {token}\n", world.api_host());
            netrc(world, &format!("{flat}{}", netrc_record(&world.git_host(), ME, token)));
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "netrc-hidden-token",
        make: |world, token| {
            let empty = format!("machine {}\n  login \n  password \n", world.api_host());
            netrc(world, &format!("{empty}{}", netrc_record(&world.api_host(), ME, token)));
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "netrc-hidden-token",
        make: |world, token| {
            in_keychain(world, token);
            netrc(world, &format!("# was: {OTHER} until May\n"));
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "netrc-lock-left",
        make: |world, token| {
            in_keychain(world, token);
            let since = (Timestamp::now() - SignedDuration::from_hours(72)).as_millisecond();
            let lock = json!({ "createdAt": since, "hostname": "other-machine", "nonce": "fake", "pid": 1,
                "processStartedAt": since });
            world.write_file(".netrc.lock", &lock.to_string());
        },
        fixed_by: FixedBy::User("on other-machine is writing ~/.netrc now, remove ~/.netrc.lock"),
    },
    Case {
        code: "netrc-hosts-differ",
        make: |world, token| {
            let git = netrc_record(&world.git_host(), ME, OTHER);
            netrc(world, &format!("{}{git}", netrc_record(&world.api_host(), ME, token)));
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "netrc-stale-copy",
        make: |world, token| {
            in_keychain(world, token);
            netrc(world, &world.netrc_records(ME, OTHER));
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "git-netrc-first",
        make: |world, token| {
            in_keychain(world, token);
            netrc(world, &netrc_record(&world.git_host(), ME, OTHER));
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "git-helper-missing",
        make: |world, token| {
            in_keychain(world, token);
            world.git(["config", "--global", "--unset-all", &helper_key(world)]);
            world.write_file(".gitconfig", "[user]\n\tname = Me ; a comment\n[alias]\n\tst = status");
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "git-helper-shadowed",
        make: |world, token| {
            in_keychain(world, token);
            let url = format!("https://me:{OTHER}@{}\n", world.git_host());
            world.write_file(".git-credentials", &url);
            let ours = world.gitconfig().unwrap().replace("\thelper = \n", "");
            world.write_file(".gitconfig", &format!("[credential]\n\thelper = store\n{ours}"));
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "git-plain-token",
        make: |world, token| {
            in_keychain(world, token);
            let key = format!("url.https://heroku:{OTHER}@{}/.insteadOf", world.git_host());
            world.git(["config", "--global", &key, &format!("https://{}/", world.git_host())]).ok();
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "git-other-address",
        make: |world, token| {
            in_keychain(world, token);
            let key = "url.ssh://git@ssh.example.com/.insteadOf";
            world.git(["config", "--global", key, &format!("https://{}/", world.git_host())]).ok();
        },
        fixed_by: FixedBy::User("Remove that line"),
    },
    Case {
        code: "git-differs",
        make: |world, token| {
            in_keychain(world, token);
            let url = format!("https://me:{OTHER}@{}\n", world.git_host());
            world.write_file(".git-credentials", &url);
            world.write_file(
                ".gitconfig",
                "[credential]\n\thelper = !'/gone/herokey' git-credential\n\thelper = store\n",
            );
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "git-config-unreadable",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".gitconfig", "[credential]\n\thelper\n");
        },
        fixed_by: FixedBy::User("Correct git's configuration"),
    },
    Case {
        code: "keychain-duplicate",
        make: |world, token| {
            in_keychain(world, token);
            let schema = ("xdg:schema", "org.freedesktop.Secret.Generic");
            let attributes = [("service", "heroku-cli"), ("account", ME), schema];
            world.keyring().add("Heroku CLI", &attributes, token);
            assert_eq!(world.keyring().items().len(), 2);
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "keychain-orphan",
        make: |world, token| {
            in_keychain(world, token);
            std::fs::remove_file(world.home().join(".local/share/heroku/login.json")).unwrap();
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "netrc-plain-token",
        make: |world, token| netrc(world, &world.netrc_records(ME, token)),
        fixed_by: FixedBy::Action { is_safe: false },
    },
    Case {
        code: "accounts-plain-token",
        make: |world, token| {
            in_keychain(world, token);
            let text = format!("# work\nusername: {ME}\npassword: '{token}'\n");
            world.write_file(".config/heroku/accounts/work", &text);
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "docker-login-stale",
        make: |world, token| {
            in_keychain(world, token);
            let text = format!(
                "{{\n\t\"auths\": {{\n\t\t\"ghcr.io\": {{ \"auth\": \"ZmFrZQ==\" }},\n\t\t\"registry.heroku.com\": \
                 {{\n\t\t\t\"auth\": \"{DOCKER_AUTH}\"\n\t\t}}\n\t}},\n\t\"detachKeys\": \"ctrl-e\"\n}}"
            );
            world.write_file(".docker/config.json", &text);
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "env-api-key-overrides",
        make: |world, token| {
            in_keychain(world, token);
            let text = format!("# mine\r\nalias ls='ls -l'\n\texport HEROKU_API_KEY={OTHER} # work\ntrue");
            world.write_file(".profile", &text);
            mode(world, ".profile", 0o640);
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "env-api-key-malformed",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", &format!("export HEROKU_API_KEY=\"{OTHER}\r\"\n"));
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "env-extra-certs-ignored",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", "export NODE_EXTRA_CA_CERTS=/nowhere.pem\n");
        },
        fixed_by: FixedBy::User("NODE_EXTRA_CA_CERTS"),
    },
    Case {
        code: "docker-plain-token",
        make: |world, token| {
            in_keychain(world, token);
            let helper = world.home().with_file_name("bin").join("docker-credential-herokey");
            std::os::unix::fs::symlink("herokey", helper).unwrap();
            let auth = STANDARD.encode(format!("_:{token}"));
            let text =
                format!("{{\n\t\"auths\": {{\"registry.heroku.com\": {{\"auth\": \"{auth}\"}}}}\n}}\n");
            world.write_file(".docker/config.json", &text);
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "mcp-plain-token",
        make: |world, token| {
            in_keychain(world, token);
            let text = format!(
                "{{\n  // mine\n  \"mcpServers\": {{\n    \"heroku\": {{ \"command\": \"heroku\", \"args\": \
                 [\"mcp:start\"], \"env\": {{ \"HEROKU_API_KEY\": \"{token}\", }}, }},\n  }},\n}}"
            );
            world.write_file(".cursor/mcp.json", &text);
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "mcp-plain-token",
        make: |world, token| {
            in_keychain(world, token);
            let text = format!(
                "model = \"fake\" # mine\r\n\r\n[mcp_servers.heroku]\r\ncommand = 'npx'\r\nargs = [\"-y\", \
                 \"@heroku/mcp-server\"]\r\n\r\n[mcp_servers.heroku.env]\r\nHEROKU_API_KEY = \"{token}\"\r\n"
            );
            world.write_file(".codex/config.toml", &text);
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "mcp-config-unreadable",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".cursor/mcp.json", "{\n\t\"mcpServers\": {\n");
        },
        fixed_by: FixedBy::User("~/.cursor/mcp.json:"),
    },
    Case {
        code: "docker-config-unreadable",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".docker/config.json", "{\n\t\"auths\": {},\n}\n");
        },
        fixed_by: FixedBy::User("~/.docker/config.json:3"),
    },
    Case {
        code: "docker-login-stale",
        make: |world, token| {
            in_keychain(world, token);
            let auth = DOCKER_AUTH.replace('X', "\\u0058");
            let text =
                format!("{{\"auths\": {{\"https:\\/\\/registry.heroku.com\": {{\"auth\": \"{auth}\"}}}}}}");
            world.write_file(".docker/config.json", &text);
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "env-netrc-write-ignored",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", "if true; then\n  export HEROKU_NETRC_WRITE=1\nfi\n");
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "env-api-token-ignored",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", &format!("export HEROKU_API_TOKEN=\"{OTHER}\"\n"));
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "host-not-allowed",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", "export HEROKU_HOST=localhost.evil.example\n");
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "keychain-duplicate",
        make: |world, token| {
            in_keychain(world, token);
            next_second(world);
            // The newer entry, which heroku reads. Heroku does not accept its token.
            world.add_to_keyring(ME, OTHER);
            assert_eq!(world.heroku(["auth:token"]).ok(), OTHER);
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "accounts-plain-token",
        make: |world, token| {
            world.write_file(".local/share/heroku/login.json", "{\"account\":\"gone@example.com\"}\n");
            netrc(world, &world.netrc_records(ME, token));
            world.write_file(
                ".config/heroku/accounts/work",
                &format!("username: work@example.com\npassword: {OTHER}"),
            );
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "netrc-carriage-return",
        make: |world, token| {
            let line = |host: &str| format!("machine {host} login {ME} password {token}\r\n");
            world.write_file(".netrc", &format!("{}{}", line(&world.api_host()), line(&world.git_host())));
            mode(world, ".netrc", 0o600);
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "netrc-readers-differ",
        make: |world, token| {
            let quoted = |host: &str| format!("machine {host}\n  login {ME}\n  password \"{token}\"\n");
            netrc(world, &format!("{}{}", quoted(&world.api_host()), quoted(&world.git_host())));
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "netrc-readers-differ",
        make: |world, token| {
            let line = format!("# machine {} login {ME} password {token}\n", world.api_host());
            netrc(
                world,
                &format!(
                    "{line}{}{}",
                    netrc_record(&world.api_host(), ME, OTHER),
                    netrc_record(&world.git_host(), ME, token)
                ),
            );
        },
        fixed_by: FixedBy::Fix { is_safe: false },
    },
    Case {
        code: "netrc-syntax-error",
        make: |world, token| {
            let broken = "machine ftp.example.com login anna password \"never closed\n";
            netrc(world, &format!("{broken}{}", world.netrc_records(ME, token)));
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "netrc-syntax-error",
        make: |world, token| {
            in_keychain(world, token);
            netrc(world, "machine b.example login anna password \"never closed\n");
        },
        fixed_by: FixedBy::User("Close the quote in line 5 of ~/.netrc"),
    },
    Case {
        code: "netrc-cli-hangs",
        make: |world, token| {
            let line = format!("machine {} login {ME} password {token} # mine\r\n", world.api_host());
            netrc(world, &line);
        },
        fixed_by: FixedBy::User("Remove the comment"),
    },
    Case {
        code: "netrc-account-password",
        make: |world, _| netrc(world, &world.netrc_records(ME, "fake-hunter2-password")),
        fixed_by: FixedBy::Login,
    },
    Case {
        code: "netrc-unreadable",
        make: |world, token| {
            in_keychain(world, token);
            std::fs::create_dir(world.home().join(".netrc")).unwrap();
        },
        fixed_by: FixedBy::User("Fix the problem shown under"),
    },
    Case {
        code: "token-refused",
        make: |world, token| {
            in_keychain(world, token);
            assert!(world.sandbox().revoke_token(token));
            world.herokey(["status"]).ok();
        },
        fixed_by: FixedBy::Login,
    },
    Case {
        code: "token-expiring",
        make: |world, token| {
            in_keychain(world, token);
            ends_in(world, SignedDuration::from_hours(5));
        },
        fixed_by: FixedBy::Login,
    },
    Case {
        code: "token-expired",
        make: |world, token| {
            in_keychain(world, token);
            ends_in(world, SignedDuration::from_hours(-5));
        },
        fixed_by: FixedBy::Login,
    },
    Case {
        code: "keychain-locked",
        make: |world, token| {
            in_keychain(world, token);
            world.keyring().lock();
        },
        fixed_by: FixedBy::User("Unlock it"),
    },
    Case {
        code: "keychain-denied",
        make: |world, token| {
            in_keychain(world, token);
            world.set_bus_policy("<deny send_destination='org.freedesktop.secrets'/>");
        },
        fixed_by: FixedBy::User("Allow it"),
    },
    Case {
        code: "keychain-failed",
        make: |world, token| {
            in_keychain(world, token);
            world.set_bus_limit("max_replies_per_connection", 0);
        },
        fixed_by: FixedBy::User("restart the keychain"),
    },
    Case {
        code: "keychain-timeout",
        make: |world, token| {
            in_keychain(world, token);
            world.keyring().hang();
        },
        fixed_by: FixedBy::User("is waiting in another window"),
    },
    Case {
        code: "keychain-missing",
        make: |world, token| {
            *world = World::builder().session_bus().build();
            world.write_login_json(ME);
            netrc(world, &world.netrc_records(ME, token));
        },
        fixed_by: FixedBy::User("Start one"),
    },
    Case {
        code: "keychain-not-started",
        make: |world, _| {
            *world = World::builder().session_bus().build();
            world.write_login_json(ME);
            world.make_activatable("org.freedesktop.secrets");
        },
        fixed_by: FixedBy::User("heroku whoami"),
    },
    Case {
        code: "keychain-unreachable",
        make: |world, _| {
            *world = World::builder().session_bus().build();
            world.write_login_json(ME);
            world.set_env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        },
        fixed_by: FixedBy::User("DBUS_SESSION_BUS_ADDRESS"),
    },
    Case {
        code: "keychain-cli-cannot-read",
        make: |world, token| {
            *world = World::builder().keyring().without_program("secret-tool").build();
            in_keychain(world, token);
        },
        fixed_by: FixedBy::User("Install the package libsecret-tools"),
    },
    Case {
        code: "unfinished-action",
        make: |world, token| {
            for number in 1.. {
                netrc(world, &world.netrc_records(ME, token));
                let move_it = world.herokey_program("herokey").args(["move", "keychain"]);
                assert!(move_it.killed_at_write(number).run().killed_at.is_some(), "never left half done");
                if world.problem_codes().contains(&"unfinished-action".to_owned()) {
                    return;
                }
            }
        },
        fixed_by: FixedBy::Action { is_safe: true },
    },
    Case {
        code: "folder-account-missing",
        make: |world, token| {
            in_keychain(world, token);
            world.git(["init", "--quiet", "app"]).ok();
            world.add_to_keyring("other@example.com", OTHER);
            let herokey = world.herokey_program("herokey").in_folder(world.home().join("app"));
            herokey.args(["use", "other@example.com", "--here"]).run().ok();
            world.herokey(["forget", "keychain", "--account", "other@example.com"]).ok();
        },
        fixed_by: FixedBy::User("herokey use --here --remove"),
    },
    Case {
        code: "exec-token-left",
        make: |world, token| {
            in_keychain(world, token);
            let exec = world.herokey_program("herokey").args(["exec", "sh", "-c", "echo started; cat"]);
            let running = exec.on_terminal().start();
            running.wait_for("started");
            running.signal(rustix::process::Signal::KILL);
            running.finish();
        },
        fixed_by: FixedBy::Action { is_safe: true },
    },
    Case {
        code: "state-folder-not-writable",
        make: |world, token| {
            in_keychain(world, token);
            std::fs::remove_dir_all(world.home().join(".local/state/herokey")).unwrap();
            world.write_file(".local/state/herokey", "not a folder");
        },
        fixed_by: FixedBy::User("Move ~/.local/state/herokey away"),
    },
    Case {
        code: "record-damaged",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".local/state/herokey/history.json.damaged-1", "not a history");
        },
        fixed_by: FixedBy::User("Delete ~/.local/state/herokey/history.json.damaged-1"),
    },
    Case {
        code: "unfinished-newer-action",
        make: |world, token| {
            in_keychain(world, token);
            let journal = json!({
                "version": 2, "verb": "fake-verb", "by": "tray", "started_at": "2026-01-01T00:00:00Z",
                "account": ME, "place": "keychain", "done": [], "must_finish": true, "outcome": null,
                "ended_at": null,
            });
            world.write_file(".local/state/herokey/journal.json", &journal.to_string());
        },
        fixed_by: FixedBy::User("Install the newest Herokey"),
    },
    Case {
        code: "autostart-broken",
        make: |world, token| {
            in_keychain(world, token);
            let entry = "[Desktop Entry]\n# Mine.\nType = Application\nTryExec = /opt/herokey/herokey-tray\n\
                         Exec = /opt/herokey/herokey-tray --at-login\n\n[Desktop Action Fake]\nExec=fake\n";
            world.write_file(".config/autostart/herokey.desktop", entry);
        },
        fixed_by: FixedBy::Fix { is_safe: true },
    },
    Case {
        code: "env-differs",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", "export HEROKU_NETRC_WRITE=true\n");
        },
        fixed_by: FixedBy::User("Restart this program from a new terminal"),
    },
    Case {
        code: "heroku-is-no-program",
        make: |world, token| {
            in_keychain(world, token);
            world.write_file(".profile", "heroku() { echo mine; }\n");
        },
        fixed_by: FixedBy::User("remove it from your shell"),
    },
];

/// Sets the machine up as a login with Herokey leaves it.
pub(crate) fn in_keychain(world: &World, token: &str) {
    world.store_as_cli(ME, token);
    mode(world, ".local/share/heroku/login.json", 0o600);
    world.herokey(["git", "install"]).ok();
    // Remove the undo of `git install`, which these tests are not about.
    std::fs::remove_file(world.home().join(".local/state/herokey/undo.json")).unwrap();
}

pub(crate) fn netrc(world: &World, records: &str) {
    world.write_file(".netrc", &format!("{FTP_RECORD}{records}"));
    mode(world, ".netrc", 0o600);
}

pub(crate) fn mode(world: &World, path: &str, mode: u32) {
    let path: &Path = &world.home().join(path);
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

pub(crate) fn helper_key(world: &World) -> String {
    format!("credential.https://{}.helper", world.git_host())
}

/// Waits for the next second. The keychain's timestamps are in seconds, and of two entries from the same second, a tool
/// may read either.
fn next_second(world: &World) {
    let newest = world.keyring().items().iter().map(|item| item.modified).max();
    while newest.is_some_and(|newest| Timestamp::now().as_second().cast_unsigned() <= newest) {
        std::thread::yield_now();
    }
}

/// Changes the stored expiry of the token in use to this long from now.
fn ends_in(world: &World, left: SignedDuration) {
    world.herokey(["status"]).ok();
    let file = ".local/state/herokey/tokens.json";
    let mut known: serde_json::Value = serde_json::from_str(&world.file(file).unwrap()).unwrap();
    let now = Timestamp::now();
    known["tokens"][0]["expiry"] = json!({ "at": now + left });
    known["tokens"][0]["made_at"] = json!(now - SignedDuration::from_hours(24 * 30));
    world.write_file(file, &known.to_string());
}
