//! A screen without a monitor, and real clicks on it: the window through `tauri-driver`, the person's browser
//! through `WebKitWebDriver` (W3C, `WebDriver`).

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::program::{Program, Running};
use crate::world::World;

const LIMIT: Duration = Duration::from_secs(20);
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/// An X screen of a world's own.
#[derive(Debug)]
pub struct Display {
    name: String,
    pixels: PathBuf,
    _server: Running,
}

impl Display {
    /// Starts Xvfb, and tells every program of the world from now on.
    pub fn start(world: &mut World) -> Self {
        Self::of_size(world, "900x700")
    }

    /// The same, of this size in pixels.
    pub fn of_size(world: &mut World, size: &str) -> Self {
        let depth = format!("{size}x24");
        // A server that resets when its last client goes turns the next one away meanwhile.
        let screen = ["-noreset", "-displayfd", "1", "-screen", "0", &depth, "-nolisten", "tcp", "-fbdir"];
        let folder = world.runtime();
        let server = world.program("Xvfb").args(screen).arg(folder.display().to_string()).start();
        server.wait_for("\n");
        let number = server.said();
        let name = format!(":{}", number.lines().next().unwrap_or_default().trim());
        world.set_env("DISPLAY", name.clone());
        world.set_env("GDK_BACKEND", "x11");
        // Without animations, so that no picture is taken in the middle of one.
        world.write_file(".config/gtk-3.0/settings.ini", "[Settings]\ngtk-enable-animations=0\n");
        Self { name, pixels: folder.join("Xvfb_screen0"), _server: server }
    }

    /// Asks a window to close, as its frame's button does (ICCCM, 4.2.8.1).
    pub fn close(&self, window: u32) {
        use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt, EventMask};

        let (x, _) = x11rb::connect(Some(&self.name)).expect("the screen takes connections");
        let atom = |name: &str| {
            let asked = x.intern_atom(false, name.as_bytes()).expect("the screen is there");
            asked.reply().expect("a name has a number").atom
        };
        let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let event = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
        x.send_event(false, window, EventMask::NO_EVENT, event).expect("the screen is there");
        // A server forgets what it has not read yet of a connection that is closed.
        x.get_input_focus().expect("the screen is there").reply().expect("an answer to each question");
    }

    /// What is on the screen now: the file that Xvfb draws in, an X window dump.
    pub fn pixels(&self) -> Vec<u8> {
        std::fs::read(&self.pixels).expect("Xvfb keeps its screen in a file")
    }
}

/// A page that is driven: Herokey's window, or the person's browser.
#[derive(Debug)]
pub struct Page {
    session: String,
    agent: ureq::Agent,
    driver: Running,
}

impl Page {
    /// Starts Herokey's window with these arguments.
    #[track_caller]
    pub fn of_herokey(world: &World, arguments: &[&str]) -> Self {
        Self::of_app(Self::driver(world), &crate::herokey_path("herokey-desktop"), arguments)
    }

    /// Starts Herokey's window and records all that it says and starts.
    #[track_caller]
    pub fn of_watched_herokey(world: &World) -> Self {
        Self::of_app(Self::driver(world).traced(), &crate::herokey_path("herokey-desktop"), &[])
    }

    fn driver(world: &World) -> Program {
        world.program(tauri_driver().to_str().expect("a path in Unicode"))
    }

    /// Starts the window of a Tauri app.
    #[track_caller]
    fn of_app(driver: Program, program: &Path, arguments: &[&str]) -> Self {
        let (port, native) = (free_port(), free_port());
        let driver = driver.arg(format!("--port={port}")).arg(format!("--native-port={native}")).start();
        let options = json!({ "application": program, "args": arguments });
        Self::begin(driver, port, &json!({ "tauri:options": options }))
    }

    /// Starts a browser, as the person's own.
    #[track_caller]
    pub fn of_person(world: &World) -> Self {
        Self::of_browser(world, &["--automation"])
    }

    /// Starts a browser that shows pages in light or dark.
    #[track_caller]
    pub(crate) fn of_browser(world: &World, arguments: &[&str]) -> Self {
        let port = free_port();
        let driver = world.program("WebKitWebDriver").arg(format!("--port={port}")).start();
        let options = json!({ "binary": MINI_BROWSER, "args": arguments });
        let wanted = json!({ "acceptInsecureCerts": true, "webkitgtk:browserOptions": options });
        Self::begin(driver, port, &wanted)
    }

    fn begin(driver: Running, port: u16, capabilities: &Value) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(LIMIT * 2))
            .build()
            .into();
        let base = format!("http://127.0.0.1:{port}");
        let until = Instant::now() + LIMIT;
        // A driver says nowhere that it listens.
        while agent.get(format!("{base}/status")).call().is_err() {
            assert!(Instant::now() < until, "the driver does not listen: {}", driver.said());
            std::thread::yield_now();
        }
        let mut page = Self { session: String::new(), agent, driver };
        let asked = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let begun = page.call(&format!("{base}/session"), Some(&asked));
        let id = begun["sessionId"].as_str().unwrap_or_else(|| panic!("a session: {begun}"));
        page.session = format!("{base}/session/{id}");
        // Finding an element waits for it to come.
        page.post("timeouts", &json!({ "implicit": 15_000, "script": 15_000 }));
        page
    }

    /// Goes to an address of the world's Heroku.
    #[track_caller]
    pub fn open(&self, address: &str) {
        // WebKit looks up no names where there is no network but the loopback (AI_ADDRCONFIG); the sandbox serves
        // by path.
        let address = address.replacen("cli-auth.heroku.com", "127.0.0.1", 1);
        self.post("url", &json!({ "url": address }));
    }

    /// Waits for an element, and returns its text, or a field's value.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        let element = json!({ ELEMENT: self.find(css) });
        let script = "return arguments[0].value ?? arguments[0].innerText";
        let text = self.post("execute/sync", &json!({ "script": script, "args": [element] }));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the element of this test id has this text in it.
    #[track_caller]
    pub fn wait_for(&self, test_id: &str, text: &str) {
        self.find_by("xpath", &format!("//*[@data-testid='{test_id}'][contains(., '{text}')]"));
    }

    /// Waits until there is no element of this test id.
    #[track_caller]
    pub fn wait_until_gone(&self, test_id: &str) {
        self.find_by("xpath", &format!("//body[not(.//*[@data-testid='{test_id}'])]"));
    }

    /// Waits for an element, and clicks it.
    #[track_caller]
    pub fn click(&self, css: &str) {
        let element = self.find(css);
        self.post(&format!("element/{element}/click"), &json!({}));
    }

    /// Waits for a field, and types into it.
    #[track_caller]
    pub fn type_into(&self, css: &str, text: &str) {
        let element = self.find(css);
        self.post(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses and lets go of a key, by its character or its code in `WebDriver`.
    #[track_caller]
    pub fn press(&self, key: &str) {
        self.press_together(&[key]);
    }

    /// The same with several keys: each is held until the last one is down.
    #[track_caller]
    pub fn press_together(&self, keys: &[&str]) {
        let stroke = |kind: &str, key: &&str| json!({ "type": kind, "value": key });
        let down = keys.iter().map(|key| stroke("keyDown", key));
        let strokes: Vec<_> = down.chain(keys.iter().rev().map(|key| stroke("keyUp", key))).collect();
        self.post(
            "actions",
            &json!({ "actions": [{ "type": "key", "id": "keyboard", "actions": strokes }] }),
        );
    }

    /// Runs a script in the page, and returns what it returns.
    #[track_caller]
    pub fn execute(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Goes on in a window of exactly this page, without a browser's bars; the size is in CSS pixels.
    #[track_caller]
    pub(crate) fn pop_up(&self, address: &str, (width, height): (u32, u32)) {
        let features = format!("popup,toolbar=no,location=no,menubar=no,width={width},height={height}");
        self.execute(&format!("open('{address}', 'gallery', '{features}')"));
        let (first, all) = (self.get("window"), self.get("window/handles"));
        let newest = all.as_array().and_then(|all| all.iter().find(|handle| **handle != first));
        self.post("window", &json!({ "handle": newest.expect("a second window") }));
        let inner = self.execute("return [innerWidth, innerHeight]");
        assert_eq!(inner, json!([width, height]), "the page's size");
    }

    /// Saves what the page looks like now.
    #[track_caller]
    pub fn screenshot(&self, path: &Path) {
        // The page may be ahead of its pixels.
        let drawn = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))";
        self.post("execute/async", &json!({ "script": drawn, "args": [] }));
        let picture = self.get("screenshot");
        let picture = STANDARD.decode(picture.as_str().expect("a picture in Base64"));
        std::fs::write(path, picture.expect("a picture in Base64"))
            .expect("the picture's folder can be written");
    }

    /// What the window and its driver have written to their outputs.
    pub fn said(&self) -> String {
        self.driver.said()
    }

    /// Waits until the window or its driver has written this to its outputs.
    #[track_caller]
    pub fn wait_until_said(&self, text: &str) {
        self.driver.wait_for(text);
    }

    /// Every program that a watched window and its driver have started.
    pub fn starts(&self) -> String {
        self.driver.starts()
    }

    #[track_caller]
    fn find(&self, css: &str) -> String {
        self.find_by("css selector", css)
    }

    #[track_caller]
    fn find_by(&self, way: &str, wanted: &str) -> String {
        let question = json!({ "using": way, "value": wanted });
        let found = self.try_call(&format!("{}/element", self.session), Some(&question));
        let found = found.unwrap_or_else(|error| panic!("{wanted}: {error}\n{}", self.get("source")));
        found[ELEMENT].as_str().expect("an element has an id").to_owned()
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.call(&format!("{}/{path}", self.session), None)
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        self.call(&format!("{}/{path}", self.session), Some(body))
    }

    #[track_caller]
    fn call(&self, url: &str, body: Option<&Value>) -> Value {
        self.try_call(url, body).unwrap_or_else(|error| panic!("{url}: {error}\n{}", self.driver.said()))
    }

    /// The error is the driver's own message.
    fn try_call(&self, url: &str, body: Option<&Value>) -> Result<Value, String> {
        let answer = match body {
            Some(body) => self.agent.post(url).send_json(body),
            None => self.agent.get(url).call(),
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let failed = !answer.status().is_success();
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string();
        let text = text.map_err(|error| error.to_string())?;
        let mut said: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        let value = said["value"].take();
        match value["error"].as_str().filter(|_| failed) {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
            None if failed => Err(text),
            None => Ok(value),
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // The driver is killed next; asked politely, it ends the window first.
        let _ = self.agent.delete(&self.session).call();
    }
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a bound socket has an address").port()
}

/// Where `cargo xtask setup` puts it, or anywhere on this process's PATH.
fn tauri_driver() -> PathBuf {
    let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/bin/tauri-driver");
    if ours.is_file() {
        return ours;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found =
        std::env::split_paths(&path).map(|folder| folder.join("tauri-driver")).find(|path| path.is_file());
    found.expect("tauri-driver is missing: `cargo xtask setup` installs it")
}
