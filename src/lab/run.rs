//! Programs that run to their end: Maven, pip, Kafka's tools.

use std::process::{Command, Stdio};

use super::LabError;
use super::process::tail;

/// What a program printed that ended well.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) out: String,
    pub(super) err: String,
}

/// Runs a program to its end; it is killed when the future is dropped.
pub(super) async fn run(name: &str, command: Command, input: Stdio) -> Result<Ran, LabError> {
    let not_run = LabError::not_run(&command);
    let output = tokio::process::Command::from(command)
        .stdin(input)
        .kill_on_drop(true)
        .output()
        .await
        .map_err(not_run)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    if output.status.success() {
        return Ok(Ran { out, err });
    }
    Err(LabError::Failed {
        program: name.to_owned(),
        log: tail(&(out + &err)),
    })
}

/// Returns a Maven call without questions and news; a goal and its settings are to be added.
pub(super) fn maven() -> Command {
    let mut maven = Command::new("mvn");
    maven.args(["-q", "-B"]);
    maven
}
