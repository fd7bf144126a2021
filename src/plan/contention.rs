//! Telling a fight from a repair (plan stage, pure): the same change, made and undone again and again, or made and never
//! seen.

use sha2::{Digest, Sha256};

use super::Action;
use crate::model::Record;

/// How often in a row the same change may succeed and be gone in the next pass. Once is an accident, twice may be
/// somebody who had not heard of Headgate yet; three times is a second writer.
pub(super) const MAX_ROUNDS: u32 = 3;

/// Says why a change is not made once more; `None` when nothing speaks against it.
pub(super) fn refusal(action: &Action, record: Option<&Record>) -> Option<String> {
    let record = record.filter(|r| r.rounds >= MAX_ROUNDS)?;
    (record.change.as_ref() == Some(&digest(action))).then(|| {
        format!(
            "made {} times in a row, and each time undone by the next pass, or never seen: something else writes here, or it \
             is not kept as it is written; it opens when the values are seen in place, or when git declares something else",
            record.rounds
        )
    })
}

/// Digests a change by what it wants, not by what it finds: who fights may write another value each time. Sixteen hex
/// digits are plenty to tell a handful of changes to one object apart.
pub(super) fn digest(action: &Action) -> Box<str> {
    let mut hash = Sha256::new();
    hash.update(action.verb.as_str());
    // other partitions of the same topic are another change
    for one in &action.change.moves {
        hash.update(one.partition.to_be_bytes());
        one.to.iter().for_each(|b| hash.update(b.to_be_bytes()));
    }
    for field in &action.fields {
        for part in [Some(field.path.as_str()), field.desired.as_deref()] {
            hash.update([0, u8::from(part.is_some())]);
            hash.update(part.unwrap_or_default());
        }
    }
    let digest = hash.finalize();
    let head = digest
        .iter()
        .take(8)
        .fold(0_u64, |n, b| (n << 8) | u64::from(*b));
    format!("{head:016x}").into()
}
