//! The gates that hold a whole cluster (plan stage, pure): a plane that is not known, and a cluster that is another one.

use crate::{
    desired::DesiredCluster,
    live::{KafkaLive, Live, Observed},
    model::{ClusterId, Gate},
};

/// Why nothing about a cluster can be planned.
pub(super) struct Closed {
    pub(super) gate: Gate,
    pub(super) reason: String,
    /// The id that the cluster reported, if it did.
    pub(super) cluster_id: Option<ClusterId>,
}

/// Hands out what the Kafka plane holds, if it was seen whole and is the plane of the cluster that git means.
pub(super) fn kafka<'a>(desired: &DesiredCluster, live: &'a Live) -> Result<&'a KafkaLive, Closed> {
    let kafka = match &live.kafka {
        Observed::Known(kafka) => kafka,
        Observed::Unknown(why) => {
            return Err(Closed {
                gate: Gate::IncompleteObservation,
                reason: why.clone(),
                cluster_id: None,
            });
        }
    };
    match &desired.cluster_id {
        Some(wanted) if *wanted != kafka.cluster_id => Err(Closed {
            gate: Gate::ClusterId,
            reason: format!(
                "the cluster that answers has the id {}, and git declares {wanted}; check its bootstrap addresses in \
                 headgate.yaml, or correct spec.clusterId",
                kafka.cluster_id
            ),
            cluster_id: Some(kafka.cluster_id.clone()),
        }),
        _ => Ok(kafka),
    }
}
