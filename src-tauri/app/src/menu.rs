//! What the tray shows, as data. [`menu`] draws it from the [`State`]. Pure.

use crate::controller::State;
use crate::request::{Act, Aside, PageRequest, Request, WindowRequest};
use crate::text;
use crate::view::{Place, ProblemCard, Screen, Tone, overview};
use herokey_core::base::expiry::Expiry;
use herokey_core::insight::accounts::{Account, accounts};
use herokey_core::insight::facts::Observed;
use herokey_core::insight::readers::resolve;
use herokey_core::stores;

/// The tray's icon, tooltip and menu.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    /// The icon.
    pub icon: Icon,
    /// The state in words.
    pub tooltip: String,
    /// The lines, from top to bottom.
    pub items: Vec<Item>,
}

/// The states of the tray icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    /// A credential is in place and nothing is wrong.
    SignedIn,
    /// Something needs attention; the menu says what.
    Attention,
    /// Nobody is logged in.
    SignedOut,
    /// An action is running.
    Working,
    /// The keychain is locked, and what heroku would use may be in it.
    Locked,
}

/// One line of the menu.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// Text that cannot be clicked.
    Label(String),
    /// Text that can be clicked.
    Action {
        /// The line's text.
        label: String,
        /// What a click on it asks for.
        request: Request,
        /// False if it is greyed out.
        enabled: bool,
    },
    /// Text with or without a tick: one of several accounts, a setting.
    Tick {
        /// The line's text.
        label: String,
        /// True if it has the tick.
        is_on: bool,
        /// What a click on it asks for.
        request: Request,
        /// False if it is greyed out.
        enabled: bool,
    },
    /// A submenu.
    Submenu {
        /// The line's text.
        label: String,
        /// The lines.
        items: Vec<Item>,
    },
    /// A line between groups.
    Separator,
}

/// More accounts than this get a submenu.
const MAX_ACCOUNTS_IN_MENU: usize = 4;

/// Draws the tray from the state.
pub fn menu(state: &State) -> Menu {
    let overview = overview(state);
    let busy = overview.busy.as_ref().map(|busy| busy.title.clone());
    let mut move_item = None;
    let (icon, headline, place) = match &overview.screen {
        Screen::Starting => (Icon::SignedOut, text::CHECKING.to_owned(), None),
        Screen::Locked { title, .. } => (Icon::Locked, title.clone(), None),
        Screen::SignedOut { .. } => match unread(state) {
            Some(unread) => (Icon::Attention, unread, None),
            None => (Icon::SignedOut, text::NOT_LOGGED_IN.to_owned(), None),
        },
        Screen::Waiting { .. } => (Icon::Working, text::WAITING_FOR_BROWSER.to_owned(), None),
        Screen::SignedIn { account, keychain, netrc, arrow, .. } => {
            move_item = arrow.as_ref().filter(|arrow| !arrow.moving);
            let icon = if account.tone == Tone::Good { Icon::SignedIn } else { Icon::Attention };
            let mut line = token_line(keychain, netrc).to_owned();
            if let Some(words) = expiry(state) {
                line = format!("{line} · {words}");
            }
            (icon, account.email.clone(), Some(line))
        }
    };
    let icon = if busy.is_some() { Icon::Working } else { icon };
    let waiting = matches!(overview.screen, Screen::Waiting { .. });
    let locked = matches!(overview.screen, Screen::Locked { .. });
    let idle = busy.is_none() && !waiting;

    let mut items = accounts_or(&headline, state, idle);
    items.extend(place.clone().map(Item::Label));
    items.extend(busy.clone().map(Item::Label));
    for problem in overview.problems.iter().filter(|problem| problem.tone != Tone::Neutral) {
        items.push(action(&format!("⚠ {}", problem.title), Request::OpenWindow, true));
    }
    items.push(Item::Separator);
    let unlock = PageRequest::from(Aside::UnlockKeychain);
    let unlocks =
        |problem: &ProblemCard| problem.button.as_ref().is_some_and(|button| button.request == unlock);
    if locked || overview.problems.iter().any(unlocks) {
        items.push(action(text::UNLOCK_KEYCHAIN, Aside::UnlockKeychain, idle));
    }
    if place.is_some() {
        items.push(action(text::COPY_TOKEN, Aside::CopyToken, idle));
        items.extend(move_item.map(|arrow| {
            let to_keychain = arrow.to == stores::Store::Keychain;
            let label = if to_keychain { text::MOVE_TO_KEYCHAIN } else { text::MOVE_TO_NETRC };
            action(label, arrow.request.clone(), idle)
        }));
        items.push(action(text::REGENERATE, Aside::ProposeRegenerate, idle));
        items.push(action(text::LOG_IN_WITH_ANOTHER_ACCOUNT, Act::LogIn, idle));
        items.push(action(text::LOG_OUT, Act::LogOut, idle));
    } else if waiting {
        items.push(action(text::CANCEL_LOGIN, WindowRequest::Cancel, true));
    } else if !locked {
        items.push(action(text::LOG_IN, Act::LogIn, idle));
    }
    items.push(Item::Separator);
    items.push(action(text::OPEN, Request::OpenWindow, true));
    items.push(Item::Tick {
        label: text::START_AT_LOGIN.to_owned(),
        is_on: overview.autostart,
        request: Aside::SetAutostart { on: !overview.autostart }.into(),
        enabled: true,
    });
    items.push(action(text::QUIT, Request::Quit, true));

    let tooltip = [Some(format!("Herokey: {headline}")), busy, place].into_iter().flatten();
    Menu { icon, tooltip: tooltip.collect::<Vec<_>>().join("\n"), items }
}

fn action(label: &str, request: impl Into<Request>, enabled: bool) -> Item {
    Item::Action { label: label.to_owned(), request: request.into(), enabled }
}

/// The headline, or several accounts to switch between; many of them in a submenu below the headline.
fn accounts_or(headline: &str, state: &State, enabled: bool) -> Vec<Item> {
    let accounts = state.facts.as_ref().map(accounts).unwrap_or_default();
    let headline = Item::Label(headline.to_owned());
    if accounts.len() < 2 {
        return vec![headline];
    }
    let is_listed = accounts.iter().any(|account| account.is_current);
    let line = |account: Account| Item::Tick {
        request: Act::UseAccount { account: account.email.clone() }.into(),
        label: label(&account),
        is_on: account.is_current,
        enabled: enabled && !account.is_current,
    };
    if accounts.len() > MAX_ACCOUNTS_IN_MENU {
        let items = accounts.into_iter().map(line).collect();
        return vec![headline, Item::Submenu { label: text::ACCOUNTS.to_owned(), items }];
    }
    let label = (!is_listed).then_some(headline);
    label.into_iter().chain(accounts.into_iter().map(line)).collect()
}

/// The account, and the first folder that uses it.
fn label(account: &Account) -> String {
    let Account { email, folders, .. } = account;
    match folders.as_slice() {
        [] => email.clone(),
        [folder] => format!("{email} (in {})", folder.shown),
        [folder, others @ ..] => format!("{email} (in {} and {} more)", folder.shown, others.len()),
    }
}

/// What may hold a token and cannot be read, in words.
fn unread(state: &State) -> Option<String> {
    let facts = state.facts.as_ref()?;
    let uses_keychain = facts.cli_reads_keychain && !facts.overrides.netrc_only;
    if uses_keychain && facts.keychain_unseen().is_some() && facts.login_state != Observed::Absent {
        return Some(text::KEYCHAIN_UNREADABLE.to_owned());
    }
    match (&facts.netrc.records, &facts.login_state) {
        (Observed::Unknown(_), _) => Some(format!("{} cannot be read", facts.netrc.shown)),
        (_, Observed::Unknown(_)) if uses_keychain => Some(text::LOGIN_STATE_UNREADABLE.to_owned()),
        _ => None,
    }
}

/// When the token in use expires, if Heroku has said.
fn expiry(state: &State) -> Option<String> {
    let facts = state.facts.as_ref()?;
    let known = facts.known(resolve(facts).heroku.trace.as_ref())?;
    (known.refused || known.expiry != Expiry::Unknown).then(|| known.expiry_text.clone())
}

fn token_line(keychain: &Place, netrc: &Place) -> &'static str {
    match (&keychain.chip, &netrc.chip) {
        (Some(_), Some(_)) => text::IN_BOTH,
        (Some(_), None) => text::IN_KEYCHAIN,
        (None, Some(_)) => text::IN_NETRC,
        (None, None) => text::IN_VARIABLE,
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Icon, Item, Menu, menu};
    use crate::controller::{OwnAction, State, Work};
    use crate::request::{Act, Aside};
    use herokey_core::base::error::{Code, Error};
    use herokey_core::base::expiry::{Expiry, TokenLifetime};
    use herokey_core::fixture::{ME, entry, fresh, logged_in, with_lifetime, with_netrc};
    use herokey_core::insight::facts::{Facts, Observed};

    fn of(facts: Facts) -> Menu {
        menu(&State { facts: Some(facts), ..State::default() })
    }

    fn lines(menu: &Menu) -> Vec<&str> {
        menu.items
            .iter()
            .map(|item| match item {
                Item::Label(label)
                | Item::Action { label, .. }
                | Item::Tick { label, .. }
                | Item::Submenu { label, .. } => label.as_str(),
                Item::Separator => "—",
            })
            .collect()
    }

    #[test]
    fn signed_out() {
        let menu = of(fresh());
        assert_eq!(menu.icon, Icon::SignedOut);
        assert_eq!(menu.tooltip, "Herokey: Not logged in to Heroku");
        assert_eq!(
            lines(&menu),
            ["Not logged in to Heroku", "—", "Log in…", "—", "Open Herokey", "Start at login", "Quit"]
        );
    }

    #[test]
    fn signed_in() {
        let menu = of(logged_in());
        assert_eq!(menu.icon, Icon::SignedIn);
        assert_eq!(menu.tooltip, format!("Herokey: {ME}\nToken in keychain"));
        assert_eq!(lines(&menu)[..5], [ME, "Token in keychain", "—", "Copy token", "Move token to .netrc…"]);
    }

    #[test]
    fn shows_when_the_token_expires() {
        let end = Timestamp::from_second(2_000_000_000).unwrap();
        let lifetime = TokenLifetime { expiry: Expiry::At(end), ..TokenLifetime::default() };
        let menu =
            of(with_lifetime(logged_in(), "one", &lifetime, end - SignedDuration::from_hours(23 * 24)));
        assert_eq!(menu.icon, Icon::SignedIn);
        assert_eq!(lines(&menu)[1], "Token in keychain · expires in 23 days");
        assert!(menu.tooltip.contains("expires in 23 days"), "{}", menu.tooltip);
        let menu = of(with_lifetime(logged_in(), "one", &lifetime, end));
        assert_eq!(menu.icon, Icon::Attention);
        assert!(lines(&menu).contains(&"⚠ Your token has expired"), "{menu:?}");
    }

    #[test]
    fn needs_attention() {
        let menu = of(with_netrc(fresh(), "one"));
        assert_eq!(menu.icon, Icon::Attention);
        assert!(lines(&menu).contains(&"⚠ Your token is in plain text"), "{menu:?}");
        assert!(lines(&menu).contains(&"Move token to keychain"), "{menu:?}");
    }

    #[test]
    fn a_locked_keychain_offers_to_be_unlocked_and_nothing_else() {
        let error = Error::new(Code::KeychainLocked, "The keychain is locked.");
        let facts = Facts { keychain: Observed::Unknown(error), ..logged_in() };
        let menu = of(facts.clone());
        assert_eq!(menu.icon, Icon::Locked);
        assert_eq!(menu.tooltip, "Herokey: Your keychain is locked");
        assert_eq!(
            lines(&menu)[..5],
            ["Your keychain is locked", "—", "Unlock keychain…", "—", "Open Herokey"]
        );
        let in_use = of(with_netrc(facts, "one"));
        assert_eq!(in_use.icon, Icon::Attention, "a token in netrc is in use: {in_use:?}");
        assert!(lines(&in_use).contains(&"Unlock keychain…"), "{in_use:?}");
    }

    #[test]
    fn what_cannot_be_read_is_not_taken_for_absent() {
        let unread = || Error::new(Code::NetrcFailed, "Could not read ~/.netrc.");
        let mut facts = fresh();
        facts.netrc.records = Observed::Unknown(unread());
        let menu = of(facts);
        assert_eq!((menu.icon, lines(&menu)[0]), (Icon::Attention, "~/.netrc cannot be read"));
        let menu = of(Facts { login_state: Observed::Unknown(unread()), ..fresh() });
        assert_eq!(lines(&menu)[0], "login.json cannot be read");
        let keychain = Observed::Unknown(Error::new(Code::KeychainFailed, "It failed."));
        let menu = of(Facts { keychain, login_state: Observed::Present(ME.to_owned()), ..fresh() });
        assert_eq!(lines(&menu)[0], "Your keychain cannot be read");
    }

    #[test]
    fn several_accounts_can_be_switched() {
        let keychain = Observed::Present(vec![entry("other@example.com", "two"), entry(ME, "one")]);
        let menu = of(Facts { keychain, ..logged_in() });
        let account = |email: &str, is_current| Item::Tick {
            label: email.to_owned(),
            is_on: is_current,
            request: Act::UseAccount { account: email.to_owned() }.into(),
            enabled: !is_current,
        };
        assert_eq!(menu.items[..2], [account(ME, true), account("other@example.com", false)]);
    }

    #[test]
    fn many_accounts_get_a_submenu() {
        let others = (1..=9).map(|number| entry(&format!("{number}@example.com"), "two"));
        let keychain = Observed::Present(others.chain([entry(ME, "one")]).collect());
        let menu = of(Facts { keychain, ..logged_in() });
        assert_eq!(lines(&menu)[..2], [ME, "Accounts"]);
        let Item::Submenu { items, .. } = &menu.items[1] else { panic!("{menu:?}") };
        assert_eq!(items.len(), 10);
        assert!(menu.items.len() < 15, "the menu fits on any screen: {menu:?}");
    }

    #[test]
    fn the_tick_switches_start_at_login() {
        for on in [false, true] {
            let menu = of(Facts { autostart: on, ..fresh() });
            let tick = menu.items.iter().find_map(|item| match item {
                Item::Tick { is_on, request, .. } => Some((*is_on, request.clone())),
                _ => None,
            });
            assert_eq!(tick, Some((on, Aside::SetAutostart { on: !on }.into())));
        }
    }

    #[test]
    fn a_running_action_disables_the_others() {
        let own = OwnAction { work: Work::Act(Act::LogOut), waiting: None, steps: Vec::new() };
        let state = State { facts: Some(logged_in()), own: Some(own), ..State::default() };
        let menu = menu(&state);
        assert_eq!(menu.icon, Icon::Working);
        assert!(lines(&menu).contains(&"Logging out…"));
        let log_out = menu
            .items
            .iter()
            .find(|item| matches!(item, Item::Action { request, .. } if *request == Act::LogOut.into()));
        assert!(matches!(log_out, Some(Item::Action { enabled: false, .. })));
    }

    #[test]
    fn a_half_done_action_is_no_problem() {
        let warns = |steps: &[&str]| {
            let steps = steps.iter().map(ToString::to_string).collect();
            let own = OwnAction { work: Work::Act(Act::LogOut), waiting: None, steps };
            let facts = with_netrc(fresh(), "one");
            let menu = menu(&State { facts: Some(facts), own: Some(own), ..State::default() });
            lines(&menu).iter().any(|line| line.starts_with('⚠'))
        };
        assert!(warns(&[]));
        assert!(!warns(&["Revoked the token at Heroku"]));
    }
}
