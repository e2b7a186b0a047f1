//! A virtual screen and real clicks on it: Herokey's window through `tauri-driver`, a browser through `WebKitWebDriver`
//! (W3C, `WebDriver`).

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::patience::{PATIENCE, eventually};
use crate::program::Program;
use crate::running::Running;
use crate::world::World;

/// The name under which `WebDriver` sends the id of an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";

/// The X screen of a world.
#[derive(Debug)]
pub struct Display {
    name: String,
    pixels: PathBuf,
    _server: Running,
}

impl Display {
    /// Starts Xvfb for every program that the world starts from now on.
    pub fn start(world: &mut World) -> Self {
        Self::with_size(world, "900x700")
    }

    /// Starts Xvfb like [`Display::start`], with a screen of this size in pixels.
    pub fn with_size(world: &mut World, size: &str) -> Self {
        let depth = format!("{size}x24");
        // Without `-noreset`, the server resets when its last client disconnects, and refuses new ones during that.
        let screen = ["-noreset", "-displayfd", "1", "-screen", "0", &depth, "-nolisten", "tcp", "-fbdir"];
        let folder = world.runtime();
        // Its complaints about numbers that are taken would come before the number that it takes.
        let quiet = world.program("sh").args(["-c", "exec Xvfb \"$@\" 2>/dev/null", "Xvfb"]);
        let server = quiet.args(screen).arg(folder.display().to_string()).start();
        server.wait_for("\n");
        let number = server.output();
        let name = format!(":{}", number.lines().next().unwrap_or_default().trim());
        world.set_env("DISPLAY", name.clone());
        world.set_env("GDK_BACKEND", "x11");
        // So that no screenshot shows the middle of an animation.
        world.write_file(".config/gtk-3.0/settings.ini", "[Settings]\ngtk-enable-animations=0\n");
        Self { name, pixels: folder.join("Xvfb_screen0"), _server: server }
    }

    /// Asks a window to close, as the close button of its frame does (ICCCM, 4.2.8.1).
    pub fn close(&self, window: u32) {
        use x11rb::protocol::xproto::{ClientMessageEvent, ConnectionExt, EventMask};

        let (x, _) = x11rb::connect(Some(&self.name)).expect("the screen accepts connections");
        let atom = |name: &str| {
            let request = x.intern_atom(false, name.as_bytes()).expect("the screen is there");
            request.reply().expect("the server creates an atom").atom
        };
        let data = [atom("WM_DELETE_WINDOW"), x11rb::CURRENT_TIME, 0, 0, 0];
        let event = ClientMessageEvent::new(32, window, atom("WM_PROTOCOLS"), data);
        x.send_event(false, window, EventMask::NO_EVENT, event).expect("the screen is there");
        // When a connection closes, the server drops what it has not read yet. So wait for an answer.
        x.get_input_focus().expect("the screen is there").reply().expect("the server answers each request");
    }

    /// The current content of the screen, as an X window dump: the file that Xvfb draws into.
    pub fn pixels(&self) -> Vec<u8> {
        std::fs::read(&self.pixels).expect("Xvfb keeps its screen in a file")
    }
}

/// A page that a test controls, in Herokey's window or in a browser.
#[derive(Debug)]
pub struct Page {
    session: String,
    agent: ureq::Agent,
    driver: Running,
}

impl Page {
    /// Starts Herokey's window with these arguments.
    #[track_caller]
    pub fn herokey_window(world: &World, arguments: &[&str]) -> Self {
        Self::tauri_window(Self::driver(world), &crate::herokey_path("herokey-desktop"), arguments)
    }

    /// Starts Herokey's window and records every program that it starts.
    #[track_caller]
    pub fn traced_herokey_window(world: &World) -> Self {
        Self::tauri_window(Self::driver(world).traced(), &crate::herokey_path("herokey-desktop"), &[])
    }

    fn driver(world: &World) -> Program {
        world.program(tauri_driver().to_str().expect("a path in Unicode"))
    }

    /// Starts the window of a Tauri app.
    #[track_caller]
    fn tauri_window(driver: Program, program: &Path, arguments: &[&str]) -> Self {
        let (port, native) = (free_port(), free_port());
        let driver = driver.arg(format!("--port={port}")).arg(format!("--native-port={native}")).start();
        let options = json!({ "application": program, "args": arguments });
        Self::start_session(driver, port, &json!({ "tauri:options": options }))
    }

    /// Starts a browser, as a user would.
    #[track_caller]
    pub fn browser(world: &World) -> Self {
        Self::browser_with(world, &["--automation"])
    }

    /// Starts a browser with these arguments.
    #[track_caller]
    pub(crate) fn browser_with(world: &World, arguments: &[&str]) -> Self {
        let port = free_port();
        let driver = world.program("WebKitWebDriver").arg(format!("--port={port}")).start();
        let options = json!({ "binary": MINI_BROWSER, "args": arguments });
        let capabilities = json!({ "acceptInsecureCerts": true, "webkitgtk:browserOptions": options });
        Self::start_session(driver, port, &capabilities)
    }

    fn start_session(driver: Running, port: u16, capabilities: &Value) -> Self {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE))
            .build()
            .into();
        let base = format!("http://127.0.0.1:{port}");
        // A driver does not announce that it listens.
        eventually("the driver's answer", || agent.get(format!("{base}/status")).call().ok());
        let mut page = Self { session: String::new(), agent, driver };
        let request = json!({ "capabilities": { "alwaysMatch": capabilities } });
        let started = page.call(&format!("{base}/session"), Some(&request));
        let id = started["sessionId"].as_str().unwrap_or_else(|| panic!("no session: {started}"));
        page.session = format!("{base}/session/{id}");
        // So that a search for an element waits until the element exists.
        page.post("timeouts", &json!({ "implicit": 15_000, "script": 15_000 }));
        page
    }

    /// Opens an address of the world's Heroku.
    #[track_caller]
    pub fn open(&self, address: &str) {
        // WebKit resolves no names if the only network is the loopback one (AI_ADDRCONFIG). The sandbox goes by the
        // path.
        let address = address.replacen("cli-auth.heroku.com", "127.0.0.1", 1);
        self.post("url", &json!({ "url": address }));
    }

    /// Waits for an element, and returns its text or, for a field, its value.
    #[track_caller]
    pub fn text(&self, css: &str) -> String {
        self.find(css);
        // In one step, since the page may draw the element anew at any time.
        let read = "const [css, done] = arguments;
            const look = () => {
                const one = document.querySelector(css);
                one ? done(one.value ?? one.innerText) : requestAnimationFrame(look);
            };
            look();";
        let text = self.post("execute/async", &json!({ "script": read, "args": [css] }));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the element with this test id contains this text.
    #[track_caller]
    pub fn wait_for(&self, test_id: &str, text: &str) {
        self.find_by("xpath", &format!("//*[@data-testid='{test_id}'][contains(., '{text}')]"));
    }

    /// Waits until there is no element with this test id.
    #[track_caller]
    pub fn wait_until_gone(&self, test_id: &str) {
        self.find_by("xpath", &format!("//body[not(.//*[@data-testid='{test_id}'])]"));
    }

    /// Waits for an element that is not disabled and stays where it is, and clicks it. While an action runs, what would
    /// change something is disabled.
    #[track_caller]
    pub fn click(&self, css: &str) {
        let selector = format!("{css}:not([aria-disabled=true])");
        // The driver clicks where the element was when it looked.
        let stays = "const [css, done] = arguments;
            const look = (before) => {
                const one = document.querySelector(css);
                const now = one && JSON.stringify(one.getBoundingClientRect());
                now && now === before ? done() : requestAnimationFrame(() => look(now));
            };
            look();";
        loop {
            let element = self.find(&selector);
            self.post("execute/async", &json!({ "script": stays, "args": [selector] }));
            let click = format!("{}/element/{element}/click", self.session);
            match self.try_call(&click, Some(&json!({}))) {
                Ok(_) => return,
                // The page has drawn it anew since it was found.
                Err(error) if error.starts_with("stale element reference") => {}
                Err(error) => panic!("{selector}: {error}\n{}", self.driver.output()),
            }
        }
    }

    /// Waits for a field, and types into it.
    #[track_caller]
    pub fn type_into(&self, css: &str, text: &str) {
        let element = self.find(css);
        self.post(&format!("element/{element}/value"), &json!({ "text": text }));
    }

    /// Presses and releases a key, given by its character or its code in `WebDriver`.
    #[track_caller]
    pub fn press(&self, key: &str) {
        self.press_together(&[key]);
    }

    /// Presses several keys together, and releases them in reverse order.
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

    /// Runs a script in the page, and returns its result.
    #[track_caller]
    pub fn execute(&self, script: &str) -> Value {
        self.post("execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Opens the address in a window without a browser's bars and switches to it. The size is in CSS pixels.
    #[track_caller]
    pub(crate) fn pop_up(&self, address: &str, (width, height): (u32, u32)) {
        let features = format!("popup,toolbar=no,location=no,menubar=no,width={width},height={height}");
        self.execute(&format!("open('{address}', 'gallery', '{features}')"));
        let (first, all) = (self.get("window"), self.get("window/handles"));
        let newest = all.as_array().and_then(|all| all.iter().find(|handle| **handle != first));
        self.post("window", &json!({ "handle": newest.expect("a second window") }));
        let inner = self.execute("return [innerWidth, innerHeight]");
        assert_eq!(inner, json!([width, height]), "size of the page");
    }

    /// Saves a screenshot of the page.
    #[track_caller]
    pub fn screenshot(&self, path: &Path) {
        // Wait for two frames, because the pixels may lag behind the page.
        let drawn = "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(done))";
        self.post("execute/async", &json!({ "script": drawn, "args": [] }));
        let picture = self.get("screenshot");
        let picture = STANDARD.decode(picture.as_str().expect("a picture in Base64"));
        std::fs::write(path, picture.expect("a picture in Base64"))
            .expect("the folder of the picture can be written");
    }

    /// What the window and its driver have written to standard output and standard error.
    pub fn output(&self) -> String {
        self.driver.output()
    }

    /// Waits until the window or its driver has written this text.
    #[track_caller]
    pub fn wait_for_output(&self, text: &str) {
        self.driver.wait_for(text);
    }

    /// Every program that a traced window and its driver have started.
    pub fn started_programs(&self) -> String {
        self.driver.started_programs()
    }

    #[track_caller]
    fn find(&self, css: &str) -> String {
        self.find_by("css selector", css)
    }

    #[track_caller]
    fn find_by(&self, strategy: &str, selector: &str) -> String {
        let request = json!({ "using": strategy, "value": selector });
        let found = self.try_call(&format!("{}/element", self.session), Some(&request));
        let found = found.unwrap_or_else(|error| panic!("{selector}: {error}\n{}", self.get("source")));
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
        self.try_call(url, body).unwrap_or_else(|error| panic!("{url}: {error}\n{}", self.driver.output()))
    }

    /// Calls the driver. The error is the driver's message.
    fn try_call(&self, url: &str, body: Option<&Value>) -> Result<Value, String> {
        let answer = match body {
            Some(body) => self.agent.post(url).send_json(body),
            None => self.agent.get(url).call(),
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let failed = !answer.status().is_success();
        let text = answer.body_mut().with_config().limit(64 << 20).read_to_string();
        let text = text.map_err(|error| error.to_string())?;
        let mut body: Value = serde_json::from_str(&text).map_err(|error| format!("{error}: {text}"))?;
        let value = body["value"].take();
        match value["error"].as_str().filter(|_| failed) {
            Some(error) => Err(format!("{error}: {}", value["message"].as_str().unwrap_or_default())),
            None if failed => Err(text),
            None => Ok(value),
        }
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        // So that the driver closes the window before it is killed.
        let _ = self.agent.delete(&self.session).call();
    }
}

/// A port that nothing listens on. It is below those that the system gives to connections (ip(7), `ip_local_port_range`),
/// so that none of them takes it before the driver does.
pub(crate) fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let number = std::process::id().wrapping_mul(64).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + u16::try_from(number % 20_000).expect("a small number");
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// The `tauri-driver` that `cargo xtask setup` installs, or one on this process's PATH.
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
