//! Reads what takes asking every broker, or any, and no knowledge of topics (rank 6, Kafka plane): health, configs, which
//! groups there are. Runs while topics are read.

use std::collections::{BTreeMap, BTreeSet};

use super::{configs, groups, health, list, observed, when};
use crate::{
    kafka::{
        Client,
        denied::{self, DESCRIBE},
    },
    live::{BrokerKey, Configs, Health, Observed},
    model::{ConfigKey, ConfigType, Kind, chain},
    ports::Ask,
};

/// What was seen.
#[derive(Default)]
pub(super) struct Seen {
    pub(super) health: Health,
    pub(super) broker_configs: Observed<Configs>,
    pub(super) broker_keys: BTreeMap<ConfigKey, BrokerKey>,
    pub(super) group_configs: Observed<Configs>,
    pub(super) group_keys: BTreeMap<ConfigKey, ConfigType>,
    pub(super) client_metrics: Observed<Configs>,
    /// Kinds that the cluster cannot have; unknown as well.
    pub(super) unsupported: BTreeSet<Kind>,
    pub(super) listing: Observed<groups::Listing>,
}

/// Observes it.
pub(super) async fn observe(client: &Client, ask: &Ask) -> Seen {
    let asked = |kind| ask.kinds.contains(&kind);
    let brokers: Vec<i32> = match client.cluster(client.patience()).await {
        Ok(cluster) => cluster.brokers.iter().map(|broker| broker.id).collect(),
        Err(error) => return unseen(&chain(&error)),
    };
    let said = health::cluster(client).await;
    let of_groups = async {
        let lists = asked(Kind::ConsumerGroup) || asked(Kind::GroupConfig) || !ask.usage.is_empty();
        let listing = when(lists, listing(client, &brokers, &said)).await;
        let listed = listing.known().into_iter().flat_map(BTreeMap::keys);
        let known = listed.chain(&ask.groups).chain(&ask.group_configs);
        // one without a name has no configs, and asking for them is refused as where no group has any
        let known = known.filter(|name| !name.is_empty()).cloned().collect();
        let configs = list(asked(Kind::GroupConfig), configs::groups(client, known)).await;
        (listing, configs)
    };
    let of_brokers = async {
        if asked(Kind::BrokerConfig) {
            configs::brokers(client, &brokers).await
        } else {
            Default::default()
        }
    };
    let (health, of_groups, of_brokers, client_metrics) = tokio::join!(
        health::observe(client, &brokers, &said),
        of_groups,
        of_brokers,
        list(asked(Kind::ClientMetrics), configs::client_metrics(client)),
    );
    let mut unsupported = BTreeSet::new();
    let client_metrics = observed(Kind::ClientMetrics, client_metrics, &mut unsupported);
    let (listing, group_configs) = of_groups;
    let (group_configs, group_keys) =
        match observed(Kind::GroupConfig, group_configs, &mut unsupported) {
            Observed::Known((configs, keys)) => (Observed::Known(configs), keys),
            Observed::Unknown(why) => (Observed::Unknown(why), BTreeMap::new()),
        };
    let (broker_configs, broker_keys) = of_brokers;
    Seen {
        health,
        broker_configs,
        broker_keys,
        group_configs,
        group_keys,
        client_metrics,
        unsupported,
        listing,
    }
}

/// Lists groups, if we may see all of them.
async fn listing(
    client: &Client,
    brokers: &[i32],
    said: &Result<health::Said, String>,
) -> Observed<groups::Listing> {
    match said {
        Ok(said) if !said.may_describe => {
            return Observed::Unknown(denied::missing(client.settings(), DESCRIBE));
        }
        Ok(_) => {}
        Err(reason) => return Observed::Unknown(reason.clone()),
    }
    match groups::list(client, brokers.iter().copied()).await {
        Ok(listing) => Observed::Known(listing),
        Err(reason) => Observed::Unknown(reason),
    }
}

fn unseen(reason: &str) -> Seen {
    Seen {
        health: Health {
            quorum: Observed::Unknown(reason.to_owned()),
            ..Health::default()
        },
        broker_configs: Observed::Unknown(reason.to_owned()),
        group_configs: Observed::Unknown(reason.to_owned()),
        client_metrics: Observed::Unknown(reason.to_owned()),
        listing: Observed::Unknown(reason.to_owned()),
        ..Seen::default()
    }
}
