//! A double of a REST plane: a server on loopback that answers each request as a function says, and notes what was asked.
#![allow(clippy::unwrap_used, reason = "a test may end with a panic")]

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    response::Response,
    serve::Listener,
};
use futures::stream;
use serde_json::{Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

/// A request as it came.
#[derive(Debug, Clone)]
pub(crate) struct Asked {
    /// `GET /connectors?expand=info`.
    pub(crate) line: String,
    pub(crate) body: String,
    pub(crate) authorization: Option<String>,
}

/// What is answered.
pub(crate) enum Reply {
    Json(u16, Value),
    Text(u16, String),
    /// A body without an end.
    Endless,
    /// A body that begins and never goes on.
    Stuck,
    /// Nothing, ever.
    Silence,
    Redirect(String),
    /// What the service with this address answers.
    Forward(String),
}

impl Reply {
    /// The way of Connect and the registry to say no.
    pub(crate) fn error(status: u16, message: &str) -> Self {
        Self::coded(status, status.into(), message)
    }

    /// No, with a code of the service's own.
    pub(crate) fn coded(status: u16, code: u32, message: &str) -> Self {
        Self::Json(status, json!({"error_code": code, "message": message}))
    }
}

pub(crate) struct Double {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    serving: JoinHandle<()>,
}

impl Double {
    /// Serves, everything as told.
    pub(crate) async fn start(answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Self::serve(listener, url, answer)
    }

    /// Serves over TLS, everything as told.
    pub(crate) async fn start_tls(
        acceptor: TlsAcceptor,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", tcp.local_addr().unwrap());
        Self::serve(TlsListener { tcp, acceptor }, url, answer)
    }

    fn serve<L: Listener<Addr: std::fmt::Debug>>(
        listener: L,
        url: String,
        answer: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (noted, answer) = (Arc::clone(&asked), Arc::new(answer));
        let app = Router::new().fallback(move |request: Request| {
            let (noted, answer) = (Arc::clone(&noted), Arc::clone(&answer));
            async move {
                let asked = read(request).await;
                noted.lock().unwrap().push(asked.clone());
                match answer(&asked) {
                    Reply::Forward(to) => send(forward(&to, &asked).await).await,
                    reply => send(reply).await,
                }
            }
        });
        let serving = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self {
            url,
            asked,
            serving,
        }
    }

    /// Returns everything that was asked, in order.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Returns what was asked and may have changed something, in order.
    pub(crate) fn writes(&self) -> Vec<String> {
        let lines = self.asked().into_iter().map(|asked| asked.line);
        lines.filter(|line| !is_read(line)).collect()
    }

    /// Returns what was asked as lines, sorted: two requests at once come in any order.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.asked().into_iter().map(|asked| asked.line).collect();
        lines.sort();
        lines
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Takes those connections whose handshake comes about.
struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = std::net::SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let (stream, peer) = self.tcp.accept().await.unwrap();
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, peer);
            }
        }
    }

    fn local_addr(&self) -> std::io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

/// Tells whether a request of Connect's or the registry's changes nothing: a plugin is asked, a schema is looked up or judged.
fn is_read(line: &str) -> bool {
    let is_lookup = || line.starts_with("POST /subjects/") && !line.contains("/versions");
    ["GET ", "PUT /connector-plugins/", "POST /compatibility/"]
        .iter()
        .any(|begin| line.starts_with(begin))
        || is_lookup()
}

async fn read(request: Request) -> Asked {
    let line = format!("{} {}", request.method(), request.uri());
    let header = request.headers().get("authorization");
    let authorization = header.map(|value| value.to_str().unwrap().to_owned());
    let body = axum::body::to_bytes(request.into_body(), 1 << 20).await;
    Asked {
        line,
        body: String::from_utf8(body.unwrap().to_vec()).unwrap(),
        authorization,
    }
}

/// Asks another service the same, without the login.
async fn forward(to: &str, asked: &Asked) -> Reply {
    let (method, path) = asked.line.split_once(' ').unwrap();
    let client = headgate::rest::plain().build().unwrap();
    let request = client
        .request(method.parse().unwrap(), format!("{to}{path}"))
        .header("content-type", "application/json")
        .body(asked.body.clone());
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    Reply::Text(status, answer.text().await.unwrap())
}

async fn send(reply: Reply) -> Response {
    let built = |status: u16, body: Body| {
        let response = Response::builder().status(status);
        response
            .header("content-type", "application/json")
            .body(body)
    };
    let chunk = || Ok::<_, Infallible>(Bytes::from_static(&[b' '; 1 << 16]));
    let response = match reply {
        Reply::Json(status, value) => built(status, value.to_string().into()),
        Reply::Text(status, text) => built(status, text.into()),
        Reply::Endless => built(200, Body::from_stream(stream::repeat_with(chunk))),
        Reply::Stuck => {
            let begin = stream::iter([chunk()]);
            let nothing_more = futures::StreamExt::chain(begin, stream::pending());
            built(200, Body::from_stream(nothing_more))
        }
        Reply::Silence => std::future::pending().await,
        Reply::Redirect(to) => Response::builder()
            .status(307)
            .header("location", to)
            .body(Body::empty()),
        Reply::Forward(_) => unreachable!("it was forwarded"),
    };
    response.unwrap()
}
