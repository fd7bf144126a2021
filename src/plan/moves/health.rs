//! Whether a cluster can bear moves (plan stage, pure): no new one is begun while a partition has no leader, or fewer
//! replicas in sync than producers with `acks=all` need.

use crate::{
    desired::DesiredCluster,
    live::{KafkaLive, LivePartition},
};

/// How many partitions a reason names.
const NAMED: usize = 3;

/// Says why nothing may begin to move; `None` when the cluster is well. A partition that moves does not count, nor one
/// that lacks nothing but brokers that are to be emptied: moving it is its cure. One that cannot have enough replicas in
/// sync, since it has too few, is no worse off than it was made.
pub(super) fn ailing(
    desired: &DesiredCluster,
    kafka: &KafkaLive,
    moves: impl Fn(&str, i32) -> bool,
) -> Option<String> {
    let mut sick = Vec::new();
    let mut more = 0;
    for (name, topic) in &kafka.topics {
        let Some(topic) = topic.known() else {
            continue;
        };
        let least = kafka.min_insync(topic);
        for (index, partition) in (0..).zip(&topic.partitions) {
            let (true, Some(what)) = (!cured(desired, kafka, partition), ails(partition, least))
            else {
                continue;
            };
            if moves(name.as_str(), index) {
                continue;
            }
            match sick.len() < NAMED {
                true => sick.push(format!("{name}-{index} ({what})")),
                false => more += 1,
            }
        }
    }
    if sick.is_empty() {
        return None;
    }
    let more = match more {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    Some(format!(
        "no replica begins to move while partitions are not well: {}{more}; it opens when they are",
        sick.join(", ")
    ))
}

fn ails(partition: &LivePartition, least: usize) -> Option<String> {
    let in_sync = partition.isr.len();
    if partition.leader < 0 {
        return Some("no leader".to_owned());
    }
    (in_sync < least.min(partition.replicas.len()))
        .then(|| format!("{in_sync} in sync, {least} needed"))
}

/// Tells whether all that a partition lacks are brokers that are down and to be emptied.
fn cured(desired: &DesiredCluster, kafka: &KafkaLive, partition: &LivePartition) -> bool {
    let given_up = |b: &i32| {
        desired.draining.contains(b) && !kafka.brokers.iter().any(|broker| broker.id == *b)
    };
    let mut lacking = partition
        .replicas
        .iter()
        .filter(|b| !partition.isr.contains(b));
    lacking.all(given_up) && partition.replicas.iter().any(given_up)
}
