//! A listener whose connections are served by the test, and the pieces of a broker to serve them with.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use headgate::kafka::{Client, Cluster, Error, Settings};
use kafka_protocol::{
    messages::{
        ApiVersionsResponse, BrokerId, MetadataResponse, RequestHeader,
        api_versions_response::ApiVersion, metadata_response::MetadataResponseBroker,
    },
    protocol::{Decodable, Encodable, HeaderVersion, StrBytes},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

pub(super) const CLUSTER: &str = "MkU3OEVBNTcwNTJENDM2Qk";

/// Long enough for a busy machine; nothing waits for it unless the test fails.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Waited for in full where the server is silent.
pub(super) const SHORT: Duration = Duration::from_millis(100);

pub(super) trait Io: AsyncRead + AsyncWrite + Unpin + Send + 'static {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + 'static> Io for T {}

/// A listener on a free port.
pub(super) struct Fake {
    pub(super) address: String,
    connections: Arc<AtomicUsize>,
}

impl Fake {
    /// Serves each connection with its number (from 0) and the listener's own address.
    pub(super) async fn start<F, S>(serve: F) -> Self
    where
        F: Fn(usize, TcpStream, String) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let connections = Arc::new(AtomicUsize::new(0));
        let (counted, mine) = (Arc::clone(&connections), address.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let number = counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(number, stream, mine.clone()));
            }
        });
        Self {
            address,
            connections,
        }
    }

    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn client(&self) -> Client {
        client(vec![self.address.clone()])
    }
}

pub(super) fn client(bootstrap: Vec<String>) -> Client {
    Client::new(Settings::plaintext(bootstrap)).unwrap()
}

/// Asserts that the client works, by what a good broker says.
pub(super) async fn works(client: &Client) {
    let Cluster { id, brokers } = client.cluster(PATIENCE).await.unwrap();
    assert_eq!(id.as_str(), CLUSTER);
    assert_eq!(brokers.len(), 1);
}

/// The error of a first connection that is served so, waiting so long; every further one is served well, and the
/// same client must then work.
pub(super) async fn error_of<F, S>(within: Duration, bad: F) -> Error
where
    F: Fn(TcpStream) -> S + Send + Sync + 'static,
    S: Future<Output = ()> + Send + 'static,
{
    let bad = Arc::new(bad);
    let fake = Fake::start(move |number, stream, me| {
        let bad = Arc::clone(&bad);
        async move {
            match number {
                0 => bad(stream).await,
                _ => broker(stream, me).await,
            }
        }
    })
    .await;
    let client = fake.client();
    let error = client.cluster(within).await.unwrap_err();
    works(&client).await;
    assert_eq!(fake.connections(), 2);
    error
}

/// A request as it came.
pub(super) struct Asked {
    pub(super) key: i16,
    pub(super) version: i16,
    pub(super) correlation: i32,
    pub(super) body: Bytes,
}

/// Reads one request; `None` when the client hangs up.
pub(super) async fn ask(stream: &mut impl Io) -> Option<Asked> {
    let length = stream.read_u32().await.ok()?;
    let mut frame = vec![0; length as usize];
    stream.read_exact(&mut frame).await.ok()?;
    let mut body = Bytes::from(frame);
    let (key, version) = (body.clone().get_i16(), body.slice(2..).get_i16());
    let api = kafka_protocol::messages::ApiKey::try_from(key).unwrap();
    let header = RequestHeader::decode(&mut body, api.request_header_version(version)).unwrap();
    Some(Asked {
        key,
        version,
        correlation: header.correlation_id,
        body,
    })
}

/// Writes an answer, well framed.
pub(super) async fn answer<R: Encodable + HeaderVersion>(
    stream: &mut impl Io,
    asked: &Asked,
    answer: &R,
) {
    let mut body = BytesMut::new();
    answer.encode(&mut body, asked.version).unwrap();
    answer_bytes(
        stream,
        asked.correlation,
        R::header_version(asked.version),
        &body,
    )
    .await;
}

/// Writes a frame with these bytes behind the header.
pub(super) async fn answer_bytes(stream: &mut impl Io, correlation: i32, header: i16, body: &[u8]) {
    let mut frame = BytesMut::new();
    frame.put_i32(0);
    frame.put_i32(correlation);
    if header > 0 {
        frame.put_u8(0); // no tagged fields
    }
    frame.put_slice(body);
    let length = i32::try_from(frame.len() - 4).unwrap();
    frame[..4].copy_from_slice(&length.to_be_bytes());
    // in one piece: two would wait for each other (Nagle's algorithm and delayed acknowledgements)
    stream.write_all(&frame).await.ok();
    stream.flush().await.ok();
}

/// What a broker of today speaks, as far as it is needed.
pub(super) fn versions() -> ApiVersionsResponse {
    let api = |(key, max)| {
        ApiVersion::default()
            .with_api_key(key)
            .with_min_version(0)
            .with_max_version(max)
    };
    let spoken = [
        (3, 12),
        (17, 1),
        (18, 4),
        (19, 7),
        (20, 6),
        (32, 4),
        (36, 2),
        (37, 3),
        (44, 1),
        (51, 0),
        (60, 1),
    ];
    ApiVersionsResponse::default().with_api_keys(spoken.into_iter().map(api).collect())
}

/// A cluster of one broker, which is at `address`.
pub(super) fn metadata(address: &str) -> MetadataResponse {
    let (host, port) = address.rsplit_once(':').unwrap();
    let broker = MetadataResponseBroker::default()
        .with_node_id(BrokerId(1))
        .with_host(StrBytes::from_string(host.to_owned()))
        .with_port(port.parse().unwrap());
    MetadataResponse::default()
        .with_brokers(vec![broker])
        .with_controller_id(BrokerId(1))
        .with_cluster_id(Some(StrBytes::from_static_str(CLUSTER)))
}

/// Answers ApiVersions and returns the next request.
pub(super) async fn greet(stream: &mut impl Io) -> Option<Asked> {
    let asked = ask(stream).await?;
    assert_eq!(asked.key, 18, "the first question is ApiVersions");
    answer(stream, &asked, &versions()).await;
    ask(stream).await
}

/// Serves a connection as a good broker does.
pub(super) async fn broker(mut stream: impl Io, address: String) {
    while let Some(asked) = ask(&mut stream).await {
        match asked.key {
            18 => answer(&mut stream, &asked, &versions()).await,
            3 => answer(&mut stream, &asked, &metadata(&address)).await,
            key => panic!("api {key} is not served"),
        }
    }
}
