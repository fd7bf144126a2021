//! Asks a node whether it is there and which brokers it sees: requests written by hand, so that the lab judges the client
//! it is used to test by nothing of that client's own.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// A node that is up answers in milliseconds; one that is stopped accepts the connection and never answers.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);

/// Metadata (api key 3), version 5 (in every Kafka from 1.0 on), correlation 0, client `lab`, no topics, no creation.
const METADATA: &[u8] = b"\0\0\0\x12\0\x03\0\x05\0\0\0\0\0\x03lab\0\0\0\0\0";

/// ApiVersions (api key 18), version 0, correlation 0, client `lab`: what controllers answer too.
const API_VERSIONS: &[u8] = b"\0\0\0\x0d\0\x12\0\0\0\0\0\0\0\x03lab";

/// An answer with a hundred brokers takes about 4 KiB; anything larger is not an answer.
const ANSWER_MAX_BYTES: usize = 1 << 20;

/// Returns the ids of the brokers that the node behind this plaintext port holds for alive.
pub(super) async fn brokers_seen_by(port: u16) -> io::Result<Vec<i32>> {
    let answer = timeout(ANSWER_WITHIN, ask(port, METADATA)).await??;
    broker_ids(&answer).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

/// Tells whether the node behind this plaintext port answers at all.
pub(super) async fn answers(port: u16) -> bool {
    let answer = timeout(ANSWER_WITHIN, ask(port, API_VERSIONS)).await;
    answer.is_ok_and(|answer| answer.is_ok())
}

/// Returns the status that a REST service answers a request without a body with.
pub(super) async fn http_status(port: u16, method: &str, path: &str) -> io::Result<u16> {
    timeout(ANSWER_WITHIN, call(port, method, path)).await?
}

async fn call(port: u16, method: &str, path: &str) -> io::Result<u16> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    let request =
        format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 0\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut start = [0; "HTTP/1.1 200".len()];
    stream.read_exact(&mut start).await?;
    let status = str::from_utf8(&start)
        .ok()
        .and_then(|text| text.split_once(' '));
    let status = status.and_then(|(_, status)| status.parse().ok());
    status.ok_or_else(|| io::ErrorKind::InvalidData.into())
}

async fn ask(port: u16, request: &[u8]) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(request).await?;
    let length = usize::try_from(stream.read_i32().await?).unwrap_or(usize::MAX);
    if length > ANSWER_MAX_BYTES {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut answer = vec![0; length];
    stream.read_exact(&mut answer).await?;
    Ok(answer)
}

/// Reads correlation id, throttle time, and of each broker id, host, port and rack.
fn broker_ids(mut answer: &[u8]) -> Option<Vec<i32>> {
    take(&mut answer, 8)?;
    let count = int(&mut answer)?;
    (0..count)
        .map(|_| {
            let id = int(&mut answer)?;
            text(&mut answer)?;
            int(&mut answer)?;
            text(&mut answer)?;
            Some(id)
        })
        .collect()
}

fn take<'a>(from: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = from.split_at_checked(count)?;
    *from = rest;
    Some(taken)
}

fn int(from: &mut &[u8]) -> Option<i32> {
    Some(i32::from_be_bytes(take(from, 4)?.try_into().ok()?))
}

/// Skips a nullable string: a length of -1 is null.
fn text(from: &mut &[u8]) -> Option<()> {
    let length = i16::from_be_bytes(take(from, 2)?.try_into().ok()?);
    take(from, usize::try_from(length).unwrap_or(0)).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broker_ids_are_read_past_hosts_and_missing_racks() {
        let answer = b"\0\0\0\0\0\0\0\0\0\0\0\x02\
            \0\0\0\x01\0\x01h\0\0\x23\x84\0\x03az1\
            \0\0\0\x07\0\x01h\0\0\x23\x84\xff\xff";
        assert_eq!(broker_ids(answer), Some(vec![1, 7]));
    }

    #[test]
    fn a_truncated_answer_is_no_answer() {
        assert_eq!(broker_ids(b"\0\0\0\0\0\0\0\0\0\0\0\x02\0\0\0\x01"), None);
    }
}
