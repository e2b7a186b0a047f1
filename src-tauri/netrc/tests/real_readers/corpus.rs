//! Compares this crate with the real readers on the files of `tests/corpus`, before and after an edit.
//!
//! A line `=== NAME` starts a file. In the file, `␍` is a carriage return, `␉` a tab, `␠` a space, `␀` a NUL and
//! `⟨ff⟩` a byte in hex; `␃` at the end means that the file has no final newline. In a file whose name starts with
//! `rejected: `, no place works for a new record.

use std::collections::BTreeSet;
use std::path::Path;

use netrc_edit::{EditError, Netrc};

use crate::{Answer, curl, heroku_cli, python};

const HEROKU: &str = "api.heroku.com";

struct Case {
    name: String,
    file: Vec<u8>,
}

impl Case {
    fn is_rejected(&self) -> bool {
        self.name.contains(": rejected: ")
    }
}

fn corpus() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let mut cases = Vec::new();
    for path in paths {
        let subject = path.file_stem().unwrap().to_str().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        for case in text.split("=== ").skip(1) {
            let (name, content) = case.split_once('\n').unwrap();
            cases.push(Case { name: format!("{subject}: {name}"), file: bytes(content) });
        }
    }
    cases
}

fn bytes(content: &str) -> Vec<u8> {
    let content = content.strip_suffix("␃\n").unwrap_or(content);
    let symbols = [("␍", "\r"), ("␉", "\t"), ("␠", " "), ("␀", "\0")];
    let text =
        symbols.iter().fold(content.to_owned(), |text, (symbol, meaning)| text.replace(symbol, meaning));
    let mut parts = text.split('⟨');
    let mut bytes = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        let (hex, text) = part.split_once('⟩').unwrap();
        bytes.extend(heroku_cli::bytes(&hex.replace(' ', "")));
        bytes.extend(text.bytes());
    }
    bytes
}

/// The hosts to ask for: those with a record whose name fits in a URL, Heroku's, and one without a record.
fn hosts(cases: &[Case]) -> Vec<String> {
    let fits_in_url = |host: &String| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        host.chars().all(is_allowed) && !host.is_empty() && !host.ends_with('.')
    };
    let named = cases.iter().flat_map(|case| {
        let netrc = Netrc::parse(case.file.as_slice());
        let hosts = netrc.records().filter_map(|record| String::from_utf8(record.host?).ok());
        hosts.map(|host| host.to_ascii_lowercase()).collect::<Vec<_>>()
    });
    let more = [HEROKU, "git.heroku.com", "absent.example"].map(str::to_owned);
    let hosts: BTreeSet<String> = named.chain(more).filter(fits_in_url).collect();
    hosts.into_iter().collect()
}

fn is_heroku(host: Option<&[u8]>) -> bool {
    host.is_some_and(|host| host.eq_ignore_ascii_case(HEROKU.as_bytes()))
}

/// What an edit must keep: the records of other hosts, byte for byte, and every comment line.
fn kept_parts(file: &[u8]) -> (Vec<&[u8]>, Vec<&[u8]>) {
    let netrc = Netrc::parse(file);
    let others = netrc.records().filter(|record| !is_heroku(record.host.as_deref()));
    let comments = file.split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    (
        others.map(|record| &file[record.bytes]).collect(),
        comments.filter(|line| line.starts_with(b"#")).collect(),
    )
}

#[test]
fn has_200_distinct_files_that_parsing_keeps() {
    let cases = corpus();
    let names: BTreeSet<&String> = cases.iter().map(|case| &case.name).collect();
    assert!(names.len() >= 200 && names.len() == cases.len(), "{} of {}", names.len(), cases.len());
    for Case { name, file } in &cases {
        assert_eq!(Netrc::parse(file.as_slice()).as_bytes(), file, "{name}");
    }
}

#[test]
fn predicts_what_curl_and_the_heroku_cli_read() {
    let mut cases = corpus();
    cases.retain(|case| !curl::crashes(&case.file) && !heroku_cli::hangs(&case.file));
    let hosts = hosts(&cases);
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let files: Vec<&[u8]> = cases.iter().map(|case| &case.file[..]).collect();
    let answers = curl::answers(&hosts, &files).into_iter().zip(heroku_cli::answers(&hosts, &files));
    for (case, (curl, cli)) in cases.iter().zip(answers) {
        let netrc = Netrc::parse(case.file.as_slice());
        for (number, host) in hosts.iter().enumerate() {
            assert_eq!(curl[number], Answer::predicted_for_curl(&netrc, host), "curl, {host}: {}", case.name);
            assert_eq!(
                cli[number],
                Answer::predicted_for_cli(&netrc, host),
                "the CLI, {host}: {}",
                case.name
            );
        }
    }
}

#[test]
fn predicts_what_python_reads() {
    let cases = corpus();
    let hosts = hosts(&cases);
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let files: Vec<&[u8]> = cases.iter().map(|case| &case.file[..]).collect();
    let Some(answers) = python::answers(&hosts, &files) else { return };
    for (case, answers) in cases.iter().zip(answers) {
        let netrc = Netrc::parse(case.file.as_slice());
        for (host, answer) in hosts.iter().zip(answers) {
            assert_eq!(answer, Answer::predicted_for_python(&netrc, host), "{host}: {}", case.name);
        }
    }
}

#[test]
fn size_limits_match_curl() {
    let record = "machine a.example login l password p\n";
    let mut files = Vec::new();
    for length in [16_382, 16_383] {
        files.push(format!("{record}#{}\n", "x".repeat(length - 1)));
        files.push(format!("{record}#{}", "x".repeat(length - 1)));
    }
    for size in [131_069, 131_070, 131_071] {
        let lines = format!("{}\n", "x".repeat(999)).repeat(131);
        let file = format!("{record}{lines}");
        files.push(format!("{}{}\n", file, "x".repeat(size - file.len() - 1)));
        files.push(format!("{}{}", file, "x".repeat(size - file.len())));
        files.push(format!("# not counted\n   {}{}\n", file, "x".repeat(size - file.len() - 1)));
    }
    for length in [4095, 4096] {
        files.push(format!("machine b.example password {}\n{record}", "x".repeat(length)));
        files.push(format!("machine b.example password \"{}\"\n{record}", "x".repeat(length)));
    }
    let answers = curl::answers(&["a.example"], &files);
    for (file, answer) in files.iter().zip(&answers) {
        let netrc = Netrc::parse(file.as_str());
        assert_eq!(answer[0], Answer::predicted_for_curl(&netrc, "a.example"), "{} bytes", file.len());
    }
    assert!(answers.iter().any(|answer| answer[0] == Answer::Nothing));
}

#[test]
fn setting_a_host_changes_nothing_else() {
    let edit = |netrc: &mut Netrc| netrc.set(HEROKU, "me@example.com", "HRKU-fake-new");
    let wanted = Answer::new("me@example.com", "HRKU-fake-new");
    changes_nothing_else(edit, &wanted, &wanted);
}

#[test]
fn removing_a_host_changes_nothing_else() {
    let edit = |netrc: &mut Netrc| {
        netrc.remove(HEROKU);
        Ok(())
    };
    // curl then treats the host like one that the file does not mention.
    changes_nothing_else(edit, &Answer::Nothing, &Answer::Nothing);
}

#[test]
fn setting_both_hosts_again_changes_nothing() {
    for Case { name, file } in corpus().iter().filter(|case| !case.is_rejected()) {
        let mut netrc = Netrc::parse(file.as_slice());
        for host in [HEROKU, "git.heroku.com"] {
            assert_eq!(netrc.set(host, "me@example.com", "HRKU-fake-new"), Ok(()), "{name}");
        }
        let once = netrc.clone();
        for host in [HEROKU, "git.heroku.com"] {
            assert_eq!(netrc.set(host, "me@example.com", "HRKU-fake-new"), Ok(()), "{name}");
        }
        assert!(netrc == once, "{name}: setting again changes the file");
    }
}

#[track_caller]
fn changes_nothing_else(
    edit: impl Fn(&mut Netrc) -> Result<(), EditError>,
    for_curl: &Answer,
    for_cli: &Answer,
) {
    let mut before = corpus();
    let mut after: Vec<Vec<u8>> = Vec::new();
    before.retain(|case| {
        let mut netrc = Netrc::parse(case.file.as_slice());
        let result = edit(&mut netrc);
        assert!(result.is_ok() || case.is_rejected(), "{}: {result:?}", case.name);
        let is_kept = result.is_ok() && !curl::crashes(&case.file);
        after.extend(is_kept.then(|| netrc.into_bytes()));
        is_kept
    });
    let hosts = hosts(&before);
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let before_bytes: Vec<&[u8]> = before.iter().map(|case| &case.file[..]).collect();
    let after_bytes: Vec<&[u8]> = after.iter().map(Vec::as_slice).collect();
    let [curl_before, curl_after] = [&before_bytes, &after_bytes].map(|files| curl::answers(&hosts, files));
    let [old_before, old_after] =
        [&before_bytes, &after_bytes].map(|files| curl::installed_answers(&hosts, files));
    let cli = heroku_cli::answers(&[HEROKU], &after_bytes);
    let absent = hosts.iter().position(|&host| host == "absent.example").unwrap();
    for (index, Case { name, file }) in before.iter().enumerate() {
        let shown = format!("{name}\n{}\n{}", file.escape_ascii(), after[index].escape_ascii());
        for (number, &host) in hosts.iter().enumerate() {
            if host == HEROKU {
                let wanted =
                    if *for_curl == Answer::Nothing { &curl_before[index][absent] } else { for_curl };
                assert_eq!(&curl_after[index][number], wanted, "{shown}");
                continue;
            }
            assert_eq!(curl_before[index][number], curl_after[index][number], "{host}: {shown}");
            if old_before[index][number] == curl_before[index][number] {
                assert_eq!(old_before[index][number], old_after[index][number], "{host}: {shown}");
            }
        }
        // The CLI reads records in comments, macros and broken text, and those stay in the file.
        let remaining = [
            ": a commented-out Heroku record",
            ": a Heroku record inside a macro",
            ": an unclosed quote in the Heroku record",
        ];
        let is_misread = *for_cli == Answer::Nothing && remaining.iter().any(|kind| name.contains(kind));
        assert!(is_misread || cli[index][0] == *for_cli, "{shown}");
        let [(records, comments), (records_after, comments_after)] =
            [file, &after[index]].map(|file| kept_parts(file));
        assert_eq!(records, records_after, "{shown}");
        let mut rest = comments_after.iter();
        assert!(comments.iter().all(|comment| rest.any(|other| other == comment)), "{shown}");
    }
}
