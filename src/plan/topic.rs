//! Declared topics: what is to be made or changed, and what cannot be (plan stage, pure).

use compact_str::{CompactString, ToCompactString};

use super::{
    Action, Change, Drift, FieldChange, SetField, diff,
    draft::{Draft, Inputs, field, object, place},
    memory::{Memory, PARTITIONS, REPLICATION_FACTOR, config_path},
    platform,
    walk::Seen,
};
use crate::{
    desired::{DesiredTopic, DesiredValue},
    live::Observed,
    model::{ConfigKey, DriftClass, Gate, Risk, Verb},
};

/// Plans one declared topic.
pub(super) fn declared(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: &DesiredTopic,
    draft: &mut Draft,
) {
    if platform::is_platform(seen.name, seen.live) {
        let verb = seen.live.map_or(Verb::Create, |_| Verb::Update);
        let reason = "topics of this name belong to Kafka, Connect, Streams, MirrorMaker or another part of the platform, \
                      which make and configure them; take the document out of git, or choose another name";
        return draft.hold(seen, verb, Gate::Unsupported, reason, Vec::new());
    }
    match seen.live {
        None => create(inputs, seen, desired, draft),
        Some(Observed::Known(live)) => diff::update(inputs, seen, desired, live, draft),
        Some(Observed::Unknown(why)) => {
            let reason = format!(
                "the topic is there and could not be read: {why}; it opens with a complete observation"
            );
            draft.hold(
                seen,
                Verb::Update,
                Gate::IncompleteObservation,
                reason,
                Vec::new(),
            );
        }
    }
}

fn create(inputs: &Inputs<'_>, seen: &Seen<'_>, desired: &DesiredTopic, draft: &mut Draft) {
    let memory = Memory::new(seen.record);
    let config = values(desired);
    let fields = all_fields(inputs, desired, &config);
    if memory.was_in_place() {
        draft.drift.push(Drift {
            object: object(seen),
            class: DriftClass::Missing,
            fields: fields.clone(),
            source: place(seen),
        });
    }
    let refusals: Vec<String> = config
        .iter()
        .filter_map(|(key, _)| refusal(inputs, key))
        .collect();
    if !refusals.is_empty() {
        return draft.hold(
            seen,
            Verb::Create,
            Gate::Unsupported,
            refusals.join("; "),
            fields,
        );
    }
    let unchanged = memory.held(PARTITIONS, &desired.partitions.to_compact_string())
        && config
            .iter()
            .all(|(key, value)| memory.held_config(key.as_str(), value, &inputs.types));
    let action = Action {
        object: object(seen),
        verb: Verb::Create,
        risk: Risk::Safe,
        cause: inputs.cause(memory.was_in_place() && unchanged),
        fields,
        source: place(seen),
        change: Change {
            set: made(desired, &config),
            ..Change::default()
        },
    };
    draft.push(action, seen.record);
}

/// Every declared field, as what is made gets it.
fn made(desired: &DesiredTopic, config: &[(ConfigKey, CompactString)]) -> Vec<SetField> {
    let layout = [
        (PARTITIONS.into(), desired.partitions.to_compact_string()),
        (
            REPLICATION_FACTOR.into(),
            desired.replication_factor.to_compact_string(),
        ),
    ];
    let config = config
        .iter()
        .map(|(key, value)| (config_path(key.as_str()), value.clone()));
    let set = |(path, to): (CompactString, CompactString)| SetField {
        path,
        from: None,
        to,
        secret: None,
    };
    layout.into_iter().chain(config).map(set).collect()
}

/// Returns the declared values by key; keys that are left alone are not among them.
fn values(desired: &DesiredTopic) -> Vec<(ConfigKey, CompactString)> {
    let mut values: Vec<_> = desired
        .config
        .iter()
        .filter_map(|(key, value)| match value {
            DesiredValue::Set(value) => Some((key.clone(), value.clone())),
            DesiredValue::Secret(_) | DesiredValue::LeaveAlone => None,
        })
        .collect();
    values.sort_unstable();
    values
}

fn all_fields(
    inputs: &Inputs<'_>,
    desired: &DesiredTopic,
    config: &[(ConfigKey, CompactString)],
) -> Vec<FieldChange> {
    let layout = [
        (PARTITIONS, desired.partitions.to_compact_string()),
        (
            REPLICATION_FACTOR,
            desired.replication_factor.to_compact_string(),
        ),
    ];
    let layout = layout
        .into_iter()
        .map(|(path, value)| field(path, None, Some(value)));
    let config = config.iter().map(|(key, value)| {
        let shown = inputs.types.shown(key.as_str(), value);
        field(config_path(key.as_str()), None, Some(shown))
    });
    layout.chain(config).collect()
}

/// Says why a declared key cannot be set.
pub(super) fn refusal(inputs: &Inputs<'_>, key: &ConfigKey) -> Option<String> {
    if platform::is_throttle(key.as_str()) {
        return Some(format!(
            "`{key}` belongs to partition reassignments, which set and remove it; take it out of git"
        ));
    }
    inputs.types.refusal(key.as_str())
}
