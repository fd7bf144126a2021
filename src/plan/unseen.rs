//! What is declared, was in place and is not seen any more (plan stage, pure): the word of one broker, which may lag, is not
//! enough to call it missing.

use super::{
    gates,
    memory::Memory,
    walk::{Seen, Walk},
};
use crate::{
    desired::DesiredCluster,
    live::{Live, Observed},
    model::{Kind, Ledger, ObjectRef},
};

/// Returns the objects about which another broker has to be asked.
#[must_use]
pub fn unseen(desired: &DesiredCluster, live: &Live, ledger: &Ledger) -> Vec<ObjectRef> {
    if gates::foreign(desired, live, ledger).is_some() {
        return Vec::new();
    }
    let walks = Kind::ALL
        .iter()
        .filter_map(|kind| match Walk::new(desired, live, ledger, *kind) {
            Observed::Known(walk) => Some(walk),
            Observed::Unknown(_) => None,
        });
    let unseen = walks
        .flatten()
        .filter(|seen| seen.desired.is_some() && seen.live.is_none());
    unseen
        .filter(|seen| Memory::new(seen.record).was_in_place() && has_other_witnesses(seen))
        .map(|seen| seen.object())
        .collect()
}

/// Topics were sought on every broker, the registry speaks for itself, groups are known to their coordinators, and a broker's own
/// configs to that broker.
fn has_other_witnesses(seen: &Seen<'_>) -> bool {
    match seen.kind {
        Kind::Topic | Kind::ConsumerGroup | Kind::Schema => false,
        // the list of all lacks those of which no worker knows the status yet
        Kind::Connector => true,
        Kind::BrokerConfig => seen.name.parse::<i32>().is_err(),
        Kind::Acl | Kind::User | Kind::Quota | Kind::GroupConfig | Kind::ClientMetrics => true,
    }
}
