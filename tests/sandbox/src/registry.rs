//! Heroku's registry for container images, as far as a login decides what it answers (the OCI distribution
//! specification, "Pulling manifests"): every app has one image.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;

use crate::credential::Credential;
use crate::state::Shared;

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
const IMAGE: &str = concat!(
    r#"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.v2+json","config":{"#,
    r#""mediaType":"application/vnd.docker.container.image.v1+json","size":2,"digest":"#,
    r#""sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"},"layers":[]}"#
);

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/v2/", any(serve)).route("/v2/{*rest}", any(serve))
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let is_known = match Credential::from_headers(request.headers()) {
        Some(Credential::Basic { password, .. }) => shared.lock().find_by_token(&password).is_some(),
        Some(Credential::Bearer(_)) | None => false,
    };
    if !is_known {
        let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"Heroku sandbox\"")];
        return (StatusCode::UNAUTHORIZED, ask).into_response();
    }
    let path = request.uri().path();
    if path.contains("/manifests/") {
        return ([(header::CONTENT_TYPE, MANIFEST)], IMAGE).into_response();
    }
    if path.contains("/blobs/") {
        return "{}".into_response();
    }
    StatusCode::OK.into_response()
}
