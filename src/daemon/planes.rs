//! The planes of one cluster, connected as `headgate.yaml` says, and observed together.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use compact_str::CompactString;
use tokio::time::Instant;

use super::clock;
use crate::{
    config,
    desired::DesiredCluster,
    kafka,
    live::{Live, Observed},
    model::{ClusterName, Kind, Ledger, Mode, Plane, TopicName, chain},
    plan,
    ports::{Ask, KafkaPlane},
};

/// How long each plane's observation took.
pub(super) type Took = Vec<(Plane, Duration)>;

/// The planes of one cluster.
#[derive(Clone)]
pub struct Planes {
    /// Kafka.
    pub kafka: Arc<dyn KafkaPlane>,
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

/// Makes a cluster's planes from its settings. The demo and the tests pass the sandbox instead of [`connect`].
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
    Ok(Planes {
        kafka: Arc::new(kafka),
    })
}

impl Planes {
    /// Observes every plane, concurrently, and says how long each took.
    pub(super) async fn observe(&self, ask: &Ask) -> (Live, Took) {
        let observed_at = clock::now();
        let began = Instant::now();
        let kafka = self.kafka.observe(ask).await;
        if let Observed::Unknown(reason) = &kafka {
            tracing::warn!(plane = "kafka", reason, "plane not observed");
        }
        (
            Live {
                observed_at,
                kafka,
                registry: None,
                connect: None,
                secrets: BTreeMap::new(),
            },
            vec![(Plane::Kafka, began.elapsed())],
        )
    }
}

/// Who moves replicas has to know what moves and what throttles brokers, whatever becomes of their other configs; also
/// when git takes no more interest in topics, until what was begun has ended.
fn needs(desired: &DesiredCluster, ledger: &Ledger, kind: Kind) -> bool {
    let moves = desired.mode(Kind::Topic) != Mode::Ignore || !ledger.begun.is_empty();
    moves && matches!(kind, Kind::Topic | Kind::BrokerConfig)
}

/// Says what an observation has to see for a plan to be made.
pub(super) fn ask(desired: &DesiredCluster, ledger: &Ledger) -> Ask {
    let records = ledger.records.iter();
    let was_there = records
        .filter(|(object, record)| object.kind == Kind::Topic && record.topic_id.is_some())
        .map(|(object, _)| TopicName::from_broker(&object.name));
    Ask {
        kinds: Kind::of(Plane::Kafka)
            .filter(|kind| desired.mode(*kind) != Mode::Ignore || needs(desired, ledger, *kind))
            .collect(),
        topics: was_there.collect(),
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
mod tests {
    use super::*;
    use crate::{
        desired::DesiredConfig,
        model::{Begun, ObjectRef, Place},
    };

    fn mk_place() -> Place {
        Place {
            file: "c.yaml".into(),
            line: 1,
            column: 1,
        }
    }

    fn mk_desired() -> DesiredCluster {
        let name = ClusterName::new("c").expect("it is a name");
        DesiredCluster::new(name, mk_place())
    }

    #[test]
    fn moves_are_looked_for_until_they_have_ended_whatever_the_modes() {
        let mut desired = mk_desired();
        desired.modes = Kind::ALL.iter().map(|kind| (*kind, Mode::Ignore)).collect();
        let mut ledger = Ledger::default();
        assert!(ask(&desired, &ledger).kinds.is_empty());
        let mut begun = Begun::default();
        begun.note_move("t", 0, &[1, 2]);
        ledger.begun = begun;
        let kinds = [Kind::Topic, Kind::BrokerConfig].into();
        assert_eq!(ask(&desired, &ledger).kinds, kinds);
    }

    #[test]
    fn group_configs_that_git_declares_or_the_ledger_knows_are_asked_for_by_name() {
        let mut desired = mk_desired();
        let declared = DesiredConfig {
            place: mk_place(),
            labels: Default::default(),
            config: Vec::new(),
        };
        let of_groups = desired.configs.entry(Kind::GroupConfig).or_default();
        of_groups.insert("declared".into(), declared);
        let mut ledger = Ledger::default();
        for (kind, name) in [(Kind::GroupConfig, "given up"), (Kind::BrokerConfig, "1")] {
            let records = ledger.records_mut();
            records.insert(ObjectRef::new(kind, name), Default::default());
        }
        let asked = ask(&desired, &ledger).group_configs;
        assert_eq!(
            asked,
            ["declared", "given up"].map(CompactString::from).into()
        );
    }
}
