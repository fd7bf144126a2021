//! Reads what a cluster holds (rank 6, Kafka plane), one file an area. Writes nothing, and calls nothing absent that it did
//! not see absent.
//!
//! The areas are asked side by side, each for itself: who may not read ACLs still sees topics. The client asks the same
//! broker as long as it answers, so what was seen once is not older the next time.

mod acls;
mod brokers;
mod configs;
pub(super) mod detail;
pub(super) mod groups;
pub(super) mod health;
mod members;
mod moves;
pub(super) mod offsets;
mod quotas;
pub(super) mod topics;
mod undeclared;
mod usage;
mod users;
mod values;

use std::collections::BTreeSet;

use offsets::Layout;
use tokio::time::Instant;

use super::{
    Client,
    client::{Lane, To},
    requests::Operation,
};
use crate::{
    live::{KafkaLive, Looks, Observed},
    model::{Kind, ObjectRef, chain},
    ports::{Ask, Looked},
};

/// Observes the whole cluster, and tells what that cost it.
pub(super) async fn observe(client: &Client, ask: &Ask) -> Observed<KafkaLive> {
    let (before, began) = (client.cost(), Instant::now());
    let mut live = see(client, ask).await;
    let cost = client.cost().since(before);
    if let Observed::Known(live) = &mut live {
        live.cost = cost;
    }
    tracing::debug!(
        requests = cost.requests,
        asked_bytes = cost.asked_bytes,
        answered_bytes = cost.answered_bytes,
        took = ?began.elapsed(),
        "kafka observed"
    );
    live
}

async fn see(client: &Client, ask: &Ask) -> Observed<KafkaLive> {
    let asked = |kind| ask.kinds.contains(&kind);
    let (topics, brokers, acls, users, quotas, moving) = tokio::join!(
        topics::observe(client, ask),
        brokers::observe(client, ask),
        list(asked(Kind::Acl), acls::observe(client)),
        when(asked(Kind::User), users::observe(client)),
        when(asked(Kind::Quota), quotas::observe(client)),
        when(asked(Kind::Topic), moves::observe(client)),
    );
    let topics = match topics {
        Ok(topics) => topics,
        Err(reason) => return Observed::Unknown(reason),
    };
    let mut unsupported = brokers.unsupported;
    let acls = observed(Kind::Acl, acls, &mut unsupported);
    let layout = topics.topics.iter();
    let layout: Layout<'_> = layout
        .filter_map(|(name, t)| Some((name, t.known()?)))
        .collect();
    let listing = match groups::hole(&layout) {
        Some(hole) => Observed::Unknown(hole),
        None => brokers.listing,
    };
    let (groups, usage) = tokio::join!(
        when(
            asked(Kind::ConsumerGroup),
            groups::observe(client, &listing, &ask.groups, &layout)
        ),
        usage::observe(client, &ask.usage, &listing, &layout),
    );
    Observed::Known(KafkaLive {
        brokers: topics.brokers,
        topics: topics.topics,
        unlisted_topics: topics.unlisted,
        topic_keys: topics.keys,
        min_insync: topics.min_insync,
        unsupported,
        principal: client.settings().principal(),
        super_user: client.settings().super_user,
        login: client.settings().login(),
        acls,
        users,
        quotas,
        broker_configs: brokers.broker_configs,
        broker_keys: brokers.broker_keys,
        group_configs: brokers.group_configs,
        group_keys: brokers.group_keys,
        client_metrics: brokers.client_metrics,
        groups,
        moving,
        usage,
        health: brokers.health,
        ..KafkaLive::new(topics.cluster_id)
    })
}

/// Looks at some objects only.
pub(super) async fn look(client: &Client, objects: &[ObjectRef]) -> Observed<Looked> {
    let of = |kind| -> Vec<&ObjectRef> { objects.iter().filter(|o| o.kind == kind).collect() };
    let (named_topics, named_groups) = (of(Kind::Topic), of(Kind::ConsumerGroup));
    let (topics, groups, others) = tokio::join!(
        topics::look(client, &named_topics),
        groups::look(client, &named_groups),
        look_at(client, To::Any, objects),
    );
    match topics {
        Ok((cluster_id, topics)) => Observed::Known(Looked {
            cluster_id,
            objects: [topics, groups, others].into_iter().flatten().collect(),
        }),
        Err(reason) => Observed::Unknown(reason),
    }
}

/// Looks at objects on another broker than the one that is asked as a rule: one request a kind, and none of topics and
/// groups, which were sought everywhere. Brokers answer these out of what they know themselves, and ask no controller.
pub(super) async fn look_elsewhere(client: &Client, objects: &[ObjectRef]) -> Looks {
    match client.other() {
        Some(id) => look_at(client, To::Broker(id), objects).await,
        None => Looks::new(),
    }
}

/// Looks at objects of the kinds that every broker knows.
async fn look_at(client: &Client, to: To, objects: &[ObjectRef]) -> Looks {
    let of = |kind| -> Vec<&ObjectRef> { objects.iter().filter(|o| o.kind == kind).collect() };
    let (named_acls, named_users, named_quotas) = (of(Kind::Acl), of(Kind::User), of(Kind::Quota));
    let with_configs = [Kind::BrokerConfig, Kind::GroupConfig, Kind::ClientMetrics];
    let named_configs: Vec<&ObjectRef> = with_configs.into_iter().flat_map(of).collect();
    let (acls, users, quotas, configs) = tokio::join!(
        acls::look(client, to, &named_acls),
        users::look(client, to, &named_users),
        quotas::look(client, to, &named_quotas),
        configs::look(client, to, &named_configs),
    );
    [acls, users, quotas, configs]
        .into_iter()
        .flatten()
        .collect()
}

/// Asks a question; an error is a sentence for people.
async fn ask<R: Operation>(client: &Client, to: To, request: &R) -> Result<R::Response, String> {
    let answer = client.call(to, Lane::Read, request, client.patience());
    answer.await.map_err(|e| chain(&e))
}

/// Asks a question that whichever broker passes on to the controller.
async fn ask_controller<R: Operation>(client: &Client, request: &R) -> Result<R::Response, String> {
    let answer = client.call(To::Any, Lane::Forwarded, request, client.patience());
    answer.await.map_err(|e| chain(&e))
}

/// Why a kind was not listed.
#[derive(Debug)]
enum Gap {
    /// Nobody knows what there is of it.
    Unread(String),
    /// The cluster cannot have it.
    Unsupported(String),
}

impl From<String> for Gap {
    fn from(why: String) -> Self {
        Self::Unread(why)
    }
}

impl Gap {
    fn why(self) -> String {
        match self {
            Self::Unread(why) | Self::Unsupported(why) => why,
        }
    }
}

/// Lists a kind that not every cluster has, if it was asked for.
async fn list<T>(
    asked: bool,
    listed: impl Future<Output = Result<T, Gap>>,
) -> Result<Observed<T>, Gap> {
    match asked {
        true => listed.await.map(Observed::Known),
        false => Ok(Observed::default()),
    }
}

/// Takes what was listed of a kind, and notes a kind that the cluster cannot have.
fn observed<T>(
    kind: Kind,
    listed: Result<Observed<T>, Gap>,
    unsupported: &mut BTreeSet<Kind>,
) -> Observed<T> {
    listed.unwrap_or_else(|gap| {
        if matches!(gap, Gap::Unsupported(_)) {
            unsupported.insert(kind);
        }
        Observed::Unknown(gap.why())
    })
}

/// Observes what was asked for; what was not is unknown.
async fn when<T>(asked: bool, observe: impl Future<Output = Observed<T>>) -> Observed<T> {
    if asked {
        observe.await
    } else {
        Observed::default()
    }
}
