//! The tray, on the systems where this program shows it. What touches the icon or its menu runs on the main thread, as macOS
//! requires.

use std::cell::RefCell;

use herokey_app::controller::{Controller, State};
use herokey_app::menu::menu;
use herokey_app::missed::{Missed, Unseen};
use herokey_app::request::{Request, WindowRequest};
#[cfg(windows)]
use herokey_app::view::overview;
use herokey_core::ledger::journal::Program;
use herokey_tray::notice::{self, Answer, Then};
use herokey_tray::{MenuId, Panel, Tray, TrayIconEvent};
use tauri::{AppHandle, Manager, RunEvent};

#[cfg(windows)]
use crate::web_view2;
use crate::window;

thread_local! {
    static SHOWN: RefCell<Option<Shown>> = const { RefCell::new(None) };
}

struct Shown {
    tray: Tray,
    state: State,
    unseen: Unseen,
}

impl Shown {
    fn draw(&mut self) {
        let mut menu = menu(&self.state);
        self.unseen.add_to(&mut menu);
        if let Err(error) = self.tray.apply(&menu) {
            tracing::error!("{error}");
        }
    }
}

/// macOS colours a template icon itself; Windows' taskbar is light or dark (Settings, "Colors").
fn panel() -> Panel {
    #[cfg(windows)]
    {
        const COLORS: &str = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize";
        let colors = windows_registry::CURRENT_USER.open(COLORS);
        let light = colors.and_then(|colors| colors.get_u32("SystemUsesLightTheme"));
        if light == Ok(1) { Panel::Light } else { Panel::Dark }
    }
    #[cfg(not(windows))]
    Panel::Template
}

/// Shows a state, and notifies the user how an action ended if no window shows it.
pub(crate) fn show(app: &AppHandle, state: &State) {
    let (handle, state) = (app.clone(), state.clone());
    on_main_thread(app, move || {
        // Before the event loop runs there is no tray; `put` draws the state that it finds.
        let before = SHOWN.with_borrow_mut(|shown| {
            let shown = shown.as_mut()?;
            let before = std::mem::replace(&mut shown.state, state.clone());
            shown.draw();
            Some(before)
        });
        // A notification may send a request, which shows a new state in here at once.
        if let Some(before) = before {
            notify(&handle, &before, &state);
        }
    });
}

fn on_main_thread(app: &AppHandle, work: impl FnOnce() + Send + 'static) {
    if let Err(error) = app.run_on_main_thread(work) {
        tracing::error!("the tray could not be updated: {error}");
    }
}

/// Notifies the user how an action ended, unless an open window shows it.
fn notify(app: &AppHandle, before: &State, after: &State) {
    let answer = || {
        let app = app.clone();
        move |answer: Answer| match answer {
            Answer::Clicked(click) => act(&app, click.request),
            Answer::Missed(missed) => tell_in_menu(&app, missed),
            Answer::Shown(late) => change_unseen(&app, move |unseen| unseen.remove(&late)),
        }
    };
    notice::remind(before, after, answer());
    if window::is_open(app) {
        return;
    }
    #[cfg(windows)]
    if !window::can_open() {
        web_view2::ask_what_is_new(app, before, after);
    }
    match notice::end((before, after), Program::Window, answer()) {
        None => {}
        #[cfg(windows)]
        Some(Then::OpenWindow) if !window::can_open() => {
            overview(after).notice.into_iter().for_each(|notice| web_view2::ask(app, notice));
        }
        // The window shows this program's own state.
        Some(Then::OpenWindow) => open_window(app),
        Some(Then::Dismiss) => app.state::<Controller>().request(WindowRequest::Dismiss),
    }
}

fn tell_in_menu(app: &AppHandle, missed: Missed) {
    if missed.needs_window && window::can_open() {
        open_window(app);
    }
    #[cfg(windows)]
    if missed.needs_window && !window::can_open() {
        web_view2::tell(missed.title.clone(), missed.body.clone());
    }
    change_unseen(app, move |unseen| unseen.add(missed));
}

fn change_unseen(app: &AppHandle, change: impl FnOnce(&mut Unseen) + Send + 'static) {
    on_main_thread(app, move || {
        SHOWN.with_borrow_mut(|shown| {
            if let Some(shown) = shown {
                change(&mut shown.unseen);
                shown.draw();
            }
        });
    });
}

/// Puts the icon in the tray once the event loop runs, and acts on its clicks.
pub(crate) fn on_event(app: &AppHandle, event: RunEvent) {
    match event {
        RunEvent::Ready => put(app),
        RunEvent::MenuEvent(event) => clicked(app, event.id()),
        // The last window was closed; the tray stays.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        #[cfg(target_os = "macos")]
        RunEvent::Reopen { .. } => open_window(app),
        RunEvent::WindowEvent { event: tauri::WindowEvent::Destroyed, .. } => {
            // The next window should not open on this page.
            app.state::<Controller>().request(WindowRequest::ClosePage);
            #[cfg(target_os = "macos")]
            window::show_in_dock(app, false);
        }
        _ => {}
    }
}

fn put(app: &AppHandle) {
    let state = app.state::<Controller>().state();
    match Tray::new(&menu(&state), panel()) {
        Ok(tray) => SHOWN.set(Some(Shown { tray, state, unseen: Unseen::default() })),
        Err(error) => tracing::error!("{error}"),
    }
    let handle = app.clone();
    TrayIconEvent::set_event_handler(Some(move |event| {
        if herokey_tray::opens_window(&event) {
            let app = handle.clone();
            // On Windows this handler may run in the middle of a `draw`, and creating a window in it would wait forever.
            std::thread::spawn(move || {
                change_unseen(&app, Unseen::clear);
                window::open(&app, None);
            });
        }
    }));
}

fn clicked(app: &AppHandle, id: &MenuId) {
    let request = SHOWN.with_borrow_mut(|shown| {
        let shown = shown.as_mut()?;
        let request = shown.tray.request(id);
        shown.unseen.clear();
        shown.draw();
        request
    });
    if let Some(request) = request {
        act(app, request);
    }
}

/// What needs the user happens in the window; everything else happens in place.
fn act(app: &AppHandle, request: Request) {
    match request {
        Request::OpenWindow => open_window(app),
        Request::Quit => app.exit(0),
        Request::Page(request) => {
            let controller = app.state::<Controller>();
            let request = controller.asked_for_others(request);
            if request.argument().is_some() && window::can_open() {
                open_window(app);
            }
            controller.request(request);
        }
    }
}

/// On Windows, creating a window inside an event handler would wait for that handler forever.
fn open_window(app: &AppHandle) {
    let app = app.clone();
    std::thread::spawn(move || window::open(&app, None));
}
