//! Makes requests out of changes: how many metadata records each costs, and what is sent (apply stage, pure).

use jiff::Timestamp;

use super::{stage::Stage, step};
use crate::{
    live::LiveTopic,
    model::{Intent, TopicName},
    plan::{Action, Change, KeyTypes},
    ports::{Batch, NewTopic},
};

/// Records that a deletion is taken to cost: one for the topic and one for each config key on it, which the plan does
/// not hold; topics rarely have more than a handful.
const DELETION: usize = 10;

/// Returns how many metadata records a change costs in a stage.
pub(super) fn records(stage: Stage, change: &Change) -> usize {
    match change {
        Change::CreateTopic {
            partitions, config, ..
        } => 1 + *partitions as usize + config.len(),
        Change::UpdateTopic {
            partitions,
            set,
            reset,
            ..
        } => match stage {
            Stage::Grow => partitions.map_or(0, |(from, to)| to.saturating_sub(from) as usize),
            _ => set.len() + reset.len(),
        },
        Change::DeleteTopic { .. } => DELETION,
    }
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

/// An item that may be sent: its place in the run, and what was seen of its topic a moment ago.
pub(super) struct Ready<'a> {
    pub(super) task: usize,
    pub(super) name: TopicName,
    pub(super) action: &'a Action,
    pub(super) seen: Option<LiveTopic>,
}

/// Makes the request of a stage.
pub(super) fn request(stage: Stage, items: &[Ready<'_>], types: KeyTypes<'_>) -> Batch {
    match stage {
        Stage::Create => Batch::CreateTopics(items.iter().filter_map(new_topic).collect()),
        Stage::Grow => Batch::AddPartitions(
            items
                .iter()
                .filter_map(|item| match &item.action.change {
                    Change::UpdateTopic {
                        partitions: Some((_, to)),
                        ..
                    } => Some((item.name.clone(), *to)),
                    _ => None,
                })
                .collect(),
        ),
        Stage::Config => Batch::AlterTopicConfigs(
            items
                .iter()
                .filter_map(|item| {
                    let seen = item.seen.as_ref()?;
                    let keys = step::alterations(&item.action.change, seen, types);
                    Some((item.name.clone(), keys))
                })
                .collect(),
        ),
        Stage::Delete => Batch::DeleteTopics(
            items
                .iter()
                .filter_map(|item| match &item.action.change {
                    Change::DeleteTopic { id } => Some((item.name.clone(), *id)),
                    _ => None,
                })
                .collect(),
        ),
    }
}

fn new_topic(item: &Ready<'_>) -> Option<NewTopic> {
    match &item.action.change {
        Change::CreateTopic {
            partitions,
            replication_factor,
            config,
        } => Some(NewTopic {
            name: item.name.clone(),
            partitions: *partitions,
            replication_factor: *replication_factor,
            config: config.clone(),
        }),
        _ => None,
    }
}

/// Returns what is noted before a request: the keys become owned by being noted, not by the call having returned.
pub(super) fn intent(action: &Action, at: Timestamp) -> Intent {
    Intent {
        object: action.object.clone(),
        verb: action.verb,
        config: match &action.change {
            Change::CreateTopic { config, .. } => config.clone(),
            Change::UpdateTopic { set, .. } => {
                set.iter().map(|s| (s.key.clone(), s.to.clone())).collect()
            }
            Change::DeleteTopic { .. } => Vec::new(),
        },
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

    #[test]
    fn a_topic_costs_itself_its_partitions_and_its_keys() {
        let change = Change::CreateTopic {
            partitions: 3,
            replication_factor: 2,
            config: vec![(crate::model::ConfigKey::new("retention.ms"), "1".into())],
        };
        assert_eq!(records(Stage::Create, &change), 5);
    }
}
