//! Answers about groups of consumers.

use axum::response::Response;

use super::{
    Problem,
    cluster::{Named, absent, seen},
    json,
    params::{Params, with_cursor},
};
use crate::{
    model::{Kind, ObjectRef},
    report::{ConsumerGroupDetail, ConsumerGroupItem, Page},
};

/// Groups of consumers, sorted by id.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/consumer-groups", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "As last observed", body = Page<ConsumerGroupItem>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Groups are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn groups(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let groups = named.cluster.groups(page.cursor.as_deref(), page.limit);
    let groups = seen(&named.cluster, "consumer groups", groups)?;
    Ok(json(&with_cursor(groups)))
}

/// One group with its members, offsets and lag, and what differs or is withheld.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/consumer-groups/{g}", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("g" = String, Path, description = "The group's id"),
    ),
    responses(
        (status = 200, description = "As last observed", body = ConsumerGroupDetail),
        (status = 404, description = "No such cluster or group", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Groups are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn group(named: Named) -> Result<Response, Problem> {
    let Named { cluster, object } = named;
    let found = seen(&cluster, "consumer groups", cluster.group(&object))?;
    found.map(|detail| json(&detail)).ok_or_else(|| {
        let group = ObjectRef::new(Kind::ConsumerGroup, &object);
        absent(&cluster, &group, "consumer group")
    })
}
