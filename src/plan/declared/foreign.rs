//! Keys of a declared object that are somebody else's (plan stage, pure): they stay, and are told of.

use std::collections::BTreeMap;

use compact_str::CompactString;

use crate::{
    model::ConfigKey,
    plan::{
        Foreign,
        draft::{Draft, Inputs},
        special,
        walk::Seen,
    },
};

/// Tells which keys are somebody else's, apart those that hide what git declares for all brokers.
pub(super) fn tell(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    foreign: BTreeMap<ConfigKey, Option<CompactString>>,
    draft: &mut Draft,
) {
    let hiding = special::hiding(inputs, seen);
    let hides = |key: &ConfigKey| hiding.iter().any(|own| own.key == *key);
    let (hiding, other) = foreign.into_iter().partition(|(key, _)| hides(key));
    for (config, hides) in [(hiding, true), (other, false)] {
        let config: BTreeMap<_, _> = config;
        if !config.is_empty() {
            draft.foreign.push(Foreign {
                object: seen.object(),
                config,
                hides,
                throttles: false,
            });
        }
    }
}
