//! The planes of one cluster, connected as `headgate.yaml` says, and observed together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use compact_str::CompactString;
use futures::future::join_all;
use tokio::time::Instant;

use super::{clock, slow::Slow};
use crate::{
    apply::{self, ConnectClusters},
    config, connect,
    desired::{DesiredCluster, Pattern},
    kafka,
    live::{ConnectLive, ConnectSeen, Live, Observed, RegistryLive},
    model::{ClusterName, Kind, Ledger, Mode, Plane, TopicName, chain},
    plan,
    ports::{Ask, ConnectPlane, KafkaPlane, RegistryPlane, Wanted},
    registry,
};

/// How long each plane's observation took.
pub(super) type Took = Vec<(Plane, Duration)>;

/// The planes of one cluster.
#[derive(Clone)]
pub struct Planes {
    /// Kafka.
    pub kafka: Arc<dyn KafkaPlane>,
    /// The Connect clusters, by their names in `headgate.yaml`.
    pub connect: ConnectClusters,
    /// The Schema Registry, where there is one.
    pub registry: Option<Arc<dyn RegistryPlane>>,
}

/// Why a cluster's planes cannot be set up; a plane that does not answer is no such error, but an unknown observation.
#[derive(Debug, thiserror::Error)]
#[error("cluster {cluster} cannot be connected: {reason}")]
pub struct PlaneError {
    /// The cluster.
    pub cluster: ClusterName,
    /// What is wrong with its settings.
    pub reason: String,
}

/// Makes a cluster's planes from its settings. The demo and the tests pass the sandbox instead of [`connect()`].
pub type ConnectPlanes =
    Arc<dyn Fn(&ClusterName, &config::Cluster) -> Result<Planes, PlaneError> + Send + Sync>;

/// Makes the real planes of a cluster. Nothing is sent yet.
///
/// # Errors
/// A setting is missing or contradicts another.
pub fn connect(cluster: &ClusterName, settings: &config::Cluster) -> Result<Planes, PlaneError> {
    let kafka =
        kafka::Client::new(kafka::Settings::new(&settings.kafka)).map_err(|e| PlaneError {
            cluster: cluster.clone(),
            reason: chain(&e),
        })?;
    let clusters = settings.connect.iter();
    let clusters = clusters.map(|(name, endpoint)| -> (_, Arc<dyn ConnectPlane>) {
        (name.clone(), Arc::new(connect::Client::new(name, endpoint)))
    });
    let registry = settings.registry.as_ref();
    Ok(Planes {
        kafka: Arc::new(kafka),
        connect: clusters.collect(),
        registry: registry.map(|endpoint| -> Arc<dyn RegistryPlane> {
            Arc::new(registry::Client::new(endpoint))
        }),
    })
}

impl Planes {
    /// Makes the planes of a cluster that is Kafka and nothing else.
    #[must_use]
    pub fn of_kafka(kafka: Arc<dyn KafkaPlane>) -> Self {
        Self {
            kafka,
            connect: BTreeMap::new(),
            registry: None,
        }
    }

    /// Returns them as a run takes them.
    pub(super) fn to_apply(&self) -> apply::Planes<'_> {
        apply::Planes {
            kafka: self.kafka.as_ref(),
            connect: &self.connect,
            registry: self.registry.as_deref(),
        }
    }

    /// Observes every plane, concurrently, and says how long each took. A REST service that was silent before is waited for
    /// less long.
    pub(super) async fn observe(
        &self,
        desired: &DesiredCluster,
        ledger: &Ledger,
        slow: &Slow,
    ) -> (Live, Took) {
        let observed_at = clock::now();
        let ask = ask(desired, ledger);
        let connect = async {
            match desired.mode(Kind::Connector) {
                Mode::Ignore => None,
                Mode::Enforce | Mode::Report => self.observe_connect(slow).await,
            }
        };
        let (kafka, connect, registry) = tokio::join!(
            timed(self.kafka.observe(&ask)),
            timed(connect),
            timed(self.observe_registry(desired, ledger, slow)),
        );
        let mut took = vec![(Plane::Kafka, kafka.1)];
        took.extend(connect.0.as_ref().map(|_| (Plane::Connect, connect.1)));
        took.extend(registry.0.as_ref().map(|_| (Plane::Registry, registry.1)));
        let id = kafka.0.known().map(|kafka| &kafka.cluster_id);
        let id = id.or(desired.cluster_id.as_ref());
        let id = id.or(ledger.cluster_id.as_ref());
        let homes = desired.connectors.iter();
        let homes = homes.map(|(name, one)| (name.as_str(), one.connect.as_str()));
        let connect = connect.0.map(|seen| ConnectLive::gather(seen, id, homes));
        let live = Live {
            observed_at,
            connect: connect.map(Observed::Known),
            kafka: kafka.0,
            registry: registry.0,
            secrets: BTreeMap::new(),
        };
        warn(&live);
        (live, took)
    }

    /// Observes all that there is, whatever git says, the secrets of connectors included.
    pub(super) async fn everything(&self) -> Live {
        let slow = Slow::default();
        let ask = Ask {
            kinds: Kind::of(Plane::Kafka).collect(),
            scopes: vec![Pattern("*".to_owned())],
            ..Ask::default()
        };
        let observed_at = clock::now();
        let (kafka, connect, registry) = tokio::join!(
            self.kafka.observe(&ask),
            self.observe_connect(&slow),
            self.every_subject(),
        );
        let id = kafka.known().map(|kafka| &kafka.cluster_id);
        let connect = connect.map(|seen| ConnectLive::gather(seen, id, std::iter::empty()));
        let live = Live {
            observed_at,
            kafka,
            connect: connect.map(Observed::Known),
            registry,
            secrets: BTreeMap::new(),
        };
        warn(&live);
        live
    }

    /// Observes all subjects, and what their newest versions say.
    async fn every_subject(&self) -> Option<Observed<RegistryLive>> {
        let registry = self.registry.as_ref()?;
        let (none, every) = (BTreeMap::new(), [Pattern("*".to_owned())]);
        let wanted = Wanted {
            schemas: &none,
            owned: &every,
            due: &BTreeSet::new(),
        };
        let mut seen = registry.observe(&wanted).await;
        if let Observed::Known(live) = &mut seen {
            let subjects: Vec<_> = live.subjects.keys().cloned().collect();
            live.texts = registry.texts(&subjects).await;
        }
        Some(seen)
    }

    async fn observe_connect(
        &self,
        slow: &Slow,
    ) -> Option<BTreeMap<CompactString, Observed<ConnectSeen>>> {
        if self.connect.is_empty() {
            return None;
        }
        let each = self.connect.iter();
        let each = each.map(|(name, plane)| async move {
            let service = format!("connect {name}");
            let seen = slow.observe(&service, |_| true, plane.observe()).await;
            (name.clone(), seen)
        });
        Some(join_all(each).await.into_iter().collect())
    }

    async fn observe_registry(
        &self,
        desired: &DesiredCluster,
        ledger: &Ledger,
        slow: &Slow,
    ) -> Option<Observed<RegistryLive>> {
        let registry = self.registry.as_ref()?;
        if desired.mode(Kind::Schema) == Mode::Ignore {
            return None;
        }
        let wanted = Wanted {
            schemas: &desired.schemas,
            owned: &desired.owns.subjects,
            due: &plan::subjects_due(desired, ledger),
        };
        let is_whole = |live: &RegistryLive| live.subjects.values().all(|s| s.unknown().is_none());
        let seeing = registry.observe(&wanted);
        let mut live = slow.observe("registry", is_whole, seeing).await;
        if let (Observed::Known(live), true) = (&mut live, desired.compatibility.is_some()) {
            live.add_every_subject();
        }
        Some(live)
    }

    /// Reads what the newest versions say of subjects that are not as declared, for somebody who is about to read the plan.
    pub(super) async fn read_newest(&self, desired: &DesiredCluster, live: &mut Live) {
        let (Some(registry), Some(Observed::Known(live))) = (&self.registry, &mut live.registry)
        else {
            return;
        };
        let others = others(desired, live);
        if !others.is_empty() {
            live.newest = registry.newest(&others).await;
        }
    }
}

/// The most subjects whose newest version is read; nobody reads a plan of more.
const MOST_READ: usize = 500;

/// Returns subjects whose newest version is not the declared schema.
fn others(desired: &DesiredCluster, live: &RegistryLive) -> Vec<CompactString> {
    let is_other = |name: &&CompactString| {
        let seen = live.subjects.get(*name).and_then(Observed::known);
        seen.is_some_and(|subject| !subject.versions.is_empty() && !subject.is_current())
    };
    let others = desired.schemas.keys().filter(is_other);
    others.take(MOST_READ).cloned().collect()
}

async fn timed<T>(seeing: impl Future<Output = T>) -> (T, Duration) {
    let began = Instant::now();
    (seeing.await, began.elapsed())
}

/// Says what could not be observed.
fn warn(live: &Live) {
    for (plane, unseen) in live.planes() {
        if let Some(reason) = unseen {
            tracing::warn!(%plane, reason, "plane not observed");
        }
    }
}

/// Who moves replicas has to know what moves and what throttles brokers, whatever becomes of their other configs; also
/// when git takes no more interest in topics, until what was begun has ended.
fn needs(desired: &DesiredCluster, ledger: &Ledger, kind: Kind) -> bool {
    let moves = desired.mode(Kind::Topic) != Mode::Ignore || !ledger.begun.is_empty();
    moves && matches!(kind, Kind::Topic | Kind::BrokerConfig)
}

/// Says what an observation has to see for a plan to be made.
fn ask(desired: &DesiredCluster, ledger: &Ledger) -> Ask {
    let records = ledger.records.iter();
    let was_there: Vec<TopicName> = records
        .filter(|(object, record)| object.kind == Kind::Topic && record.topic_id.is_some())
        .map(|(object, _)| TopicName::from_broker(&object.name))
        .collect();
    // both are sorted by name
    let is_new = |name: &&TopicName| was_there.binary_search(name).is_err();
    let is_wanted = desired.mode(Kind::Topic) != Mode::Ignore;
    let wanted = Some(desired).filter(|_| is_wanted);
    Ask {
        kinds: Kind::of(Plane::Kafka)
            .filter(|kind| desired.mode(*kind) != Mode::Ignore || needs(desired, ledger, *kind))
            .collect(),
        declared: wanted
            .iter()
            .flat_map(|desired| desired.topics.keys().filter(is_new))
            .cloned()
            .collect(),
        scopes: wanted.map_or_else(Vec::new, |desired| desired.owns.topics.clone()),
        topics: was_there,
        groups: desired.groups.keys().cloned().collect(),
        group_configs: group_configs(desired, ledger),
        usage: plan::may_go(desired).collect(),
    }
}

/// Returns the groups that have configs, or had some, as far as git and the ledger know.
fn group_configs(desired: &DesiredCluster, ledger: &Ledger) -> BTreeSet<CompactString> {
    let declared = desired.configs.get(&Kind::GroupConfig);
    let declared = declared.into_iter().flat_map(BTreeMap::keys);
    let objects = ledger.records.keys();
    let recorded = objects.filter(|object| object.kind == Kind::GroupConfig);
    let recorded = recorded.map(|object| &object.name);
    declared.chain(recorded).cloned().collect()
}

#[cfg(test)]
mod tests;
