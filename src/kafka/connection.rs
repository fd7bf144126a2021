//! One authenticated connection (rank 6, Kafka plane): many calls at once, told apart by their correlation numbers.
//!
//! A call may be dropped at any point: before its bytes are written it is simply not sent, after that its answer is
//! thrown away. A call that ran out of time retires the connection, because brokers answer in order and whoever comes
//! next would wait behind the silent one.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI32, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt},
    sync::{mpsc, oneshot},
    task::AbortHandle,
    time::{Instant, sleep_until},
};

use super::{
    Error,
    deadline::Deadline,
    dial::CLIENT_ID,
    error::{DECODED, ENCODED},
    requests::Operation,
    traffic::Traffic,
    wire::{self, Broken, Io, MAX_FRAME, Versions},
};

/// Requests that wait for their turn to be written. An observation has two in flight and a batch of writes one; more
/// would only wait in the broker, which takes one request of a connection at a time.
const WAITING: usize = 16;

/// A connection that is ready for calls. Dropping it closes it.
pub(super) struct Connection {
    address: Arc<str>,
    versions: Versions,
    outgoing: mpsc::Sender<Outgoing>,
    correlation: AtomicI32,
    pending: Arc<Pending>,
    retired: AtomicBool,
    retire_at: Option<Instant>,
    muted_until: Mutex<Option<Instant>>,
    may_carry_secrets: bool,
    task: AbortHandle,
}

/// What came of authentication.
pub(super) struct Login {
    /// How long the broker lets the session live, if it says so (KIP-368).
    pub(super) session: Option<Duration>,
}

struct Outgoing {
    frame: Bytes,
    correlation: i32,
    answer: oneshot::Sender<Result<Bytes, End>>,
    sent: Arc<AtomicBool>,
}

/// How a connection ended; told to every call that waits on it.
#[derive(Debug, Clone)]
enum End {
    Closed(String),
    NotKafka(String),
}

/// The calls that wait for their answers, until the connection ends.
#[derive(Default)]
struct Pending(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    calls: HashMap<i32, oneshot::Sender<Result<Bytes, End>>>,
    end: Option<End>,
}

impl Pending {
    fn with<T>(&self, work: impl FnOnce(&mut Waiting) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn end(&self, end: &End) {
        let calls = self.with(|waiting| {
            waiting.end = Some(end.clone());
            std::mem::take(&mut waiting.calls)
        });
        for answer in calls.into_values() {
            let _ = answer.send(Err(end.clone())); // the caller may have gone
        }
    }
}

impl Connection {
    /// Takes over a stream on which the preface was spoken. A session that the broker ends after a while (KIP-368) is
    /// left at 85 % of its time, as Kafka's own clients do; not renewed in place, since a new connection reads the
    /// credentials anew, works with a changed user too, and no call has to wait for the exchange. A request that is secret
    /// is refused unless the connection may carry it.
    pub(super) fn start(
        address: Arc<str>,
        stream: Box<dyn Io>,
        versions: Versions,
        login: Option<Login>,
        may_carry_secrets: bool,
    ) -> Self {
        let (outgoing, queue) = mpsc::channel(WAITING);
        let pending = Arc::<Pending>::default();
        let moving = run(stream, queue, Arc::clone(&pending), login.is_none());
        let task = tokio::spawn(moving).abort_handle();
        let session = login.and_then(|login| login.session);
        Self {
            address,
            versions,
            outgoing,
            correlation: AtomicI32::new(1),
            pending,
            retired: AtomicBool::new(false),
            retire_at: session.and_then(|s| Instant::now().checked_add(s.mul_f64(0.85))),
            muted_until: Mutex::new(None),
            may_carry_secrets,
            task,
        }
    }

    /// Tells whether new calls should use this connection.
    pub(super) fn is_usable(&self) -> bool {
        !self.retired.load(Ordering::Acquire)
            && self.retire_at.is_none_or(|at| Instant::now() < at)
            && self.pending.with(|waiting| waiting.end.is_none())
    }

    /// Returns the newest version of an API that both sides speak, if there is one.
    pub(super) fn version<R: Operation>(&self) -> Option<i16> {
        self.versions.pick::<R>().ok()
    }

    /// Checks that others cannot read along.
    ///
    /// # Errors
    /// They can.
    pub(super) fn may_carry_secrets(&self) -> Result<(), Error> {
        if self.may_carry_secrets {
            return Ok(());
        }
        Err(Error::Plaintext {
            address: self.address.to_string(),
        })
    }

    /// Sends a request in the newest version both sides speak, and returns the answer.
    ///
    /// # Errors
    /// Says whether the request may have been carried out ([`Error::outcome_is_unknown`]).
    pub(super) async fn call<R: Operation>(
        &self,
        request: &R,
        deadline: Deadline,
        traffic: &Traffic,
    ) -> Result<R::Response, Error> {
        if request.is_secret() {
            self.may_carry_secrets()?;
        }
        let version = self.versions.pick::<R>().map_err(|theirs| Error::Version {
            address: self.address.to_string(),
            api: R::NAME,
            ours: (R::VERSIONS.min, R::VERSIONS.max),
            theirs,
        })?;
        let codec = |step, message| Error::Codec {
            address: self.address.to_string(),
            api: R::NAME,
            version,
            step,
            message,
        };
        self.unmuted(R::NAME, deadline).await?;
        let correlation = self.correlation.fetch_add(1, Ordering::Relaxed);
        let frame = wire::encode(request, version, correlation, &CLIENT_ID)
            .map_err(|e| codec(ENCODED, e))?;
        let (asked, started) = (frame.len(), Instant::now());
        let answer = self.exchange(R::NAME, frame, correlation, deadline).await?;
        let bytes = answer.len();
        traffic.count(asked, bytes);
        let answer = wire::decode::<R>(answer, version).map_err(|e| {
            self.retire();
            codec(DECODED, e)
        })?;
        let throttle = R::throttle(&answer);
        tracing::debug!(broker = %self.address, api = R::NAME, version, correlation, asked, bytes,
            took = ?started.elapsed(), throttle = ?throttle, "kafka call");
        self.mute(throttle);
        Ok(answer)
    }

    /// Queues a frame and waits for the one that answers it.
    async fn exchange(
        &self,
        api: &'static str,
        frame: Bytes,
        correlation: i32,
        deadline: Deadline,
    ) -> Result<Bytes, Error> {
        let sent = Arc::new(AtomicBool::new(false));
        let (answer, mut waiting) = oneshot::channel();
        let outgoing = Outgoing {
            frame,
            correlation,
            answer,
            sent: Arc::clone(&sent),
        };
        let talk = async {
            // a closed queue drops `answer`, which the next line sees
            let _ = self.outgoing.send(outgoing).await;
            (&mut waiting).await
        };
        let outcome = deadline.bound(talk).await;
        // first closed, then looked at: the writer looks the other way round, so a request counted as unsent stays so
        waiting.close();
        let sent = sent.load(Ordering::SeqCst);
        match outcome {
            Some(Ok(Ok(frame))) => Ok(frame),
            Some(Ok(Err(end))) => Err(self.ended(api, end, sent)),
            Some(Err(_)) => {
                let end = self.pending.with(|waiting| waiting.end.clone());
                let end = end.unwrap_or(End::Closed("the connection ended".to_owned()));
                Err(self.ended(api, end, sent))
            }
            None => {
                self.retire();
                Err(Error::Timeout {
                    address: self.address.to_string(),
                    api,
                    after: deadline.length(),
                    sent,
                })
            }
        }
    }

    fn ended(&self, api: &'static str, end: End, sent: bool) -> Error {
        let address = self.address.to_string();
        match end {
            End::Closed(reason) => Error::Closed {
                address,
                api,
                reason,
                sent,
            },
            End::NotKafka(found) => Error::NotKafka {
                address,
                api,
                found,
                sent,
            },
        }
    }

    fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    /// Waits while the broker does not read from this connection anyway (KIP-219).
    async fn unmuted(&self, api: &'static str, deadline: Deadline) -> Result<(), Error> {
        let until = *self
            .muted_until
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let Some(until) = until.filter(|until| *until > Instant::now()) else {
            return Ok(());
        };
        if deadline.ends_before(until) {
            return Err(Error::Throttled {
                address: self.address.to_string(),
                api,
                wait: until.saturating_duration_since(Instant::now()),
            });
        }
        sleep_until(until).await;
        Ok(())
    }

    fn mute(&self, throttle: Duration) {
        if !throttle.is_zero() {
            let until = Instant::now().checked_add(throttle);
            *self
                .muted_until
                .lock()
                .unwrap_or_else(PoisonError::into_inner) = until;
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Moves frames both ways until either way ends, then tells those who wait.
async fn run(
    stream: Box<dyn Io>,
    queue: mpsc::Receiver<Outgoing>,
    pending: Arc<Pending>,
    anonymous: bool,
) {
    let (reader, writer) = tokio::io::split(stream);
    // told before the other way is dropped, so that whoever waits there learns the reason
    tokio::select! {
        () = async { pending.end(&read(reader, &pending, anonymous).await) } => (),
        () = async { pending.end(&write(writer, queue, &pending).await) } => (),
    }
}

async fn read(mut stream: impl AsyncRead + Unpin, pending: &Pending, anonymous: bool) -> End {
    let mut answered = false;
    loop {
        let frame = match wire::read_frame(&mut stream, MAX_FRAME).await {
            Ok(frame) => frame,
            Err(Broken::Closed(how)) if anonymous && !answered => {
                return End::Closed(format!(
                    "{how} (a SASL listener does that; set `sasl:` if this is one)"
                ));
            }
            Err(broken) => return broken.into(),
        };
        answered = true;
        // checked before anything is decoded: an answer that nobody asked for means that the stream is out of step
        let number = wire::correlation(&frame);
        let Some(answer) = pending.with(|waiting| waiting.calls.remove(&number)) else {
            return End::NotKafka(format!(
                "it carries the number {number}, which belongs to no request"
            ));
        };
        let _ = answer.send(Ok(frame)); // the caller may have gone
    }
}

async fn write(
    mut stream: impl AsyncWrite + Unpin,
    mut queue: mpsc::Receiver<Outgoing>,
    pending: &Pending,
) -> End {
    while let Some(Outgoing {
        frame,
        correlation,
        answer,
        sent,
    }) = queue.recv().await
    {
        sent.store(true, Ordering::SeqCst);
        if answer.is_closed() {
            continue;
        }
        pending.with(|waiting| waiting.calls.insert(correlation, answer));
        let written = async {
            stream.write_all(&frame).await?;
            stream.flush().await
        };
        if let Err(error) = written.await {
            return Broken::from_io(error, "the broker closed the connection").into();
        }
    }
    End::Closed("the client was dropped".to_owned())
}

impl From<Broken> for End {
    fn from(broken: Broken) -> Self {
        match broken {
            Broken::Closed(how) => Self::Closed(how.to_owned()),
            Broken::NotKafka(found) => Self::NotKafka(found),
            Broken::Io(error) => Self::Closed(format!("the connection broke ({error})")),
        }
    }
}

#[cfg(test)]
mod tests;
