//! A double of Connect: it answers `GET /` as Connect does.

use serde_json::json;
use tokio_rustls::TlsAcceptor;

pub(super) use crate::support::double::{Asked, Double, Reply};

/// Serves; what is not `GET /` as told.
pub(super) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Double {
    let root = json!({"version": "4.3.1", "commit": "abc", "kafka_cluster_id": "kafka-1"});
    Double::start(move |asked| match asked.line.as_str() {
        "GET /" => Reply::Json(200, root.clone()),
        _ => answer(asked),
    })
    .await
}

/// Serves over TLS, everything with an empty object but for `GET /`.
pub(super) async fn start_tls(acceptor: TlsAcceptor) -> Double {
    Double::start_tls(acceptor, |asked| match asked.line.as_str() {
        "GET /" => Reply::Json(200, json!({"version": "1", "kafka_cluster_id": "k"})),
        _ => Reply::Json(200, json!({})),
    })
    .await
}
