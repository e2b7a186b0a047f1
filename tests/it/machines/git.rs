//! Generates git's configuration and password files.

use std::fmt::Write;

use super::chance::Chance;
use super::machine::Hosts;

/// The files that git reads, with their paths in the home folder. Adds the variables that name some of them.
pub(super) fn files(
    chance: &mut Chance,
    variables: &mut Vec<(&'static str, String)>,
    hosts: &Hosts,
) -> Vec<(&'static str, String)> {
    let mut files = Vec::new();
    let mut own = configuration(chance, hosts);
    if chance.one_in(6) {
        let condition = chance.of(&[
            "include",
            "includeIf \"gitdir:~/app/\"",
            "includeIf \"gitdir:~/other/\"",
            "includeIf \"hasconfig:remote.*.url:https://git.heroku.com/*\"",
        ]);
        let include = format!("[{condition}]\n\tpath = included\n");
        own = if chance.one_in(2) { include + &own } else { own + &include };
        files.push(("included", configuration(chance, hosts)));
        files.push((".config/git/included", configuration(chance, hosts)));
    }
    match chance.weighted(&[(0, 8), (1, 1), (2, 1), (3, 1)]) {
        0 => files.push((".gitconfig", own)),
        1 => files.push((".config/git/config", own)),
        2 => {
            files.push((".config/git/config", configuration(chance, hosts)));
            files.push((".gitconfig", own));
        }
        _ => {
            files.push((".gitconfig", configuration(chance, hosts)));
            files.push(("global", own));
            variables.push(("GIT_CONFIG_GLOBAL", "~/global".to_owned()));
        }
    }
    if chance.one_in(8) {
        files.push(("system", configuration(chance, hosts)));
        variables.push(("GIT_CONFIG_SYSTEM", "~/system".to_owned()));
        variables.push(("GIT_CONFIG_NOSYSTEM", "0".to_owned()));
    }
    if chance.one_in(8) {
        variables.push(("GIT_CONFIG_COUNT", "1".to_owned()));
        variables.push(("GIT_CONFIG_KEY_0", format!("{}.helper", section(chance, hosts))));
        variables.push(("GIT_CONFIG_VALUE_0", unquoted(helper(chance))));
    }
    if chance.one_in(10) {
        variables.push(("XDG_CONFIG_HOME", "~/.config".to_owned()));
    }
    if chance.one_in(2) {
        files.push((".git-credentials", passwords(chance, hosts)));
    }
    if chance.one_in(6) {
        files.push((".config/git/credentials", passwords(chance, hosts)));
    }
    if chance.one_in(6) {
        files.push(("passwords", passwords(chance, hosts)));
    }
    files
}

/// The configuration of a repository.
pub(super) fn repository(chance: &mut Chance, hosts: &Hosts) -> String {
    let own = if chance.one_in(3) { String::new() } else { configuration(chance, hosts) };
    format!("[core]\n\trepositoryformatversion = 0\n\tbare = false\n{own}{}", remote(chance, hosts))
}

/// The remote `heroku`, which may lead anywhere.
fn remote(chance: &mut Chance, hosts: &Hosts) -> String {
    let host = &hosts.git;
    let address = |chance: &mut Chance| {
        chance.weighted(&[
            (format!("https://{host}/app.git"), 10),
            (format!("https://{host}/other.git/"), 1),
            (format!("https://me@{host}/app.git"), 2),
            (format!("https://heroku:HRKU-fake-remote-0001@{host}/app.git"), 2),
            (format!("https://me:HRKU%2Dfake%2Dremote%2D0002@{host}/app.git"), 1),
            (format!("https://HRKU-fake-remote-0003@{host}/app.git"), 1),
            (format!("https://me:@{host}/app.git"), 1),
            ("heroku:app.git".to_owned(), 1),
            (format!("git@{host}:app.git"), 1),
            (format!("ssh://git@{host}/app.git"), 1),
        ])
    };
    let mut text = format!("[remote \"heroku\"]\n\turl = {}\n", address(chance));
    if chance.one_in(8) {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "\tpushurl = {}", address(chance));
    }
    text
}

/// Lines that rewrite addresses or add headers.
fn rewrites(chance: &mut Chance, hosts: &Hosts) -> String {
    let host = &hosts.git;
    let base = chance.weighted(&[
        (format!("https://{host}/"), 3),
        (format!("https://me@{host}/"), 1),
        (format!("https://x:HRKU-fake-rewrite-0001@{host}/"), 3),
        ("ssh://git@ssh.example.com/".to_owned(), 2),
        ("git@ssh.example.com:".to_owned(), 1),
    ]);
    let from = chance.weighted(&[
        (format!("https://{host}/"), 4),
        // `https://` before a base with a path makes an address at which nobody asks for a password.
        (if base.starts_with("https:") { format!("https://{host}/") } else { "https://".to_owned() }, 1),
        (format!("https://{host}/app"), 1),
        ("heroku:".to_owned(), 2),
        ("https://github.com/".to_owned(), 1),
    ]);
    let name = chance.weighted(&[("insteadOf", 3), ("pushInsteadOf", 1)]);
    let rewrite = format!("[url \"{base}\"]\n\t{name} = {from}\n");
    let pattern = chance.weighted(&[
        (format!("http \"https://{host}\""), 4),
        (format!("http \"https://{host}/app.git\""), 1),
        (format!("http \"https://me@{host}\""), 1),
        ("http".to_owned(), 1),
        ("http \"https://github.com/\"".to_owned(), 1),
    ]);
    // `x:HRKU-fake-header-0001` in Base64.
    let value = chance.weighted(&[
        ("Authorization: Basic eDpIUktVLWZha2UtaGVhZGVyLTAwMDE=", 4),
        ("AUTHORIZATION: basic eDpIUktVLWZha2UtaGVhZGVyLTAwMDE=", 1),
        ("X-Fake: 1", 1),
        ("", 1),
    ]);
    let header = format!("[{pattern}]\n\textraHeader = {value}\n");
    chance.weighted(&[(rewrite.clone(), 4), (header.clone(), 3), (format!("{rewrite}{header}"), 1)])
}

fn configuration(chance: &mut Chance, hosts: &Hosts) -> String {
    let mut text = String::new();
    if chance.one_in(8) {
        text += &rewrites(chance, hosts);
    }
    for _ in 0..chance.of(&[0, 0, 1, 1, 2]) {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(text, "[credential]\n\thelper = \"{}\"", other(chance));
    }
    for _ in 0..chance.of(&[0, 1, 1, 2, 3]) {
        let section = section(chance, hosts);
        let section = match section.split_once('.') {
            Some((name, context)) => format!("{name} \"{context}\""),
            None => section,
        };
        let _ = writeln!(text, "[{section}]");
        for _ in 0..chance.of(&[1, 1, 2, 3]) {
            let _ = writeln!(text, "\thelper = \"{}\"", helper(chance));
        }
        if chance.one_in(10) {
            text += chance.of(&[
                "\tuseHttpPath = true\n",
                "\tusername = me\n",
                "\tusername = me@example.com\n",
                "\tHelper = ; nothing\n",
                "\thelper = \\\n  store\n",
            ]);
        }
    }
    if chance.one_in(20) {
        text += chance.of(&[
            "[credential]\n\tuseHttpPath = true\n",
            "[credential]\n\tusername = me\n",
            "[credential]\n\tusername = me@example.com\n",
            "[credential]\n\thelper\n",
        ]);
    }
    text
}

/// A section of git's configuration whose helpers git may ask for Heroku.
fn section(chance: &mut Chance, hosts: &Hosts) -> String {
    let host = &hosts.git;
    let (label, domain) = host.split_once('.').unwrap_or(("*", host));
    let context = chance.weighted(&[
        (format!("https://{host}"), 24),
        (format!("https://{host}/"), 3),
        (format!("http://{host}"), 2),
        (host.clone(), 2),
        (format!("https://me@{host}"), 2),
        (format!("https://{host}:443"), 1),
        (format!("https://{host}:8443"), 1),
        (format!("https://{}", host.to_uppercase()), 1),
        (format!("https://{host}/app.git"), 1),
        (format!("https://*.{domain}"), 2),
        (format!("https://*{}.{domain}", &label[1..]), 1),
        (format!("https://{domain}"), 1),
        (String::new(), 2),
        ("https://github.com".to_owned(), 2),
    ]);
    if context.is_empty() { "credential".to_owned() } else { format!("credential.{context}") }
}

/// A value as git reads it between quotes.
fn unquoted(value: &str) -> String {
    value.replace("\\\"", "\"").replace("\\\\", "\\")
}

/// A helper for Heroku's host, as it is written between quotes.
fn helper(chance: &mut Chance) -> &'static str {
    let script =
        "!f() { test \\\"$1\\\" = get && echo username=x && echo password=HRKU-fake-script-0001; }; f";
    let heroku = chance.weighted(&[
        ("!herokey git-credential", 8),
        ("!'/nowhere/herokey' git-credential", 2),
        ("!heroku git:credentials", 4),
        ("", 4),
        (script, 2),
        ("!echo nothing of the kind", 1),
        ("!exit 1", 1),
    ]);
    if chance.one_in(5) { other(chance) } else { heroku }
}

/// A helper that users configure for every host.
fn other(chance: &mut Chance) -> &'static str {
    chance.weighted(&[
        ("store", 6),
        ("cache", 3),
        ("", 3),
        ("cache --timeout=3600", 1),
        ("store --file ~/passwords", 2),
        ("store --file=~/passwords", 1),
        ("store --file passwords", 1),
        ("/usr/lib/git-core/git-credential-store", 1),
        ("!git credential-store", 1),
        ("!git-credential-store --file \\\"$HOME/passwords\\\"", 1),
        ("store --file $HOME/pass\\\\words", 1),
        ("store --fi '$HOME/passwords'", 1),
        ("store --file \\\"${HOME}/passwords\\\" --file=/nowhere", 1),
        ("/nowhere/a\\\\ helper --with an-argument", 1),
        ("'/nowhere/a helper'", 1),
        ("!~/nowhere/helper", 1),
        ("!'/nowhere/a helper' get", 1),
        ("nothing-of-the-kind", 2),
        ("!f() { :; }; f", 1),
        ("/nowhere/helper", 2),
        ("/nowhere/helper --with an-argument", 1),
        ("osxkeychain", 1),
        ("manager", 1),
    ])
}

fn passwords(chance: &mut Chance, hosts: &Hosts) -> String {
    let mut text = "https://me:fake-github-0001@github.com\n".to_owned();
    let host = &hosts.git;
    for number in 1..=chance.of(&[0, 1, 1, 2]) {
        let password = format!("HRKU-fake-store-{number:04}");
        let line = chance.weighted(&[
            (format!("https://me%40example.com:{password}@{host}"), 8),
            (format!("https://me:{password}@{host}"), 3),
            (format!("https://:{password}@{host}"), 1),
            (format!("https://me:{password}@{host}/"), 1),
            (format!("https://me:{password}@{host}/app.git"), 1),
            (format!("https://me:{password}@{host}:443"), 1),
            (format!("https://me:{password}@{}", host.to_uppercase()), 1),
            (format!("http://me:{password}@{host}"), 1),
            (format!("HTTPS://me:{password}@{host}"), 1),
            (format!("https://me:HRKU%2Dfake%2Dstore%2D{number:04}@{host}"), 1),
            (format!("https://me@{host}"), 1),
            (format!("  https://me:{password}@{host}"), 1),
            (format!("https://me:{password}@{host}\r"), 1),
            ("# no line".to_owned(), 1),
        ]);
        let _ = writeln!(text, "{line}");
    }
    text
}
