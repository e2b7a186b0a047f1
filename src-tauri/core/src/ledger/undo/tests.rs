use super::diff::Piece;
use super::*;

fn machine() -> (tempfile::TempDir, Env) {
    let home = tempfile::tempdir().unwrap();
    let env = Env::new([("HOME", home.path()), ("LOCALAPPDATA", home.path())]);
    (home, env)
}

fn secret(text: &str) -> Bytes {
    Zeroizing::new(text.as_bytes().to_vec())
}

#[test]
fn restores_every_byte_and_records_no_secret() {
    let texts = [
        ("a\nexport KEY=fake-one\nb", "a\n# export KEY=fake-one\nb"),
        ("one\r\ntwo\r\n", "two\r\n"),
        ("", "new\n"),
        ("m fake-one\nx\nm fake-one\n", "x\nm fake-one\n"),
        ("\u{feff}p fake-one", "\u{feff}  p fake-one\nq\n"),
    ];
    for (before, after) in texts {
        let (_home, env) = machine();
        let path = Path::new("/fake");
        let (bytes, secrets) = (Some(before.as_bytes()), [secret("fake-one")]);
        draft(&env, "")
            .file(path, bytes, Some(after.as_bytes()), Secrets::These(&secrets))
            .save(&env)
            .unwrap();
        let record = std::fs::read_to_string(record::path(&env)).unwrap();
        let Before::Bytes { hunks, .. } = newest(&env).unwrap().file.unwrap().before else {
            panic!("{record}")
        };
        for piece in hunks.iter().flat_map(|hunk| &hunk.before) {
            let Piece::Plain(text) = piece else { continue };
            let plain = String::from_utf8(BASE64.decode(text).unwrap()).unwrap();
            assert!(!plain.contains("fake-one"), "{plain} in {record}");
        }
        assert!(!record.contains("fake-one"), "{record}");
        for now in [after, before] {
            let restored = newest(&env).unwrap().bytes_before(&env, Some(now.as_bytes())).unwrap().unwrap();
            assert_eq!(restored.as_slice(), before.as_bytes(), "{before:?} from {now:?}");
        }
        for now in [Some(b"another".as_slice()), None] {
            let error = newest(&env).unwrap().bytes_before(&env, now).unwrap_err();
            assert_eq!(error.code, Code::CannotUndo);
        }
    }
}

/// Only on Linux can a keychain be missing.
#[cfg(target_os = "linux")]
#[test]
fn refuses_to_lose_a_secret_without_a_keychain() {
    let (_home, env) = machine();
    // Even if the new secret begins or ends like the old one.
    for after in ["p other", "p fake-two", "p true-one", ""] {
        let (before, secrets) = (Some(b"p fake-one".as_slice()), [secret("fake-one")]);
        let change = draft(&env, "").file(
            Path::new("/fake"),
            before,
            Some(after.as_bytes()),
            Secrets::These(&secrets),
        );
        assert_eq!(change.save(&env).unwrap_err().code, Code::CannotUndo, "{after}");
        assert!(newest(&env).is_none());
    }
}

#[test]
fn removes_a_file_that_did_not_exist_before() {
    let (_home, env) = machine();
    draft(&env, "").file(Path::new("/fake"), None, Some(b"new"), Secrets::These(&[])).save(&env).unwrap();
    for now in [Some(b"new".as_slice()), None] {
        assert!(newest(&env).unwrap().bytes_before(&env, now).unwrap().is_none());
    }
    draft(&env, "").file(Path::new("/fake"), Some(b"new"), None, Secrets::These(&[])).save(&env).unwrap();
    assert_eq!(newest(&env).unwrap().bytes_before(&env, None).unwrap().unwrap().as_slice(), b"new");
}

#[test]
fn reads_and_writes_the_form_of_earlier_versions() {
    let range = r#"{"start":0,"end":1}"#;
    let text =
        format!(r#"{{"place":{range},"before":[{{"plain":"YQ=="}},{{"here":{range}}},{{"kept":{range}}}]}}"#);
    let hunk: Hunk = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json::to_string(&hunk).unwrap(), text);
}

#[test]
fn a_change_that_is_all_secret_is_recorded_as_positions() {
    let commented = (
        "x\nexport KEY=fake-one; export OTHER=fake-two\n",
        "x\n# export KEY=fake-one; export OTHER=fake-two\n",
    );
    let comma = ("{\"a\":1,\n\"b\":2}", "{\"a\":1\n,\"b\":2}");
    for (before, after) in [commented, comma] {
        let (_home, env) = machine();
        let (old, new) = (Some(before.as_bytes()), Some(after.as_bytes()));
        draft(&env, "").file(Path::new("/fake"), old, new, Secrets::Everything).save(&env).unwrap();
        let restored = newest(&env).unwrap().bytes_before(&env, new).unwrap().unwrap();
        assert_eq!(restored.as_slice(), before.as_bytes());
    }
    let mut stored = Bytes::default();
    let (before, after) =
        (b"{\"auths\":{\"a\":\"fake-one\"},\"b\":\"fake-two\"}", b"{\"auths\":{},\"b\":\"fake-two\"}");
    let hunks = Hunk::between(before, after, Secrets::Everything, &mut stored);
    assert_eq!(stored.as_slice(), b"\"a\":\"fake-one\"");
    assert_eq!(rebuilt(after, &hunks, &stored).unwrap().as_slice(), before);
}
