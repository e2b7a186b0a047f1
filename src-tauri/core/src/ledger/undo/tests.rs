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
fn every_byte_comes_back_and_no_secret_is_written_down() {
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
        draft(&env, "").file(path, bytes, Some(after.as_bytes()), &secrets).keep(&env).unwrap();
        let record = std::fs::read_to_string(super::path(&env)).unwrap();
        let Before::Bytes { hunks, .. } = last(&env).unwrap().file.unwrap().before else {
            panic!("{record}")
        };
        for piece in hunks.iter().flat_map(|hunk| &hunk.before) {
            let Piece::Plain(text) = piece else { continue };
            let plain = String::from_utf8(BASE64.decode(text).unwrap()).unwrap();
            assert!(!plain.contains("fake-one"), "{plain} in {record}");
        }
        assert!(!record.contains("fake-one"), "{record}");
        for now in [after, before] {
            let back = last(&env).unwrap().back(&env, Some(now.as_bytes())).unwrap().unwrap();
            assert_eq!(back.as_slice(), before.as_bytes(), "{before:?} from {now:?}");
        }
        for now in [Some(b"another".as_slice()), None] {
            let error = last(&env).unwrap().back(&env, now).unwrap_err();
            assert_eq!(error.code, Code::CannotUndo);
        }
    }
}

/// macOS and Windows always have a keychain for it.
#[cfg(target_os = "linux")]
#[test]
fn a_secret_that_would_be_lost_is_refused_where_nothing_can_keep_it() {
    let (_home, env) = machine();
    // Also where the new secret begins or ends as the old one does.
    for after in ["p other", "p fake-two", "p true-one", ""] {
        let (before, secrets) = (Some(b"p fake-one".as_slice()), [secret("fake-one")]);
        let lost = draft(&env, "").file(Path::new("/fake"), before, Some(after.as_bytes()), &secrets);
        let lost = lost.keep(&env);
        assert_eq!(lost.unwrap_err().code, Code::CannotUndo, "{after}");
        assert!(last(&env).is_none());
    }
}

#[test]
fn where_there_was_no_file_there_will_be_none() {
    let (_home, env) = machine();
    draft(&env, "").file(Path::new("/fake"), None, Some(b"new"), &[]).keep(&env).unwrap();
    for now in [Some(b"new".as_slice()), None] {
        assert!(last(&env).unwrap().back(&env, now).unwrap().is_none());
    }
    draft(&env, "").file(Path::new("/fake"), Some(b"new"), None, &[]).keep(&env).unwrap();
    assert_eq!(last(&env).unwrap().back(&env, None).unwrap().unwrap().as_slice(), b"new");
}
