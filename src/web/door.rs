//! The pages, and how long anybody may take for one.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, Semaphore};
use tokio::time::Instant;
use tracing::{debug, error, warn};

use super::figures::{self, Figure};
use crate::runtime::Runtime;

/// Connections at once; more wait.
const CONNECTIONS: usize = 32;
/// For one request with its answer: there is one on a connection.
const REQUEST: Duration = Duration::from_secs(30);
/// For the head of a request.
const HEAD: Duration = Duration::from_secs(5);
/// How long numbers are shown again before they are counted anew; and at
/// least ten times what the count took, so that watching stays cheap.
const FRESH: Duration = Duration::from_secs(3);
const SHARE: u32 = 10;
/// A wait after a connection that could not be taken.
const PAUSE: Duration = Duration::from_millis(100);
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

//------------ Watched -------------------------------------------------------

/// Who says how things are.
pub trait Watched: Send + Sync + 'static {
    /// What keeps the gateway from its work, a line each; nothing if it is
    /// ready. Has an end of its own.
    fn lacking(&self) -> impl Future<Output = Vec<String>> + Send;

    /// All numbers, or why there are none.
    fn figures(&self) -> impl Future<Output = Result<Vec<Figure>, String>> + Send;
}

/// Shows the pages at `listener` until the runtime's token is cancelled.
pub async fn serve<W: Watched>(listener: TcpListener, watched: Arc<W>, runtime: Runtime) {
    let token = runtime.token().clone();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let pages = pages(watched);
    loop {
        let taken = tokio::select! {
            () = token.cancelled() => return,
            taken = take(&listener, &room) => taken,
        };
        let Some((stream, held)) = taken else { continue };
        let (pages, token) = (pages.clone(), token.clone());
        runtime.spawn(async move {
            let _held = held;
            tokio::select! {
                () = token.cancelled() => {}
                answered = tokio::time::timeout(REQUEST, answer(stream, pages)) => match answered {
                    Ok(Ok(())) => {}
                    Ok(Err(fault)) => debug!(error = %fault, "a watcher's connection ended early"),
                    Err(_elapsed) => debug!("a watcher was too slow"),
                },
            }
        });
    }
}

async fn take(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let held = Arc::clone(room).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, held)),
        Err(fault) => {
            warn!(error = %fault, "the HTTP door cannot take a connection");
            tokio::time::sleep(PAUSE).await;
            None
        }
    }
}

/// One request, one answer.
async fn answer(stream: TcpStream, pages: Router) -> Result<(), hyper::Error> {
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(pages))
        .await
}

//------------ Pages ---------------------------------------------------------

struct Shown<W> {
    watched: Arc<W>,
    /// The numbers last counted, and until when they are shown.
    page: Mutex<Option<(Instant, Vec<u8>)>>,
}

fn pages<W: Watched>(watched: Arc<W>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz::<W>))
        .route("/metrics", get(metrics::<W>))
        .with_state(Arc::new(Shown { watched, page: Mutex::new(None) }))
}

async fn healthz() -> Response {
    plain(StatusCode::OK, "alive\n")
}

async fn readyz<W: Watched>(State(shown): State<Arc<Shown<W>>>) -> Response {
    let lacking = shown.watched.lacking().await;
    if lacking.is_empty() {
        return plain(StatusCode::OK, "ready\n");
    }
    let lines: Vec<String> = lacking.iter().map(|line| format!("- {line}\n")).collect();
    plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready\n{}", lines.concat()))
}

async fn metrics<W: Watched>(State(shown): State<Arc<Shown<W>>>) -> Response {
    // Whoever comes meanwhile waits, and is shown the same.
    let mut page = shown.page.lock().await;
    let begun = Instant::now();
    if let Some((until, text)) = &*page
        && begun < *until
    {
        return numbers(text.clone());
    }
    let counted = shown.watched.figures().await.and_then(|figures| {
        figures::page(&figures).map_err(|fault| format!("no page can be made: {fault}"))
    });
    match counted {
        Ok(text) => {
            let now = Instant::now();
            *page = Some((now + FRESH.max((now - begun) * SHARE), text.clone()));
            numbers(text)
        }
        Err(words) => {
            error!(error = %words, "the numbers cannot be counted");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "the numbers cannot be counted; see the log\n")
        }
    }
}

fn plain(status: StatusCode, words: impl Into<String>) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words.into()).into_response()
}

fn numbers(text: Vec<u8>) -> Response {
    (StatusCode::OK, [(header::CONTENT_TYPE, PROMETHEUS)], text).into_response()
}
