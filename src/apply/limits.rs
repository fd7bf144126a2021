//! The bounds of running a plan, each with the arithmetic behind it (apply stage).

use std::time::Duration;

/// Bounds of one run; [`Limits::default`] is what the daemon uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Metadata records a request may cause. KRaft refuses 10,000 and more an operation as a whole (KAFKA-14996); half
    /// of it leaves room for records that Kafka adds by itself, and keeps the controller's only thread free after half
    /// a second: it took 9,000 records in 1 to 2 s.
    pub records: usize,
    /// ACLs a request may delete. Each scans all ACLs on the controller's only thread.
    pub acl_deletes: usize,
    /// Connectors or subjects that are looked at together before they are written one after the other.
    pub rest: usize,
    /// How long the controller is left alone between two requests that delete ACLs, so that everybody else gets a turn.
    pub acl_pause: Duration,
    /// How long a write that was acknowledged may stay unseen while nothing else becomes visible either. Brokers were
    /// measured 13 s behind their controller under load, so about twice that.
    pub unseen: Duration,
    /// How long all of a stage's verification may take, however much still becomes visible. The watchdog ends a daemon
    /// after 10 intervals, and this must stay well below that.
    pub verify: Duration,
    /// How long to look for a write that was never answered: it had its request's timeout to happen, so this only has
    /// to cover an ordinary lag.
    pub unanswered: Duration,
    /// How long a run waits for Kafka's mutation quota in all. Quota windows last seconds (11 samples of 1 s by
    /// default); a quota that needs more than a minute is spread over passes.
    pub throttle: Duration,
    /// How often a refused request is taken apart. Finding one bad item among 1,000 takes 10 times, so about six of
    /// them are found; what is left after that is refused as one.
    pub splits: u32,
    /// How long a request that is under way when the daemon is stopped may still be answered: SIGTERM promises 5 s for
    /// everything.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            records: 5_000,
            acl_deletes: 50,
            rest: 50,
            acl_pause: Duration::from_millis(100),
            unseen: Duration::from_secs(30),
            verify: Duration::from_secs(120),
            unanswered: Duration::from_secs(5),
            throttle: Duration::from_secs(60),
            splits: 64,
            grace: Duration::from_secs(3),
        }
    }
}
