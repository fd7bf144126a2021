//! The OpenAPI document, made once from the types that the answers are made of.

use std::sync::LazyLock;

use axum::response::Response;
use serde_json::Value;
use utoipa::OpenApi;

use super::{Problem, access, cluster, connector, group, probe, subject, text};
use crate::model::{Cause, Kind, Risk};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Headgate",
        description = "What the daemon last saw, did and refused to do. Read-only: changes are made by a commit.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        probe::livez,
        probe::readyz,
        probe::metrics,
        document,
        probe::status,
        probe::check,
        cluster::status,
        cluster::drift,
        cluster::plan,
        cluster::history,
        cluster::brokers,
        cluster::topics,
        cluster::topic,
        access::users,
        access::acls,
        access::quotas,
        group::groups,
        group::group,
        connector::connectors,
        connector::connector,
        subject::schemas,
        subject::schema,
    ),
    components(schemas(Problem, Cause, Risk, Kind))
)]
struct Document;

/// The plan's shape belongs to the plan stage, which knows nothing of HTTP, so its schema is written down here; a test
/// holds plans against it.
const PLAN_SCHEMAS: &str = include_str!("plan.schema.json");

static DOCUMENT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut document = serde_json::to_value(Document::openapi())
        .expect("the document has text keys only, so it has a JSON form");
    let plan: serde_json::Map<String, Value> =
        serde_json::from_str(PLAN_SCHEMAS).expect("the file beside this one is a JSON object");
    let schemas = document["components"]["schemas"].as_object_mut();
    let schemas = schemas.expect("there are components, and they have schemas");
    schemas.extend(plan);
    serde_json::to_vec(&document).expect("a JSON value has a JSON form")
});

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "probes", responses(
    (status = 200, description = "The OpenAPI document", body = serde_json::Value),
))]
pub(super) async fn document() -> Response {
    text("application/json", DOCUMENT.clone())
}
