//! An end to what takes many requests (rank 6): what is not read by then is unknown.

use std::future::Future;

use tokio::time::{Instant, timeout_at};

use super::Error;
use crate::{live::Observed, model::chain};

/// Waits for what is read of a service (`the registry`), but no longer than until `end`.
pub async fn within<T>(
    end: Instant,
    service: &str,
    reading: impl Future<Output = Result<T, Error>>,
) -> Observed<T> {
    let late = || {
        Observed::Unknown(format!(
            "{service} is too slow: there was no time left to read it"
        ))
    };
    if Instant::now() >= end {
        return late();
    }
    match timeout_at(end, reading).await {
        Ok(Ok(read)) => Observed::Known(read),
        Ok(Err(error)) => Observed::Unknown(chain(&error)),
        Err(_) => late(),
    }
}
