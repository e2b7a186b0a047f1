//! Herokey's window: a page that draws an `Overview` and sends requests. It never sees a token.

mod commands;
#[cfg(not(target_os = "linux"))]
mod tray;
mod updates;
#[cfg(target_os = "linux")]
mod web_process;
#[cfg(windows)]
mod web_view2;
mod window;

use std::process::ExitCode;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use herokey_app::controller::{Controller, State};
use herokey_app::request::{ACTIVATION, PageRequest};
use herokey_app::view::overview;
use herokey_core::Env;
use herokey_core::desktop::autostart::AT_LOGIN;
use herokey_core::insight::facts::Facts;
use herokey_core::ledger::journal::Program;
use herokey_core::survey::survey;
use tauri::{App, AppHandle, Emitter, Manager};
use tauri_plugin_window_state::StateFlags;

/// How long the page waits for the first survey, so that it starts with an overview. A keychain may take longer.
const FIRST_SURVEY: Duration = Duration::from_millis(250);

/// The argument that ends the Herokey that is running, with which the installer on Windows begins.
const QUIT: &str = "--quit";

/// Runs until the window is closed; on macOS and Windows, where this program also shows the tray, until *Quit*.
pub fn run() -> ExitCode {
    let env = Env::of_process();
    herokey_core::base::log::start(&env, herokey_core::base::log::Reader::Log);
    herokey_core::base::memory::protect();
    herokey_core::stores::netrc::restore_interrupted(&env);
    // The survey takes about as long as Tauri's start, so both begin at once. It changes nothing; a second instance just
    // ends before it.
    let first = std::thread::spawn(move || survey(&env));
    // Tauri would panic.
    #[cfg(target_os = "linux")]
    if let Err(error) = gtk::init() {
        tracing::error!("the window cannot be opened without a display: {error}");
        return ExitCode::FAILURE;
    }
    let app = tauri::Builder::default()
        // First: a second instance ends here, before it surveys the machine.
        .plugin(tauri_plugin_single_instance::init(|app, args, _| {
            if is_quit(&args) {
                return app.exit(0);
            }
            window::open(app, activation(&args));
            // On Windows this may run in the middle of drawing the tray.
            let app = app.clone();
            std::thread::spawn(move || start_request(&app, args));
        }))
        // Restores position and size; a Wayland compositor chooses the position itself.
        .plugin(
            tauri_plugin_window_state::Builder::default()
                .with_state_flags(StateFlags::POSITION | StateFlags::SIZE)
                .build(),
        )
        .invoke_handler(commands::handler())
        .setup(|app| Ok(set_up(app, first)?))
        .build(tauri::generate_context!());
    let app = match app {
        Ok(app) => app,
        Err(error) => {
            tracing::error!("{error}");
            #[cfg(target_os = "linux")]
            if matches!(&error, tauri::Error::PluginInitialization(plugin, _) if plugin == "single-instance")
            {
                start_again();
            }
            return ExitCode::FAILURE;
        }
    };
    #[cfg(target_os = "linux")]
    app.run(|_, _| {});
    #[cfg(not(target_os = "linux"))]
    app.run(tray::on_event);
    ExitCode::SUCCESS
}

/// An AppImage starts only this program, which runs `herokey` for git (see `herokey_core::tools::git`) and the tray at
/// login. `None` if the window itself should run.
#[cfg(target_os = "linux")]
pub fn exec_other() -> Option<ExitCode> {
    use std::os::unix::process::CommandExt;

    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let program = match arguments.first()?.to_str()? {
        "git-credential" => "herokey",
        AT_LOGIN => "herokey-tray",
        _ => return None,
    };
    let env = Env::of_process();
    // It takes this program's place, so it gets all of its variables.
    let error = env.command_with(env.own_program(program), |_| true).args(arguments).exec();
    tracing::error!("{program} could not be started: {error}");
    Some(ExitCode::FAILURE)
}

/// The window that this instance wanted to bring to the front has just ended, so this program starts again in its place.
/// Returns if it has tried that already.
#[cfg(target_os = "linux")]
fn start_again() {
    use std::os::unix::process::CommandExt;

    const AGAIN: &str = "HEROKEY_STARTS_AGAIN";
    let env = Env::of_process();
    if env.os(AGAIN).is_some() {
        return;
    }
    let mut command = env.command_with(env.own_program("herokey-desktop"), |_| true);
    let error = command.args(std::env::args_os().skip(1)).env(AGAIN, "1").exec();
    tracing::error!("herokey-desktop could not be started again: {error}");
}

fn set_up(app: &mut App, first: JoinHandle<Facts>) -> std::io::Result<()> {
    #[cfg(target_os = "macos")]
    app.set_activation_policy(tauri::ActivationPolicy::Accessory);
    let arguments: Vec<String> =
        std::env::args_os().filter_map(|argument| argument.into_string().ok()).collect();
    if is_quit(&arguments) {
        // No other Herokey runs.
        std::process::exit(0);
    }
    let page = app.handle().clone();
    let (sender, surveyed) = mpsc::sync_channel(1);
    let listener = move |state: &State| {
        if state.facts.is_some() {
            // Only the first one is waited for.
            let _ = sender.try_send(());
        }
        show(&page, state);
    };
    let first = move || first.join().unwrap_or_else(|_| survey(&Env::of_process()));
    app.manage(Controller::start_from(Env::of_process(), Program::Window, first, listener)?);
    // After a timeout, the page asks for the overview itself.
    let _ = surveyed.recv_timeout(FIRST_SURVEY);
    // At login only the tray starts.
    if cfg!(target_os = "linux") || !arguments.iter().any(|argument| argument == AT_LOGIN) {
        window::open(app.handle(), activation(&arguments));
    }
    start_request(app.handle(), arguments);
    Ok(())
}

fn is_quit(arguments: &[String]) -> bool {
    arguments.iter().any(|argument| argument == QUIT)
}

fn activation(arguments: &[String]) -> Option<&str> {
    arguments.iter().find_map(|argument| argument.strip_prefix(ACTIVATION))
}

/// Starts what the tray opened the window for.
fn start_request(app: &AppHandle, arguments: impl IntoIterator<Item = String>) {
    if let Some(request) = arguments.into_iter().find_map(|argument| PageRequest::from_argument(&argument)) {
        app.state::<Controller>().request(request);
    }
}

fn show(app: &AppHandle, state: &State) {
    if let Err(error) = app.emit("overview", overview(state)) {
        tracing::error!("the page could not be updated: {error}");
    }
    #[cfg(not(target_os = "linux"))]
    tray::show(app, state);
}
