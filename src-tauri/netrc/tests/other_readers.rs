//! What programs other than curl and the Heroku CLI read, according to this crate.

use netrc_edit::{Credential, Netrc, ParseError};

/// A login and a password, if the reader finds a credential.
type Pair = Option<(Option<&'static str>, Option<&'static str>)>;

#[track_caller]
fn is_pair(found: Option<&Credential>, expected: Pair) {
    let found = found.map(|found| [found.login(), found.password()]);
    assert_eq!(
        found,
        expected.map(|(login, password)| [login, password].map(|value| value.map(str::as_bytes)))
    );
}

/// Checks the token that VS Code's extension finds.
#[track_caller]
fn vscode(file: &str, token: Option<&'static str>) {
    let found = Netrc::parse(file).vscode("api.heroku.com");
    is_pair(found.as_ref(), token.map(|token| (None, Some(token))));
}

/// Checks what `JGit` finds for `a.example`.
#[track_caller]
fn jgit(file: &str, expected: Option<(&'static str, &'static str)>) {
    let found = Netrc::parse(file).jgit("a.example");
    is_pair(found.as_ref(), expected.map(|(login, password)| (Some(login), Some(password))));
}

/// Checks what Go finds for `a.example`, or the line of its error.
#[track_caller]
fn go(file: &str, expected: Result<Pair, usize>) {
    is_result(Netrc::parse(file).go("a.example"), expected);
}

/// Checks what Python finds for `a.example`, or the line of its error.
#[track_caller]
fn python(file: &str, expected: Result<Pair, usize>) {
    is_result(Netrc::parse(file).python("a.example"), expected);
}

#[track_caller]
fn is_result(result: Result<Option<Credential>, ParseError>, expected: Result<Pair, usize>) {
    match (result, expected) {
        (Ok(found), Ok(pair)) => is_pair(found.as_ref(), pair),
        (result, Ok(pair)) => panic!("{result:?} is not {pair:?}"),
        (result, Err(line)) => assert_eq!(result, Err(ParseError { line })),
    }
}

const LP: Pair = Some((Some("l"), Some("p")));

#[test]
fn all_read_what_an_edit_writes() {
    let mut netrc = Netrc::default();
    for host in ["api.heroku.com", "git.heroku.com"] {
        netrc.set(host, "me@example.com", "HRKU-fake").unwrap();
    }
    for host in ["api.heroku.com", "git.heroku.com"] {
        let expected = Some((Some("me@example.com"), Some("HRKU-fake")));
        for found in [netrc.jgit(host), netrc.go(host).unwrap(), netrc.python(host).unwrap()] {
            is_pair(found.as_ref(), expected);
        }
    }
    is_pair(netrc.vscode("api.heroku.com").as_ref(), Some((None, Some("HRKU-fake"))));
    assert_eq!(netrc.vscode("git.heroku.com"), None);
}

#[test]
fn vscode_needs_a_line_that_only_names_the_host() {
    vscode("machine api.heroku.com\n  login l\n  password p\n", Some("p"));
    vscode("\u{feff}machine api.heroku.com\r\n\r\n# c\r\npassword p\r\n", Some("p"));
    vscode("machine api.heroku.com login l password p\n", None);
    vscode("machine api.heroku.com # mine\n  password p\n", None);
    vscode("machine  api.heroku.com\n  password p\n", None);
    vscode("default\n  password p\n", None);
}

#[test]
fn vscode_takes_the_first_password_line_of_the_first_record() {
    vscode("machine api.heroku.com\n  password\t\"p\" # old\n  password q\n", Some("\"p\" # old"));
    vscode("machine api.heroku.com\n  passwords\n", Some("s"));
    vscode("machine api.heroku.com\n  login l password p\n  password q", Some("q"));
    let record = "machine api.heroku.com\n  password p\n";
    vscode(&format!("machine api.heroku.com\n{record}"), None);
    vscode(&format!("machine api.heroku.com\nmachinery\n{record}"), None);
    vscode(&format!("machine api.heroku.com\npassword\n{record}"), None);
}

#[test]
fn jgit_uses_the_last_complete_record() {
    jgit("machine a.example login l password p machine a.example login m password q", Some(("m", "q")));
    jgit("machine a.example login l password p\nmachine a.example login m\n", Some(("l", "p")));
    jgit("default login d password e\nmachine b.example login l password p\n", Some(("d", "e")));
    jgit("machine a.example login l password p\ndefault login d password e\n", Some(("l", "p")));
    jgit("machine A.example login l password p\n", None);
}

#[test]
fn jgit_gives_the_values_of_an_incomplete_record_to_the_next_one() {
    jgit("machine b.example password p\nmachine a.example login l\n", Some(("l", "p")));
    jgit("login l password p\nmachine a.example\n", Some(("l", "p")));
    jgit("machine a.example password p\nmachine b.example login l\n", None);
    jgit("machine a.example login l\nlogin m password p password q\n", Some(("m", "p")));
}

#[test]
fn jgit_reads_a_value_only_on_the_line_of_its_keyword() {
    jgit("MACHINE a.example Login l port PASSWORD p\r", Some(("l", "p")));
    jgit("machine a.example login l password\np\n", None);
    jgit("machine\na.example login l password p\n", None);
    jgit("machine a.example login #l # password q\npassword \"p\n", Some(("#l", "\"p")));
}

#[test]
fn jgit_skips_one_macro_in_a_record() {
    jgit("macdef m\nmachine a.example login l password p\n", None);
    jgit("macdef m\nx\n\nmachine a.example login l password p\n", Some(("l", "p")));
    jgit("macdef m\nx\n\nmacdef n\nmachine a.example login l password p\n", Some(("l", "p")));
    jgit("machine a.example login l password p\nmacdef m\nlogin x\n", Some(("l", "p")));
}

#[test]
fn go_uses_the_first_record_or_default() {
    go("machine a.example login l password p\nmachine a.example login m password q\n", Ok(LP));
    go("machine a.example\nmachine a.example login l password p\n", Ok(None));
    go("machine b.example\naccount a\u{a0}default\nlogin\nl # c password q\npassword p", Ok(LP));
    go("machine a.example password \"p q\"\n", Err(1));
    go("machine a.example\r\n  login #l x\r\n  password \"p\"\r\n", Ok(Some((Some("#l x"), Some("\"p\"")))));
    go("machine A.example login l password p\n", Ok(None));
}

#[test]
fn go_reads_nothing_of_a_file_with_an_error() {
    let record = "machine a.example login l password p\n";
    go(&format!("{record}\nMachine b.example\n"), Err(3));
    go(&format!("\u{feff}{record}"), Err(1));
    go(&format!("{record}login m\n"), Err(2));
    go(&format!("password p\n{record}"), Err(1));
    go(&format!("default\n{record}"), Err(2));
    go("default\ndefault\n", Err(2));
    go(&format!("{record}machine {}", "x".repeat(70_000)), Err(2));
}

#[test]
fn go_reads_keywords_in_a_macro() {
    go("macdef m\nx y\nmachine a.example login l password p\n", Ok(LP));
    go("macdef m\nlogin x\n\nmachine a.example login l password p\n", Err(2));
    go("macdef m\nx\n\nmachine a.example login l password p x\n", Err(4));
    go("macdef m\nx\n\ny\nmachine a.example login l password p x\n", Ok(LP));
}

/// Go reads 4096 bytes at once. If the white space before a value ends there, the value is empty and its word an
/// unknown keyword.
#[test]
fn go_loses_a_value_at_the_end_of_its_buffer() {
    for (length, expected) in [(4094, Ok(LP)), (4095, Ok(LP)), (4096, Err(2)), (4097, Ok(LP))] {
        let record = "machine a.example login l password ";
        let comment = "x".repeat(length - record.len() - 2);
        go(&format!("#{comment}\n{record}p\n"), expected);
    }
}

#[test]
fn python_uses_the_last_record_or_default() {
    python("machine a.example login m password q\nmachine a.example login l password p\n", Ok(LP));
    python("machine a.example login l password p\nmachine a.example\n", Ok(None));
    python("machine b.example\ndefault login d password q\nmachine default user l password p", Ok(LP));
    python("machine a.example account l password q password p\ndefault login d\n", Ok(LP));
    python("machine a.example login l", Ok(Some((Some("l"), None))));
    python("machine A.example login l password p\n", Ok(None));
}

#[test]
fn python_unquotes_and_unescapes() {
    python(
        "\"machine\" a.example login \"l \r\nm\"password p\\ \\\"q\\n\n",
        Ok(Some((Some("l \nm"), Some("p \"qn")))),
    );
    python("machine a.example login l password p\n\"\"\nunknown words\n", Ok(LP));
    python("machine a.example login l password x\"y\n", Ok(Some((Some("l"), Some("x\"y")))));
    python("machine a.example login l password \"p\n", Ok(Some((Some("l"), Some("p\n")))));
}

#[test]
fn python_reads_nothing_of_a_file_with_an_error() {
    let record = "machine a.example login l password p\n";
    python(&format!("{record}\nprotocol https\n"), Err(3));
    python(&format!("{record}Machine b.example\n"), Err(2));
    python(&format!("\u{feff}{record}"), Err(1));
    python(&format!("{record}macdef m\nx\n"), Err(2));
    python(&format!("macdef m\nx\n\n{record}"), Ok(LP));
    python(&format!("{record}machine"), Err(2));
    python("machine a.example\u{a0}login l\n", Err(1));
    let netrc = Netrc::parse([record.as_bytes(), b"# \xff\n"].concat());
    assert_eq!(netrc.python("a.example"), Err(ParseError { line: 2 }));
}

#[test]
fn python_fails_at_a_comment_after_an_empty_line() {
    let record = "machine a.example login l password p\n";
    python(&format!("# a comment\n{record}# another one\n#and another\n"), Ok(LP));
    python(&format!("{record}\n# a comment\n"), Err(3));
    python(&format!("{record}\n#comment\n"), Ok(LP));
    python(&format!("{record}  #a comment\n"), Ok(LP));
    python(&format!("#a comment\n{record}"), Err(1));
}
