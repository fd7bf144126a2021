//! From an address to a connection that can be used (rank 6, Kafka plane): TCP, TLS, ApiVersions, SASL, in one deadline.
//! Every step's failure is told apart here, since this is where a user's first mistakes show.

use std::{io, sync::Arc};

use bytes::Bytes;
use kafka_protocol::{
    messages::ApiVersionsRequest,
    protocol::{Request, StrBytes},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpStream, lookup_host},
};

use super::{
    Code, Error, Settings,
    connection::Connection,
    deadline::Deadline,
    error::{DECODED, ENCODED},
    sasl,
    settings::Address,
    tls,
    wire::{self, Broken, Io, MAX_FRAME_BEFORE_LOGIN, Versions},
};
use crate::{
    config::{Mechanism, Tls},
    model::ScramMechanism,
    ports::Credential,
};

/// What this client calls itself in the brokers' request logs and metrics (KIP-511).
pub(super) const CLIENT_ID: StrBytes = StrBytes::from_static_str("headgate");

/// ApiVersions' newest version that every broker since 2.4 speaks.
const API_VERSIONS: i16 = 3;

/// Connects, agrees on versions and authenticates.
///
/// # Errors
/// Every step has its own error; nothing was asked of the broker yet.
pub(super) async fn dial(
    address: &str,
    settings: &Settings,
    deadline: Deadline,
) -> Result<Connection, Error> {
    let mut preface = greet(address, settings, deadline).await?;
    let versions = preface.versions().await?;
    let login = match &settings.sasl {
        None => None,
        Some(sasl) => Some(sasl::authenticate(&mut preface, sasl).await?),
    };
    tracing::debug!(
        broker = address,
        tls = settings.tls.is_some(),
        sasl = settings.sasl.is_some(),
        "connected"
    );
    let Preface {
        address,
        stream,
        is_private,
        ..
    } = preface;
    let is_private = is_private || settings.allow_plaintext_passwords;
    Ok(Connection::start(
        address, stream, versions, login, is_private,
    ))
}

/// Logs in as somebody else than the settings say, and hangs up.
///
/// # Errors
/// As of [`dial`]; the broker's word about the password is an [`Error::Auth`] with its code.
pub(super) async fn log_in(
    address: &str,
    settings: &Settings,
    credential: &Credential,
    deadline: Deadline,
) -> Result<(), Error> {
    let mut preface = greet(address, settings, deadline).await?;
    // SaslHandshake must be spoken before anything but this
    preface.versions().await?;
    let mechanism = match credential.mechanism {
        ScramMechanism::Sha256 => Mechanism::ScramSha256,
        ScramMechanism::Sha512 => Mechanism::ScramSha512,
    };
    let Credential { user, password, .. } = credential;
    sasl::prove(&mut preface, mechanism, user, password.clone()).await?;
    Ok(())
}

/// Connects, and secures the connection if that is wished.
async fn greet(address: &str, settings: &Settings, deadline: Deadline) -> Result<Preface, Error> {
    let deadline = deadline.part(settings.timeouts.connect);
    let tcp = connect(address, deadline).await?;
    let stays_here = tcp.peer_addr().is_ok_and(|peer| peer.ip().is_loopback());
    let stream: Box<dyn Io> = match &settings.tls {
        None => Box::new(tcp),
        Some(tls) => secure(address, tls, tcp, deadline).await?,
    };
    Ok(Preface {
        stream,
        address: address.into(),
        deadline,
        correlation: 0,
        is_private: settings.tls.is_some() || stays_here,
    })
}

/// Resolves the name and connects to its first address that answers; each gets its share of the time.
async fn connect(address: &str, deadline: Deadline) -> Result<TcpStream, Error> {
    let Address { host, port } = Address::parse(address)?;
    let silent = |api| timeout(address, api, deadline);
    let mut found: Vec<_> = deadline
        .bound(lookup_host((host, port)))
        .await
        .ok_or_else(|| silent("name resolution"))?
        .map_err(|source| Error::Dns {
            address: address.to_owned(),
            source,
        })?
        .collect();
    found.truncate(8);
    let mut last = Error::Dns {
        address: address.to_owned(),
        source: io::Error::other("the name has no address"),
    };
    let count = u32::try_from(found.len()).unwrap_or(1);
    for (tried, socket) in (0..).zip(found) {
        let part = deadline.part(deadline.left() / (count - tried));
        match part.bound(TcpStream::connect(socket)).await {
            Some(Ok(tcp)) => {
                let _ = tcp.set_nodelay(true); // only slower without
                return Ok(tcp);
            }
            Some(Err(source)) => {
                last = Error::Connect {
                    address: address.to_owned(),
                    source,
                }
            }
            None => last = silent("connecting"),
        }
    }
    Err(last)
}

async fn secure(
    address: &str,
    tls: &Tls,
    tcp: TcpStream,
    deadline: Deadline,
) -> Result<Box<dyn Io>, Error> {
    let host = Address::parse(address)?.host;
    let settings = tls.clone();
    let config = blocking(address, deadline, "reading certificates", move || {
        tls::configure(&settings)
    })
    .await??;
    match deadline.bound(tls::connect(config, host, tcp)).await {
        Some(Ok(stream)) => Ok(Box::new(stream)),
        Some(Err(source)) => Err(Error::Tls {
            address: address.to_owned(),
            problem: tls::explain(&source, host).unwrap_or_else(|| tls::NO_TLS.to_owned()),
            source,
        }),
        None => Err(timeout(
            address,
            "the TLS handshake (is this the TLS port?)",
            deadline,
        )),
    }
}

fn timeout(address: &str, api: &'static str, deadline: Deadline) -> Error {
    Error::Timeout {
        address: address.to_owned(),
        api,
        after: deadline.length(),
        sent: false,
    }
}

/// Runs what blocks on files or on the processor beside the event loop.
async fn blocking<T: Send + 'static>(
    address: &str,
    deadline: Deadline,
    what: &'static str,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    let done = deadline.bound(tokio::task::spawn_blocking(work)).await;
    done.and_then(Result::ok)
        .ok_or_else(|| timeout(address, what, deadline))
}

/// A connection before it is shared: one question at a time, small answers only.
pub(super) struct Preface {
    stream: Box<dyn Io>,
    address: Arc<str>,
    deadline: Deadline,
    correlation: i32,
    /// Whether nobody on the way can read along.
    is_private: bool,
}

impl Preface {
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    pub(super) async fn blocking<T: Send + 'static>(
        &mut self,
        what: &'static str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Error> {
        blocking(&self.address, self.deadline, what, work).await
    }

    /// Asks, and reads the answer.
    pub(super) async fn ask<R: Request>(
        &mut self,
        api: &'static str,
        request: &R,
        version: i16,
    ) -> Result<R::Response, Error> {
        let frame = self.send(api, request, version).await?;
        wire::decode::<R>(frame, version).map_err(|e| self.codec(api, version, DECODED, e))
    }

    async fn send<R: Request>(
        &mut self,
        api: &'static str,
        request: &R,
        version: i16,
    ) -> Result<Bytes, Error> {
        self.correlation += 1;
        let frame = wire::encode(request, version, self.correlation, &CLIENT_ID)
            .map_err(|e| self.codec(api, version, ENCODED, e))?;
        let stream = &mut self.stream;
        let talk = async {
            let written = async {
                stream.write_all(&frame).await?;
                stream.flush().await
            };
            written
                .await
                .map_err(|e| Broken::from_io(e, "the broker closed the connection"))?;
            wire::read_frame(stream, MAX_FRAME_BEFORE_LOGIN).await
        };
        let answer = self.deadline.bound(talk).await;
        let answer = answer
            .ok_or_else(|| timeout(&self.address, api, self.deadline))?
            .map_err(|broken| self.broken(api, broken))?;
        if wire::correlation(&answer) != self.correlation {
            let found = "it answers a question that was not asked; check that the port is Kafka's";
            return Err(self.broken(api, Broken::NotKafka(found.to_owned())));
        }
        Ok(answer)
    }

    /// Learns which versions the broker speaks. One that is too old for the question answers in version 0, with
    /// UNSUPPORTED_VERSION; then it is asked in version 0 (KIP-511).
    async fn versions(&mut self) -> Result<Versions, Error> {
        const API: &str = "ApiVersions";
        let request = ApiVersionsRequest::default()
            .with_client_software_name(CLIENT_ID)
            .with_client_software_version(StrBytes::from_static_str(env!("CARGO_PKG_VERSION")));
        let frame = self.send(API, &request, API_VERSIONS).await?;
        let too_new = frame.get(4..6) == Some(&Code::UNSUPPORTED_VERSION.0.to_be_bytes());
        let answer = if too_new {
            self.ask(API, &ApiVersionsRequest::default(), 0).await?
        } else {
            wire::decode::<ApiVersionsRequest>(frame, API_VERSIONS)
                .map_err(|e| self.codec(API, API_VERSIONS, DECODED, e))?
        };
        match Code(answer.error_code) {
            Code::NONE => Ok(Versions::new(&answer)),
            code => Err(Error::Kafka {
                address: self.address.to_string(),
                api: API,
                code,
                message: "the broker does not say what it speaks".to_owned(),
            }),
        }
    }

    fn broken(&self, api: &'static str, broken: Broken) -> Error {
        let address = self.address.to_string();
        match broken {
            Broken::NotKafka(found) => Error::NotKafka {
                address,
                api,
                found,
                sent: false,
            },
            Broken::Closed(how) => Error::Closed {
                address,
                api,
                reason: match api {
                    "ApiVersions" => format!(
                        "{how} (a TLS port does that to plain text, and so does a port that is not Kafka's)"
                    ),
                    _ => how.to_owned(),
                },
                sent: false,
            },
            // with TLS 1.3 a broker judges our certificate after the handshake is done on our side
            Broken::Io(source) => match tls::explain(&source, &address) {
                Some(problem) => Error::Tls {
                    address,
                    problem,
                    source,
                },
                None => Error::Closed {
                    address,
                    api,
                    reason: format!("the connection broke ({source})"),
                    sent: false,
                },
            },
        }
    }

    fn codec(&self, api: &'static str, version: i16, step: &'static str, message: String) -> Error {
        match step {
            // before authentication anybody may be talking: what cannot be read is not Kafka
            DECODED => Error::NotKafka {
                address: self.address.to_string(),
                api,
                found: format!("it cannot be decoded ({message}); check that the port is Kafka's"),
                sent: false,
            },
            _ => Error::Codec {
                address: self.address.to_string(),
                api,
                version,
                step,
                message,
            },
        }
    }
}
