//! Free ports on loopback.

use std::net::{Ipv4Addr, TcpListener};

use rand::RngExt;

use super::LabError;

/// Below Linux's ephemeral range (32768 and up), whose ports any outgoing connection may take in the meantime.
const RANGE: std::ops::Range<u16> = 10_240..32_768;

/// How many random ports are tried for each that is wanted: with half of the range in use, all 50 being taken has a
/// chance of 2^-50.
const TRIES: usize = 50;

/// Between choosing ports and listening on them somebody else may take one; five times in a row nobody has.
const START_TRIES: usize = 5;

/// Starts something on ports that it finds free, and again on others if somebody takes one of those.
pub(super) async fn on_free_ports<T, F>(start: impl Fn() -> F) -> Result<T, LabError>
where
    F: Future<Output = Result<T, LabError>>,
{
    for _ in 1..START_TRIES {
        match start().await {
            Err(error) if error.is_port_taken() => tracing::debug!("a port was taken meanwhile"),
            done => return done,
        }
    }
    start().await
}

/// Finds `count` different free ports. Somebody else may take one before it is used, so the caller must be ready to ask
/// again.
pub(super) fn free_ports(count: usize) -> Result<Vec<u16>, LabError> {
    let mut held = Vec::with_capacity(count);
    let mut rng = rand::rng();
    for _ in 0..count * TRIES {
        if held.len() == count {
            break;
        }
        let port = rng.random_range(RANGE);
        // kept open until all are found, so that none is found twice
        held.extend(
            TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map(|listener| (port, listener)),
        );
    }
    if held.len() < count {
        return Err(LabError::NoPorts { count });
    }
    Ok(held.into_iter().map(|(port, _)| port).collect())
}

/// Finds one free port that no outgoing connection takes: it stays free unless somebody else looks for just this one.
///
/// # Errors
/// No port is free.
pub fn free_port() -> Result<u16, LabError> {
    Ok(free_ports(1)?[0])
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may panic")]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn ports_differ_and_lie_below_the_ephemeral_range() {
        let ports: BTreeSet<u16> = free_ports(9).unwrap().into_iter().collect();
        assert_eq!(ports.len(), 9);
        assert!(ports.iter().all(|port| RANGE.contains(port)));
    }
}
