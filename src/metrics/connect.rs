//! How the connectors beside a cluster are, as figures (rank 6). What was not seen keeps its last figure.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{ClusterMemory, Metrics, set};
use crate::{
    live::{ConnectLive, Observed},
    report::{ConnectState, Cycle},
};

/// How many are in which state.
type Counts = BTreeMap<ConnectState, usize>;

impl Metrics {
    pub(super) fn set_connect(&self, name: &str, cycle: &Cycle, cluster: &mut ClusterMemory) {
        let Some(live) = &cycle.live else { return };
        let nothing = ConnectLive::default();
        let seen = match &live.connect {
            Some(Observed::Known(seen)) => seen,
            Some(Observed::Unknown(_)) => return,
            None => &nothing,
        };
        self.forget_connects(name, cluster, |one| seen.clusters.contains_key(one));
        for (connect, state) in &seen.clusters {
            if state.known().is_none() {
                continue;
            }
            let (connectors, tasks) = counted(seen, connect, cycle);
            for state in ConnectState::ALL {
                let labels = [name, connect.as_str(), state.as_str()];
                let of = |counts: &Counts| counts.get(&state).copied().unwrap_or(0);
                set(&self.health.connectors, &labels, of(&connectors));
                set(&self.health.tasks, &labels, of(&tasks));
            }
            cluster.connects.insert(connect.clone());
        }
    }

    /// Removes the series of Connect clusters that do not stay.
    pub(super) fn forget_connects(
        &self,
        name: &str,
        cluster: &mut ClusterMemory,
        stays: impl Fn(&CompactString) -> bool,
    ) {
        cluster.connects.retain(|connect| {
            let stays = stays(connect);
            for state in ConnectState::ALL.iter().filter(|_| !stays) {
                // they were set when the Connect cluster was remembered
                let labels = [name, connect.as_str(), state.as_str()];
                drop(self.health.connectors.remove_label_values(&labels));
                drop(self.health.tasks.remove_label_values(&labels));
            }
            stays
        });
    }
}

/// Counts the connectors and tasks of a Connect cluster.
fn counted(seen: &ConnectLive, connect: &str, cycle: &Cycle) -> (Counts, Counts) {
    let declared = cycle.desired.as_ref().map(|desired| &desired.connectors);
    let (mut connectors, mut tasks) = (Counts::new(), Counts::new());
    for (name, one) in &seen.connectors {
        let home = declared.and_then(|declared| declared.get(name));
        match one {
            Observed::Known(one) if one.connect == connect => {
                *connectors
                    .entry(ConnectState::read(&one.state))
                    .or_default() += 1;
                for task in &one.tasks {
                    *tasks.entry(ConnectState::read(&task.state)).or_default() += 1;
                }
            }
            Observed::Unknown(_) if home.is_some_and(|home| home.connect == connect) => {
                *connectors.entry(ConnectState::Unknown).or_default() += 1;
            }
            Observed::Known(_) | Observed::Unknown(_) => {}
        }
    }
    (connectors, tasks)
}
