//! What `JGit` reads for a host: the last complete record of the host, or of `default`.

use crate::heroku_cli::with_text;
use crate::{Credential, Netrc};

/// The name under which `JGit` files the record `default`.
const DEFAULT: &str = "default";

impl Netrc {
    /// What `JGit` uses for `host`. Heroku's deployer for the JVM (heroku-maven-plugin and others) reads netrc with it.
    ///
    /// A record counts only with a host, a login and a password, and the last one of a host wins. `default` is for
    /// hosts without a record. An incomplete record does not end at the next `machine`: its login or password goes to
    /// that record, even though it is of another host. A keyword, in upper or lower case, and its value must be on
    /// the same line. `#` starts a comment where a keyword could be.
    ///
    /// Source: eclipse-jgit/jgit, `org.eclipse.jgit/src/org/eclipse/jgit/transport/NetRC.java`, the same since 5.2;
    /// heroku/heroku-jvm-application-deployer, `ApiKeyResolver.java`.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine a.example password p\nmachine b.example login bob\n");
    /// assert_eq!(netrc.jgit("a.example"), None);
    /// assert_eq!(netrc.jgit("b.example").unwrap().password(), Some(&b"p"[..]));
    /// ```
    pub fn jgit(&self, host: &str) -> Option<Credential> {
        with_text(self.as_bytes(), |text| {
            let mut search = Search { host, found: None, default: None };
            search.read(text);
            let record = search.found.or(search.default)?;
            Some(Credential::new(record.login.map(str::as_bytes), record.password.map(str::as_bytes)))
        })
    }
}

#[derive(Default)]
struct Record<'a> {
    machine: Option<&'a str>,
    login: Option<&'a str>,
    password: Option<&'a str>,
    has_account: bool,
    macro_: Macro,
}

#[derive(Default, PartialEq)]
enum Macro {
    #[default]
    None,
    /// The next lines, up to an empty one, are the macro.
    Open,
    Closed,
}

impl Record<'_> {
    fn is_complete(&self) -> bool {
        self.machine.is_some() && self.login.is_some() && self.password.is_some()
    }
}

struct Search<'a, 'host> {
    host: &'host str,
    found: Option<Record<'a>>,
    default: Option<Record<'a>>,
}

impl<'a> Search<'a, '_> {
    fn read(&mut self, text: &'a str) {
        let mut record = Record::default();
        for line in lines(text) {
            if record.macro_ == Macro::Open {
                if line.is_empty() {
                    record.macro_ = Macro::Closed;
                }
                continue;
            }
            self.read_line(line, &mut record);
        }
        self.finish(&mut record);
    }

    fn read_line(&mut self, line: &'a str, record: &mut Record<'a>) {
        let mut words = line.split([' ', '\t', '\x0B', '\x0C']).filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            if word.starts_with('#') {
                return;
            }
            let keyword = word.to_ascii_lowercase();
            // A keyword that the record already has begins the next record, if this one is complete.
            let is_repeated = match keyword.as_str() {
                "machine" | "default" => record.machine.is_some(),
                "login" => record.login.is_some(),
                "password" => record.password.is_some(),
                "account" => record.has_account,
                "macdef" => record.macro_ != Macro::None,
                _ => continue,
            };
            if is_repeated {
                self.finish(record);
            }
            if keyword == "default" {
                record.machine = Some(DEFAULT);
                continue;
            }
            let Some(value) = words.next() else { return };
            match keyword.as_str() {
                "machine" => record.machine = Some(value),
                "login" => record.login = Some(value),
                "password" => record.password = Some(value),
                "account" => record.has_account = true,
                // JGit reads the text of a second macro in the same record as words.
                _ if record.macro_ == Macro::None => record.macro_ = Macro::Open,
                _ => {}
            }
        }
    }

    /// Files the record under its host and begins a new one. An incomplete record continues.
    fn finish(&mut self, record: &mut Record<'a>) {
        if !record.is_complete() {
            return;
        }
        let record = std::mem::take(record);
        if record.machine == Some(self.host) {
            self.found = Some(record);
        } else if record.machine == Some(DEFAULT) {
            self.default = Some(record);
        }
    }
}

/// The lines as Java's `BufferedReader` splits them: at a newline, a carriage return or both.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}
