//! Checks for a newer Herokey once the window is shown, at most once a day, and installs it when the user asks.
//!
//! A build without a maintainer's public key (`plugins.updater.pubkey` in `tauri.conf.json`, docs/releasing.md) never
//! checks, nor does a Herokey whose files belong to a package manager.

use std::time::Duration;

use herokey_app::controller::Controller;
use herokey_core::base::text::Text;
use herokey_core::desktop::update;
use herokey_core::{Code, Env, Error};
use tauri::{AppHandle, Manager};
use tauri_plugin_updater::{Update, UpdaterBuilder, UpdaterExt};

const ANSWER: Duration = Duration::from_secs(10);
const DOWNLOAD: Duration = Duration::from_mins(10);

/// The updater plug-in is in place.
struct Prepared;

/// Checks in the background, if it is time to.
pub(crate) fn check(app: &AppHandle) {
    let env = Env::of_process();
    let Some(key) = key(app, &env).filter(|_| update::can_update_itself(&env)) else {
        return tracing::debug!("this Herokey does not check for updates");
    };
    let app = app.clone();
    std::thread::spawn(move || {
        match update::begin_check(&env) {
            Ok(true) => {}
            Ok(false) => return tracing::debug!("the last check for updates was less than a day ago"),
            Err(error) => {
                return tracing::warn!("the time of this check cannot be recorded: {error}");
            }
        }
        match find(&app, &env, key) {
            Ok(Some(found)) => offer(&app, found),
            Ok(None) => tracing::debug!("this is the newest Herokey"),
            Err(error) => tracing::info!("updates could not be checked: {error}"),
        }
    });
}

/// Offers what was found. Installing it replaces this program and restarts it; a failure leaves this version in place.
fn offer(app: &AppHandle, mut found: Update) {
    let (handle, version) = (app.clone(), Text::of(&found.version).into());
    found.timeout = Some(DOWNLOAD);
    app.state::<Controller>().offer_update(version, move || {
        let done = tauri::async_runtime::block_on(found.download_and_install(|_, _| {}, || {}));
        done.map_err(|error| {
            Error::new(Code::UpdateFailed, format!("Herokey {} could not be installed.", found.version))
                .means("This version stays in place, and nothing else was changed.")
                .next_step("Try again later, or install it from https://github.com/herokey/herokey/releases.")
                .detail(error)
        })?;
        handle.request_restart();
        Ok(())
    });
}

fn find(app: &AppHandle, env: &Env, key: String) -> tauri_plugin_updater::Result<Option<Update>> {
    if app.try_state::<Prepared>().is_none() {
        app.plugin(tauri_plugin_updater::Builder::new().pubkey(key).build())?;
        app.manage(Prepared);
    }
    let updater = with_own_endpoint(app.updater_builder().timeout(ANSWER), env)?.build()?;
    tauri::async_runtime::block_on(updater.check())
}

/// The public key that updates must be signed with; `None` if there is none.
fn key(app: &AppHandle, env: &Env) -> Option<String> {
    let configured = || app.config().plugins.0.get("updater")?.get("pubkey")?.as_str().map(str::to_owned);
    let key = for_tests(env, "HEROKEY_UPDATES_KEY").map(str::to_owned).or_else(configured);
    key.filter(|key| !key.is_empty())
}

fn with_own_endpoint(builder: UpdaterBuilder, env: &Env) -> tauri_plugin_updater::Result<UpdaterBuilder> {
    match for_tests(env, "HEROKEY_UPDATES_URL") {
        Some(url) => builder.endpoints(vec![url.parse()?]),
        None => Ok(builder),
    }
}

/// A variable that only a debug build reads.
fn for_tests<'a>(env: &'a Env, name: &str) -> Option<&'a str> {
    env.text(name).filter(|_| cfg!(debug_assertions))
}
