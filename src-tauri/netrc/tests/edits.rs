//! Edits of small files, compared byte for byte.

use netrc_edit::{EditError, Field, Netrc};

const HOST: &str = "api.heroku.com";

/// A file under test: `given(FILE).set().produces(FILE)`.
struct Given(Netrc);

fn given(file: impl AsRef<[u8]>) -> Given {
    Given(Netrc::parse(file.as_ref()))
}

impl Given {
    /// Sets the credential of [`HOST`] and checks that both readers find it.
    #[track_caller]
    fn set(mut self) -> Self {
        assert_eq!(self.0.set(HOST, "me@example.com", "HRKU-fake-new"), Ok(()));
        let credential = self.0.curl(HOST);
        let read = credential.as_ref().map(|found| (found.login(), found.password()));
        assert_eq!(read, Some((Some(&b"me@example.com"[..]), Some(&b"HRKU-fake-new"[..]))));
        assert_eq!(self.0.heroku_cli(HOST), credential);
        self
    }

    /// Removes the records of [`HOST`] and checks how many there were.
    #[track_caller]
    fn remove(mut self, count: usize) -> Self {
        assert_eq!(self.0.remove(HOST), count);
        self
    }

    #[track_caller]
    fn produces(self, file: impl AsRef<[u8]>) {
        let [found, expected] = [self.0.as_bytes(), file.as_ref()].map(String::from_utf8_lossy);
        assert_eq!(found, expected);
    }
}

#[test]
fn an_empty_file_gets_a_record_as_the_cli_writes_it() {
    given("").set().produces("machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n");
}

#[test]
fn a_new_record_goes_last_and_ends_an_unfinished_line() {
    given("machine ftp.example.com login ann password p").set().produces(
        "machine ftp.example.com login ann password p\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
}

#[test]
fn a_new_record_is_indented_like_the_others() {
    given("machine a.example\n\tlogin ann\n\tpassword p\n").set().produces(
        "machine a.example\n\tlogin ann\n\tpassword p\n\
         machine api.heroku.com\n\tlogin me@example.com\n\tpassword HRKU-fake-new\n",
    );
}

#[test]
fn a_new_record_goes_before_default_and_its_comment() {
    given("machine a.example login ann password p\n# everyone else\ndefault login guest\n").set().produces(
        "machine a.example login ann password p\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\
         # everyone else\ndefault login guest\n",
    );
    given("machine a.example login ann password p default login guest\n").set().produces(
        "machine a.example login ann password p \n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\
         default login guest\n",
    );
}

#[test]
fn a_new_record_goes_before_trailing_incomplete_records() {
    given("machine a.example login ann password p\n# by token\nmachine b.example password p\n")
        .set()
        .produces(
            "machine a.example login ann password p\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\
         # by token\nmachine b.example password p\n",
        );
}

#[test]
fn a_record_after_default_moves_before_it() {
    given("default login guest\nmachine api.heroku.com\n  login me@example.com\n  account dev\n  password old\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n  account dev\ndefault login guest\n",
    );
}

#[test]
fn a_macro_ends_before_a_new_record() {
    given("macdef init\ncd /pub\nmachine api.example login x").set().produces(
        "macdef init\ncd /pub\nmachine api.example login x\n\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
    given("macdef init\ncd /pub\n\n").set().produces(
        "macdef init\ncd /pub\n\nmachine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
}

#[test]
fn a_new_record_goes_before_a_macro_that_the_cli_reads_as_a_record() {
    let file = "macdef init\nmachine api.heroku.com login x password y\n\n";
    given(file).set().produces(format!(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n{file}"
    ));
}

#[test]
fn values_are_replaced_in_place() {
    given("# mine\nmachine api.heroku.com\n    account dev\n    password old   # since May\n\n    login you\n# end")
        .0
        .heroku_cli(HOST)
        .expect("the CLI reads up to the empty line");
    given("machine api.heroku.com\n    account dev\n    password old   # since May\n    login you\n# end").set().produces(
        "machine api.heroku.com\n    account dev\n    password HRKU-fake-new   # since May\n    login me@example.com\n# end",
    );
    given("machine api.heroku.com login you password old")
        .set()
        .produces("machine api.heroku.com login me@example.com password HRKU-fake-new");
    given("machine api.heroku.com login \"a b\" password \"old\"\n")
        .set()
        .produces("machine api.heroku.com login me@example.com password HRKU-fake-new\n");
}

#[test]
fn a_record_that_the_cli_cannot_read_is_rewritten_with_its_other_words() {
    given("machine a.example\n  login ann\nmachine api.heroku.com\n# the work account\nlogin you\naccount \"d e v\" # old\npassword old\nmachine b.example\n")
        .set()
        .produces(
            "machine a.example\n  login ann\nmachine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\
             # the work account\n  account \"d e v\" # old\nmachine b.example\n",
        );
}

#[test]
fn a_comment_that_curl_reads_as_a_password_is_kept() {
    given("machine api.heroku.com\n  login you\n  password old # was password older before\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n  # was password older before\n",
    );
}

#[test]
fn records_that_share_a_line_are_split() {
    given("machine a.example login ann password p machine API.Heroku.com login you password old machine b.example login bob\n")
        .set()
        .produces(
            "machine a.example login ann password p\n\
             machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\
             machine b.example login bob\n",
        );
}

#[test]
fn a_missing_value_is_added() {
    given("machine api.heroku.com\nmachine b.example\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\nmachine b.example\n",
    );
    given("machine api.heroku.com\n\tpassword old\n")
        .set()
        .produces("machine api.heroku.com\n\tlogin me@example.com\n\tpassword HRKU-fake-new\n");
}

#[test]
fn an_empty_line_keeps_the_cli_from_reading_an_indented_record_below() {
    given("machine api.heroku.com\n  login you\n  password old\n  machine b.example\n  password theirs\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\n  machine b.example\n  password theirs\n",
    );
}

#[test]
fn in_a_crlf_file_the_record_is_one_line() {
    given("machine a.example\r\n  login ann\r\n  password p\r\n").set().produces(
        "machine a.example\r\n  login ann\r\n  password p\r\nmachine api.heroku.com login me@example.com password HRKU-fake-new \r\n",
    );
    given("machine api.heroku.com\r\n  login you\r\n  # inner\r\n  password old\r\nmachine b.example\r\n").set().produces(
        "machine api.heroku.com login me@example.com password HRKU-fake-new \r\n  # inner\r\nmachine b.example\r\n",
    );
}

#[test]
fn a_byte_order_mark_gets_its_own_line() {
    given("\u{feff}machine api.heroku.com\n  login you\n  password old\n")
        .set()
        .produces("\u{feff}\nmachine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n");
    given("\u{feff}machine a.example login ann\n").set().produces(
        "\u{feff}machine a.example login ann\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
}

#[test]
fn a_record_moves_before_a_comment_that_the_cli_reads_as_a_record() {
    given("# machine api.heroku.com\nmachine api.heroku.com\n  login you\n  password old\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n# machine api.heroku.com\n",
    );
}

#[test]
fn duplicates_are_removed_unless_their_login_differs() {
    given(
        "machine api.heroku.com\n  login you\n  password a\n\
         machine API.heroku.com login me@example.com password b\n\
         machine api.heroku.com password c\n\
         machine api.heroku.com\n  login other\n  password d\n",
    )
    .set()
    .produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\
         machine api.heroku.com\n  login other\n  password d\n",
    );
}

#[test]
fn invalid_utf8_is_kept() {
    given(b"machine a.example login ann password \xff\xfe\n").set().produces(
        b"machine a.example login ann password \xff\xfe\nmachine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
}

#[test]
fn a_new_record_goes_before_an_unclosed_quote() {
    given("machine a.example password \"open\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\nmachine a.example password \"open\n",
    );
}

#[test]
fn invalid_values_are_rejected() {
    let file = "machine api.heroku.com\n  login you\n  password old\n";
    let long = "x".repeat(4096);
    for (host, login, password, error) in [
        ("", "l", "p", EditError::Empty(Field::Host)),
        (HOST, "", "p", EditError::Empty(Field::Login)),
        (HOST, "l", "a\nb", EditError::InvalidCharacter(Field::Password, '\n')),
        (HOST, "l", "a\0b", EditError::InvalidCharacter(Field::Password, '\0')),
        (HOST, "l", "a b", EditError::InvalidCharacter(Field::Password, ' ')),
        (HOST, "l\u{a0}", "p", EditError::InvalidCharacter(Field::Login, '\u{a0}')),
        (HOST, "l", "a#b", EditError::InvalidCharacter(Field::Password, '#')),
        (HOST, "\"l\"", "p", EditError::InvalidCharacter(Field::Login, '"')),
        (HOST, "l", &long, EditError::TooLong(Field::Password)),
    ] {
        let mut netrc = Netrc::parse(file);
        assert_eq!(netrc.set(host, login, password), Err(error));
        assert_eq!(netrc.as_bytes(), file.as_bytes());
    }
}

#[test]
fn an_edit_that_makes_the_file_too_large_for_curl_is_rejected() {
    let line = format!("machine a.example password {}\n", "x".repeat(4000));
    let mut full = line.repeat(32);
    full.push_str(&"y".repeat(128 * 1024 - 40 - full.len()));
    let mut netrc = Netrc::parse(full.as_str());
    assert!(netrc.curl("a.example").is_some());
    assert_eq!(netrc.set(HOST, "me@example.com", "HRKU-fake-new"), Err(EditError::TooLarge));
    assert_eq!(netrc.as_bytes(), full.as_bytes());
}

#[test]
fn an_edit_that_a_comment_would_shadow_is_rejected() {
    let mut netrc = Netrc::parse("\u{feff}default login d\n# machine api.heroku.com login x password y\n");
    assert_eq!(netrc.set(HOST, "me@example.com", "HRKU-fake-new"), Err(EditError::Shadowed));
}

#[test]
fn removing_a_record_keeps_everything_else() {
    given("# a\nmachine api.heroku.com\n  login you\n  # inner\n\n  password old # x\n  port 5\n\n# b\nmachine b.example\n")
        .remove(1)
        .produces("# a\n  # inner\n\n# b\nmachine b.example\n");
    given("machine a.example login ann machine api.heroku.com login you password old\r\ndefault login d")
        .remove(1)
        .produces("machine a.example login ann\r\ndefault login d");
    given("machine api.heroku.com\nlogin you\npassword \"o\n# l\nd\"").remove(1).produces("");
    given("machine api.heroku.com login a machine API.heroku.com login b default login c\n")
        .remove(2)
        .produces("default login c\n");
    given("machine a.example login\r machine api.heroku.com login a\nmachine b.example\n")
        .remove(1)
        .produces("machine a.example login\r \nmachine b.example\n");
    given("\u{feff}machine api.heroku.com login a\nmachine b.example\n")
        .remove(1)
        .produces("\u{feff}\nmachine b.example\n");
}

#[test]
fn removing_adds_a_final_newline_if_only_comments_remain() {
    given("machine api.heroku.com login you password old\n  # a\n# b").remove(1).produces("  # a\n# b\n");
}

#[test]
fn removing_an_absent_host_changes_nothing() {
    let file = "# machine api.heroku.com\nmacdef m\nmachine api.heroku.com\n\nmachine api.heroku.community login a \t";
    given(file).remove(0).produces(file);
}

#[test]
fn debug_output_hides_passwords() {
    let netrc = Netrc::parse("machine a.example login ann password HRKU-fake-secret\n");
    let shown = format!("{netrc:?} {:?} {:?}", netrc.curl("a.example"), netrc.records().collect::<Vec<_>>());
    assert!(shown.contains("ann") && !shown.contains("secret"), "{shown}");
}
