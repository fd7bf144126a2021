//! One change against one look, in one stage: is it in place, may it be written (apply stage, pure).

use compact_str::CompactString;

use super::stage::Stage;
use crate::{
    live::LiveTopic,
    model::{ConfigKey, TopicId},
    plan::{Change, KeyTypes, SetKey},
};

/// What a look right before the write says about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// It is as wanted; nothing is to be sent.
    InPlace,
    /// It is as the plan saw it.
    Ready,
    /// It is neither, and what it is.
    Differs(String),
}

/// Judges a change by what was seen right before its write.
pub(super) fn judge(
    stage: Stage,
    change: &Change,
    seen: Option<&LiveTopic>,
    types: KeyTypes<'_>,
) -> Judged {
    if let (Stage::Delete, Change::DeleteTopic { id }, Some(topic)) = (stage, change, seen)
        && topic.id != *id
    {
        return Judged::Differs(replaced(*id, topic.id) + "; it is left alone");
    }
    if in_place(stage, change, seen, types) {
        return Judged::InPlace;
    }
    match differs(stage, change, seen, types) {
        None => Judged::Ready,
        Some(how) => Judged::Differs(how),
    }
}

/// Tells whether what a stage wants is there. For a deletion that is true of a topic made again under the name, too:
/// the one that was to go is gone.
pub(super) fn in_place(
    stage: Stage,
    change: &Change,
    seen: Option<&LiveTopic>,
    types: KeyTypes<'_>,
) -> bool {
    match (change, seen) {
        (
            Change::CreateTopic {
                partitions,
                replication_factor,
                config,
            },
            Some(topic),
        ) => {
            count(topic) == *partitions
                && topic.replication_factor() == usize::from(*replication_factor)
                && config
                    .iter()
                    .all(|(key, value)| holds(topic, key, value, types))
        }
        (
            Change::UpdateTopic {
                id,
                partitions,
                set,
                reset,
            },
            Some(topic),
        ) => {
            topic.id == *id
                && match stage {
                    Stage::Grow => partitions.is_some_and(|(_, to)| count(topic) == to),
                    _ => {
                        set.iter().all(|s| holds(topic, &s.key, &s.to, types))
                            && reset
                                .iter()
                                .all(|(key, _)| topic.config_value(key.as_str()).is_none())
                    }
                }
        }
        (Change::DeleteTopic { id }, seen) => seen.is_none_or(|topic| topic.id != *id),
        (Change::CreateTopic { .. } | Change::UpdateTopic { .. }, None) => false,
    }
}

/// Says why a change that Kafka refused as done before is never going to be as wanted, however long one looks: a topic
/// appears whole, and partitions only grow. `None` while it may still be.
pub(super) fn never(change: &Change, seen: Option<&LiveTopic>) -> Option<String> {
    match (change, seen?) {
        (Change::CreateTopic { .. }, _) => {
            Some("it is there by now, and not as it is declared".to_owned())
        }
        (Change::UpdateTopic { id, .. }, topic) if topic.id != *id => Some(replaced(*id, topic.id)),
        (
            Change::UpdateTopic {
                partitions: Some((from, to)),
                ..
            },
            topic,
        ) if count(topic) > *to => Some(other_count(topic, *from)),
        (Change::UpdateTopic { .. } | Change::DeleteTopic { .. }, _) => None,
    }
}

/// Returns what a config change still has to set (`Some`) and reset (`None`), by what was seen.
pub(super) fn alterations(
    change: &Change,
    seen: &LiveTopic,
    types: KeyTypes<'_>,
) -> Vec<(ConfigKey, Option<CompactString>)> {
    let Change::UpdateTopic { set, reset, .. } = change else {
        return Vec::new();
    };
    let set = set
        .iter()
        .filter(|s| !holds(seen, &s.key, &s.to, types))
        .map(|s| (s.key.clone(), Some(s.to.clone())));
    let reset = reset
        .iter()
        .filter(|(key, _)| seen.config_value(key.as_str()).is_some())
        .map(|(key, _)| (key.clone(), None));
    set.chain(reset).collect()
}

/// Says how a topic that is not as wanted differs from what the plan saw; `None` when it does not.
fn differs(
    stage: Stage,
    change: &Change,
    seen: Option<&LiveTopic>,
    types: KeyTypes<'_>,
) -> Option<String> {
    match (change, seen) {
        (Change::CreateTopic { .. }, None) => None,
        (Change::CreateTopic { .. }, Some(_)) => {
            Some("it is there by now, and not as it is declared".to_owned())
        }
        (Change::UpdateTopic { .. }, None) => Some("it is gone".to_owned()),
        (Change::UpdateTopic { id, .. }, Some(topic)) if topic.id != *id => {
            Some(replaced(*id, topic.id))
        }
        (
            Change::UpdateTopic {
                partitions,
                set,
                reset,
                ..
            },
            Some(topic),
        ) => match stage {
            Stage::Grow => partitions
                .filter(|(from, _)| *from != count(topic))
                .map(|(from, _)| other_count(topic, from)),
            _ => set
                .iter()
                .find_map(|s| changed_since(topic, s, types))
                .or_else(|| {
                    reset
                        .iter()
                        .find_map(|(key, was)| changed(topic, key, was.as_deref(), types))
                }),
        },
        (Change::DeleteTopic { .. }, _) => None,
    }
}

fn changed_since(topic: &LiveTopic, set: &SetKey, types: KeyTypes<'_>) -> Option<String> {
    if holds(topic, &set.key, &set.to, types) {
        return None;
    }
    match (&set.from, topic.config_value(set.key.as_str())) {
        // a hidden value cannot be compared, and the plan's `None` may stand for it
        (None, None) | (_, Some(None)) => None,
        (None, Some(Some(now))) => Some(format!(
            "{} is {now} by now, the plan saw it unset",
            set.key
        )),
        (Some(was), None) => Some(format!("{} is unset by now, the plan saw {was}", set.key)),
        (Some(was), Some(Some(_))) => changed(topic, &set.key, Some(was), types),
    }
}

/// Says how a key that is set differs from the value the plan saw. A key that is unset needs no reset, so it is as
/// good as seen, and a hidden value on either side cannot be compared.
fn changed(
    topic: &LiveTopic,
    key: &ConfigKey,
    was: Option<&str>,
    types: KeyTypes<'_>,
) -> Option<String> {
    let now = topic.config_value(key.as_str())??;
    let was = was?;
    (!types.same(key.as_str(), now, was))
        .then(|| format!("{key} is {now} by now, the plan saw {was}"))
}

/// Tells whether a key is set to a value on the topic itself.
fn holds(topic: &LiveTopic, key: &ConfigKey, value: &str, types: KeyTypes<'_>) -> bool {
    matches!(topic.config_value(key.as_str()), Some(Some(now)) if types.same(key.as_str(), now, value))
}

fn count(topic: &LiveTopic) -> u32 {
    // a cluster has far fewer partitions than 2^32
    u32::try_from(topic.partitions.len()).unwrap_or(u32::MAX)
}

fn other_count(topic: &LiveTopic, from: u32) -> String {
    format!(
        "it has {} partitions by now, the plan saw {from}",
        count(topic)
    )
}

fn replaced(planned: TopicId, seen: TopicId) -> String {
    format!("it was deleted and made again (topic id {seen} now, {planned} in the plan)")
}
