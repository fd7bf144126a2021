//! Rough clients and rough times: slow, greedy and many clients, a view that changes under them, and a stop.

use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::Server;
use crate::support::told;

/// More than the server takes at a time.
const MANY: usize = 300;

#[tokio::test]
async fn clients_that_never_finish_a_request_are_let_go() {
    let server = Server::busy(5).await;
    let slow = join_all((0..MANY).map(|_| async {
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client
            .write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            .await
            .unwrap();
        client
    }))
    .await;
    // nothing else goes on, so the paused clock runs to the deadlines at once
    tokio::time::pause();
    for mut client in slow {
        let mut rest = Vec::new();
        // a reset is an end as well
        let _ = client.read_to_end(&mut rest).await;
        assert_eq!(String::from_utf8_lossy(&rest), "");
    }
    tokio::time::resume();
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn a_client_that_drips_bytes_gets_no_longer_than_one_that_is_silent() {
    let server = Server::busy(5).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    client.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    let mut byte = [0];
    loop {
        tokio::select! {
            read = client.read(&mut byte) => {
                assert!(matches!(read, Ok(0) | Err(_)), "an answer to half a request");
                break;
            }
            () = tokio::time::sleep(Duration::from_secs(1)) => {
                // the server may have let go in between
                let _ = client.write_all(b"X").await;
            }
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "still connected");
    }
}

#[tokio::test]
async fn a_greedy_request_ends_its_connection_and_nothing_else() {
    let server = Server::busy(5).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    let greedy = format!(
        "GET /livez HTTP/1.1\r\nHost: x\r\nX: {}\r\n\r\n",
        "x".repeat(100_000)
    );
    // the server may let go before all is written
    let _ = client.write_all(greedy.as_bytes()).await;
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test]
async fn garbage_is_refused_and_the_server_goes_on() {
    let server = Server::busy(5).await;
    for garbage in [
        &b"\x16\x03\x01\x02\x00\x01\x00"[..],
        b"GET\r\n\r\n",
        b"\r\n\r\n\r\n",
        &[0xff; 200],
    ] {
        let mut client = TcpStream::connect(server.address).await.unwrap();
        client.write_all(garbage).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = Vec::new();
        let _ = client.read_to_end(&mut answer).await;
        assert!(!String::from_utf8_lossy(&answer).contains("200 OK"));
    }
    assert_eq!(server.get("/livez").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_is_of_one_view_while_views_change() {
    let server = Server::busy(50).await;
    let changing = async {
        for i in 2..60 {
            let digit = char::from_digit(i % 16, 16).unwrap();
            server.board.publish(|view| {
                view.with_source(told::source(digit), told::at(i.into()))
                    .after(&told::quiet(50, digit, told::at(i.into())))
            });
            tokio::task::yield_now().await;
        }
    };
    let reading = join_all((0..8).map(|_| async {
        for _ in 0..20 {
            let status = server.get("/api/v1/status").await.json();
            let (seen, cluster) = (&status["source"]["seen"], &status["clusters"][0]);
            assert_eq!(seen, &cluster["revision"]["attempted"]);
            let topics = server.get("/api/v1/clusters/streaming/topics").await.json();
            assert_eq!(topics["items"].as_array().map(Vec::len), Some(50));
            assert_eq!(topics["next"], Value::Null);
        }
    }));
    tokio::join!(changing, reading);
}

#[tokio::test]
async fn it_stops_when_told_although_a_client_holds_on() {
    let mut server = Server::busy(5).await;
    let mut client = TcpStream::connect(server.address).await.unwrap();
    client.write_all(b"GET /livez HTTP/1.1\r\n").await.unwrap();
    assert_eq!(server.get("/livez").await.status, 200);
    server.stop.take().unwrap().send(()).unwrap();
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    server.serving.await.unwrap().unwrap();
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "of the paused clock"
    );
    TcpStream::connect(server.address).await.unwrap_err();
}
