//! The server on this machine to which Heroku redirects the browser (RFC 8252, 7.3). It accepts one valid callback.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, ORIGIN};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use tokio::net::{TcpListener as AsyncListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

/// The path of the redirect URI.
pub(super) const PATH: &str = "/callback";
/// The number of simultaneous connections. A browser opens a few in advance, and any program can open more, so one more
/// closes the oldest.
const MAX_CONNECTIONS: usize = 64;
/// How long to wait if no connection can be accepted, such as without a free file descriptor.
const PAUSE: Duration = Duration::from_millis(50);
/// The maximum size of a request: the minimum that hyper allows, and more than any callback needs.
const MAX_BYTES: usize = 8 << 10;

/// The result that the browser brings back.
pub(super) enum Callback {
    /// The user confirmed the login; this is the authorization code.
    Code(SecretString),
    /// The user or Heroku denied the login; this is the error's name.
    Error(String),
}

/// The sockets, bound to the loopback addresses only.
pub struct Loopback {
    port: u16,
    listeners: Vec<TcpListener>,
}

impl Loopback {
    /// Binds a port, or any free one for 0, on both 127.0.0.1 and `::1`. `localhost` may mean either, so another program
    /// that listens on one of them could get the code.
    pub fn bind(port: u16) -> io::Result<Self> {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = first.local_addr()?.port();
        let mut listeners = vec![first];
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
            Ok(second) => listeners.push(second),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            // The machine has no IPv6.
            Err(_) => {}
        }
        listeners.iter().try_for_each(|listener| listener.set_nonblocking(true))?;
        Ok(Self { port, listeners })
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for a callback with this state. Any other request is refused and changes nothing. After the callback, the
    /// server stops. `limit` is how long one connection may take.
    pub(super) async fn callback(self, state: String, limit: Duration) -> io::Result<Callback> {
        let host = format!("localhost:{}", self.port);
        let expected = Arc::new(Expected { state, host, received: Mutex::default() });
        let mut listeners =
            self.listeners.into_iter().map(AsyncListener::from_std).collect::<io::Result<Vec<_>>>()?;
        let (first, second) = (listeners.remove(0), listeners.pop());
        let mut connections = JoinSet::new();
        let mut oldest_first = VecDeque::new();
        loop {
            tokio::select! {
                accepted = accept(&first, second.as_ref()) => match accepted {
                    Ok((stream, from)) => {
                        oldest_first.retain(|connection: &AbortHandle| !connection.is_finished());
                        if oldest_first.len() >= MAX_CONNECTIONS {
                            close_oldest(&mut oldest_first);
                        }
                        let connection = serve(stream, from, Arc::clone(&expected), limit);
                        oldest_first.push_back(connections.spawn(connection));
                    }
                    Err(error) => {
                        tracing::warn!(%error, "a connection of the browser could not be accepted");
                        close_oldest(&mut oldest_first);
                        tokio::time::sleep(PAUSE).await;
                    }
                },
                // A connection has ended or was closed, perhaps while the browser was reading its page.
                Some(_) = connections.join_next() => {
                    if let Some(callback) = expected.received().take() {
                        return Ok(callback);
                    }
                }
            }
        }
    }
}

/// What a callback must contain, and the one that came.
struct Expected {
    state: String,
    host: String,
    received: Mutex<Option<Callback>>,
}

impl Expected {
    fn received(&self) -> MutexGuard<'_, Option<Callback>> {
        self.received.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn accept(
    first: &AsyncListener,
    second: Option<&AsyncListener>,
) -> io::Result<(TcpStream, SocketAddr)> {
    match second {
        None => first.accept().await,
        Some(second) => tokio::select! {
            accepted = first.accept() => accepted,
            accepted = second.accept() => accepted,
        },
    }
}

fn close_oldest(oldest_first: &mut VecDeque<AbortHandle>) {
    if let Some(oldest) = oldest_first.pop_front() {
        oldest.abort();
    }
}

/// Answers one request, within the limit. A callback counts even if the browser does not read its page.
async fn serve(stream: TcpStream, from: SocketAddr, expected: Arc<Expected>, limit: Duration) {
    let service = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| {
        let answer = match examine(&request, &expected) {
            Ok(callback) => {
                expected.received().get_or_insert(callback);
                page(StatusCode::OK, "Herokey has received Heroku's answer. You can close this page.")
            }
            Err((status, why)) => {
                tracing::warn!(%from, %status, why, "refused a callback");
                page(status, why)
            }
        };
        async move { Ok::<_, Infallible>(answer) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    let connection =
        http.keep_alive(false).max_buf_size(MAX_BYTES).serve_connection(TokioIo::new(stream), service);
    // Neither a connection that breaks nor one that takes too long is a callback.
    let _ = tokio::time::timeout(limit, connection).await;
}

/// Accepts a callback only if the browser navigates here, since any web page and any program on this machine can send
/// requests.
fn examine<T>(request: &Request<T>, expected: &Expected) -> Result<Callback, (StatusCode, &'static str)> {
    let headers = request.headers();
    let may_be = |name: &str, expected: &str| text(headers, name).is_none_or(|value| value == expected);
    if text(headers, HOST.as_str()) != Some(&expected.host) {
        return Err((StatusCode::MISDIRECTED_REQUEST, "This is not the address that Herokey gave Heroku."));
    }
    if request.uri().path() != PATH {
        return Err((StatusCode::NOT_FOUND, "There is nothing here."));
    }
    if request.method() != Method::GET {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "Only the browser may open this page."));
    }
    // Browsers send no Origin for a link or redirect, and identify it with Sec-Fetch-* (Fetch Metadata, W3C).
    if headers.contains_key(ORIGIN)
        || !may_be("sec-fetch-mode", "navigate")
        || !may_be("sec-fetch-dest", "document")
    {
        return Err((StatusCode::FORBIDDEN, "Only the browser may open this page."));
    }
    let query = request.uri().query().unwrap_or_default();
    let parameter = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| Zeroizing::new(value.into_owned()))
    };
    if parameter("state").as_deref() != Some(&expected.state) {
        return Err((
            StatusCode::BAD_REQUEST,
            "This answer belongs to a different login. Nobody was logged in.",
        ));
    }
    match (parameter("code"), parameter("error")) {
        (Some(code), None) => Ok(Callback::Code(SecretString::from(code.as_str()))),
        (_, Some(error)) => {
            Ok(Callback::Error(error.chars().filter(char::is_ascii_graphic).take(60).collect()))
        }
        (None, None) => Err((StatusCode::BAD_REQUEST, "This answer neither confirms nor denies the login.")),
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or_default())
}

fn page(status: StatusCode, text: &str) -> Response<String> {
    let body = format!(
        "<!DOCTYPE html><html lang=en><meta charset=utf-8><title>Herokey</title>\
         <style>:root{{color-scheme:light dark;font:1.1rem/1.5 system-ui}}body{{margin:20vh auto;max-width:26rem}}</style>\
         <p role=status>{text}</p>"
    );
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CACHE_CONTROL, "no-store"),
        (CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (hyper::header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, hyper::header::HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::sync::Mutex;
    use std::time::{Duration, Instant};

    use super::{Callback, Expected, Loopback, MAX_CONNECTIONS, examine};
    use hyper::{Request, StatusCode};
    use secrecy::ExposeSecret;

    fn ask(line: &str, headers: &[(&str, &str)]) -> Result<String, StatusCode> {
        let expected = Expected {
            state: "fake-state".to_owned(),
            host: "localhost:5000".to_owned(),
            received: Mutex::default(),
        };
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        match examine(&request.body(()).unwrap(), &expected) {
            Ok(Callback::Code(code)) => Ok(code.expose_secret().to_owned()),
            Ok(Callback::Error(error)) => Ok(format!("error {error}")),
            Err((status, _)) => Err(status),
        }
    }

    const HERE: (&str, &str) = ("Host", "localhost:5000");

    #[test]
    fn a_navigation_with_the_right_state_is_accepted() {
        let path = "GET /callback?code=fake%2Dcode&state=fake-state";
        assert_eq!(ask(path, &[HERE]), Ok("fake-code".to_owned()));
        let browser = [HERE, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
        assert_eq!(ask(path, &browser), Ok("fake-code".to_owned()));
        let denied = ask("GET /callback?error=access_denied&state=fake-state", &[HERE]);
        assert_eq!(denied, Ok("error access_denied".to_owned()));
    }

    #[test]
    fn any_other_request_is_refused() {
        let good = "GET /callback?code=c&state=fake-state";
        for (line, headers, status) in [
            ("GET /callback?code=c&state=other", &[HERE][..], 400),
            ("GET /callback?code=c", &[HERE], 400),
            ("GET /callback?error=access_denied", &[HERE], 400),
            ("GET /callback?state=fake-state", &[HERE], 400),
            ("GET /?code=c&state=fake-state", &[HERE], 404),
            ("GET /callback/?code=c&state=fake-state", &[HERE], 404),
            ("POST /callback?code=c&state=fake-state", &[HERE], 405),
            (good, &[], 421),
            (good, &[("Host", "evil.example:5000")], 421),
            (good, &[("Host", "127.0.0.1:5000")], 421),
            (good, &[HERE, ("Origin", "https://evil.example")], 403),
            (good, &[HERE, ("Origin", "null")], 403),
            (good, &[HERE, ("Sec-Fetch-Mode", "no-cors")], 403),
            (good, &[HERE, ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Mode", "navigate")], 403),
        ] {
            assert_eq!(ask(line, headers).unwrap_err().as_u16(), status, "{line} {headers:?}");
        }
    }

    /// The code that arrives at a server while these connections are open, of which each may take as long as `limit`, and
    /// how long the browser waited for its page.
    fn code_despite(
        limit: Duration,
        open: impl FnOnce(u16) -> Vec<TcpStream> + Send + 'static,
    ) -> (String, Duration) {
        let loopback = Loopback::bind(0).unwrap();
        let port = loopback.port();
        let browser = std::thread::spawn(move || {
            let _others = open(port);
            let began = Instant::now();
            let mut browser = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let request = "GET /callback?code=fake-code&state=fake-state HTTP/1.1\r\n";
            write!(browser, "{request}Host: localhost:{port}\r\n\r\n").unwrap();
            let mut page = String::new();
            browser.read_to_string(&mut page).unwrap();
            assert!(page.starts_with("HTTP/1.1 200"), "{page}");
            began.elapsed()
        });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let callback = runtime.block_on(loopback.callback("fake-state".to_owned(), limit)).unwrap();
        let Callback::Code(code) = callback else { panic!("a denial") };
        (code.expose_secret().to_owned(), browser.join().unwrap())
    }

    #[test]
    fn idle_connections_do_not_keep_the_browser_waiting() {
        let open = |port: u16| {
            (0..3 * MAX_CONNECTIONS).map(move |_| TcpStream::connect(("127.0.0.1", port)).unwrap())
        };
        let limit = Duration::from_mins(1);
        let (code, waited) = code_despite(limit, move |port| open(port).collect());
        assert_eq!(code, "fake-code");
        assert!(waited < limit, "{waited:?}");
    }

    #[test]
    fn a_connection_that_drips_is_closed_at_the_limit() {
        const LIMIT: Duration = Duration::from_millis(300);
        let (code, _) = code_despite(LIMIT, |port| {
            let mut drip = TcpStream::connect(("127.0.0.1", port)).unwrap();
            let began = Instant::now();
            while drip.write_all(b"G").is_ok() {
                std::thread::sleep(Duration::from_millis(20));
                assert!(began.elapsed() < 20 * LIMIT, "it is still open");
            }
            Vec::new()
        });
        assert_eq!(code, "fake-code");
    }
}
