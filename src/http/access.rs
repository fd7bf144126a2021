//! Answers about who may do what: users, ACLs and quotas.

use axum::response::Response;

use super::{
    Problem,
    cluster::{Named, seen},
    json,
    params::{Params, with_cursor},
};
use crate::report::{AclItem, Page, QuotaItem, UserItem};

/// Users with SCRAM credentials, sorted by name.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/users", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "As last observed", body = Page<UserItem>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Users are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn users(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let users = named.cluster.users(page.cursor.as_deref(), page.limit);
    Ok(json(&with_cursor(seen(&named.cluster, "users", users)?)))
}

/// ACLs, sorted by name.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/acls", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("principal" = Option<String>, Query, description = "Only those of this principal, such as User:analytics"),
        ("resource" = Option<String>, Query, description = "Only those that apply to this resource, such as topic:user-events: by its name, by the beginning of it, or to all"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "As last observed", body = Page<AclItem>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "ACLs are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn acls(named: Named, params: Params) -> Result<Response, Problem> {
    let (filter, page) = params.acls()?;
    let cursor = page.cursor.as_deref();
    let acls = named.cluster.acls(&filter, cursor, page.limit);
    Ok(json(&with_cursor(seen(&named.cluster, "ACLs", acls)?)))
}

/// Client quotas, sorted by name.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/quotas", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "As last observed", body = Page<QuotaItem>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Quotas are not known", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn quotas(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let quotas = named.cluster.quotas(page.cursor.as_deref(), page.limit);
    Ok(json(&with_cursor(seen(&named.cluster, "quotas", quotas)?)))
}
