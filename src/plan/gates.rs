//! The gate that holds a whole cluster (plan stage, pure): it is another one.

use crate::{
    desired::DesiredCluster,
    live::{KafkaLive, Live},
    model::{ClusterId, Ledger},
};

/// Why nothing about a cluster can be planned.
pub(super) struct Closed {
    pub(super) reason: String,
    /// The id that the cluster reported.
    pub(super) cluster_id: ClusterId,
}

/// Says why the cluster that answers is not the one that git means. Where git does not say which one that is, it is the
/// one that the ledger remembers: behind changed addresses, or a name that leads elsewhere, may stand a cluster that is
/// somebody else's.
pub(super) fn foreign(desired: &DesiredCluster, live: &Live, ledger: &Ledger) -> Option<Closed> {
    let id = &live.kafka.known()?.cluster_id;
    let reason = match (&desired.cluster_id, &ledger.cluster_id) {
        (Some(wanted), _) if wanted != id => format!(
            "the cluster that answers has the id {id}, and git declares {wanted}; check its bootstrap addresses in \
             headgate.yaml, or correct spec.clusterId"
        ),
        (None, Some(known)) if known != id => format!(
            "the cluster that answers has the id {id}, and until now it was {known}; if it was built anew, declare \
             spec.clusterId: {id} in git, else correct its bootstrap addresses in headgate.yaml"
        ),
        _ => return None,
    };
    Some(Closed {
        reason,
        cluster_id: id.clone(),
    })
}

/// Takes note of which cluster a ledger is about. When git declares the one that answers and the ledger is about another,
/// the cluster was built anew: what was in place on the old one says nothing about this one, so that nothing is missing
/// here and nothing is Headgate's yet. Consents that were used stay used.
pub(super) fn meet(ledger: &mut Ledger, kafka: &KafkaLive) {
    let id = Some(&kafka.cluster_id);
    if ledger.cluster_id.as_ref() == id {
        return;
    }
    if ledger.cluster_id.is_some() {
        *ledger = Ledger {
            consents: std::mem::take(&mut ledger.consents),
            ..Ledger::default()
        };
    }
    ledger.cluster_id = id.cloned();
}
