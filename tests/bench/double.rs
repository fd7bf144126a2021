//! Doubles of Connect and of a registry: they hold what git wants of them, answer as fast as real ones do, and count.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    http::StatusCode,
    response::Response,
};
use serde_json::json;
use tokio::{net::TcpListener, task::JoinHandle, time::sleep};

use crate::{Failure, planes};

/// What workers need to put together the list of some hundred connectors; a leader asks nobody for it.
pub(crate) const LIST: Duration = Duration::from_millis(40);

/// What a registry needs for an answer out of its memory, the way there and back among it.
pub(crate) const ANSWER: Duration = Duration::from_millis(3);

/// A server on loopback.
pub(crate) struct Double {
    pub(crate) url: String,
    counts: Arc<Counts>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Counts {
    asked: AtomicUsize,
    in_flight: AtomicUsize,
    most: AtomicUsize,
}

/// What is answered, and after how long.
struct Reply(Duration, StatusCode, Bytes);

impl Reply {
    fn json(after: Duration, value: &serde_json::Value) -> Self {
        Self(after, StatusCode::OK, value.to_string().into())
    }

    /// No, as both services say it.
    fn no(after: Duration, code: u32, message: &str) -> Self {
        let body = json!({"error_code": code, "message": message});
        Self(after, StatusCode::NOT_FOUND, body.to_string().into())
    }
}

impl Double {
    /// Serves connectors that run as git declares them.
    pub(crate) async fn connect(connectors: usize, cluster_id: &str) -> Result<Self, Failure> {
        let root = json!({"version": "4.3.1", "commit": "bench", "kafka_cluster_id": cluster_id});
        let list: serde_json::Map<_, _> = (0..connectors).map(listed).collect();
        let list = Bytes::from(serde_json::Value::Object(list).to_string());
        Self::serve(move |asked| match asked {
            "GET /" => Reply::json(Duration::ZERO, &root),
            planes::CONNECTORS => Reply(LIST, StatusCode::OK, list.clone()),
            _ => Reply::no(Duration::ZERO, 404, "HTTP 404 Not Found"),
        })
        .await
    }

    /// Serves subjects, each with the one version that git declares.
    pub(crate) async fn registry(subjects: usize) -> Result<Self, Failure> {
        let names: Vec<String> = (0..subjects).map(planes::subject).collect();
        Self::serve(move |asked| {
            let (asked, _) = asked.split_once('?').unwrap_or((asked, ""));
            let parts: Vec<&str> = asked.split('/').collect();
            match parts[..] {
                ["GET ", "subjects"] => Reply::json(ANSWER, &json!(names)),
                ["GET ", "config"] => {
                    Reply::json(ANSWER, &json!({"compatibilityLevel": "BACKWARD"}))
                }
                ["GET ", "subjects", _, "versions"] => Reply::json(ANSWER, &json!([1])),
                ["GET ", "config", _] => Reply::no(ANSWER, 40408, "it has no level of its own"),
                ["POST ", "subjects", subject] => {
                    let schema = planes::schema(subject);
                    let found =
                        json!({"subject": subject, "id": 1, "version": 1, "schema": schema});
                    Reply::json(ANSWER, &found)
                }
                _ => Reply::no(ANSWER, 404, "HTTP 404 Not Found"),
            }
        })
        .await
    }

    async fn serve(
        answer: impl Fn(&str) -> Reply + Send + Sync + 'static,
    ) -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let counts = Arc::new(Counts::default());
        let (counted, answer) = (Arc::clone(&counts), Arc::new(answer));
        let app = Router::new().fallback(move |request: Request| {
            let (counts, answer) = (Arc::clone(&counted), Arc::clone(&answer));
            async move {
                counts.begin();
                let asked = format!("{} {}", request.method(), request.uri());
                let Reply(after, status, body) = answer(&asked);
                // what was sent is taken off the connection, so that it is good for another request
                let sent = axum::body::to_bytes(request.into_body(), 1 << 20).await;
                sleep(after).await;
                counts.in_flight.fetch_sub(1, Ordering::Relaxed);
                let status = sent.map_or(StatusCode::BAD_REQUEST, |_| status);
                let response = Response::builder().status(status);
                let response = response.header("content-type", "application/json");
                response.body(Body::from(body)).unwrap_or_default()
            }
        });
        let serving = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                crate::table::say(&format!("a double ended: {error}"));
            }
        });
        Ok(Self {
            url,
            counts,
            serving,
        })
    }

    /// Returns how many requests came since it was asked the last time, and how many of them at most at once.
    pub(crate) fn counted(&self) -> (usize, usize) {
        (
            self.counts.asked.swap(0, Ordering::Relaxed),
            self.counts.most.swap(0, Ordering::Relaxed),
        )
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Counts {
    fn begin(&self) {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let now = self.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now, Ordering::Relaxed);
    }
}

/// A connector as `GET /connectors?expand=info&expand=status` lists it, with two tasks that run.
fn listed(index: usize) -> (String, serde_json::Value) {
    let name = planes::connector(index);
    let config: serde_json::Map<_, _> = planes::config(index)
        .into_iter()
        .chain([
            ("connector.class", planes::CLASS.to_owned()),
            ("name", name.clone()),
            ("tasks.max", planes::TASKS.to_string()),
        ])
        .map(|(key, value)| (key.to_owned(), value.into()))
        .collect();
    let worker = "worker-1.connect.example.com:8083";
    let of_info = |task| json!({"connector": name, "task": task});
    let of_status =
        |task| json!({"id": task, "state": "RUNNING", "worker_id": worker, "version": "1.2.3"});
    let entry = json!({
        "info": {
            "name": name,
            "config": config,
            "tasks": (0..planes::TASKS).map(of_info).collect::<Vec<_>>(),
            "type": "sink",
        },
        "status": {
            "name": name,
            "connector": {"state": "RUNNING", "worker_id": worker, "version": "1.2.3"},
            "tasks": (0..planes::TASKS).map(of_status).collect::<Vec<_>>(),
            "type": "sink",
        },
    });
    (name, entry)
}
