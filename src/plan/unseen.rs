//! What is declared, was in place and is not seen any more (plan stage, pure): the word of one broker, which may lag, is not
//! enough to call it missing; nor is that of the workers' list enough to call a connector gone that git gave up.

use super::{
    beyond, gates,
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
    let unseen = walks.flatten().filter(|seen| seen.live.is_none());
    unseen
        .filter(|seen| match seen.desired {
            Some(_) => Memory::new(seen.record).was_in_place() && has_other_witnesses(seen),
            None => is_given_up(live, seen),
        })
        .map(|seen| seen.object())
        .collect()
}

/// Tells whether it is a connector that git gave up and that no Connect cluster lists.
fn is_given_up(live: &Live, seen: &Seen<'_>) -> bool {
    seen.kind == Kind::Connector && seen.record.is_some() && !beyond::is_listed(live, seen.name)
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
