//! What holds for every input: on the sandbox, for any desired state, any cluster, any fault and any moment to die.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod checks;
mod daemon;
mod inputs;
mod moves;
mod others;
mod platform;
mod pure;
mod services;
mod story;

use proptest::test_runner::Config;

/// Runs with other inputs each time; a failing one is printed in its smallest form.
fn cases(cases: u32) -> Config {
    Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    }
}
