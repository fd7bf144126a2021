//! A REST endpoint for the HTTP source to read: a list that grows when it is told to, and fails when it is told to.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::JoinHandle;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::{Json, Router, routing::get};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::LabError;

/// How many items an answer holds at most; the source asks again for the others.
const ANSWER_ITEMS: u64 = 1_000;

/// An endpoint on loopback, with a thread of its own, so that tests may share it. It ends when the value is dropped.
#[derive(Debug)]
pub struct Endpoint {
    address: SocketAddr,
    items: Arc<Items>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Items {
    published: AtomicU64,
    fails: AtomicBool,
    fails_next: AtomicBool,
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

#[derive(Serialize)]
struct Item {
    id: u64,
    user: String,
    action: &'static str,
}

impl Endpoint {
    /// Starts an endpoint without items.
    ///
    /// # Errors
    /// It cannot listen on loopback.
    pub fn start() -> Result<Self, LabError> {
        let failed = |source| LabError::Run {
            program: "the lab's endpoint".to_owned(),
            source,
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(failed)?;
        let items = Arc::new(Items::default());
        let router = Router::new()
            .route("/items", get(answer))
            .with_state(Arc::clone(&items));
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || runtime.block_on(serve(listener, router, stopped)));
        Ok(Self {
            address,
            items,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// Returns what the source is to read.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/items", self.address)
    }

    /// Adds items; their ids go on from the last.
    pub fn publish(&self, count: u64) {
        self.items.published.fetch_add(count, Ordering::Relaxed);
    }

    /// Says whether it answers with 500, which ends the task that reads it.
    pub fn fail(&self, fails: bool) {
        self.items.fails.store(fails, Ordering::Relaxed);
    }

    /// Has it answer once with 500.
    pub fn fail_once(&self) {
        self.items.fails_next.store(true, Ordering::Relaxed);
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::warn!("the lab's endpoint ended with a panic");
        }
    }
}

async fn serve(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let served = async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, router).await
    };
    // connections that are kept alive are no reason to stay
    tokio::select! {
        served = served => if let Err(error) = served {
            tracing::warn!(%error, "the lab's endpoint ended");
        },
        _ = stopped => {}
    }
}

async fn answer(
    State(items): State<Arc<Items>>,
    Query(Since { since }): Query<Since>,
) -> Result<Json<Vec<Item>>, StatusCode> {
    let fails_once = items.fails_next.swap(false, Ordering::Relaxed);
    if fails_once || items.fails.load(Ordering::Relaxed) {
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    let published = items.published.load(Ordering::Relaxed);
    let last = published.min(since.saturating_add(ANSWER_ITEMS));
    Ok(Json((since..last).map(|id| item(id + 1)).collect()))
}

fn item(id: u64) -> Item {
    const ACTIONS: [&str; 3] = ["opened", "clicked", "bought"];
    Item {
        id,
        user: format!("user-{}", id % 7),
        action: ACTIONS[usize::try_from(id % 3).expect("a remainder of 3 is small")],
    }
}
