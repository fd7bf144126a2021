//! The HTTP surface as clients meet it: over a socket, against its own OpenAPI document.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may fail by a panic, and says itself when a loop last turned"
)]

mod access;
mod contract;
mod lists;
mod platform;
mod probes;
mod rough;
mod services;

use std::{net::SocketAddr, sync::Arc, time::Duration};

use headgate::{
    board::Board,
    http,
    live::{KafkaLive, Observed},
    metrics::Metrics,
    report::{Cycle, SourceState, View},
};
use serde_json::Value;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::support::told;

/// A running server and what it tells.
struct Server {
    board: Arc<Board>,
    address: SocketAddr,
    client: reqwest::Client,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<std::io::Result<()>>,
}

/// An answer, read whole.
struct Answer {
    status: u16,
    headers: reqwest::header::HeaderMap,
    text: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|e| panic!("{e} in {}", self.text))
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |v| v.to_str().unwrap())
    }
}

impl Server {
    /// Serves the view of a daemon that has only just begun.
    async fn fresh() -> Self {
        // the client wants one although it speaks plain HTTP; another test may have been first
        let _ = rustls::crypto::ring::default_provider().install_default();
        let clusters = [(told::cluster(), told::INTERVAL)];
        let view = View::new("1.2.3", SourceState::default(), &clusters, told::at(0));
        let board = Arc::new(Board::new(view));
        let metrics = Arc::new(Metrics::new(&clusters, told::REPO));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let serving = http::serve(listener, board.clone(), metrics, async {
            // a server that the test dropped shall stop as well
            let _ = stopped.await;
        });
        Self {
            board,
            address,
            client: headgate::rest::plain().build().unwrap(),
            stop: Some(stop),
            serving: tokio::spawn(serving),
        }
    }

    /// Serves what a pass over `n` topics left in which something of everything happened.
    async fn busy(n: usize) -> Self {
        let server = Self::fresh().await;
        server
            .board
            .publish(|view| view.with_source(told::source('a'), told::at(0)));
        server
            .board
            .publish(|view| view.after(&told::quiet(n, 'a', told::at(1))));
        server
            .board
            .publish(|view| view.after(&told::with_services(told::busy(n, 'a', told::at(60)))));
        server
    }

    /// Publishes a pass over two topics that saw the cluster with a change made to it.
    fn saw(&self, change: impl FnOnce(&mut KafkaLive)) {
        let mut live = told::live(2, told::at(120));
        if let Observed::Known(kafka) = &mut live.kafka {
            change(kafka);
        }
        let cycle = Cycle {
            live: Some(Arc::new(live)),
            ..told::quiet(2, 'a', told::at(120))
        };
        self.board.publish(|view| view.after(&cycle));
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    async fn send(&self, method: reqwest::Method, path: &str) -> Answer {
        let request = self.client.request(method, self.url(path));
        let answer = request
            .timeout(Duration::from_secs(30))
            .send()
            .await
            .unwrap();
        Answer {
            status: answer.status().as_u16(),
            headers: answer.headers().clone(),
            text: answer.text().await.unwrap(),
        }
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(reqwest::Method::GET, path).await
    }

    /// Gets what must be a problem with this status.
    async fn problem(&self, path: &str, status: u16) -> Value {
        let answer = self.get(path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(
            answer.header("content-type"),
            "application/problem+json",
            "{path}"
        );
        let problem = answer.json();
        assert_eq!(problem["status"], status, "{path}");
        problem
    }
}
