//! How the cluster and the watched groups are, as figures (rank 6). What was not seen keeps its last figure.

use compact_str::CompactString;

use super::{ClusterMemory, Metrics, set, set_count};
use crate::{
    live::{KafkaLive, Observed},
    model::{Kind, ObjectRef},
    report::{BrokerState, Cycle, PartitionState, brokers, partitions},
};

/// What is known of a declared group's lag.
enum Lag {
    Records(u64),
    /// There is no such group.
    None,
    Unknown,
}

impl Metrics {
    pub(super) fn set_health(&self, name: &str, cycle: &Cycle, cluster: &mut ClusterMemory) {
        let Some(live) = cycle.live.as_ref().and_then(|l| l.kafka.known()) else {
            return;
        };
        let states = brokers(live);
        let is_fenced_known = live.health.fenced.known().is_some();
        for state in BrokerState::ALL {
            if state == BrokerState::Fenced && !is_fenced_known {
                continue;
            }
            let n = states.values().filter(|s| **s == state).count();
            set(&self.health.brokers, &[name, state.as_str()], n);
        }
        let counts = partitions(live);
        for state in PartitionState::ALL {
            let labels = [name, state.as_str()];
            set(&self.health.partitions, &labels, counts.get(state));
        }
        if let Some(quorum) = live.health.quorum.known() {
            set_count(&self.health.quorum_lag, &[name], quorum.lag());
        }
        self.set_groups(name, cycle, live, cluster);
    }

    /// Sets the lag of declared groups, and removes the series of those that git gave up or that are gone.
    fn set_groups(&self, name: &str, cycle: &Cycle, live: &KafkaLive, cluster: &mut ClusterMemory) {
        let Some(desired) = &cycle.desired else {
            return;
        };
        self.forget_groups(name, cluster, |group| {
            desired.groups.contains_key(group) && !matches!(lag(live, group), Lag::None)
        });
        for group in desired.groups.keys() {
            if let Lag::Records(lag) = lag(live, group) {
                set_count(&self.health.group_lag, &[name, group.as_str()], lag);
                cluster.groups.insert(group.clone());
            }
        }
    }

    /// Removes the series of groups that do not stay.
    pub(super) fn forget_groups(
        &self,
        name: &str,
        cluster: &mut ClusterMemory,
        stays: impl Fn(&CompactString) -> bool,
    ) {
        cluster.groups.retain(|group| {
            let stays = stays(group);
            if !stays {
                // it was set when the group was remembered
                let labels = [name, group.as_str()];
                drop(self.health.group_lag.remove_label_values(&labels));
            }
            stays
        });
    }
}

fn lag(live: &KafkaLive, group: &str) -> Lag {
    match live.object(&ObjectRef::new(Kind::ConsumerGroup, group)) {
        Observed::Known(None) => Lag::None,
        Observed::Known(Some(crate::live::LiveRef::Group(group))) => {
            let lag = group.detail.known().and_then(|detail| detail.lag());
            lag.map_or(Lag::Unknown, Lag::Records)
        }
        Observed::Known(Some(_)) | Observed::Unknown(_) => Lag::Unknown,
    }
}
