//! Answers about connectors.

use axum::response::Response;

use super::{
    Problem,
    cluster::{Named, absent, seen},
    json,
    params::{Params, with_cursor},
};
use crate::{
    model::{Kind, ObjectRef},
    report::{ConnectorDetail, ConnectorItem, Page},
};

/// Connectors of the Connect clusters beside the cluster, sorted by name.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/connectors", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "As last observed", body = Page<ConnectorItem>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Connectors are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn connectors(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let connectors = named.cluster.connectors(page.cursor.as_deref(), page.limit);
    let connectors = seen(&named.cluster, "connectors", connectors)?;
    Ok(json(&with_cursor(connectors)))
}

/// One connector with its config, and what differs or is withheld.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/connectors/{n}", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("n" = String, Path, description = "The connector's name"),
    ),
    responses(
        (status = 200, description = "As last observed", body = ConnectorDetail),
        (status = 404, description = "No such cluster or connector", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Connectors are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn connector(named: Named) -> Result<Response, Problem> {
    let Named { cluster, object } = named;
    let found = seen(&cluster, "connectors", cluster.connector(&object))?;
    found.map(|detail| json(&detail)).ok_or_else(|| {
        let connector = ObjectRef::new(Kind::Connector, &object);
        absent(&cluster, &connector, "connector")
    })
}
