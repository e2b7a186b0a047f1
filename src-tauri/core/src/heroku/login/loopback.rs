//! The server on this machine to which Heroku redirects the browser (RFC 8252, 7.3). It accepts one valid callback.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hyper::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderMap, ORIGIN};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use secrecy::SecretString;
use secrecy::zeroize::Zeroizing;
use tokio::net::{TcpListener as AsyncListener, TcpStream};
use tokio::task::JoinSet;

/// The path of the redirect URI.
pub(super) const PATH: &str = "/callback";
/// The number of simultaneous connections; more must wait. A browser opens a few in advance.
const MAX_CONNECTIONS: usize = 16;
/// How long a connection may take to send its request and read the response.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);
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
    /// server stops.
    pub(super) async fn callback(self, state: String) -> io::Result<Callback> {
        let expected = Arc::new(Expected { state, host: format!("localhost:{}", self.port) });
        let mut listeners =
            self.listeners.into_iter().map(AsyncListener::from_std).collect::<io::Result<Vec<_>>>()?;
        let (first, second) = (listeners.remove(0), listeners.pop());
        let mut connections = JoinSet::new();
        loop {
            let has_room = connections.len() < MAX_CONNECTIONS;
            tokio::select! {
                Ok((stream, from)) = first.accept(), if has_room => {
                    connections.spawn(serve(stream, from, Arc::clone(&expected)));
                }
                Ok((stream, from)) = accept(second.as_ref()), if has_room => {
                    connections.spawn(serve(stream, from, Arc::clone(&expected)));
                }
                Some(ended) = connections.join_next() => {
                    if let Ok(Some(callback)) = ended {
                        return Ok(callback);
                    }
                }
            }
        }
    }
}

struct Expected {
    state: String,
    host: String,
}

async fn accept(listener: Option<&AsyncListener>) -> io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

/// Answers one request. Returns the callback, if it was one, after sending the browser its page.
async fn serve(stream: TcpStream, from: SocketAddr, expected: Arc<Expected>) -> Option<Callback> {
    let received = Arc::new(Mutex::new(None));
    let service = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| {
        let answer = match examine(&request, &expected) {
            Ok(callback) => {
                *received.lock().unwrap_or_else(PoisonError::into_inner) = Some(callback);
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
    // The callback counts even if the browser disconnects before it has its page.
    let _ = tokio::time::timeout(CONNECTION_TIMEOUT, connection).await;
    received.lock().unwrap_or_else(PoisonError::into_inner).take()
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
    use super::{Callback, Expected, examine};
    use hyper::{Request, StatusCode};
    use secrecy::ExposeSecret;

    fn ask(line: &str, headers: &[(&str, &str)]) -> Result<String, StatusCode> {
        let expected = Expected { state: "fake-state".to_owned(), host: "localhost:5000".to_owned() };
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
}
