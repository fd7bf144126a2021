//! Reads what a cluster holds (rank 6, Kafka plane), one file an area. Writes nothing, and calls nothing absent that it did
//! not see absent.
//!
//! The areas are asked side by side, each for itself: who may not read ACLs still sees topics. The client asks the same
//! broker as long as it answers, so what was seen once is not older the next time.

mod acls;
mod moves;
mod quotas;
pub(super) mod topics;
mod users;

use super::Client;
use crate::{
    live::{KafkaLive, Observed},
    model::{Kind, ObjectRef},
    ports::{Ask, Looked},
};

/// Observes the whole cluster.
pub(super) async fn observe(client: &Client, ask: &Ask) -> Observed<KafkaLive> {
    let asked = |kind| ask.kinds.contains(&kind);
    let (topics, acls, users, quotas, moving) = tokio::join!(
        topics::observe(client, &ask.topics),
        when(asked(Kind::Acl), acls::observe(client)),
        when(asked(Kind::User), users::observe(client)),
        when(asked(Kind::Quota), quotas::observe(client)),
        when(asked(Kind::Topic), moves::observe(client)),
    );
    match topics {
        Ok(topics) => Observed::Known(KafkaLive {
            brokers: topics.brokers,
            topics: topics.topics,
            topic_keys: topics.keys,
            acls,
            users,
            quotas,
            moving,
            ..KafkaLive::new(topics.cluster_id)
        }),
        Err(reason) => Observed::Unknown(reason),
    }
}

/// Looks at some objects only.
pub(super) async fn look(client: &Client, objects: &[ObjectRef]) -> Observed<Looked> {
    let of = |kind| -> Vec<&ObjectRef> { objects.iter().filter(|o| o.kind == kind).collect() };
    let (named_topics, named_acls) = (of(Kind::Topic), of(Kind::Acl));
    let (named_users, named_quotas) = (of(Kind::User), of(Kind::Quota));
    let (topics, acls, users, quotas) = tokio::join!(
        topics::look(client, &named_topics),
        acls::look(client, &named_acls),
        users::look(client, &named_users),
        quotas::look(client, &named_quotas),
    );
    match topics {
        Ok((cluster_id, topics)) => Observed::Known(Looked {
            cluster_id,
            objects: [topics, acls, users, quotas]
                .into_iter()
                .flatten()
                .collect(),
        }),
        Err(reason) => Observed::Unknown(reason),
    }
}

/// Observes what was asked for; what was not is unknown.
async fn when<T>(asked: bool, observe: impl Future<Output = Observed<T>>) -> Observed<T> {
    if asked {
        observe.await
    } else {
        Observed::default()
    }
}
