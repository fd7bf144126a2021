//! Real Kafka for a test, where it is to be had.

use headgate::lab::{KafkaCluster, KafkaSpec, LabError};

/// Starts a cluster. `None`, with a word about it, where Java or Maven is missing; with `CI=true` that fails instead.
pub(crate) async fn start(spec: &KafkaSpec) -> Option<KafkaCluster> {
    match spec.start().await {
        Ok(cluster) => Some(cluster),
        Err(error) if is_to_be_skipped(&error) => None,
        Err(error) => panic!("real Kafka does not start: {error}"),
    }
}

/// Tells whether the test cannot run on this machine, and says so; never with `CI=true`.
#[expect(
    clippy::print_stderr,
    reason = "a person who runs the tests is to see what was not tested"
)]
#[expect(
    clippy::disallowed_methods,
    reason = "CI says in the environment that it is one"
)]
pub(crate) fn is_to_be_skipped(error: &LabError) -> bool {
    let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
    let skipped = error.is_missing_program() && !in_ci;
    if skipped {
        eprintln!("SKIPPED, no real Kafka: {error}");
    }
    skipped
}
