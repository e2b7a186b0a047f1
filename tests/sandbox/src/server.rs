//! The sockets, TLS, and the routes that they serve.
//!
//! The server speaks only HTTP/1.1, so that closing a connection ends one request and no other.

use std::io;
use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tower::ServiceExt;

use crate::certificate::Certificates;
use crate::connection_fault::ConnectionFault;
use crate::error::{ApiError, Error};
use crate::state::Shared;
use crate::{
    account, authorizations, clients, control, credential, fault, git, keys, login, oauth, registry,
    request_log, sessions, sso, teams,
};

/// Marks a response that is not sent: the server closes the connection instead.
#[derive(Clone, Copy, Debug)]
pub(crate) struct HangUp;

impl IntoResponse for HangUp {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.extensions_mut().insert(self);
        response
    }
}

/// A bound socket. The system queues connections to it before the server accepts them.
#[derive(Debug)]
pub(crate) struct Socket {
    pub(crate) address: SocketAddr,
    listener: StdListener,
    tls: Option<Certificates>,
}

impl Socket {
    pub(crate) fn bind(address: SocketAddr, tls: Option<Certificates>) -> Result<Self, Error> {
        let bind = || {
            let listener = StdListener::bind(address)?;
            listener.set_nonblocking(true)?;
            Ok(Self { address: listener.local_addr()?, listener, tls })
        };
        bind().map_err(|source| Error::Listen { address, source })
    }
}

/// Serves until the sender of `stop` is dropped, then stops at once, including the requests in progress.
///
/// Reports to `ready` whether the start succeeded.
pub(crate) fn run(
    sockets: Vec<Socket>,
    shared: &Arc<Shared>,
    stop: oneshot::Receiver<()>,
    ready: &mpsc::Sender<io::Result<()>>,
) {
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return report(ready, Err(error)),
    };
    let app = router(shared);
    runtime.block_on(async {
        for Socket { address, listener, tls } in sockets {
            match TcpListener::from_std(listener) {
                Ok(listener) => {
                    tokio::spawn(accept_connections(address, listener, tls, app.clone(), shared.clone()));
                }
                Err(error) => return report(ready, Err(error)),
            }
        }
        report(ready, Ok(()));
        // Nothing is sent: dropping the sender is the signal.
        let _ = stop.await;
    });
}

fn report(ready: &mpsc::Sender<io::Result<()>>, outcome: io::Result<()>) {
    // Fails only if nobody waits for the start any more.
    let _ = ready.send(outcome);
}

fn router(shared: &Arc<Shared>) -> Router {
    let platform = Router::new()
        .merge(account::routes())
        .merge(authorizations::routes())
        .merge(sessions::routes())
        .merge(clients::routes())
        .merge(keys::routes())
        .merge(teams::routes())
        .route_layer(from_fn_with_state(shared.clone(), credential::identify));
    platform
        .merge(login::routes())
        .merge(oauth::routes())
        .merge(sso::routes())
        .merge(registry::routes())
        .merge(git::routes())
        .fallback(|| async { ApiError::not_found("resource") })
        .method_not_allowed_fallback(|| async { ApiError::not_found("resource") })
        .layer(from_fn_with_state(shared.clone(), fault::inject))
        .layer(from_fn(request_log::add_request_id))
        .layer(from_fn_with_state(shared.clone(), request_log::record))
        .merge(control::routes())
        .with_state(shared.clone())
}

async fn accept_connections(
    address: SocketAddr,
    listener: TcpListener,
    tls: Option<Certificates>,
    app: Router,
    shared: Arc<Shared>,
) {
    let mut changed = shared.connection_fault_changed.subscribe();
    let mut listener = Some(listener);
    let mut seen_version = 0;
    loop {
        let fault = shared.lock().connections.next();
        if fault == ConnectionFault::Refused {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(address).await.inspect_err(|error| tracing::error!(%error)).ok();
        }
        let version = *changed.borrow_and_update();
        if version != seen_version {
            seen_version = version;
            shared.acknowledge_connection_fault();
        }
        let accepted = async {
            match &listener {
                Some(listener) => listener.accept().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            // Cannot fail: the sender is in `shared`.
            _ = changed.changed() => {}
            accepted = accepted => match accepted {
                Ok((stream, _)) => {
                    shared.lock().connections.count_connection();
                    let tls = tls.clone().map(|tls| if fault == ConnectionFault::ExpiredCertificate { tls.expired } else { tls.valid });
                    tokio::spawn(handle_connection(stream, tls.map(TlsAcceptor::from), app.clone(), shared.clone()));
                }
                Err(error) => {
                    // Most likely the process is out of file descriptors until it closes some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            },
        }
    }
}

async fn handle_connection(stream: TcpStream, tls: Option<TlsAcceptor>, app: Router, shared: Arc<Shared>) {
    match tls {
        None => serve(stream, app, shared).await,
        Some(acceptor) => match acceptor.accept(stream).await {
            Ok(stream) => serve(stream, app, shared).await,
            Err(error) => tracing::warn!(%error, "a TLS handshake failed"),
        },
    }
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
    app: Router,
    shared: Arc<Shared>,
) {
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (app, shared) = (app.clone(), shared.clone());
        async move {
            let mut response = match app.oneshot(request.map(Body::new)).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            if shared.lock().connections.allows_one_request() {
                response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            }
            // If the service fails, hyper drops the connection.
            match response.extensions().get::<HangUp>() {
                Some(_) => Err(io::Error::from(io::ErrorKind::ConnectionAborted)),
                None => Ok(response),
            }
        }
    });
    if let Err(error) = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await {
        tracing::debug!(%error, "a connection ended early");
    }
}
