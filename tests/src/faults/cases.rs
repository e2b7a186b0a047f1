//! The actions that the table runs.

use std::sync::atomic::{AtomicU32, Ordering};

use herokey_core::action::access;
use herokey_core::action::{Action, LogIn, LogOut, Method, NewAccess, Progress, Runner, Wanted};
use herokey_core::action::{authorize, lend, new_token, perform};
use herokey_core::base::person::{AlreadyConfirmed, Nobody};
use herokey_core::heroku::keys;
use herokey_core::heroku::keys::PublicKey;
use herokey_core::heroku::login::oauth;
use herokey_core::heroku::{Cancel, Heroku, teams};
use herokey_core::ledger::journal::Program;
use herokey_core::stores::keychain::Unlock;
use herokey_core::stores::lookup::account_token;
use herokey_core::stores::oauth_client;
use herokey_core::stores::oauth_client::Registration;
use herokey_core::{Result, Token};
use heroku_sandbox::{ApiErrorId, Decision, Fault, FaultRule, Grant};

use super::{PASSWORD, TOKEN};
use crate::world::{ME, World};

/// An action of Herokey in a world that is logged in.
pub struct Case {
    /// The action's name in the table.
    pub name: &'static str,
    /// Sets up what the action needs besides the token in use.
    pub prepare: fn(&World),
    /// Runs the action.
    pub act: fn(&World, &Runner<'_>) -> Result<()>,
    /// Whether the action removes the token in use.
    pub ends_token: bool,
}

impl Case {
    /// Whether the action replaces the token in use with a new one.
    pub(super) fn replaces_token(&self) -> bool {
        self.name.starts_with("regenerate") || self.name == "renew"
    }
}

const fn case(name: &'static str, act: fn(&World, &Runner<'_>) -> Result<()>) -> Case {
    Case { name, prepare: |_| {}, act, ends_token: false }
}

/// Every way to log in, and every action that sends requests to Heroku.
pub const CASES: &[Case] = &[
    case("log in, browser", |_, runner| log_in(runner, Method::Browser)),
    case("log in, password", |_, runner| {
        let password = PASSWORD.into();
        log_in(runner, Method::Password { email: ME.to_owned(), password, expires_in: None })
    }),
    case("log in, token", |world, runner| {
        let token = world.sandbox().issue_token(ME, Grant::Authorization, None).expect("an account");
        log_in(runner, Method::Token(Token::parse(&token).expect("a token")))
    }),
    case("log in, OAuth", |_, runner| log_in(runner, Method::OAuth)),
    Case {
        prepare: register_client,
        ..case("log in, OAuth again", |_, runner| log_in(runner, Method::OAuth))
    },
    Case {
        prepare: |world| issue(world, &[Grant::Default]),
        ..case("authorizations", |_, runner| {
            let heroku = Heroku::connect(runner.env, Cancel::new(), &Nobody)?;
            access::list(runner.env, &heroku, &in_use(runner)?).map(drop)
        })
    },
    Case {
        prepare: |world| issue(world, &[Grant::Default, Grant::Authorization]),
        ..case("revoke", revoke_newest)
    },
    Case {
        prepare: |world| issue(world, &[Grant::Default, Grant::Session]),
        ..case("end a session", revoke_newest)
    },
    case("exec", |_, runner| {
        let wanted = Wanted { scope: Vec::new(), lifetime_seconds: 3_600, command: "make".to_owned() };
        let heroku = Heroku::connect(runner.env, Cancel::new(), &Nobody)?;
        lend(runner.env, &heroku, account_token(runner.env, None, Unlock::Ask)?, &wanted)?
            .take_back(runner.env, &heroku)
    }),
    case("authorize", |_, runner| {
        let new = NewAccess { description: "by hand".to_owned(), ..NewAccess::default() };
        authorize(runner, &new, |_| Ok(())).map(drop)
    }),
    Case {
        prepare: |world| world.sandbox().add_team("acme", &[ME]),
        ..case("authorize, team", |_, runner| {
            let new = NewAccess { team: Some("acme".to_owned()), ..NewAccess::default() };
            authorize(runner, &new, |_| Ok(())).map(drop)
        })
    },
    Case {
        prepare: |world| issue(world, &[Grant::Default, Grant::Authorization]),
        ..case("new token", |world, runner| {
            let newest = world.sandbox().live_tokens().pop().expect("`prepare` created it");
            new_token(runner, &newest.id.to_string(), None, |_| Ok(())).map(drop)
        })
    },
    Case {
        prepare: |world| world.sandbox().add_team("acme", &[ME]),
        ..case("teams", |_, runner| {
            let heroku = Heroku::connect(runner.env, Cancel::new(), &Nobody)?;
            teams::names(&heroku, &in_use(runner)?).map(drop)
        })
    },
    case("keys", |_, runner| {
        let heroku = Heroku::connect(runner.env, Cancel::new(), &Nobody)?;
        keys::list(&heroku, &in_use(runner)?).map(drop)
    }),
    case("add a key", |_, runner| act(runner, &Action::AddKey(new_key()))),
    Case {
        prepare: add_key,
        ..case("remove a key", |world, runner| {
            let fingerprint = world.file("fingerprint").expect("`prepare` created it");
            act(runner, &Action::RemoveKey { fingerprint })
        })
    },
    case("regenerate", |_, runner| act(runner, &Action::Regenerate)),
    Case {
        prepare: forbid_second_authorization,
        ..case("regenerate, in place", |_, runner| {
            let runner = Runner { person: &AlreadyConfirmed(&Nobody), cancel: Cancel::new(), ..*runner };
            act(&runner, &Action::Regenerate)
        })
    },
    Case {
        prepare: log_in_by_oauth,
        ..case("renew", |_, runner| act(runner, &Action::Renew { unlock: Unlock::Never }))
    },
    Case {
        prepare: |world| issue(world, &[Grant::Default]),
        ends_token: true,
        ..case("log out", |_, runner| act(runner, &Action::LogOut(LogOut::default())))
    },
];

/// Approves the login on the page at this address, as a user would.
pub(super) fn approve(world: &World, address: &str) {
    let pending = world.sandbox().pending_logins();
    if let Some(login) = pending.iter().find(|login| address.ends_with(&login.browser_path)) {
        let decided = world.sandbox().decide_login(login.id, Decision::Approve(ME.to_owned()));
        decided.expect("a pending login");
        return;
    }
    // On a thread, because Herokey serves the browser's redirect only after this function has returned.
    let form = ["--silent", "--location", "--data", "decision=log-in&email=me@example.com"];
    let browser = world.program("curl").args(form).arg(address);
    std::thread::spawn(move || browser.run());
}

fn issue(world: &World, grants: &[Grant]) {
    for grant in grants {
        world.sandbox().issue_token(ME, *grant, None).expect("an account");
    }
}

fn log_in(runner: &Runner<'_>, method: Method) -> Result<()> {
    act(runner, &Action::LogIn(LogIn { method, open_browser: false, place: None }))
}

fn act(runner: &Runner<'_>, action: &Action) -> Result<()> {
    let done = perform(runner, action)?;
    // The terminal shows it after the steps.
    (runner.progress)(Progress::Step(done.what));
    Ok(())
}

fn in_use(runner: &Runner<'_>) -> Result<Token> {
    use herokey_core::stores::lookup;
    lookup::require_token(runner.env, Unlock::Never).map(|found| found.token)
}

fn revoke_newest(world: &World, runner: &Runner<'_>) -> Result<()> {
    let newest = world.sandbox().live_tokens().pop().expect("`prepare` created it");
    act(runner, &Action::Revoke { id: newest.id.to_string(), team: None })
}

fn new_key() -> PublicKey {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    PublicKey::parse(&format!("ssh-ed25519 AAAAfake{number} me@example.com")).expect("a key")
}

fn heroku(world: &World) -> Heroku<'static> {
    Heroku::connect(&world.env(), Cancel::new(), &Nobody).expect("a client")
}

fn add_key(world: &World) {
    let token = Token::parse(TOKEN).expect("a token");
    let key = keys::add(&heroku(world), &token, &new_key()).expect("no fault yet");
    world.write_file("fingerprint", &key.fingerprint);
}

fn forbid_second_authorization(world: &World) {
    world.sandbox().add_fault(FaultRule {
        method: Some("POST".to_owned()),
        path: "/oauth/authorizations".to_owned(),
        times: u32::MAX,
        fault: Fault::Error(ApiErrorId::Forbidden),
    });
}

fn log_in_by_oauth(world: &World) {
    let progress = |progress| {
        if let Progress::Waiting { address, .. } = progress {
            approve(world, &address);
        }
    };
    let env = world.env();
    let runner = Runner {
        env: &env,
        by: Program::Terminal,
        cancel: Cancel::new(),
        progress: &progress,
        person: &Nobody,
    };
    log_in(&runner, Method::OAuth).expect("no fault yet");
}

fn register_client(world: &World) {
    let token = Token::parse(TOKEN).expect("a token");
    // The listener is dropped, so the port is free for the login.
    let port = oauth::Loopback::bind(0).expect("a free port").port();
    let client = oauth::register(&heroku(world), &token, "Herokey", port).expect("no fault yet");
    oauth_client::save(&world.env(), ME, &Registration { client, grant: None }).expect("a keyring");
}
