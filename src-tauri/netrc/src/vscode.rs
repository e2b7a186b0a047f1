//! What Heroku's extension for VS Code reads: the password on a line of its own, below a line that only names
//! Heroku's API.

use crate::heroku_cli::{is_space, with_text};
use crate::{Credential, Netrc};

const HOST: &str = "api.heroku.com";
const MACHINE_LINE: &str = "machine api.heroku.com";

impl Netrc {
    /// What Heroku's extension for VS Code (1.0.7) uses for `host`. It reads no login, and only `api.heroku.com`.
    ///
    /// It looks for the first line that is exactly `machine api.heroku.com`, apart from white space at its ends. From
    /// the lines below it, up to one that starts with `machine`, it takes the first that starts with `password`. The
    /// rest of that line is the token, including quotes and comments.
    ///
    /// Source: heroku/heroku-vscode, `src/extension/utils/netrc-locator.ts` and `commands/auth/token.ts`.
    ///
    /// ```
    /// let netrc = netrc_edit::Netrc::parse("machine api.heroku.com login me@example.com password HRKU-fake\n");
    /// assert_eq!(netrc.vscode("api.heroku.com"), None);
    /// let netrc = netrc_edit::Netrc::parse("machine api.heroku.com\n  password HRKU-fake # mine\n");
    /// assert_eq!(netrc.vscode("api.heroku.com").unwrap().password(), Some(&b"HRKU-fake # mine"[..]));
    /// ```
    pub fn vscode(&self, host: &str) -> Option<Credential> {
        if host != HOST {
            return None;
        }
        with_text(self.as_bytes(), |text| {
            let password = password(text)?;
            Some(Credential::new(None, Some(password.as_bytes())))
        })
    }
}

fn password(text: &str) -> Option<&str> {
    let mut lines = text.split('\n').map(|line| line.trim_matches(is_space));
    lines.find(|&line| line == MACHINE_LINE)?;
    let value = lines
        .take_while(|line| !line.starts_with("machine"))
        .find_map(|line| line.strip_prefix("password"))?
        .trim_start_matches(is_space);
    (!value.is_empty()).then_some(value)
}
