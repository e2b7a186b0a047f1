//! Consoles of Windows: code pages, prompts, Ctrl-C, and outputs that are no console.

use herokey_tests::{ME, Running, Windows, eventually};
use heroku_sandbox::Account;

use crate::{netrc_of, with_netrc};

/// Waits until the console passes keys on as they are typed: Wine changes the terminal's mode when the program reads.
#[track_caller]
fn wait_for_prompt(running: &Running, prompt: &str) {
    running.wait_for(prompt);
    eventually("a prompt that hides what is typed", || (!running.echoes()).then_some(()));
}

/// What a console shows, without what moves its cursor. A character may have been replaced.
fn shown(output: &str) -> String {
    let mut shown = String::new();
    let mut parts = output.split('\u{1b}');
    shown += parts.next().unwrap_or_default();
    for part in parts {
        shown += part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).get(1..).unwrap_or_default();
    }
    shown.replace('\r', "")
}

#[test]
fn shows_the_same_in_every_code_page() {
    let Some((windows, token)) = with_netrc() else { return };
    for page in ["437", "65001"] {
        let line = format!("chcp {page} & herokey status --offline");
        let console = windows.program("cmd").args(["/d", "/c", &line]).on_terminal().run();
        let text = shown(console.ok());
        assert!(text.contains(&format!("Active code page: {page}")), "{text}");
        assert!(text.contains(&format!("…{}", &token[token.len() - 4..])), "{text}");
        // What is no console gets UTF-8, whatever the code page.
        let line = format!("chcp {page} >nul & herokey status --offline > status.txt & type status.txt >nul");
        windows.cmd(&line).ok();
        let file = windows.file("status.txt").unwrap();
        assert!(
            file.contains(&format!("…{}", &token[token.len() - 4..])) && !file.contains('\u{1b}'),
            "{file}"
        );
    }
}

#[test]
fn prompts_without_showing_the_password() {
    let Some(windows) = Windows::without_vault() else { return };
    let password = Some("fake-pässword".to_owned());
    windows.world().sandbox().add_account(Account { password, ..Account::new(ME) });
    let mut login = windows.herokey_program().args(["login", "--method", "password"]).on_terminal().start();
    wait_for_prompt(&login, "Email:");
    login.type_in("me@example.com\r");
    wait_for_prompt(&login, "Password:");
    login.type_in("fake-pässword\r");
    let finished = login.finish();
    finished.ok();
    assert!(!finished.stdout.contains("fake-p"), "{finished}");
    let token = windows.herokey(["token"]).ok().trim_end().to_owned();
    assert!(windows.world().sandbox().is_live(&token));
}

#[test]
fn ctrl_c_ends_a_login_and_changes_nothing() {
    let Some((windows, token)) = with_netrc() else { return };
    let netrc = windows.netrc();
    let mut prompt = windows.herokey_program().args(["login", "--method", "password"]).on_terminal().start();
    wait_for_prompt(&prompt, "Email:");
    prompt.type_in("\u{3}");
    assert!(prompt.ends_within_timeout());
    assert_eq!(windows.netrc(), netrc);
    assert_eq!(windows.herokey(["token"]).ok().trim_end(), token);
}

#[test]
fn a_command_of_exec_survives_herokeys_ctrl_c() {
    let Some((windows, token)) = with_netrc() else { return };
    windows.write_file("wait.cmd", "@echo off\r\necho token %HEROKU_API_KEY%\r\nset /p line=waiting\r\n");
    let mut exec = windows.herokey_program().args(["exec", "--", r".\wait.cmd"]).on_terminal().start();
    wait_for_prompt(&exec, "waiting");
    assert_eq!(windows.world().sandbox().live_tokens().len(), 2);
    exec.type_in("\u{3}");
    assert!(exec.ends_within_timeout(), "{}", exec.output());
    let live = windows.world().sandbox().live_tokens();
    assert!(live.len() == 1 && windows.world().sandbox().is_live(&token), "{live:?}");
    assert_eq!(windows.netrc(), Some(netrc_of(&token)));
}
