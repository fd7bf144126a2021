//! What is noted of a change before it is written (apply stage, pure).

use compact_str::CompactString;
use jiff::Timestamp;

use crate::{
    model::{Intent, Kind},
    plan::{Action, owned_key},
};

/// Returns what is noted before a request: the keys become owned by being noted, not by the call having returned.
pub(super) fn of(action: &Action, at: Timestamp) -> Intent {
    Intent {
        object: action.object.clone(),
        verb: action.verb,
        config: action
            .change
            .set
            .iter()
            .filter_map(|field| Some((owned_key(&field.path)?, field.to.clone())))
            .collect(),
        offsets: match action.object.kind {
            Kind::ConsumerGroup | Kind::Connector => {
                action.change.value("offsets").map(CompactString::from)
            }
            _ => None,
        },
        moves: action
            .change
            .moves
            .iter()
            .filter(|m| m.copies())
            .map(|m| (m.partition, m.to.clone()))
            .collect(),
        at,
    }
}
