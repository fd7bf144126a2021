//! Reads which partitions are being moved (rank 6, Kafka plane). The brokers pass the question on to the controller.

use std::collections::BTreeMap;

use kafka_protocol::messages::{
    BrokerId,
    list_partition_reassignments_response::{
        OngoingPartitionReassignment, OngoingTopicReassignment,
    },
};

use super::ask_controller;
use crate::{
    kafka::{
        Client, Code,
        denied::{self, DESCRIBE},
        requests::moves as requests,
    },
    live::{Moving, Observed},
    model::TopicName,
};

/// Lists all of them.
pub(super) async fn observe(client: &Client) -> Observed<BTreeMap<TopicName, Vec<Moving>>> {
    let answer = match ask_controller(client, &requests::list(client.patience() * 5 / 6)).await {
        Ok(answer) => answer,
        Err(reason) => return Observed::Unknown(reason),
    };
    match Code(answer.error_code) {
        Code::NONE => Observed::Known(answer.topics.into_iter().map(topic).collect()),
        code => {
            let message = answer.error_message.as_deref();
            Observed::Unknown(denied::refused(client.settings(), code, message, DESCRIBE))
        }
    }
}

fn topic(topic: OngoingTopicReassignment) -> (TopicName, Vec<Moving>) {
    let mut partitions: Vec<Moving> = topic.partitions.into_iter().map(moving).collect();
    partitions.sort_unstable_by_key(|moving| moving.partition);
    (TopicName::from_broker(&topic.name), partitions)
}

fn moving(partition: OngoingPartitionReassignment) -> Moving {
    let ids = |ids: Vec<BrokerId>| ids.into_iter().map(|id| id.0).collect();
    Moving {
        partition: partition.partition_index,
        replicas: ids(partition.replicas),
        adding: ids(partition.adding_replicas),
        removing: ids(partition.removing_replicas),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap 16: while it moves, a partition's replicas are not the ones it shall have.
    #[test]
    fn the_target_is_the_replicas_without_those_that_go() {
        let ids = |ids: &[i32]| ids.iter().map(|id| BrokerId(*id)).collect();
        let ongoing = OngoingPartitionReassignment::default()
            .with_partition_index(3)
            .with_replicas(ids(&[4, 2, 1]))
            .with_adding_replicas(ids(&[4]))
            .with_removing_replicas(ids(&[1]));
        let moving = moving(ongoing);
        assert_eq!((moving.partition, moving.target()), (3, vec![4, 2]));
        assert_eq!((&*moving.adding, &*moving.removing), (&[4][..], &[1][..]));
    }
}
