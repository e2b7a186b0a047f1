//! The tray's own words, in the person's language; sentences about the machine are English for now.

use herokey_core::base::env::Env;

/// The lines of the tray's menu and the buttons of its notifications.
#[derive(Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is a text, named for what it says")]
pub struct Texts {
    pub looking: &'static str,
    pub not_logged_in: &'static str,
    pub waiting: &'static str,
    pub in_keychain: &'static str,
    pub in_netrc: &'static str,
    pub in_both: &'static str,
    pub in_variable: &'static str,
    pub accounts: &'static str,
    pub copy_token: &'static str,
    pub move_to_keychain: &'static str,
    pub move_to_netrc: &'static str,
    pub regenerate: &'static str,
    pub log_in: &'static str,
    pub log_in_as_another: &'static str,
    pub log_in_again: &'static str,
    pub cancel_login: &'static str,
    pub log_out: &'static str,
    pub open: &'static str,
    pub start_at_login: &'static str,
    pub quit: &'static str,
    pub undo: &'static str,
    pub try_again: &'static str,
}

/// English, for everybody whose language is not here.
pub const ENGLISH: Texts = Texts {
    looking: "Looking around…",
    not_logged_in: "Not logged in to Heroku",
    waiting: "Waiting for your browser…",
    in_keychain: "Token in Keychain",
    in_netrc: "Token in .netrc, plain text",
    in_both: "Token in Keychain and .netrc",
    in_variable: "Token in HEROKU_API_KEY",
    accounts: "Accounts",
    copy_token: "Copy token",
    move_to_keychain: "Move token to Keychain",
    move_to_netrc: "Move token to .netrc…",
    regenerate: "Regenerate…",
    log_in: "Log in…",
    log_in_as_another: "Log in as another account…",
    log_in_again: "Log in again",
    cancel_login: "Cancel login",
    log_out: "Log out",
    open: "Open Herokey",
    start_at_login: "Start at login",
    quit: "Quit",
    undo: "Undo",
    try_again: "Try again",
};

/// German.
pub const GERMAN: Texts = Texts {
    looking: "Sieht sich um…",
    not_logged_in: "Nicht bei Heroku angemeldet",
    waiting: "Wartet auf den Browser…",
    in_keychain: "Token im Schlüsselbund",
    in_netrc: "Token in .netrc, im Klartext",
    in_both: "Token im Schlüsselbund und in .netrc",
    in_variable: "Token in HEROKU_API_KEY",
    accounts: "Konten",
    copy_token: "Token kopieren",
    move_to_keychain: "Token in den Schlüsselbund verschieben",
    move_to_netrc: "Token in die .netrc verschieben…",
    regenerate: "Neu erzeugen…",
    log_in: "Anmelden…",
    log_in_as_another: "Mit anderem Konto anmelden…",
    log_in_again: "Neu anmelden",
    cancel_login: "Anmeldung abbrechen",
    log_out: "Abmelden",
    open: "Herokey öffnen",
    start_at_login: "Beim Anmelden starten",
    quit: "Beenden",
    undo: "Rückgängig",
    try_again: "Noch einmal",
};

impl Texts {
    /// In the language of the environment (`locale(7)`): the first of `LC_ALL`, `LC_MESSAGES` and `LANG` that is set. On
    /// macOS and Windows a program with a face mostly has none of them, and speaks the system's language.
    pub fn of(env: &Env) -> &'static Self {
        let variables = ["LC_ALL", "LC_MESSAGES", "LANG"];
        let named = variables.into_iter().find_map(|name| env.text(name)).map(str::to_owned);
        #[cfg(not(target_os = "linux"))]
        let named = named.or_else(sys_locale::get_locale);
        let language = named.as_deref().and_then(|locale| locale.split(['_', '.', '@', '-']).next());
        match language {
            Some("de") => &GERMAN,
            _ => &ENGLISH,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ENGLISH, Env, GERMAN, Texts};

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let of = |vars: &[(&str, &str)]| Texts::of(&Env::new(vars.iter().copied()));
        assert_eq!(of(&[("LANG", "de_AT.UTF-8")]), &GERMAN);
        assert_eq!(of(&[("LANG", "de_DE.UTF-8"), ("LC_MESSAGES", "C")]), &ENGLISH);
        assert_eq!(of(&[("LC_ALL", "de"), ("LC_MESSAGES", "fr_FR")]), &GERMAN);
        assert_eq!(of(&[("LANG", "den")]), &ENGLISH);
        #[cfg(target_os = "linux")]
        assert_eq!(of(&[]), &ENGLISH);
    }
}
