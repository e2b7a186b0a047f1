//! The address on this machine that Heroku sends the browser back to (RFC 8252, 7.3): it takes one good callback.

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

/// The path of the redirect address.
pub(super) const PATH: &str = "/callback";
/// A browser opens a few connections in advance. Whoever opens more waits.
const CONNECTIONS: usize = 16;
/// For a connection to bring its request and take the answer.
const CONNECTION_LIMIT: Duration = Duration::from_secs(10);
/// The least that the HTTP library takes, and more than any callback.
const LARGEST_REQUEST: usize = 8 << 10;

/// What the browser brings back.
pub(super) enum Callback {
    /// The person said yes.
    Code(SecretString),
    /// The person, or Heroku, said no.
    Error(String),
}

/// The sockets, bound on the loopback addresses alone.
pub struct Loopback {
    port: u16,
    listeners: Vec<TcpListener>,
}

impl Loopback {
    /// Takes a port on 127.0.0.1 and `::1`, since `localhost` may mean either: another program at one of them could be
    /// handed the code. 0: a free one.
    pub fn bind(port: u16) -> io::Result<Self> {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        let port = first.local_addr()?.port();
        let mut listeners = vec![first];
        match TcpListener::bind((Ipv6Addr::LOCALHOST, port)) {
            Ok(second) => listeners.push(second),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(error),
            // A machine without IPv6.
            Err(_) => {}
        }
        listeners.iter().try_for_each(|listener| listener.set_nonblocking(true))?;
        Ok(Self { port, listeners })
    }

    /// The port that was taken.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for a callback with this state. Whatever else comes is refused and changes nothing; after the callback
    /// nothing is accepted any more.
    pub(super) async fn callback(self, state: String) -> io::Result<Callback> {
        let expected = Arc::new(Expected { state, host: format!("localhost:{}", self.port) });
        let mut listeners =
            self.listeners.into_iter().map(AsyncListener::from_std).collect::<io::Result<Vec<_>>>()?;
        let (first, second) = (listeners.remove(0), listeners.pop());
        let mut connections = JoinSet::new();
        loop {
            let room = connections.len() < CONNECTIONS;
            tokio::select! {
                Ok((stream, from)) = first.accept(), if room => {
                    connections.spawn(serve(stream, from, Arc::clone(&expected)));
                }
                Ok((stream, from)) = accept(second.as_ref()), if room => {
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

/// Answers one request; what it brought, if it was the callback, once the browser has its page.
async fn serve(stream: TcpStream, from: SocketAddr, expected: Arc<Expected>) -> Option<Callback> {
    let brought = Arc::new(Mutex::new(None));
    let service = hyper::service::service_fn(|request: Request<hyper::body::Incoming>| {
        let answer = match examine(&request, &expected) {
            Ok(callback) => {
                *brought.lock().unwrap_or_else(PoisonError::into_inner) = Some(callback);
                page(StatusCode::OK, "Herokey has Heroku's answer. You can close this page.")
            }
            Err((status, why)) => {
                tracing::warn!(%from, %status, why, "a callback was refused");
                page(status, why)
            }
        };
        async move { Ok::<_, Infallible>(answer) }
    });
    let mut http = hyper::server::conn::http1::Builder::new();
    let connection =
        http.keep_alive(false).max_buf_size(LARGEST_REQUEST).serve_connection(TokioIo::new(stream), service);
    // A browser that goes away with its page half sent has brought its callback all the same.
    let _ = tokio::time::timeout(CONNECTION_LIMIT, connection).await;
    brought.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Takes the callback of the browser's own navigation, and of nothing else: any page, and any program on this machine,
/// can send requests here.
fn examine<T>(request: &Request<T>, expected: &Expected) -> Result<Callback, (StatusCode, &'static str)> {
    let headers = request.headers();
    let is = |name: &str, wanted: &str| text(headers, name).is_none_or(|value| value == wanted);
    if text(headers, HOST.as_str()) != Some(&expected.host) {
        return Err((StatusCode::MISDIRECTED_REQUEST, "This is not the address that Heroku was given."));
    }
    if request.uri().path() != PATH {
        return Err((StatusCode::NOT_FOUND, "There is nothing here."));
    }
    if request.method() != Method::GET {
        return Err((StatusCode::METHOD_NOT_ALLOWED, "Only the browser itself may come back here."));
    }
    // A link or a redirect has no Origin; browsers say by Sec-Fetch-* that it is one (Fetch Metadata, W3C).
    if headers.contains_key(ORIGIN) || !is("sec-fetch-mode", "navigate") || !is("sec-fetch-dest", "document")
    {
        return Err((StatusCode::FORBIDDEN, "Only the browser itself may come back here."));
    }
    let query = request.uri().query().unwrap_or_default();
    let parameter = |name: &str| {
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs.find(|(key, _)| key == name).map(|(_, value)| Zeroizing::new(value.into_owned()))
    };
    if parameter("state").as_deref() != Some(&expected.state) {
        return Err((StatusCode::BAD_REQUEST, "This answer belongs to another login. Nobody was logged in."));
    }
    match (parameter("code"), parameter("error")) {
        (Some(code), None) => Ok(Callback::Code(SecretString::from(code.as_str()))),
        (_, Some(error)) => {
            Ok(Callback::Error(error.chars().filter(char::is_ascii_graphic).take(60).collect()))
        }
        (None, None) => Err((StatusCode::BAD_REQUEST, "This answer says neither yes nor no.")),
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
    fn a_navigation_with_the_right_state_is_the_callback() {
        let path = "GET /callback?code=fake%2Dcode&state=fake-state";
        assert_eq!(ask(path, &[HERE]), Ok("fake-code".to_owned()));
        let browser = [HERE, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
        assert_eq!(ask(path, &browser), Ok("fake-code".to_owned()));
        let denied = ask("GET /callback?error=access_denied&state=fake-state", &[HERE]);
        assert_eq!(denied, Ok("error access_denied".to_owned()));
    }

    #[test]
    fn everything_else_is_refused() {
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
