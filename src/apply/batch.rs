//! Makes requests out of changes: how many metadata records each costs, and what is sent (apply stage, pure).

use jiff::Timestamp;

use super::{stage::Stage, step};
use crate::{
    live::LiveObject,
    model::{ConfigKey, Intent, TopicName},
    plan::{Action, KeyTypes, SetField},
    ports::{Batch, KeyChange, MorePartitions, NewTopic, NewValue},
};

/// Records that a deletion is taken to cost: one for the topic and one for each config key on it, which the plan does
/// not hold; topics rarely have more than a handful.
const DELETION: usize = 10;

/// Returns how many metadata records an action costs in a stage.
pub(super) fn records(stage: Stage, action: &Action) -> usize {
    let fields = stage.set(action).count() + stage.reset(action).count();
    match stage {
        Stage::Create => 1 + partitions(action) as usize + action.change.config().count(),
        Stage::Grow => stage.set(action).map(added).sum(),
        Stage::Config => fields,
        Stage::Delete => DELETION,
    }
}

/// How many partitions a field that sets their number adds.
fn added(field: &SetField) -> usize {
    let number = |text: Option<&str>| text.and_then(|n| n.parse::<usize>().ok()).unwrap_or(0);
    number(Some(&field.to)).saturating_sub(number(field.from.as_deref()))
}

fn partitions(action: &Action) -> u32 {
    let count = action.change.value("partitions");
    count.and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Splits items into runs whose costs add up to at most `limit`; an item that alone costs more stands alone.
pub(super) fn chunks(
    items: impl IntoIterator<Item = (usize, usize)>,
    limit: usize,
) -> Vec<Vec<usize>> {
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    let mut spent = 0;
    for (item, cost) in items {
        match chunks.last_mut() {
            Some(chunk) if spent + cost <= limit => {
                chunk.push(item);
                spent += cost;
            }
            _ => {
                chunks.push(vec![item]);
                spent = cost;
            }
        }
    }
    chunks
}

/// An item that may be sent: its place in the run, and what was seen of its object a moment ago.
pub(super) struct Ready<'a> {
    pub(super) task: usize,
    pub(super) action: &'a Action,
    pub(super) seen: Option<LiveObject>,
}

impl Ready<'_> {
    fn topic(&self) -> TopicName {
        TopicName::from_broker(&self.action.object.name)
    }
}

/// Makes the request of a stage.
pub(super) fn request(stage: Stage, items: &[Ready<'_>], types: KeyTypes<'_>) -> Batch {
    match stage {
        Stage::Create => Batch::CreateTopics(items.iter().map(new_topic).collect()),
        Stage::Grow => Batch::AddPartitions(items.iter().map(more_partitions).collect()),
        Stage::Config => {
            let altered = items.iter().filter_map(|item| {
                let keys = alterations(stage, item, types)?;
                Some((item.action.object.clone(), keys))
            });
            Batch::AlterConfigs(altered.collect())
        }
        Stage::Delete => {
            let deleted = items.iter().filter_map(|item| {
                let id = item.action.change.id?;
                Some((item.topic(), id))
            });
            Batch::DeleteTopics(deleted.collect())
        }
    }
}

fn new_topic(item: &Ready<'_>) -> NewTopic {
    let change = &item.action.change;
    let factor = change.value("replicationFactor");
    NewTopic {
        name: item.topic(),
        partitions: partitions(item.action),
        replication_factor: factor.and_then(|n| n.parse().ok()).unwrap_or(0),
        assignment: Vec::new(),
        config: change
            .config()
            .map(|(key, field)| (key, field.to.clone()))
            .collect(),
    }
}

fn more_partitions(item: &Ready<'_>) -> MorePartitions {
    MorePartitions {
        name: item.topic(),
        count: partitions(item.action),
        assignment: Vec::new(),
    }
}

/// Returns what a stage still has to write into an object's configs, by what was seen.
fn alterations(stage: Stage, item: &Ready<'_>, types: KeyTypes<'_>) -> Option<Vec<KeyChange>> {
    let seen = item.seen.as_ref()?.as_ref();
    let key = |path: &str| ConfigKey::new(path.strip_prefix("config.").unwrap_or(path));
    let set = step::left_to_set(stage, item.action, seen, types);
    let set = set
        .into_iter()
        .map(|f| (key(&f.path), Some(NewValue::Open(f.to.clone()))));
    let reset = step::left_to_reset(stage, item.action, seen);
    let reset = reset.into_iter().map(|f| (key(&f.path), None));
    Some(set.chain(reset).collect())
}

/// Returns what is noted before a request: the keys become owned by being noted, not by the call having returned.
pub(super) fn intent(action: &Action, at: Timestamp) -> Intent {
    Intent {
        object: action.object.clone(),
        verb: action.verb,
        config: action
            .change
            .config()
            .map(|(key, field)| (key, field.to.clone()))
            .collect(),
        at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_stay_within_the_limit_and_lose_nothing() {
        let costs = [3, 3, 3, 9, 1, 20, 1, 9];
        let chunks = chunks(costs.into_iter().enumerate(), 10);
        assert_eq!(
            chunks,
            [vec![0, 1, 2], vec![3, 4], vec![5], vec![6, 7]],
            "an item over the limit stands alone"
        );
    }
}
