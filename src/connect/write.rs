//! Writes to a Connect cluster (rank 7, Connect plane): one request a write, asked again only while Connect says that it is
//! busy with itself and so has done nothing.

use std::time::Duration;

use compact_str::format_compact;
use rand::RngExt;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, sleep};

use super::{Client, hidden, observe::is_absent, plaintext};
use crate::{
    desired::RunState,
    model::Hidden,
    ports::{ConnectWrite, ConnectorConfig, Outcome, RefusalClass},
    rest::{Answer, Method, Request, refused, segment, unanswered},
};

/// Attempts of one write, whatever time is left.
const ATTEMPTS: usize = 10;

/// The longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(8);

/// Writes.
pub(super) async fn write(client: &Client, write: ConnectWrite) -> Outcome {
    let mut withheld = write
        .config()
        .into_iter()
        .flat_map(|config| plaintext::withheld(client, config));
    if let Some(key) = withheld.next() {
        let told = format!("`{key}`: {}", plaintext::WHY);
        return refused(RefusalClass::Final, "PLAINTEXT", told);
    }
    let hidden = hidden::of(write.config());
    let Some(connector) = segment(write.name()) else {
        let told = format!("no request can name the connector {:?}", write.name());
        return refused(RefusalClass::Final, "NAME", told);
    };
    let request = request(&write, &connector, client.patience.write);
    let end = Instant::now() + client.patience.busy;
    let mut pause = client.patience.pause;
    let mut attempts = 1;
    loop {
        let answer = match client.rest.send(&request).await {
            Ok(answer) => answer,
            Err(error) => return unanswered(&error),
        };
        if answer.status != 409 {
            return of_answer(&write, &answer, &hidden);
        }
        if matches!(write, ConnectWrite::Create { .. }) && is_there(client, &connector).await {
            let told = words(&answer, &hidden);
            return refused(RefusalClass::AlreadyThere, "ALREADY_EXISTS", told);
        }
        // half to one and a half: many writers that were turned away together do not come back together
        let pause_now = pause.mul_f64(rand::rng().random_range(0.5..1.5));
        if attempts >= ATTEMPTS || Instant::now() + pause_now > end {
            let told = format!(
                "Connect stayed busy for {attempts} attempts: {}",
                words(&answer, &hidden)
            );
            return refused(RefusalClass::Transient, "CONFLICT", told);
        }
        tracing::debug!(connect = %client.name, request = %request, attempts, "Connect is busy");
        sleep(pause_now).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        attempts += 1;
    }
}

fn request(write: &ConnectWrite, connector: &str, within: Duration) -> Request {
    let on = |method, below: &str| {
        let path = format!("/connectors/{connector}{below}");
        Request::new(method, path, within)
    };
    match write {
        ConnectWrite::Create {
            name,
            config,
            state,
        } => {
            let mut body = json!({"name": name.as_str(), "config": values(config)});
            // workers older than 3.7 do not know the field, and make running ones without it
            if let Some(state) = initial(*state) {
                body["initial_state"] = state.into();
            }
            Request::new(Method::Post, "/connectors", within).with_json(&body)
        }
        ConnectWrite::Configure { config, .. } => {
            on(Method::Put, "/config").with_json(&values(config))
        }
        ConnectWrite::State { to, .. } => on(
            Method::Put,
            match to {
                RunState::Running => "/resume",
                RunState::Paused => "/pause",
                RunState::Stopped => "/stop",
            },
        ),
        ConnectWrite::Restart { .. } => {
            on(Method::Post, "/restart?includeTasks=true&onlyFailed=true")
        }
        ConnectWrite::ResetOffsets { .. } => on(Method::Delete, "/offsets"),
        ConnectWrite::AlterOffsets { offsets, .. } => {
            on(Method::Patch, "/offsets").with_json(&json!({"offsets": offsets}))
        }
        ConnectWrite::Delete { .. } => on(Method::Delete, ""),
    }
}

fn initial(state: RunState) -> Option<&'static str> {
    match state {
        RunState::Running => None,
        RunState::Paused => Some("PAUSED"),
        RunState::Stopped => Some("STOPPED"),
    }
}

fn values(config: &ConnectorConfig) -> Map<String, Value> {
    let values = config.iter();
    values
        .map(|(key, value)| (key.as_str().to_owned(), value.expose().into()))
        .collect()
}

/// Tells whether there is a connector; only a clear answer counts. What stands in the words of a 409 does not tell it in
/// every version.
async fn is_there(client: &Client, connector: &str) -> bool {
    let path = format!("/connectors/{connector}");
    let request = Request::new(Method::Get, path, client.patience.read);
    let answer = client.rest.send(&request).await;
    answer.is_ok_and(|answer| answer.is_success())
}

/// What became of a write by its answer.
fn of_answer(write: &ConnectWrite, answer: &Answer, hidden: &Hidden) -> Outcome {
    let told = words(answer, hidden);
    let is_about = |what: &str| {
        let complaint = answer.complaint();
        complaint.is_some_and(|complaint| complaint.message.contains(what))
    };
    let wants_state =
        matches!(write, ConnectWrite::Create { state, .. } if initial(*state).is_some());
    let code = format_compact!("HTTP_{}", answer.status);
    match answer.status {
        200..300 => Outcome::Applied,
        400.. if wants_state && is_about("initial_state") => refused(
            RefusalClass::Final,
            "UNSUPPORTED",
            format!(
                "these workers can make running connectors only (KIP-980 came with 3.7); let it run first: {told}"
            ),
        ),
        400.. if is_about("Failed to find any class that implements Connector") => refused(
            RefusalClass::Final,
            "PLUGIN_MISSING",
            format!("the workers lack the plugin: {told}"),
        ),
        404 if is_absent(answer, write.name()) => refused(RefusalClass::Gone, code, told),
        429 => refused(RefusalClass::Transient, code, told),
        // an answer of a worker that asked another one, or of a proxy: what the other one did is not known
        408 | 500.. => Outcome::Unclear(told),
        _ => refused(RefusalClass::Final, code, told),
    }
}

fn words(answer: &Answer, hidden: &Hidden) -> String {
    let complaint = answer.complaint().map(|complaint| complaint.message);
    answer.told(&hidden::tell(hidden, &complaint.unwrap_or_default()))
}
