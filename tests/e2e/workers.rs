//! Workers of Connect that go away: before a pass, in the middle of a write, and during a rebalance.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use headgate::lab::Connect;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Notify, mpsc},
    time::timeout,
};

use super::{
    connectors::Line,
    planes::{Beside, CANARY, Source, world},
    world::topic,
};
use crate::support::lab::{connect, scram};

/// How long a write may be awaited.
const WITHIN: Duration = Duration::from_secs(60);

/// Where a write is caught.
#[derive(Clone, Copy)]
enum Caught {
    OnItsWay,
    BeforeItsAnswer,
}

/// The ways to the workers, on which one write of a config can be caught.
struct Ways {
    next: Mutex<Option<Caught>>,
    /// The worker that the write was caught at.
    caught: mpsc::UnboundedSender<usize>,
    go_on: Notify,
}

impl Ways {
    /// Opens a way to each worker; returns their addresses, and where a caught write is told.
    async fn to(workers: &[String]) -> (Arc<Self>, Vec<String>, mpsc::UnboundedReceiver<usize>) {
        let (caught, told) = mpsc::unbounded_channel();
        let ways = Arc::new(Self {
            next: Mutex::default(),
            caught,
            go_on: Notify::new(),
        });
        let mut urls = Vec::new();
        for (index, worker) in workers.iter().enumerate() {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            urls.push(format!("http://{}", listener.local_addr().unwrap()));
            let worker = worker.trim_start_matches("http://").to_owned();
            tokio::spawn(Arc::clone(&ways).serve(listener, index, worker));
        }
        (ways, urls, told)
    }

    async fn serve(self: Arc<Self>, listener: TcpListener, index: usize, worker: String) {
        while let Ok((client, _)) = listener.accept().await {
            let (ways, worker) = (Arc::clone(&self), worker.clone());
            tokio::spawn(async move { ways.carry(client, index, &worker).await });
        }
    }

    /// Carries requests and answers until either side ends, or a write was caught.
    async fn carry(
        &self,
        mut client: TcpStream,
        index: usize,
        worker: &str,
    ) -> std::io::Result<()> {
        let mut worker = TcpStream::connect(worker).await?;
        let (mut asked, mut answered) = (vec![0; 64 << 10], vec![0; 64 << 10]);
        let mut catch = None;
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let chunk = &asked[..read?];
                    if chunk.is_empty() {
                        return Ok(());
                    }
                    if is_write(chunk) {
                        catch = self.next.lock().unwrap().take();
                    }
                    if let Some(Caught::OnItsWay) = catch {
                        return self.hold(index).await;
                    }
                    worker.write_all(chunk).await?;
                }
                read = worker.read(&mut answered) => {
                    let chunk = &answered[..read?];
                    if chunk.is_empty() {
                        return Ok(());
                    }
                    if let Some(Caught::BeforeItsAnswer) = catch {
                        return self.hold(index).await;
                    }
                    client.write_all(chunk).await?;
                }
            }
        }
    }

    async fn hold(&self, index: usize) -> std::io::Result<()> {
        self.caught.send(index).unwrap();
        self.go_on.notified().await;
        Ok(())
    }

    fn catch(&self, next: Caught) {
        *self.next.lock().unwrap() = Some(next);
    }
}

fn is_write(request: &[u8]) -> bool {
    let line = request.split(|byte| *byte == b'\r').next().unwrap();
    let line = String::from_utf8_lossy(line);
    line.starts_with("PUT /connectors/") && line.contains("/config ")
}

/// Traps 32 and 33: a worker is killed while it has a write that it may or may not have done; a rebalance meets the next
/// one. The daemon looks, goes on at the other worker, and ends where git says.
#[tokio::test]
async fn a_write_outlives_its_worker_and_a_rebalance() {
    let Some(connect) = connect().await else {
        return;
    };
    let (ways, urls, mut told) = Ways::to(&connect.urls()).await;
    let line = Line::through(scram().await.unwrap(), urls);
    let commit = line.declare("", "100");
    let daemon = line.world.daemon().await;
    daemon.until_converged(&commit).await;
    line.until(&["RUNNING", "RUNNING"]).await;

    for (caught, interval) in [(Caught::OnItsWay, "300"), (Caught::BeforeItsAnswer, "500")] {
        ways.catch(caught);
        let commit = line.declare("", interval);
        let at = timeout(WITHIN, told.recv())
            .await
            .expect("the write is sent")
            .unwrap();
        connect.worker(at).kill();
        ways.go_on.notify_one();
        daemon.until_converged(&commit).await;
        connect.worker(at).start().await.unwrap();
        assert_eq!(line.config("http.timer.interval.millis").await, interval);
    }
    rebalanced(&connect, &line, async || {
        let commit = line.declare("", "700");
        daemon.until_converged(&commit).await;
    })
    .await;
    assert_eq!(line.config("http.timer.interval.millis").await, "700");
    line.until(&["RUNNING", "RUNNING"]).await;
    assert_eq!(
        daemon.drift_counted().await,
        0.0,
        "its own writes are no drift"
    );
    assert!(daemon.stop().await.success());
    for url in connect.urls() {
        line.is_listed(&url).await;
    }
    line.give_up().await;
}

/// Lets a worker leave and come back while something is done.
async fn rebalanced(connect: &Connect, line: &Line<'_>, act: impl AsyncFnOnce()) {
    let leave_and_return = async {
        connect.worker(0).stop().await.unwrap();
        connect.worker(0).start().await.unwrap();
    };
    tokio::join!(leave_and_return, act());
    line.until(&["RUNNING", "RUNNING"]).await;
}

/// Connect is down, and Kafka goes on; nothing about connectors is planned from that.
#[tokio::test]
async fn kafka_goes_on_while_connect_is_down() {
    let Some(kafka) = scram().await else {
        return;
    };
    let dead = "http://127.0.0.1:1".to_owned();
    let world = world(
        kafka,
        &Beside {
            connect: vec![dead],
            ..Beside::default()
        },
    );
    world.secret("source", CANARY);
    let (name, fills) = (world.name("source"), world.name("items"));
    let source = Source {
        name: &name,
        url: "http://127.0.0.1:1/items",
        topic: &fills,
        interval: "100",
        more: "",
    };
    world.declare("", &[topic(&fills, 1, ""), source.document()]);
    let applied = world
        .run(&["apply", "-o", "json", "--detailed-exitcode"])
        .await;
    assert_eq!(applied.code, 1, "{applied:?}");
    assert!(world.hand.topic(&fills).await.is_some(), "{applied:?}");
    let left = &applied.json()["clusters"][0]["left"];
    assert_eq!(left["planes"]["kafka"]["complete"], true, "{left}");
    assert_eq!(left["planes"]["connect"]["complete"], false, "{left}");
    let held = super::world::blocked(left);
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(
        held[0].0,
        format!("incomplete_observation Connector {name}")
    );
}
