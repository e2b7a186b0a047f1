//! What holds for every configuration of the corpus, and for some others.

use super::super::document::Document;
use super::*;
use crate::base::token::Token;

/// Every case, and the servers that `read` finds in it.
fn all_servers() -> Vec<(Case, Vec<McpServer>)> {
    let all = CORPUS.into_iter().flat_map(cases);
    all.map(|case| {
        let servers = read_bytes(&case.bytes, case.format).unwrap_or_default();
        (case, servers)
    })
    .collect()
}

#[test]
fn only_the_entry_changes() {
    let mut fixed = 0;
    for (case, servers) in all_servers().iter().filter(|(case, _)| case.format.syntax() == Syntax::Json) {
        for server in servers {
            let Some(after) = without_key(&case.bytes, case.format, &server.entry, KEY) else { continue };
            let around = |bytes: &[u8]| {
                let document = Document::parse(bytes, Syntax::Json).unwrap();
                let span = entry::follow(&document.root, &server.entry).unwrap().node().unwrap().span.clone();
                [&document.text[..span.start], "…", &document.text[span.end..]].concat()
            };
            assert_eq!(around(&case.bytes), around(&after), "{}", case.heading);
            fixed += 1;
        }
    }
    assert!(fixed > 60, "{fixed}");
}

/// `serde_json` judges what became of the files that it can read.
#[test]
fn another_parser_sees_the_same_change() {
    let mut judged = 0;
    for (case, servers) in all_servers() {
        let Ok(before) = serde_json::from_slice::<serde_json::Value>(&case.bytes) else { continue };
        for server in servers {
            let Some(after) = without_key(&case.bytes, case.format, &server.entry, KEY) else { continue };
            let mut expected = before.clone();
            let mut entry = server.entry.iter().fold(&mut expected, |value, name| &mut value[name]);
            let name = if entry["command"].is_object() { "path" } else { "command" };
            if name == "path" {
                entry = &mut entry["command"];
            }
            let env = entry["env"].as_object_mut().unwrap();
            env.remove(KEY);
            if env.is_empty() {
                entry.as_object_mut().unwrap().remove("env");
            }
            if !server.starts_with_herokey {
                let old = std::mem::replace(&mut entry[name], "herokey".into());
                let old_args = entry["args"].as_array().cloned().unwrap_or_default();
                let exec =
                    ["exec", "--for", "30d", "--"].map(serde_json::Value::from).into_iter().chain([old]);
                entry["args"] = exec.chain(old_args).collect();
            }
            let after: serde_json::Value = serde_json::from_slice(&after).unwrap();
            assert_eq!(after, expected, "{}", case.heading);
            judged += 1;
        }
    }
    assert!(judged > 40, "{judged}");
}

#[test]
fn no_fixed_file_holds_the_token() {
    for (case, servers) in all_servers() {
        for server in servers {
            let Some(after) = without_key(&case.bytes, case.format, &server.entry, KEY) else { continue };
            let left = read_bytes(&after, case.format).unwrap();
            let is_it = |other: &&McpServer| other.entry == server.entry;
            assert!(left.iter().filter(is_it).all(|other| other.value.is_none()), "{}", case.heading);
            assert!(without_key(&after, case.format, &server.entry, KEY).is_none(), "{}", case.heading);
            let Some(line) = case.bytes.split(|byte| *byte == b'\n').nth(server.line - 1) else { panic!() };
            assert!(String::from_utf8_lossy(line).contains("API_KEY"), "{}", case.heading);
        }
    }
}

#[test]
fn another_token_and_back_restores_the_file() {
    let new = Token::parse("01234567-89ab-cdef-0123-456789abcdef").unwrap();
    let mut replaced = 0;
    for (case, servers) in all_servers() {
        for server in servers {
            let Some(McpValue::Token(old)) = server.value else {
                assert!(
                    with_key(&case.bytes, case.format, &server.entry, &new).is_none(),
                    "{}",
                    case.heading
                );
                continue;
            };
            let after = with_key(&case.bytes, case.format, &server.entry, &new).unwrap();
            let now = read_bytes(&after, case.format).unwrap();
            let now = now.iter().find(|other| other.entry == server.entry).unwrap();
            assert_eq!(
                (&now.value, now.line),
                (&Some(McpValue::Token(new.clone())), server.line),
                "{}",
                case.heading
            );
            let back = with_key(&after, case.format, &server.entry, &old).unwrap();
            // Escapes are not restored.
            if case.written.contains(old.expose()) {
                assert!(*back == case.bytes, "{}", case.heading);
            } else {
                assert!(
                    read_bytes(&back, case.format)
                        .unwrap()
                        .iter()
                        .any(|other| other.value == Some(McpValue::Token(old.clone())))
                );
            }
            replaced += 1;
        }
    }
    assert!(replaced > 70, "{replaced}");
    let entry = ["mcpServers".to_owned(), "heroku".to_owned()];
    let file = br#"{"mcpServers":{"heroku":{"env":{"HEROKU_API_KEY":"HRKU-fake-0123456789-a1b2"}}}}"#;
    let quoted = Token::parse("HRKU-fake-\"-a1b2").unwrap();
    assert!(with_key(file, Format::McpServers, &entry, &quoted).is_none());
    assert!(with_key(file, Format::McpServers, &entry, &new).is_some(), "also without a command");
    let default = br#"{"mcpServers":{"heroku":{"env":{"HEROKU_API_KEY":"${HEROKU_API_KEY:-HEROKU}"}}}}"#;
    let after = with_key(default, Format::McpServers, &entry, &new).unwrap();
    assert!(after.ends_with(b"\"${HEROKU_API_KEY:-01234567-89ab-cdef-0123-456789abcdef}\"}}}}"));
}

#[test]
fn secrets_are_found_as_written_and_as_read() {
    let file = r#"{
        "mcpServers": {
            "a": { "env": { "HEROKU_API_KEY": "HRKU\u002dfake-1" } },
            "a": { "env": { "HEROKU_API_KEY": "HRKU-fake-2", "HEROKU_API_KEY": "${HEROKU_API_KEY:-HRKU-fake-3}" } },
            "b": { "env": { "HEROKU_API_KEY": "${HEROKU_API_KEY}" } },
            "c": { "env": { "HEROKU_API_KEY": "" } },
            "d": { "headers": { "HEROKU_API_KEY": "HRKU-fake-2" } }
        }
    }"#;
    let found = |bytes: &[u8], format| {
        let found = secrets(bytes, format);
        found.iter().map(|secret| String::from_utf8(secret.to_vec()).unwrap()).collect::<Vec<_>>()
    };
    let expected =
        [r"HRKU\u002dfake-1", "HRKU-fake-1", "HRKU-fake-2", "${HEROKU_API_KEY:-HRKU-fake-3}", "HRKU-fake-3"];
    assert_eq!(found(file.as_bytes(), Format::McpServers), expected);
    let toml = b"a.HEROKU_API_KEY = '''HRKU-fake-4'''\nb = [{ HEROKU_API_KEY = 7 }]\n";
    assert_eq!(found(toml, Format::Codex), ["HRKU-fake-4"]);
    assert!(found(b"HEROKU_API_KEY=HRKU-fake-5", Format::McpServers).is_empty());
}

/// A file with a part missing is read, refused or edited, but never makes Herokey panic.
#[test]
fn a_part_may_be_missing_anywhere() {
    let new = Token::parse("HRKU-fake-new-0123456789-e5f6").unwrap();
    for (case, servers) in all_servers() {
        for at in (0..case.bytes.len()).step_by(5) {
            let cuts = [case.bytes[..at].to_vec(), [&case.bytes[..at], &case.bytes[at + 1..]].concat()];
            for bytes in cuts {
                for server in &servers {
                    let fixed = without_key(&bytes, case.format, &server.entry, KEY);
                    assert!(fixed.is_none_or(|fixed| Document::parse(&fixed, case.format.syntax()).is_ok()));
                    drop(with_key(&bytes, case.format, &server.entry, &new));
                }
            }
        }
    }
}

#[test]
fn deep_nesting_is_refused() {
    for (deep, format) in
        [("[", Format::McpServers), ("{\"a\":", Format::McpServers), ("a = [[", Format::Codex)]
    {
        let end = if format == Format::Codex { "[".repeat(100_000) } else { deep.repeat(100_000) };
        let error = read_bytes(format!("{deep}{end}").as_bytes(), format).unwrap_err();
        assert!(error.detail.ends_with("at line 1"), "{error}");
    }
    let deep = format!("{}{}", "{\"a\":".repeat(200), "[]".to_owned() + &"}".repeat(200));
    assert!(read_bytes(deep.as_bytes(), Format::ClaudeCode).unwrap().is_empty());
}

#[test]
fn an_error_repeats_nothing_of_the_file() {
    for case in CORPUS.into_iter().flat_map(cases) {
        if let Err(error) = read_bytes(&case.bytes, case.format) {
            assert_eq!(error.code, Code::McpFailed);
            assert!(!error.to_string().contains("fake"), "{error}");
            let line = error.detail.rsplit(' ').next().unwrap();
            assert_eq!(error.next_step, format!("Correct ~{}config:{line}.", std::path::MAIN_SEPARATOR));
            assert!(secrets(&case.bytes, case.format).is_empty());
        }
    }
}

#[test]
fn a_file_may_be_missing_or_too_large() {
    let home = tempfile::tempdir().unwrap();
    let env = Env::new([("HOME", home.path())]);
    let read_at = |path: &str| {
        read(&env, &McpFile { path: home.path().join(path), client: "Cursor", format: Format::McpServers })
    };
    assert!(read_at(".cursor/mcp.json").unwrap().is_empty());
    std::fs::write(home.path().join(".cursor"), "a file").unwrap();
    assert!(read_at(".cursor/mcp.json").unwrap().is_empty());
    std::fs::write(home.path().join("large"), vec![b' '; (1 << 20) + 1]).unwrap();
    let error = read_at("large").unwrap_err();
    assert_eq!(error.detail, "it is larger than 1 MiB");
    std::fs::write(home.path().join("largest"), vec![b' '; 1 << 20]).unwrap();
    assert!(read_at("largest").unwrap().is_empty());
    assert!(read_at("").is_err(), "a folder");
}
