//! git over HTTP: `/APP.git/…`, served by the CGI program `git http-backend`.

use std::path::Path as FilePath;
use std::process::Stdio;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use futures_util::TryStreamExt;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio_util::io::{ReaderStream, StreamReader};

use crate::credential::Credential;
use crate::error::{ApiError, ApiErrorId};
use crate::state::Shared;

pub(crate) fn routes() -> Router<Arc<Shared>> {
    Router::new().route("/{repository}/{*rest}", any(serve))
}

async fn serve(
    State(shared): State<Arc<Shared>>,
    Path((repository, _)): Path<(String, String)>,
    request: Request,
) -> Result<Response, ApiError> {
    let Some(app) = repository.strip_suffix(".git").filter(|app| is_app_name(app)) else {
        return Err(ApiError::not_found("resource"));
    };
    let password = match Credential::from_headers(request.headers()) {
        Some(Credential::Basic { password, .. }) => password,
        Some(Credential::Bearer(_)) | None => return Err(ApiErrorId::Unauthorized.into()),
    };
    if shared.lock().find_by_token(&password).is_none() {
        return Err(ApiErrorId::Unauthorized.into());
    }
    let response = async {
        create_repository(&shared, app).await?;
        run_backend(&shared.config.repositories, request).await
    };
    response.await.map_err(|error| {
        tracing::error!(%error, app, "git http-backend failed");
        ApiErrorId::InternalServerError.into()
    })
}

/// Whether Heroku allows this app name. The rule also keeps paths inside the folder of the repositories.
fn is_app_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

async fn create_repository(shared: &Shared, app: &str) -> std::io::Result<()> {
    let _guard = shared.repository_lock.lock().await;
    let folder = shared.config.repositories.join(format!("{app}.git"));
    if folder.join("HEAD").exists() {
        return Ok(());
    }
    let init = ["init", "--quiet", "--bare", "-b", "main"];
    run(git(&shared.config.repositories).args(init).arg(&folder)).await?;
    run(git(&folder).args(["config", "http.receivepack", "true"])).await
}

async fn run(command: &mut Command) -> std::io::Result<()> {
    let status = command.status().await?;
    if status.success() { Ok(()) } else { Err(std::io::Error::other(format!("git failed: {status}"))) }
}

/// A git command in this folder, without the configuration of the user who runs the sandbox.
fn git(folder: &FilePath) -> Command {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .env_clear()
        .envs(std::env::var_os("PATH").map(|path| ("PATH", path)))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

/// Passes the request to the CGI program (RFC 3875), and streams its response.
async fn run_backend(repositories: &FilePath, request: Request) -> std::io::Result<Response> {
    let (parts, body) = request.into_parts();
    let header = |name: &HeaderName| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let mut backend = git(repositories);
    backend
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", repositories)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("PATH_INFO", parts.uri.path())
        .env("QUERY_STRING", parts.uri.query().unwrap_or_default())
        .env("REMOTE_USER", "heroku")
        .env("REMOTE_ADDR", "127.0.0.1")
        .envs(header(&header::CONTENT_TYPE).map(|value| ("CONTENT_TYPE", value)))
        .envs(header(&header::CONTENT_LENGTH).map(|value| ("CONTENT_LENGTH", value)))
        .envs(header(&header::CONTENT_ENCODING).map(|value| ("HTTP_CONTENT_ENCODING", value)))
        .envs(header(&HeaderName::from_static("git-protocol")).map(|value| ("GIT_PROTOCOL", value)))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = backend.spawn()?;
    let missing_pipe = || std::io::Error::other("git http-backend has no output pipe");
    let output = child.stdout.take().ok_or_else(missing_pipe)?;
    tokio::spawn(write_body(child, body));
    read_response(BufReader::new(output)).await
}

/// Writes the body of the request to the program, and waits until the program ends.
async fn write_body(mut child: Child, body: Body) {
    let mut body = StreamReader::new(body.into_data_stream().map_err(std::io::Error::other));
    if let Some(mut stdin) = child.stdin.take() {
        // The program may end before it has read everything. Its response then says why.
        if let Err(error) = tokio::io::copy(&mut body, &mut stdin).await {
            tracing::debug!(%error, "git http-backend did not read the whole request");
        }
        if let Err(error) = stdin.shutdown().await {
            tracing::debug!(%error, "git http-backend closed its input early");
        }
    }
    match child.wait().await {
        Ok(status) if status.success() => {}
        Ok(status) => tracing::warn!(%status, "git http-backend failed"),
        Err(error) => tracing::error!(%error, "cannot wait for git http-backend"),
    }
}

/// Reads the CGI header lines of a response and streams the rest as its body.
async fn read_response(
    mut output: BufReader<impl AsyncRead + Send + Unpin + 'static>,
) -> std::io::Result<Response> {
    let mut response = Response::default();
    loop {
        let mut line = String::new();
        if output.read_line(&mut line).await? == 0 {
            return Err(std::io::Error::other("git http-backend ended without a response"));
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').ok_or_else(|| bad_header(line))?;
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            let code = value.split(' ').next().unwrap_or_default();
            *response.status_mut() = code.parse::<StatusCode>().map_err(|_| bad_header(line))?;
        } else {
            let name = name.parse::<HeaderName>().map_err(|_| bad_header(line))?;
            let value = HeaderValue::from_str(value).map_err(|_| bad_header(line))?;
            response.headers_mut().append(name, value);
        }
    }
    *response.body_mut() = Body::from_stream(ReaderStream::new(output));
    Ok(response.into_response())
}

fn bad_header(line: &str) -> std::io::Error {
    std::io::Error::other(format!("git http-backend sent the invalid header line {line:?}"))
}
