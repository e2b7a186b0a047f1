//! What curl and the Heroku CLI read, according to this crate.

use netrc_edit::{Credential, Difference, Netrc};

/// A login and a password, if the reader finds a credential.
type Pair = Option<(Option<&'static str>, Option<&'static str>)>;

/// Checks what both readers find for `a.example`.
#[track_caller]
fn reads(file: impl AsRef<[u8]>, curl: Pair, heroku_cli: Pair) {
    let netrc = Netrc::parse(file.as_ref());
    for (reader, found, expected) in
        [("curl", netrc.curl("a.example"), curl), ("heroku", netrc.heroku_cli("a.example"), heroku_cli)]
    {
        let found = found.as_ref().map(|found| [found.login(), found.password()]);
        let expected =
            expected.map(|(login, password)| [login, password].map(|value| value.map(str::as_bytes)));
        assert_eq!(found, expected, "{reader}");
    }
}

#[expect(clippy::unnecessary_wraps, reason = "callers need an `Option`, as `reads` does")]
fn pair(login: &'static str, password: &'static str) -> Pair {
    Some((Some(login), Some(password)))
}

#[test]
fn both_read_the_common_layouts() {
    reads("machine a.example\n  login l\n  password p\n", pair("l", "p"), pair("l", "p"));
    reads("machine a.example login l password p\n", pair("l", "p"), pair("l", "p"));
    reads("machine a.example # work\n\tpassword p # old\n\tlogin l", pair("l", "p"), pair("l", "p"));
}

#[test]
fn curl_unquotes() {
    reads(
        "machine a.example\n  password \"a\\tb\\\"c\\\\\"\n",
        Some((None, Some("a\tb\"c\\"))),
        Some((None, Some("\"a\\tb\\\"c\\\\\""))),
    );
    reads("machine \"a.example\" password \"x\n  # comment\n  y\"", Some((None, Some("x\ny"))), None);
}

#[test]
fn curl_reads_word_by_word() {
    reads("MACHINE A.example LOGIN\nl\n\npassword\r\np", pair("l", "p"), None);
    reads("machine b.example login x machine a.example login l password p\n", pair("l", "p"), None);
    reads("machine a.example login l login m password p junk", pair("m", "p"), pair("m", "p"));
    reads("machine a.example\n  password p # password q", Some((None, Some("q"))), Some((None, Some("p"))));
}

#[test]
fn curl_uses_the_first_record_that_has_a_value() {
    reads("machine a.example\nmachine a.example login l password p\n", pair("l", "p"), None);
    reads("default login d\nmachine a.example login l password p\n", Some((Some("d"), None)), pair("l", "p"));
    reads("default\nmachine a.example login l password p\n", pair("l", "p"), pair("l", "p"));
    reads("machine a.example login l\ndefault login d password p\n", Some((Some("l"), None)), None);
}

#[test]
fn a_macro_lasts_until_an_empty_line() {
    reads("macdef m\nmachine a.example login l password p\n", None, pair("l", "p"));
    reads("macdef m\nx\n \t\r\nmachine a.example login l password p\n", pair("l", "p"), pair("l", "p"));
    reads("machine a.example\nmacdef m\n\nlogin l\npassword p\n", None, None);
}

#[test]
fn the_cli_reads_comments_and_curl_does_not() {
    reads("  # machine a.example login l password p\n", None, pair("l", "p"));
    reads("machine a.example login l password p #\r\n", pair("l", "p"), None);
}

#[test]
fn the_cli_needs_indented_lines_or_single_spaces() {
    reads("machine a.example\nlogin l\npassword p\n", pair("l", "p"), None);
    reads("machine a.example\n  login l\n\n  password p\n", pair("l", "p"), None);
    reads("machine a.example\n  login l \n  password p\n", pair("l", "p"), None);
    reads("machine a.example\tlogin l password p\n", pair("l", "p"), None);
    reads("machine a.example login  l password p\n", pair("l", "p"), None);
    reads("machine a.example\r\n  login l\r\n  password p\r\n", pair("l", "p"), None);
}

#[test]
fn a_byte_order_mark_hides_the_first_record_from_curl() {
    reads("\u{feff}machine a.example login l password p\n", None, pair("l", "p"));
    reads("\u{feff}\nmachine a.example login l password p\n", pair("l", "p"), pair("l", "p"));
}

#[test]
fn curl_stops_at_a_syntax_error() {
    reads(
        "machine b.example password \"open\nmachine a.example\n  password p\n",
        None,
        Some((None, Some("p"))),
    );
    reads("machine a.example login l password p machine \"open\n", pair("l", "p"), pair("l", "p"));
    reads(format!("machine b.example password {}\nmachine a.example login l", "x".repeat(4096)), None, None);
}

#[test]
fn curl_reads_nothing_beyond_its_size_limits() {
    let record = "machine a.example login l password p\n";
    for (length, is_read) in [(16_382, true), (16_383, false)] {
        let file = format!("{record}#{}\n", "x".repeat(length - 1));
        reads(file, is_read.then_some((Some("l"), Some("p"))), pair("l", "p"));
    }
    for (size, is_read) in [(131_070, true), (131_071, false)] {
        let mut file = record.to_owned();
        file.push_str(&format!("{}\n", "x".repeat(999)).repeat(132));
        file.truncate(size - 1);
        file.push('\n');
        reads(file, is_read.then_some((Some("l"), Some("p"))), pair("l", "p"));
    }
}

#[test]
fn curl_drops_the_text_after_a_nul() {
    reads("machine a.example login l password p\0q\n", pair("l", "p"), pair("l", "p\0q"));
}

#[test]
fn only_curl_reads_invalid_utf8_unchanged() {
    let netrc = Netrc::parse(*b"machine a.example\n  password \xff\n");
    assert_eq!(netrc.curl("a.example").as_ref().and_then(Credential::password), Some(&b"\xff"[..]));
    let replaced = "\u{fffd}".as_bytes();
    assert_eq!(netrc.heroku_cli("a.example").as_ref().and_then(Credential::password), Some(replaced));
}

#[test]
fn records_report_hosts_and_lines() {
    let netrc = Netrc::parse("\u{feff}machine a login x\n# c\nmachine \"b\" machine\nA default\n");
    let records: Vec<_> =
        netrc.records().map(|record| (record.host, record.line, record.is_hidden_by_bom)).collect();
    assert_eq!(
        records,
        [
            (Some(b"a".to_vec()), 1, true),
            (Some(b"b".to_vec()), 3, false),
            (Some(b"A".to_vec()), 3, false),
            (None, 4, false)
        ]
    );
}

#[test]
fn each_difference_has_a_reason() {
    let record = "machine a.example login l password p\n";
    for (file, reason) in [
        (
            "machine a.example login l password p # a comment\r\n".replace(" l ", " long@example.com "),
            Some(Difference::CliHangs),
        ),
        (format!("{record}{}", "x\n".repeat(66_000)), Some(Difference::TooLarge)),
        (format!("\u{feff}{record}"), Some(Difference::ByteOrderMark)),
        (format!("machine b.example password \"open\n{record}"), Some(Difference::SyntaxError)),
        (format!("# machine a.example login x password y\n{record}"), Some(Difference::Lookalike)),
        (format!("# {record}"), Some(Difference::Lookalike)),
        (format!("macdef m\n{record}"), Some(Difference::Lookalike)),
        ("default login l password p\n".into(), Some(Difference::Default)),
        (format!("default login d password q\n{record}"), Some(Difference::Default)),
        (format!("machine a.example\n{record}"), Some(Difference::Duplicate)),
        ("machine a.example login l password \"p q\"\n".into(), Some(Difference::Quotes)),
        ("machine a.example\r\n  login l\r\n  password p\r\n".into(), Some(Difference::CarriageReturn)),
        ("machine a.example login l password p#q\n".into(), Some(Difference::HashSign)),
        ("machine a.example\n  login l\n\n  password p\n".into(), Some(Difference::Layout)),
        ("MACHINE a.example login l password p\n".into(), Some(Difference::Layout)),
        (record.into(), None),
        (format!("{record}default login d password q\n"), None),
        (String::new(), None),
    ] {
        let shown = &file[..file.len().min(200)];
        assert_eq!(Netrc::parse(file.as_str()).difference("a.example"), reason, "{shown}");
    }
}
