//! Updates: Herokey checks for one once a day, and installs it on request if its signature is valid.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use herokey_tests::{Display, PATIENCE, Page, World, artifacts, eventually, herokey_path};

/// The public key of a pair that was made for this test. The private key has been deleted.
const KEY: &str = "dW50cnVzdGVkIGNvbW1lbnQ6IG1pbmlzaWduIHB1YmxpYyBrZXk6IEYyNTkwRDk5MEI4NTAyRUYKUldUdkFvVUxtUTFaOHZtdXJw\
    VVRvSm53dzU2c2xRZHFYRGxGeEQ0NTlYeGRiWUhqMElaUXJmcmEK";
/// The signature of [`NEWER`] by `tauri signer sign --app-version 99.0.0`.
const SIGNATURE: &str = "dW50cnVzdGVkIGNvbW1lbnQ6IHNpZ25hdHVyZSBmcm9tIHRhdXJpIHNlY3JldCBrZXkKUlVUdkFvVUxtUTFaOGlpdEMxRWh2a2pw\
    eDljMkg5YU1GUk1OSFFQUVFNQ0ZMRk9VZkI1aWxDcjlHZWlwcG45WmhYN1JSMEdvaTByeCtMSjFTZ25RTWxKWkMrZEVkTDhReGdN\
    PQp0cnVzdGVkIGNvbW1lbnQ6IHRpbWVzdGFtcDoxNzk1NTQ5ODI4CWZpbGU6bmV3LkFwcEltYWdlCXZlcnNpb246OTkuMC4wClk1\
    K0JFUmRvNE9VOVhncWFyMy9QQUhwM1FsUEltdUZPeXJvd3BoWDdjSkEvMTZ4U0FlNUdFclJlUW9XK0tYVDFOQWxNNENhOE9MR01q\
    Ukx1Q29zVUJRPT0K";
const NEWER: &[u8] = b"\x7fELF a newer Herokey, for a test; long enough to be taken for a program";
const PRESENT: &[u8] = b"\x7fELF the Herokey that runs";

#[test]
fn offers_an_update_and_installs_it_on_request() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let releases = Releases::serve("99.0.0", b"\x7fELF not what was signed");
    let image = as_appimage(&mut world, &releases);
    let window = Page::herokey_window(&world, &[]);
    window.wait_for("notice", "Herokey 99.0.0 is available");
    window.screenshot(&artifacts().join("window-16-update.png"));
    assert_eq!(releases.asked(), ["/latest.json"], "nothing is fetched before the person has said so");

    window.click("[data-testid=notice-install_update]");
    window.wait_for("notice", "Herokey 99.0.0 could not be installed");
    assert_eq!(std::fs::read(&image).unwrap(), PRESENT, "what was not signed is not installed");
    window.click("[data-testid=notice-dismiss]");
    window.wait_for("notice", "Herokey 99.0.0 is available");

    releases.offer(NEWER);
    window.click("[data-testid=notice-install_update]");
    wait_until_it_is(&image, NEWER);
}

#[test]
fn checks_for_updates_once_a_day() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let releases = Releases::serve("0.0.1", NEWER);
    as_appimage(&mut world, &releases);
    world.set_env("HEROKEY_LOG", "debug");
    let window = Page::herokey_window(&world, &[]);
    releases.wait_for_question();
    drop(window);
    // While a window is ending, it would handle the start of the next one.
    for window in world.windows() {
        assert!(window.ends_within(PATIENCE), "{window:?} does not end");
    }
    let window = Page::herokey_window(&world, &[]);
    window.wait_for_output("the last check for updates was less than a day ago");
    assert_eq!(releases.asked(), ["/latest.json"]);
}

#[test]
fn leaves_updates_to_the_package_manager() {
    let mut world = World::desktop();
    let _display = Display::start(&mut world);
    let releases = Releases::serve("99.0.0", NEWER);
    as_appimage(&mut world, &releases);
    // As if another program's AppImage had started this one.
    world.set_env("APPDIR", "/elsewhere");
    world.set_env("HEROKEY_LOG", "debug");
    let window = Page::herokey_window(&world, &[]);
    window.wait_for_output("this Herokey does not check for updates");
    assert_eq!(world.file(".local/state/herokey/updates.json"), None, "nobody looked");
    assert!(releases.asked().is_empty());
}

/// Makes Herokey's window believe that it runs from an AppImage, and check for updates here. Returns the image.
fn as_appimage(world: &mut World, releases: &Releases) -> PathBuf {
    let image = world.home().join("Herokey.AppImage");
    std::fs::write(&image, PRESENT).unwrap();
    let program = herokey_path("herokey-desktop").canonicalize().unwrap();
    world.set_env("APPIMAGE", image.to_str().unwrap());
    world.set_env("APPDIR", program.parent().unwrap().to_str().unwrap());
    world.set_env("HEROKEY_UPDATES_KEY", KEY);
    world.set_env("HEROKEY_UPDATES_URL", format!("{}/latest.json", releases.address));
    image
}

fn wait_until_it_is(path: &Path, wanted: &[u8]) {
    // The file is missing for a moment, because the updater moves the old one away first.
    eventually("the update", || std::fs::read(path).is_ok_and(|bytes| bytes == wanted).then_some(()));
}

/// A server with a manifest and one package, whose bytes can be changed.
struct Releases {
    address: String,
    package: Arc<Mutex<Vec<u8>>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Releases {
    fn serve(version: &str, package: &[u8]) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let platforms = serde_json::json!({
            "linux-x86_64": { "url": format!("{address}/herokey.AppImage"), "signature": SIGNATURE },
        });
        let manifest = serde_json::json!({ "version": version, "platforms": platforms }).to_string();
        let package = Arc::new(Mutex::new(package.to_vec()));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let releases = Self { address, package: package.clone(), asked: asked.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (path, mut stream) = question(stream.unwrap());
                let answer = match path.as_str() {
                    "/latest.json" => manifest.clone().into_bytes(),
                    _ => package.lock().unwrap().clone(),
                };
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    answer.len()
                );
                asked.lock().unwrap().push(path);
                stream.write_all(&[head.as_bytes(), &answer].concat()).unwrap();
            }
        });
        releases
    }

    fn offer(&self, package: &[u8]) {
        *self.package.lock().unwrap() = package.to_vec();
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    fn wait_for_question(&self) {
        eventually("a look for updates", || (!self.asked().is_empty()).then_some(()));
    }
}

/// Reads a request, and returns its path.
fn question(stream: TcpStream) -> (String, TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let first = lines.next().unwrap_or_default();
    lines.find(String::is_empty);
    (first.split(' ').nth(1).unwrap_or_default().to_owned(), stream)
}
