//! The tray program: shows the icon first, then surveys the machine, then handles one event after the other.

mod instance;
mod panel;
mod window;

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::sync::mpsc::{self, Sender};

use herokey_app::controller::{Controller, State};
use herokey_app::menu;
use herokey_app::request::{Request, WindowRequest};
use herokey_core::Env;
use herokey_core::base::{memory, session_bus, state_folder};
use herokey_core::ledger::journal::Program;
use herokey_tray::notice::{self, Then};
use herokey_tray::{Click, Panel, Start, Tray};

enum Event {
    State(Box<State>),
    Clicked(Click),
    Panel(Panel),
    BusEnded,
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
    let _only_one = match instance::take(env) {
        Ok(Some(lock)) => Some(lock),
        Ok(None) if start == Start::Now => {
            return Ok(window::open(env, None, window::own_activation(env))?);
        }
        Ok(None) => return Ok(()),
        Err(error) => {
            tracing::warn!("another tray would not be noticed: {error}");
            None
        }
    };
    let (sender, inbox) = mpsc::channel();
    let events = Events(sender);
    let clicked = events.clone();
    let empty = menu::menu(&State::default());
    let mut tray =
        match Tray::new(&empty, Panel::Dark, start, move |click| clicked.send(Event::Clicked(click))) {
            Ok(tray) => tray,
            Err(error) if start == Start::Now => {
                tracing::info!("{error}; opening the window instead");
                return Err(window::exec(env).into());
            }
            Err(error) => return Err(error.into()),
        };
    panel::watch(env, {
        let events = events.clone();
        move |change| {
            events.send(match change {
                panel::Change::Panel(panel) => Event::Panel(panel),
                panel::Change::BusEnded => Event::BusEnded,
            });
        }
    })?;
    let acts = events.clone();
    let on_state = move |state: &State| events.send(Event::State(Box::new(state.clone())));
    let controller = Controller::start(env.clone(), Program::Tray, on_state)?;

    let mut shown = State::default();
    for event in inbox {
        match event {
            Event::State(state) => {
                tray.apply(&menu::menu(&state))?;
                notify(env, &controller, &acts, &shown, &state);
                shown = *state;
            }
            Event::Panel(panel) => tray.set_panel(panel)?,
            Event::Clicked(Click { request: Request::Quit, .. }) => break,
            Event::Clicked(Click { request, activation }) => act(env, &controller, request, activation),
            Event::BusEnded => return Ok(()),
        }
    }
    tray.hide();
    Ok(())
}

/// Replaces this process with a program on the bus at this address. Returns only if that fails.
fn with_address(mut program: Command, args: impl Iterator<Item = OsString>, address: &str) -> std::io::Error {
    program.args(args).env("DBUS_SESSION_BUS_ADDRESS", address).exec()
}

/// What needs the user happens in the window; everything else happens in place.
fn act(env: &Env, controller: &Controller, request: Request, activation: Option<String>) {
    let opened = match request {
        Request::Quit => Ok(()),
        Request::OpenWindow => window::open(env, None, activation),
        Request::Page(request) => {
            let request = controller.asked_for_others(request);
            if let Some(argument) = request.argument() {
                window::open(env, Some(argument), activation)
            } else {
                controller.request(request);
                Ok(())
            }
        }
    };
    if let Err(error) = opened {
        tracing::error!("{error}");
        notice::show("Herokey's window could not be opened.".to_owned(), error.to_string());
    }
}

fn notify(env: &Env, controller: &Controller, events: &Events, before: &State, after: &State) {
    let pressed = || {
        let events = events.clone();
        move |click| events.send(Event::Clicked(click))
    };
    notice::remind(before, after, pressed());
    let Some(then) = notice::end((before, after), Program::Tray, pressed()) else { return };
    // The window finds the outcome in the journal.
    controller.request(WindowRequest::Dismiss);
    if then == Then::OpenWindow {
        act(env, controller, Request::OpenWindow, None);
    }
}

/// A tray that lost one of its threads would show an outdated state forever.
fn abort_on_panic() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        report(info);
        std::process::abort();
    }));
}
