//! Only one tray runs on a session bus. A tray that has lost its display gives up its name
//! to the next one.

use std::time::Duration;

use herokey_core::Env;
use zbus::fdo::{self, DBusProxy, RequestNameFlags};
use zbus::names::BusName;
use zbus::{Connection, Proxy, connection};

use super::display;

const NAME: &str = "dev.herokey.Tray";
const PATH: &str = "/dev/herokey/Tray";
/// How long another tray may take to answer. One that takes longer would swallow clicks, too.
const ANSWER: Duration = Duration::from_secs(2);
/// How long the other programs that this connection asks may take. At login the bus starts them first.
const OTHERS: Duration = Duration::from_secs(20);

/// What other trays may ask this one.
struct Tray {
    env: Env,
}

#[zbus::interface(name = "dev.herokey.Tray")]
impl Tray {
    /// True if this tray can open a window.
    fn has_display(&self) -> bool {
        display::is_there(&self.env)
    }
}

/// A connection to the session bus on which this is the only tray; `None` if another tray has it.
pub(crate) fn take(env: &Env) -> zbus::Result<Option<Connection>> {
    zbus::block_on(async {
        let tray = Tray { env: env.clone() };
        let builder = connection::Builder::session()?.method_timeout(OTHERS).serve_at(PATH, tray)?;
        let bus = builder.build().await?;
        let flags = RequestNameFlags::DoNotQueue | RequestNameFlags::AllowReplacement;
        match bus.request_name_with_flags(NAME, flags).await {
            Err(zbus::Error::NameTaken) => {
                // One that does not answer hangs, or has just ended.
                let other = other_has_display().await;
                if other.is_ok_and(|has_display| has_display || !display::is_there(env)) {
                    return Ok(None);
                }
                tracing::info!(
                    "the tray that ran here has lost its display or hangs, so this one takes its place"
                );
                bus.request_name_with_flags(NAME, flags | RequestNameFlags::ReplaceExisting).await?;
            }
            Err(error) => tracing::warn!("another tray would not be noticed: {error}"),
            Ok(_) => {}
        }
        Ok(Some(bus))
    })
}

/// Returns once the connection of this tray's icon has sent what it was about to send, such as the answer to a click.
pub(crate) fn wait_for_icon(bus: &Connection) {
    // The first of its process, as ksni names it.
    let icon = format!("org.kde.StatusNotifierItem-{}-1", std::process::id());
    let ping =
        bus.call_method(Some(icon.as_str()), "/MenuBar", Some("org.freedesktop.DBus.Peer"), "Ping", &());
    if let Err(error) = zbus::block_on(ping) {
        tracing::debug!(%error, "the icon is gone already");
    }
}

/// Returns once another tray has taken this one's place.
pub(crate) async fn replaced(bus: &Connection) -> fdo::Result<()> {
    use futures_lite::StreamExt;

    let proxy = DBusProxy::new(bus).await?;
    let lost = proxy.receive_name_lost().await?;
    let mut lost = lost.filter(|signal| signal.args().is_ok_and(|lost| lost.name() == NAME));
    // Another tray may have taken the name before this one listened.
    let name = BusName::try_from(NAME).map_err(zbus::Error::from)?;
    if bus.unique_name() == Some(&proxy.get_name_owner(name).await?) {
        lost.next().await;
    }
    Ok(())
}

/// Asks the tray that has the name.
async fn other_has_display() -> zbus::Result<bool> {
    let bus = connection::Builder::session()?.method_timeout(ANSWER).build().await?;
    Proxy::new(&bus, NAME, PATH, NAME).await?.call("HasDisplay", &()).await
}
