//! The clock, read at the edge and handed down as values.

use jiff::Timestamp;

/// Reads the wall clock.
#[must_use]
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that reads the clock"
)]
pub fn now() -> Timestamp {
    Timestamp::now()
}
