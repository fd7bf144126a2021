//! What stands between a client and the server: a bound on connections, on the time a request may take to arrive and
//! its answer to be taken, and on its size. A slow or greedy client costs one connection for a while, never the daemon.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::serve::Listener;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, Sleep},
};

/// Connections at a time; further ones wait in the kernel's queue. With 16 KiB of request each that is 4 MiB.
const CONNECTIONS: usize = 256;

/// How long a new connection may take to send a whole request, and each following request from its first byte.
const REQUEST: Duration = Duration::from_secs(10);

/// From the first byte of an answer to the first byte of the next request: taking the answer and being idle together.
/// Longer than a usual scrape interval, so that Prometheus keeps its connection.
const ANSWER: Duration = Duration::from_secs(75);

/// Bytes of one request; all that is asked here fits in a tenth of it.
const REQUEST_BYTES: usize = 16 * 1024;

/// How long to wait after the system refused a connection, which it does when file descriptors run out.
const ACCEPT_PAUSE: Duration = Duration::from_millis(500);

/// A listener whose connections are guarded.
pub(super) struct Guarded {
    listener: TcpListener,
    slots: Arc<Semaphore>,
}

impl Guarded {
    pub(super) fn new(listener: TcpListener) -> Self {
        Self {
            listener,
            slots: Arc::new(Semaphore::new(CONNECTIONS)),
        }
    }
}

impl Listener for Guarded {
    type Io = Guard<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let slot = Arc::clone(&self.slots).acquire_owned().await;
        let slot = slot.expect("the semaphore is never closed");
        loop {
            match self.listener.accept().await {
                Ok((stream, address)) => return (Guard::new(stream, slot), address),
                Err(error) => {
                    tracing::warn!(%error, "http connection not accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

/// A connection with deadlines.
pub(super) struct Guard<S> {
    stream: S,
    deadline: Pin<Box<Sleep>>,
    /// Bytes of the request that is being read; 0 from the first byte of the answer on.
    request_bytes: usize,
    _slot: OwnedSemaphorePermit,
}

impl<S> Guard<S> {
    fn new(stream: S, slot: OwnedSemaphorePermit) -> Self {
        Self {
            stream,
            deadline: Box::pin(tokio::time::sleep(REQUEST)),
            request_bytes: 0,
            _slot: slot,
        }
    }

    fn allow(&mut self, time: Duration) {
        self.deadline.as_mut().reset(Instant::now() + time);
    }

    /// Fails a call that has to wait once the deadline has passed, and sees to it that it is woken then.
    fn overdue<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        self.deadline
            .as_mut()
            .poll(cx)
            .map(|()| Err(io::Error::from(io::ErrorKind::TimedOut)))
    }

    fn has_read(&mut self, bytes: usize) -> io::Result<()> {
        if bytes > 0 && self.request_bytes == 0 {
            self.allow(REQUEST);
        }
        self.request_bytes += bytes;
        if self.request_bytes > REQUEST_BYTES {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the request is too large",
            ));
        }
        Ok(())
    }

    fn has_written(&mut self, bytes: usize) {
        // further bytes of the same answer do not move the deadline, or a slow reader could stay for ever
        if bytes > 0 && self.request_bytes > 0 {
            self.request_bytes = 0;
            self.allow(ANSWER);
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Guard<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Ready(Ok(())) => Poll::Ready(self.has_read(buf.filled().len() - before)),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Pending => self.overdue(cx),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Guard<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.stream).poll_write(cx, buf) {
            Poll::Pending => self.overdue(cx),
            ready => {
                if let Poll::Ready(Ok(bytes)) = ready {
                    self.has_written(bytes);
                }
                ready
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
