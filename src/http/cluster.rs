//! Answers about one cluster: its status, and the lists below it.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
    response::Response,
};

use super::{
    App, Problem, json,
    params::{Params, with_cursor},
};
use crate::{
    live::Observed,
    model::ObjectRef,
    plan::Plan,
    report::{
        BrokerList, ClusterStatus, ClusterView, DriftItem, HistoryEntry, Page, Seen, TopicDetail,
        TopicItem,
    },
};

/// The cluster that a path names, and the object below it.
pub(super) struct Named {
    pub(super) cluster: Arc<ClusterView>,
    /// Empty on paths without one.
    pub(super) object: String,
}

impl FromRequestParts<App> for Named {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|e| Problem::bad_request(format!("the path cannot be read: {e}")))?;
        // every route names a cluster first, and at most one object below it
        let mut values = params.iter().map(|(_, value)| value);
        let name = values.next().unwrap_or_default();
        let object = values.next().unwrap_or_default();
        let view = app.board.view();
        let cluster = view.clusters.get(name).cloned().ok_or_else(|| {
            let known: Vec<_> = view.clusters.keys().map(|n| n.as_str()).collect();
            Problem::not_found(format!(
                "there is no cluster {name:?}; there is {}",
                known.join(", ")
            ))
        })?;
        Ok(Self {
            cluster,
            object: object.to_owned(),
        })
    }
}

/// The state of one cluster.
#[utoipa::path(get, path = "/api/v1/clusters/{c}", tag = "clusters",
    params(("c" = String, Path, description = "The cluster's name")),
    responses(
        (status = 200, description = "As the last pass left it", body = ClusterStatus),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn status(named: Named) -> Response {
    json(&named.cluster.status)
}

/// Open drift, sorted by kind and name.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/drift", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "What differs although git did not change", body = Page<DriftItem>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn drift(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let drift = named.cluster.drift(page.cursor.as_deref(), page.limit);
    Ok(json(&with_cursor(drift)))
}

/// What is left to do, in the shape of `headgate plan -o json`.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/plan", tag = "clusters",
    params(("c" = String, Path, description = "The cluster's name")),
    responses(
        (status = 200, description = "The plan as the last pass left it", body = ref("#/components/schemas/Plan")),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "Nothing was planned yet", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn plan(named: Named) -> Result<Response, Problem> {
    let Some((revision, plan)) = &named.cluster.plan else {
        return Err(not_yet(&named.cluster, "planned"));
    };
    let plan = Plan::new(revision.clone(), vec![plan.as_ref().clone()]);
    Ok(json(&plan))
}

/// The last passes, newest first; those in which nothing happened are merged.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/history", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "What happened", body = Page<HistoryEntry>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn history(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let history = named.cluster.history(page.cursor_as()?, page.limit);
    Ok(json(&with_cursor(history)))
}

/// Brokers, sorted by id, and beside them the controller quorum, what all brokers are configured with, and partitions by
/// state.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/brokers", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "As last observed", body = BrokerList),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The cluster was never observed", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn brokers(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let brokers = named.cluster.brokers(page.cursor_as()?, page.limit);
    let brokers = brokers.ok_or_else(|| not_yet(&named.cluster, "observed"))?;
    Ok(json(&BrokerList {
        page: with_cursor(brokers.page),
        ..brokers
    }))
}

/// Live topics, sorted by name.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/topics", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 1000, description = "Items of a page; default 100"),
        ("cursor" = Option<String>, Query, description = "The `next` of the page before"),
    ),
    responses(
        (status = 200, description = "As last observed", body = Page<TopicItem>),
        (status = 400, description = "A parameter is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such cluster", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The cluster was never observed", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn topics(named: Named, params: Params) -> Result<Response, Problem> {
    let page = params.page()?;
    let topics = named.cluster.topics(page.cursor.as_deref(), page.limit);
    let topics = topics.ok_or_else(|| not_yet(&named.cluster, "observed"))?;
    Ok(json(&with_cursor(topics)))
}

/// One live topic with its layout, and what differs or is withheld.
#[utoipa::path(get, path = "/api/v1/clusters/{c}/topics/{t}", tag = "clusters",
    params(
        ("c" = String, Path, description = "The cluster's name"),
        ("t" = String, Path, description = "The topic's name"),
    ),
    responses(
        (status = 200, description = "As last observed", body = TopicDetail),
        (status = 404, description = "No such cluster or topic", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The cluster was never observed", body = Problem, content_type = "application/problem+json"),
    ),
)]
pub(super) async fn topic(named: Named) -> Result<Response, Problem> {
    let Named { cluster, object } = named;
    let found = cluster.topic(&object);
    let found = found.ok_or_else(|| not_yet(&cluster, "observed"))?;
    match found {
        Some(detail) => Ok(json(&detail)),
        None => Err(absent(&cluster, &ObjectRef::topic(&object), "topic")),
    }
}

/// Says that an object is not there, and where it is declared if it is.
pub(super) fn absent(cluster: &ClusterView, object: &ObjectRef, word: &str) -> Problem {
    let (name, cluster_name) = (&object.name, &cluster.name);
    Problem::not_found(match cluster.declaration(object) {
        Some(place) => format!(
            "{word} {name:?} is declared at {}:{}, but cluster {cluster_name} did not have it when it was last observed",
            place.file, place.line
        ),
        None => format!("cluster {cluster_name} has no {word} {name:?}"),
    })
}

/// Returns what was seen of a kind; what is not known is a problem that says why, never an empty list.
pub(super) fn seen<T>(cluster: &ClusterView, what: &str, found: Seen<T>) -> Result<T, Problem> {
    match found {
        None => Err(not_yet(cluster, "observed")),
        Some(Observed::Known(found)) => Ok(found),
        Some(Observed::Unknown(why)) => {
            let detail = format!("{what} of cluster {} are not known", cluster.name);
            Err(Problem::unavailable(&detail, vec![why]))
        }
    }
}

fn not_yet(cluster: &ClusterView, what: &str) -> Problem {
    let detail = format!(
        "cluster {} was not {what} yet; see its conditions in /api/v1/status",
        cluster.name
    );
    Problem::unavailable(&detail, Vec::new())
}
