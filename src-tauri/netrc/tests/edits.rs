//! What an edit makes of a file, byte for byte.

use netrc_edit::{EditError, Netrc, Value};

const HOST: &str = "api.heroku.com";

struct Given(Netrc);

fn given(file: impl AsRef<[u8]>) -> Given {
    Given(Netrc::parse(file.as_ref()))
}

impl Given {
    #[track_caller]
    fn set(mut self) -> Self {
        assert_eq!(self.0.set(HOST, "me@example.com", "HRKU-fake-new"), Ok(()));
        let credential = self.0.curl(HOST);
        let read = credential.as_ref().map(|found| (found.login(), found.password()));
        assert_eq!(read, Some((Some(&b"me@example.com"[..]), Some(&b"HRKU-fake-new"[..]))));
        assert_eq!(self.0.heroku_cli(HOST), credential);
        self
    }

    #[track_caller]
    fn remove(mut self, count: usize) -> Self {
        assert_eq!(self.0.remove(HOST), count);
        self
    }

    #[track_caller]
    fn produces(self, file: impl AsRef<[u8]>) {
        let [found, wanted] = [self.0.as_bytes(), file.as_ref()].map(String::from_utf8_lossy);
        assert_eq!(found, wanted);
    }
}

#[test]
fn an_empty_file_gets_the_record_that_the_cli_writes() {
    given("").set().produces("machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n");
}

#[test]
fn a_new_record_comes_after_the_others_and_mends_the_last_line() {
    given("machine ftp.example.com login ann password p").set().produces(
        "machine ftp.example.com login ann password p\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
}

#[test]
fn a_new_record_is_indented_as_the_others() {
    given("machine a.example\n\tlogin ann\n\tpassword p\n").set().produces(
        "machine a.example\n\tlogin ann\n\tpassword p\n\
         machine api.heroku.com\n\tlogin me@example.com\n\tpassword HRKU-fake-new\n",
    );
}

#[test]
fn a_new_record_comes_before_default_and_its_comment() {
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
fn a_new_record_comes_before_those_that_old_versions_of_curl_read_only_as_the_last() {
    given("machine a.example login ann password p\n# by token\nmachine b.example password p\n")
        .set()
        .produces(
            "machine a.example login ann password p\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\
         # by token\nmachine b.example password p\n",
        );
}

#[test]
fn a_record_behind_default_moves_before_it() {
    given("default login guest\nmachine api.heroku.com\n  login me@example.com\n  account dev\n  password old\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n  account dev\ndefault login guest\n",
    );
}

#[test]
fn a_macro_is_ended_before_a_record_follows_it() {
    given("macdef init\ncd /pub\nmachine api.example login x").set().produces(
        "macdef init\ncd /pub\nmachine api.example login x\n\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
    given("macdef init\ncd /pub\n\n").set().produces(
        "macdef init\ncd /pub\n\nmachine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
}

#[test]
fn a_macro_that_the_cli_takes_for_the_host_comes_second() {
    let file = "macdef init\nmachine api.heroku.com login x password y\n\n";
    given(file).set().produces(format!(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n{file}"
    ));
}

#[test]
fn values_change_in_place() {
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
fn a_record_the_cli_does_not_read_is_written_anew_with_what_else_it_holds() {
    given("machine a.example\n  login ann\nmachine api.heroku.com\n# the work account\nlogin you\naccount \"d e v\" # old\npassword old\nmachine b.example\n")
        .set()
        .produces(
            "machine a.example\n  login ann\nmachine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n\
             # the work account\n  account \"d e v\" # old\nmachine b.example\n",
        );
}

#[test]
fn a_comment_that_curl_takes_for_a_password_stays_whole() {
    given("machine api.heroku.com\n  login you\n  password old # was password older before\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n  # was password older before\n",
    );
}

#[test]
fn records_that_share_a_line_are_parted() {
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
fn an_indented_record_below_is_kept_from_the_cli() {
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
fn a_byte_order_mark_gets_a_line_of_its_own() {
    given("\u{feff}machine api.heroku.com\n  login you\n  password old\n")
        .set()
        .produces("\u{feff}\nmachine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n");
    given("\u{feff}machine a.example login ann\n").set().produces(
        "\u{feff}machine a.example login ann\n\
         machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
}

#[test]
fn a_comment_that_the_cli_takes_for_the_host_comes_second() {
    given("# machine api.heroku.com\nmachine api.heroku.com\n  login you\n  password old\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n# machine api.heroku.com\n",
    );
}

#[test]
fn duplicates_go_but_for_those_of_another_login() {
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
fn bytes_that_are_not_utf8_stay() {
    given(b"machine a.example login ann password \xff\xfe\n").set().produces(
        b"machine a.example login ann password \xff\xfe\nmachine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\n",
    );
}

#[test]
fn behind_a_quote_that_is_never_closed_nothing_is_added() {
    given("machine a.example password \"open\n").set().produces(
        "machine api.heroku.com\n  login me@example.com\n  password HRKU-fake-new\nmachine a.example password \"open\n",
    );
}

#[test]
fn what_cannot_be_held_is_refused() {
    let file = "machine api.heroku.com\n  login you\n  password old\n";
    let long = "x".repeat(4096);
    for (host, login, password, error) in [
        ("", "l", "p", EditError::Empty(Value::Host)),
        (HOST, "", "p", EditError::Empty(Value::Login)),
        (HOST, "l", "a\nb", EditError::Character(Value::Password, '\n')),
        (HOST, "l", "a\0b", EditError::Character(Value::Password, '\0')),
        (HOST, "l", "a b", EditError::Character(Value::Password, ' ')),
        (HOST, "l\u{a0}", "p", EditError::Character(Value::Login, '\u{a0}')),
        (HOST, "l", "a#b", EditError::Character(Value::Password, '#')),
        (HOST, "\"l\"", "p", EditError::Character(Value::Login, '"')),
        (HOST, "l", &long, EditError::TooLong(Value::Password)),
    ] {
        let mut netrc = Netrc::parse(file);
        assert_eq!(netrc.set(host, login, password), Err(error));
        assert_eq!(netrc.as_bytes(), file.as_bytes());
    }
}

#[test]
fn a_file_that_curl_would_no_longer_read_is_refused() {
    let line = format!("machine a.example password {}\n", "x".repeat(4000));
    let mut full = line.repeat(32);
    full.push_str(&"y".repeat(128 * 1024 - 40 - full.len()));
    let mut netrc = Netrc::parse(full.as_str());
    assert!(netrc.curl("a.example").is_some());
    assert_eq!(netrc.set(HOST, "me@example.com", "HRKU-fake-new"), Err(EditError::TooLarge));
    assert_eq!(netrc.as_bytes(), full.as_bytes());
}

#[test]
fn a_host_that_cannot_be_freed_of_a_comment_is_refused() {
    let mut netrc = Netrc::parse("\u{feff}default login d\n# machine api.heroku.com login x password y\n");
    assert_eq!(netrc.set(HOST, "me@example.com", "HRKU-fake-new"), Err(EditError::Obscured));
}

#[test]
fn removing_leaves_everything_else() {
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
fn what_is_left_of_comments_ends_its_last_line() {
    given("machine api.heroku.com login you password old\n  # a\n# b").remove(1).produces("  # a\n# b\n");
}

#[test]
fn removing_what_is_not_there_changes_nothing() {
    let file = "# machine api.heroku.com\nmacdef m\nmachine api.heroku.com\n\nmachine api.heroku.community login a \t";
    given(file).remove(0).produces(file);
}

#[test]
fn a_password_is_not_shown() {
    let netrc = Netrc::parse("machine a.example login ann password HRKU-fake-secret\n");
    let shown = format!("{netrc:?} {:?} {:?}", netrc.curl("a.example"), netrc.entries().collect::<Vec<_>>());
    assert!(shown.contains("ann") && !shown.contains("secret"), "{shown}");
}
