//! Prometheus' own tool judges what is served and what is deployed.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use super::busy;
use crate::support::golden;

/// Runs promtool. `None`, with a word about it, where it is missing; with `CI=true` that fails instead.
#[expect(
    clippy::print_stderr,
    reason = "a person who runs the tests is to see what was not tested"
)]
#[expect(
    clippy::disallowed_methods,
    reason = "CI says in the environment that it is one"
)]
pub(super) fn promtool(args: &[&str], stdin: &str) -> Option<(bool, String)> {
    let child = Command::new("promtool")
        .args(args)
        .current_dir(golden::path(""))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            let in_ci = std::env::var("CI").is_ok_and(|value| value == "true");
            assert!(
                !in_ci,
                "promtool (package prometheus) is needed in CI: {error}"
            );
            eprintln!("not tested, promtool (package prometheus) is missing: {error}");
            return None;
        }
    };
    child
        .stdin
        .take()
        .unwrap()
        .write_all(stdin.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    Some((
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    ))
}

#[test]
fn promtool_finds_nothing_to_say_about_the_metrics() {
    let ours = busy(10).encode();
    if let Some((ok, text)) = promtool(&["check", "metrics"], &ours) {
        assert!(ok && text.trim().is_empty(), "{text}");
    }
}
