//! Answers about the Schema Registry.

use axum::response::Response;

use super::{
    Problem,
    cluster::{Named, absent, seen},
    json,
    params::{Params, with_cursor},
};
use crate::{
    model::{Kind, ObjectRef},
    report::{Page, SchemaDetail, SchemaItem},
};

/// Subjects of the Schema Registry that git declares or owns, sorted by name.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/schemas", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "As last observed", body = Page<SchemaItem>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Subjects are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn schemas(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let schemas = named.cluster.schemas(page.cursor.as_deref(), page.limit);
    let schemas = seen(&named.cluster, "schemas", schemas)?;
    Ok(json(&with_cursor(schemas)))
}

/// One subject with its versions, and what differs or is withheld.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/schemas/{n}", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("n" = String, Path, description = "The subject"),
    ),
    responses(
        (status = 200, description = "As last observed", body = SchemaDetail),
        (status = 404, description = "No such cluster, or no such subject that git declares or owns", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Subjects are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn schema(named: Named) -> Result<Response, Problem> {
    let Named { cluster, object } = named;
    let found = seen(&cluster, "schemas", cluster.schema(&object))?;
    found.map(|detail| json(&detail)).ok_or_else(|| {
        let schema = ObjectRef::new(Kind::Schema, &object);
        absent(&cluster, &schema, "subject")
    })
}
