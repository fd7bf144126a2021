//! Answers about the daemon as a whole: is it alive, ready, well, and its figures.

#![expect(
    clippy::disallowed_methods,
    reason = "an edge: how old things are is told at the moment of the request"
)]

use std::time::Instant;

use axum::{extract::State, response::Response};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{App, Problem, json, params::Params, text};
use crate::report::{Status, check as check_view};

/// A probe that passes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Passed {
    /// `ok`.
    pub status: String,
}

fn passed() -> Response {
    json(&Passed {
        status: "ok".into(),
    })
}

/// Whether every loop turns.
#[utoipa::path(get, path = "/livez", tag = "probes", responses(
    (status = 200, description = "Every loop turns", body = Passed),
    (status = 503, description = "A loop has not turned for ten intervals", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn livez(State(app): State<App>) -> Result<Response, Problem> {
    let stuck = app.board.stuck(Instant::now());
    if stuck.is_empty() {
        return Ok(passed());
    }
    let reasons = stuck
        .iter()
        .map(|(name, silence)| format!("loop {name}: has not turned for {} s", silence.as_secs()));
    Err(Problem::unavailable("a loop is stuck", reasons.collect()))
}

/// Whether every cluster was seen whole once.
#[utoipa::path(get, path = "/readyz", tag = "probes", responses(
    (status = 200, description = "Every cluster was seen whole once", body = Passed),
    (status = 503, description = "A cluster was not", body = Problem, content_type = "application/problem+json"),
))]
pub(super) async fn readyz(State(app): State<App>) -> Result<Response, Problem> {
    let reasons = app.board.view().not_ready();
    if reasons.is_empty() {
        return Ok(passed());
    }
    Err(Problem::unavailable(
        "not every cluster was seen whole yet",
        reasons,
    ))
}

/// Figures in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "probes", responses(
    (status = 200, description = "Every series", body = String, content_type = "text/plain; version=0.0.4; charset=utf-8"),
))]
pub(super) async fn metrics(State(app): State<App>) -> Response {
    text(
        "text/plain; version=0.0.4; charset=utf-8",
        app.metrics.encode().into_bytes(),
    )
}

/// The state of the source and of every cluster.
#[utoipa::path(get, path = "/api/v1/status", tag = "status", responses(
    (status = 200, description = "As the last passes left it", body = Status),
))]
pub(super) async fn status(State(app): State<App>) -> Response {
    json(&app.board.view().status())
}

/// One answer for probes and load balancers.
#[utoipa::path(get, path = "/api/v1/check", tag = "probes",
    params(
        ("max_age" = Option<String>, Query, description = "How old the last successful fetch and pass may be: a number and s, m, h or d; default 15m"),
        ("fail_on" = Option<String>, Query, description = "What makes it fail: drift, blocked, stale, invalid, with commas between them; default all"),
    ),
    responses(
        (status = 200, description = "All is well", body = Passed),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Not all is well; the reasons are told", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn check(State(app): State<App>, params: Params) -> Result<Response, Problem> {
    let params = params.check()?;
    match check_view(&app.board.view(), &params, Timestamp::now()) {
        Ok(()) => Ok(passed()),
        Err(reasons) => Err(Problem::unavailable("not all is well", reasons)),
    }
}
