//! Remotes that do not answer as they should.

use std::{net::TcpListener, time::Duration};

use headgate::{config::Source, source::GitSource};

use super::{
    repo::{ENOUGH, Remote},
    told,
};

fn over_https(remote: &Remote, port: u16) -> Source {
    let mut settings = Source::new(
        format!("https://127.0.0.1:{port}/a.git"),
        headgate::config::Reference::Branch("main".into()),
    );
    settings.path = "desired-state".into();
    assert!(remote.dir.path().exists());
    settings
}

#[tokio::test]
async fn a_silent_server_holds_up_nobody() {
    let (remote, commit) = Remote::with(ENOUGH);
    let source = remote.main();
    source.fetch().await.unwrap();

    // it takes connections, and never says a word
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let hung = source
        .with_settings(&over_https(&remote, port))
        .with_deadline(Duration::from_millis(300));
    let error = hung.fetch().await.unwrap_err();
    told(&error, "timeout", &["did not answer in time", "127.0.0.1"]);
    told(
        &hung.fetch().await.unwrap_err(),
        "busy",
        &["an earlier fetch"],
    );
    hung.read(&commit)
        .expect("the clone stays readable all the while");
}

#[tokio::test]
async fn a_server_that_is_not_there_or_speaks_something_else_is_told() {
    let (remote, _) = Remote::with(ENOUGH);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = closed.local_addr().unwrap().port();
    drop(closed);
    let source = GitSource::new(&over_https(&remote, port), remote.cache());
    let error = source.fetch().await.unwrap_err();
    told(&error, "unreachable", &["cannot be reached", "127.0.0.1"]);

    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in other.incoming() {
            use std::io::Write;
            // whoever hangs up first, the client has read enough
            let _ = stream.unwrap().write_all(b"220 mail.example.com ESMTP\r\n");
        }
    });
    let source = source.with_settings(&over_https(&remote, port));
    let error = source.fetch().await.unwrap_err();
    assert!(
        ["certificate", "unreachable"].contains(&error.kind()),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_fetch_that_nobody_waits_for_does_not_block_the_next() {
    let (remote, commit) = Remote::with(ENOUGH);
    let source = remote.main();
    drop(tokio::time::timeout(Duration::ZERO, source.fetch()).await);
    // the thread that was left alone ends by itself
    let found = loop {
        match source.fetch().await {
            Err(error) if error.kind() == "busy" => tokio::task::yield_now().await,
            other => break other.unwrap(),
        }
    };
    assert_eq!(found, commit);
}
