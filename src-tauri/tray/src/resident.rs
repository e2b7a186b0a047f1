//! The tray program: shows the icon first, then surveys the machine, then handles one event after the other.

mod display;
mod instance;
mod panel;
mod window;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{self, Sender};

use herokey_app::controller::{Controller, State};
use herokey_app::menu;
use herokey_app::missed::Unseen;
use herokey_app::request::{Request, WindowRequest};
use herokey_core::Env;
use herokey_core::base::{memory, session_bus, state_folder};
use herokey_core::ledger::journal::Program;
use herokey_tray::notice::{self, Answer};
use herokey_tray::{Click, Panel, Start, Tray};
use zbus::Connection;

enum Event {
    State(Box<State>),
    Clicked(Click),
    Notice(Answer),
    Panel(Panel),
    Ended,
}

/// Sends events to the main loop, from any thread.
#[derive(Clone)]
struct Events(Sender<Event>);

impl Events {
    fn send(&self, event: Event) {
        // Fails only once the main loop has ended, and the process with it.
        let _ = self.0.send(event);
    }
}

/// Runs until *Quit*, or until the session ends.
pub(crate) fn run(start: Start) -> ExitCode {
    let env = Env::of_process();
    herokey_core::base::log::start(&env, herokey_core::base::log::Reader::Log);
    memory::forbid_core_dumps();
    abort_on_panic();
    herokey_core::stores::netrc::restore_interrupted(&env);
    match reside(&env, start) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn reside(env: &Env, start: Start) -> Result<(), Box<dyn std::error::Error>> {
    // The library behind the icon reads the variable itself, and takes no list. So this program starts once more with the
    // address that works.
    if let Some(address) = session_bus::plain_address(env) {
        let args = std::env::args_os().skip(1);
        let again = env.command_with(env.own_program("herokey-tray"), |_| true);
        return Err(with_address(again, args, &address).into());
    }
    if let Some(error) = state_folder::unwritable(env) {
        tracing::error!("{error}");
    }
    let bus = match instance::take(env) {
        Ok(Some(bus)) => bus,
        Ok(None) if start == Start::Now => {
            return Err(window::exec(env).into());
        }
        Ok(None) => return Ok(()),
        Err(error) => return no_tray(env, start, error.into()),
    };
    let (sender, inbox) = mpsc::channel();
    let events = Events(sender);
    let clicked = events.clone();
    let empty = menu::menu(&State::default());
    let tray = match Tray::new(&empty, Panel::Dark, start, move |click| clicked.send(Event::Clicked(click))) {
        Ok(tray) => tray,
        Err(error) => return no_tray(env, start, error.into()),
    };
    panel::watch(env, bus.clone(), {
        let events = events.clone();
        move |change| {
            events.send(match change {
                panel::Change::Panel(panel) => Event::Panel(panel),
                panel::Change::Ended => Event::Ended,
            });
        }
    })?;
    let changed = events.clone();
    let on_state = move |state: &State| changed.send(Event::State(Box::new(state.clone())));
    let controller = Controller::start(env.clone(), Program::Tray, on_state)?;

    let mut resident = Resident {
        env: env.clone(),
        bus,
        controller,
        events,
        tray,
        shown: State::default(),
        unseen: Unseen::default(),
    };
    for event in inbox {
        if resident.handle(event)? == Then::End {
            break;
        }
    }
    Ok(())
}

/// Opens the window instead, unless the tray may still come.
fn no_tray(
    env: &Env,
    start: Start,
    error: Box<dyn std::error::Error>,
) -> Result<(), Box<dyn std::error::Error>> {
    if start == Start::WaitForTray {
        return Err(error);
    }
    tracing::info!("{error}; opening the window instead");
    Err(window::exec(env).into())
}

/// Whether to go on after an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Then {
    GoOn,
    End,
}

struct Resident {
    env: Env,
    bus: Connection,
    controller: Controller,
    events: Events,
    tray: Tray,
    shown: State,
    unseen: Unseen,
}

impl Resident {
    fn handle(&mut self, event: Event) -> Result<Then, herokey_tray::Error> {
        match event {
            Event::State(state) => {
                let before = std::mem::replace(&mut self.shown, *state);
                self.draw()?;
                self.notify(&before);
            }
            Event::Panel(panel) => self.tray.set_panel(panel)?,
            Event::Clicked(Click { request: Request::Quit, .. }) => {
                self.tray.hide();
                instance::wait_for_icon(&self.bus);
                return Ok(Then::End);
            }
            Event::Clicked(Click { request, activation }) => {
                self.unseen.clear();
                self.draw()?;
                self.act(request, activation);
            }
            Event::Notice(Answer::Clicked(Click { request, activation })) => self.act(request, activation),
            Event::Notice(Answer::Missed(missed)) => {
                let needs_window = missed.needs_window;
                self.unseen.add(missed);
                self.draw()?;
                if needs_window {
                    self.act(Request::OpenWindow, None);
                }
            }
            Event::Notice(Answer::Shown(late)) => {
                self.unseen.remove(&late);
                self.draw()?;
            }
            Event::Ended => return Ok(Then::End),
        }
        Ok(Then::GoOn)
    }

    fn draw(&mut self) -> Result<(), herokey_tray::Error> {
        let mut menu = menu::menu(&self.shown);
        self.unseen.add_to(&mut menu);
        self.tray.apply(&menu)
    }

    /// What needs the user happens in the window; everything else happens in place.
    fn act(&self, request: Request, activation: Option<String>) {
        let opened = match request {
            Request::Quit => Ok(()),
            Request::OpenWindow => self.open(None, activation),
            Request::Page(request) => {
                let request = self.controller.asked_for_others(request);
                if let Some(argument) = request.argument() {
                    self.open(Some(argument), activation)
                } else {
                    self.controller.request(request);
                    Ok(())
                }
            }
        };
        if let Err(error) = opened {
            tracing::error!("{error}");
            no_window(window::NOT_OPENED, &error.to_string(), self.answer());
        }
    }

    fn open(&self, arg: Option<&str>, activation: Option<String>) -> std::io::Result<()> {
        let answer = self.answer();
        window::open(&self.env, arg, activation, move |title, reason| no_window(title, reason, answer))
    }

    fn notify(&self, before: &State) {
        notice::remind(before, &self.shown, self.answer());
        let Some(then) = notice::end((before, &self.shown), Program::Tray, self.answer()) else { return };
        // The window finds the outcome in the journal.
        self.controller.request(WindowRequest::Dismiss);
        if then == notice::Then::OpenWindow {
            self.act(Request::OpenWindow, None);
        }
    }

    fn answer(&self) -> impl Fn(Answer) + Clone + Send + 'static {
        let events = self.events.clone();
        move |answer| events.send(Event::Notice(answer))
    }
}

/// Says why there is no window, and what works without it.
fn no_window(title: &str, reason: &str, answer: impl Fn(Answer) + Clone + Send + 'static) {
    let body =
        format!("{reason} Everything else in this icon's menu works, and so does `herokey` in a terminal.");
    notice::failed(title.to_owned(), body, answer);
}

/// Replaces this process with a program on the bus at this address. Returns only if that fails.
fn with_address(mut program: Command, args: impl Iterator<Item = OsString>, address: &str) -> std::io::Error {
    program.args(args).env("DBUS_SESSION_BUS_ADDRESS", address).exec()
}

/// A tray that lost one of its threads would show an outdated state forever.
fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        report(info);
        std::process::abort();
    }));
}
