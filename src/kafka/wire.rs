//! Frames of Kafka's protocol (rank 6, Kafka plane): a length, a header with a correlation number, a body. Nothing here
//! believes a length: memory grows with the bytes that really come.

use std::{collections::HashMap, io};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use kafka_protocol::{
    messages::{ApiVersionsResponse, RequestHeader, ResponseHeader},
    protocol::{Decodable, Encodable, HeaderVersion, Request, StrBytes},
};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

/// The largest answer that is read. Kafka's own limit for requests (`socket.request.max.bytes`), and eight times the
/// 11.8 MB that all configs of 10,000 topics take in one answer.
pub(super) const MAX_FRAME: usize = 100 << 20;

/// The largest answer before authentication, when anybody may be talking: ApiVersions of Kafka 4.1 takes 700 bytes, a
/// SASL answer a few hundred.
pub(super) const MAX_FRAME_BEFORE_LOGIN: usize = 64 << 10;

/// How much is set aside at once for a frame of which only the length was seen.
const CHUNK: usize = 64 << 10;

/// What bytes travel over.
pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send + Sync {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + Sync> Io for T {}

/// Why no frame came.
#[derive(Debug)]
pub(super) enum Broken {
    /// The other side ended the connection; how, for people.
    Closed(&'static str),
    /// The socket failed, or TLS did.
    Io(io::Error),
    /// What came is no frame; what it looks like, for people.
    NotKafka(String),
}

impl Broken {
    /// Sorts an error of the socket.
    pub(super) fn from_io(error: io::Error, eof: &'static str) -> Self {
        let tls = error.get_ref().is_some_and(|e| e.is::<rustls::Error>());
        match error.kind() {
            _ if tls => Self::Io(error),
            io::ErrorKind::UnexpectedEof => Self::Closed(eof),
            io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                Self::Closed("the broker reset the connection")
            }
            _ => Self::Io(error),
        }
    }
}

/// Reads one frame, without its length.
pub(super) async fn read_frame(
    stream: &mut (impl AsyncRead + Unpin),
    limit: usize,
) -> Result<Bytes, Broken> {
    let mut head = [0; 4];
    stream
        .read_exact(&mut head)
        .await
        .map_err(|e| Broken::from_io(e, "the broker closed the connection"))?;
    // the smallest frame is a correlation number
    let length = usize::try_from(i32::from_be_bytes(head))
        .ok()
        .filter(|length| (4..=limit).contains(length))
        .ok_or_else(|| Broken::NotKafka(looks_like(head, limit)))?;
    let mut frame = BytesMut::with_capacity(length.min(CHUNK));
    let mut rest = stream.take(length as u64);
    while frame.len() < length {
        let read = rest.read_buf(&mut frame).await;
        let half = "the broker closed the connection in the middle of an answer";
        if read.map_err(|e| Broken::from_io(e, half))? == 0 {
            return Err(Broken::Closed(half));
        }
    }
    Ok(frame.freeze())
}

/// Guesses who sent four bytes that are no length.
fn looks_like(head: [u8; 4], limit: usize) -> String {
    match &head {
        b"HTTP" | b"<htm" | b"<!do" | b"<!DO" => {
            "an HTTP server answered; check the port, Kafka listens on another one".to_owned()
        }
        b"SSH-" => "an SSH server answered; check the port".to_owned(),
        // a TLS alert: type 21, version 3.x
        [0x15, 3, ..] => {
            "the port speaks TLS; set `tls:` for this cluster, or use its plain-text port"
                .to_owned()
        }
        _ => format!(
            "a frame cannot have {} bytes (at most {limit}); check that the port is Kafka's",
            i32::from_be_bytes(head)
        ),
    }
}

/// Writes a request with its length and header.
pub(super) fn encode<R: Request>(
    request: &R,
    version: i16,
    correlation: i32,
    client_id: &StrBytes,
) -> Result<Bytes, String> {
    let mut frame = BytesMut::new();
    frame.put_i32(0);
    let header = RequestHeader::default()
        .with_request_api_key(R::KEY)
        .with_request_api_version(version)
        .with_correlation_id(correlation)
        .with_client_id(Some(client_id.clone()));
    header
        .encode(&mut frame, R::header_version(version))
        .and_then(|()| request.encode(&mut frame, version))
        .map_err(|e| format!("{e:#}"))?;
    let length =
        i32::try_from(frame.len() - 4).map_err(|_| "it is larger than 2 GiB".to_owned())?;
    frame[..4].copy_from_slice(&length.to_be_bytes());
    Ok(frame.freeze())
}

/// Returns the number of the request that a frame answers.
pub(super) fn correlation(frame: &Bytes) -> i32 {
    // read_frame returns no frame of less than four bytes
    frame.clone().try_get_i32().unwrap_or(-1)
}

/// Reads an answer, header included.
pub(super) fn decode<R: Request>(mut frame: Bytes, version: i16) -> Result<R::Response, String> {
    ResponseHeader::decode(&mut frame, R::Response::header_version(version))
        .and_then(|_| R::Response::decode(&mut frame, version))
        .map_err(|e| format!("{e:#}"))
}

/// The versions of each API that a broker speaks.
#[derive(Debug, Clone, Default)]
pub(super) struct Versions(HashMap<i16, (i16, i16)>);

impl Versions {
    /// Takes what ApiVersions said.
    pub(super) fn new(answer: &ApiVersionsResponse) -> Self {
        Self(
            answer
                .api_keys
                .iter()
                .map(|k| (k.api_key, (k.min_version, k.max_version)))
                .collect(),
        )
    }

    /// Picks the newest version that both sides speak, or returns what the broker offers.
    pub(super) fn pick<R: Request>(&self) -> Result<i16, Option<(i16, i16)>> {
        let theirs = self.0.get(&R::KEY).copied();
        let (min, max) = theirs.ok_or(None)?;
        let version = max.min(R::VERSIONS.max);
        if version < min.max(R::VERSIONS.min) {
            return Err(theirs);
        }
        Ok(version)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use kafka_protocol::messages::{
        CreateTopicsRequest, DescribeConfigsRequest, MetadataRequest, SaslAuthenticateRequest,
    };
    use proptest::prelude::*;

    use super::*;

    async fn read(mut bytes: &[u8], limit: usize) -> Result<Bytes, Broken> {
        read_frame(&mut bytes, limit).await
    }

    #[tokio::test]
    async fn a_frame_is_read_whole() {
        assert_eq!(
            read(&[0, 0, 0, 5, 0, 0, 0, 7, 9], 64).await.unwrap()[..],
            [0, 0, 0, 7, 9]
        );
    }

    #[tokio::test]
    async fn a_length_beyond_the_limit_or_below_a_header_is_refused_unread() {
        for head in [
            [0x7f, 0xff, 0xff, 0xff],
            [0, 0, 0, 3],
            [0xff; 4],
            [0, 0, 1, 0],
        ] {
            assert!(
                matches!(read(&head, 64).await, Err(Broken::NotKafka(_))),
                "{head:?}"
            );
        }
    }

    #[tokio::test]
    async fn half_a_frame_is_told_from_a_closed_connection() {
        for (bytes, part) in [
            (&[][..], "connection"),
            (&[0, 0, 0, 9, 1, 2], "in the middle"),
        ] {
            let Err(Broken::Closed(how)) = read(bytes, 64).await else {
                panic!("{bytes:?}")
            };
            assert!(how.contains(part), "{how}");
        }
    }

    #[test]
    fn the_newest_common_version_is_picked() {
        let versions = Versions(HashMap::from([(3, (0, 99)), (19, (8, 9))]));
        assert_eq!(
            versions.pick::<MetadataRequest>(),
            Ok(MetadataRequest::default_max())
        );
        assert_eq!(versions.pick::<CreateTopicsRequest>(), Err(Some((8, 9))));
        assert_eq!(versions.pick::<DescribeConfigsRequest>(), Err(None));
    }

    trait DefaultMax {
        fn default_max() -> i16;
    }
    impl<R: Request> DefaultMax for R {
        fn default_max() -> i16 {
            R::VERSIONS.max
        }
    }

    proptest! {
        #[test]
        fn no_answer_makes_the_decoder_panic(bytes: Vec<u8>, version in 1i16..=13) {
            let frame = Bytes::from([&[0, 0, 0, 1, 0][..], &bytes].concat());
            let _ = decode::<MetadataRequest>(frame.clone(), version);
            let _ = decode::<DescribeConfigsRequest>(frame.clone(), version.min(4));
            let _ = decode::<CreateTopicsRequest>(frame.clone(), version.clamp(2, 7));
            let _ = decode::<SaslAuthenticateRequest>(frame, version.min(2));
        }
    }
}
