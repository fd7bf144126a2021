//! Reads which partitions are being moved (rank 6, Kafka plane).

use std::collections::BTreeMap;

use crate::{
    kafka::Client,
    live::{Moving, Observed},
    model::TopicName,
};

/// Lists all of them.
pub(super) async fn observe(_client: &Client) -> Observed<BTreeMap<TopicName, Vec<Moving>>> {
    Observed::Unknown("it is not read yet".to_owned())
}
