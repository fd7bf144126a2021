//! The read-only HTTP surface (rank 7): status, lists, probes, metrics. Everything is told from the newest `View`;
//! nothing here calls Kafka, waits for a pass, or can change anything: no route takes anything but GET and HEAD.

mod access;
mod cluster;
mod connector;
mod group;
mod guard;
mod openapi;
mod params;
mod probe;
mod problem;
mod subject;

use std::{io, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderValue, Method, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{board::Board, metrics::Metrics};
use guard::Guarded;
pub use probe::Passed;
pub use problem::Problem;

/// How long requests in flight may take to end after the stop signal: the daemon itself has 5 s to end.
const DRAIN: Duration = Duration::from_secs(2);

/// What handlers read from.
#[derive(Clone)]
struct App {
    board: Arc<Board>,
    metrics: Arc<Metrics>,
}

/// Serves until `shutdown` ends, then gives requests in flight two seconds.
///
/// # Errors
/// Returns what the listener failed with.
pub async fn serve(
    listener: TcpListener,
    board: Arc<Board>,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(Guarded::new(listener), router(App { board, metrics }))
        .with_graceful_shutdown(async move {
            shutdown.await;
            // nobody listens any more when the server ended by itself
            let _ = stopping.send(());
        });
    let drained = async {
        if stopped.await.is_ok() {
            tokio::time::sleep(DRAIN).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        ended = server.into_future() => ended,
        () = drained => Ok(()),
    }
}

fn router(app: App) -> Router {
    Router::new()
        .route("/livez", get(probe::livez))
        .route("/readyz", get(probe::readyz))
        .route("/metrics", get(probe::metrics))
        .route("/openapi.json", get(openapi::document))
        .route("/api/v1/status", get(probe::status))
        .route("/api/v1/check", get(probe::check))
        .route("/api/v1/clusters/{c}", get(cluster::status))
        .route("/api/v1/clusters/{c}/drift", get(cluster::drift))
        .route("/api/v1/clusters/{c}/plan", get(cluster::plan))
        .route("/api/v1/clusters/{c}/history", get(cluster::history))
        .route("/api/v1/clusters/{c}/brokers", get(cluster::brokers))
        .route("/api/v1/clusters/{c}/topics", get(cluster::topics))
        .route("/api/v1/clusters/{c}/topics/{t}", get(cluster::topic))
        .route("/api/v1/clusters/{c}/users", get(access::users))
        .route("/api/v1/clusters/{c}/acls", get(access::acls))
        .route("/api/v1/clusters/{c}/quotas", get(access::quotas))
        .route("/api/v1/clusters/{c}/consumer-groups", get(group::groups))
        .route(
            "/api/v1/clusters/{c}/consumer-groups/{g}",
            get(group::group),
        )
        .route(
            "/api/v1/clusters/{c}/connectors",
            get(connector::connectors),
        )
        .route(
            "/api/v1/clusters/{c}/connectors/{n}",
            get(connector::connector),
        )
        .route("/api/v1/clusters/{c}/schemas", get(subject::schemas))
        .route("/api/v1/clusters/{c}/schemas/{n}", get(subject::schema))
        .fallback(unknown_route)
        .method_not_allowed_fallback(wrong_method)
        .with_state(app)
}

async fn unknown_route(uri: Uri) -> Problem {
    let detail = format!(
        "there is nothing at {}; /openapi.json lists what there is",
        uri.path()
    );
    Problem::not_found(detail)
}

async fn wrong_method(method: Method, uri: Uri) -> Problem {
    let detail = format!(
        "{method} is not possible on {}: everything here is read-only; changes are made by a commit",
        uri.path()
    );
    Problem::method_not_allowed(detail)
}

/// Answers with JSON that is as of now: nothing may keep it.
fn json(value: &impl Serialize) -> Response {
    let body =
        serde_json::to_vec(value).expect("every answer has text keys only, so it has a JSON form");
    text("application/json", body)
}

fn text(content_type: &'static str, body: Vec<u8>) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (headers, body).into_response()
}
