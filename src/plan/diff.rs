//! What differs between a declared topic and the live one, field by field (plan stage, pure). What can be done becomes
//! one action; what cannot is held back with its reason, and does not hold up the rest.

use std::collections::BTreeMap;

use compact_str::{CompactString, ToCompactString};

use super::{
    Action, Change, Drift, FieldChange, Foreign, ResetField, SetField,
    draft::{Draft, Inputs, field, object, place},
    key_types::HIDDEN,
    memory::{Memory, PARTITIONS, REPLICATION_FACTOR, config_path},
    platform, risk,
    topic::refusal,
    walk::Seen,
};
use crate::{
    desired::{DesiredTopic, DesiredValue},
    live::LiveTopic,
    model::{ConfigKey, DriftClass, Gate, Verb},
};

/// Plans what differs between a declared topic and the live one.
pub(super) fn update(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: &DesiredTopic,
    live: &LiveTopic,
    draft: &mut Draft,
) {
    let mut diff = Diff {
        inputs,
        desired,
        live,
        memory: Memory::new(seen.record),
        todo: Vec::new(),
        held: Vec::new(),
        set: Vec::new(),
        reset: Vec::new(),
        foreign: BTreeMap::new(),
    };
    diff.partitions();
    diff.replication_factor();
    diff.declared_keys();
    diff.other_keys();
    diff.finish(seen, draft);
}

/// A field that differs.
struct Difference {
    field: FieldChange,
    /// Live changed while git did not.
    drifted: bool,
}

/// One topic's differences, as they are found.
struct Diff<'a> {
    inputs: &'a Inputs<'a>,
    desired: &'a DesiredTopic,
    live: &'a LiveTopic,
    memory: Memory<'a>,
    todo: Vec<Difference>,
    /// What cannot be done, each with its reason.
    held: Vec<(Difference, String)>,
    set: Vec<SetField>,
    reset: Vec<ResetField>,
    foreign: BTreeMap<ConfigKey, Option<CompactString>>,
}

impl Diff<'_> {
    fn partitions(&mut self) {
        // Kafka has far fewer partitions than 2^32 in a whole cluster
        let live = u32::try_from(self.live.partitions.len()).unwrap_or(u32::MAX);
        let desired = self.desired.partitions;
        if live == desired {
            return;
        }
        let difference = self.number(PARTITIONS, live, desired);
        if live < desired {
            self.set.push(SetField {
                path: PARTITIONS.into(),
                from: Some(live.to_compact_string()),
                to: desired.to_compact_string(),
                secret: None,
            });
            self.todo.push(difference);
        } else {
            let reason = format!(
                "Kafka cannot take partitions away from a topic ({live} are there, {desired} declared); declare {live}, or \
                 delete the topic and make it anew"
            );
            self.held.push((difference, reason));
        }
    }

    fn replication_factor(&mut self) {
        let desired = usize::from(self.desired.replication_factor);
        let Some(live) = other_replication_factor(self.live, desired) else {
            return;
        };
        let difference = self.number(
            REPLICATION_FACTOR,
            u32::try_from(live).unwrap_or(u32::MAX),
            self.desired.replication_factor.into(),
        );
        let reason = format!(
            "this version of Headgate does not move replicas (replication factor {live} is there, {desired} declared); \
             declare {live}, or move them with kafka-reassign-partitions"
        );
        self.held.push((difference, reason));
    }

    fn number(&self, path: &'static str, live: u32, desired: u32) -> Difference {
        let declared = desired.to_compact_string();
        Difference {
            drifted: self.memory.held(path, &declared),
            field: field(path, Some(live.to_compact_string()), Some(declared)),
        }
    }

    fn declared_keys(&mut self) {
        for (key, value) in &self.desired.config {
            if let DesiredValue::Set(value) = value
                && !in_place(self.inputs, self.memory, self.live, key, value)
            {
                self.declared_key(key, value);
            }
        }
    }

    fn declared_key(&mut self, key: &ConfigKey, value: &CompactString) {
        let own = self.live.config_value(key.as_str());
        let drifted = self
            .memory
            .held_config(key.as_str(), value, &self.inputs.types);
        let difference = Difference {
            field: field(
                config_path(key.as_str()),
                shown(own),
                Some(self.inputs.types.shown(key.as_str(), value)),
            ),
            drifted,
        };
        // a key that is set on the topic is one that the cluster knows, whatever its listing says
        match refusal(self.inputs, key)
            .filter(|_| own.is_none() || platform::is_throttle(key.as_str()))
        {
            Some(reason) => self.held.push((difference, reason)),
            None => {
                self.todo.push(difference);
                self.set.push(SetField {
                    path: config_path(key.as_str()),
                    from: own.flatten().map(Into::into),
                    to: value.clone(),
                    secret: None,
                });
            }
        }
    }

    /// Looks at the keys that are set on the topic and that git does not mention.
    fn other_keys(&mut self) {
        for own in &self.live.config {
            let mentioned = self.desired.config.iter().any(|(key, _)| *key == own.key);
            if mentioned {
                continue;
            }
            let owned = self.memory.owns(&own.key);
            let claimed = self.inputs.desired.owns.topic_configs;
            if platform::is_throttle(own.key.as_str()) || !(owned || claimed) {
                self.foreign.insert(own.key.clone(), own.value.clone());
                continue;
            }
            self.todo.push(Difference {
                field: field(
                    config_path(own.key.as_str()),
                    shown(Some(own.value.as_deref())),
                    None,
                ),
                drifted: !owned && self.memory.appeared(own.key.as_str()),
            });
            self.reset.push(ResetField {
                path: config_path(own.key.as_str()),
                from: own.value.clone(),
            });
        }
    }

    fn finish(self, seen: &Seen<'_>, draft: &mut Draft) {
        let Self {
            inputs,
            live,
            memory,
            mut todo,
            held,
            mut set,
            mut reset,
            foreign,
            ..
        } = self;
        todo.sort_by(|a, b| order(&a.field).cmp(&order(&b.field)));
        set.sort_by(|a, b| a.path.cmp(&b.path));
        reset.sort_by(|a, b| a.path.cmp(&b.path));
        report_drift(seen, memory.replaced(live.id), &todo, &held, draft);
        if !foreign.is_empty() {
            draft.foreign.push(Foreign {
                object: object(seen),
                config: foreign,
            });
        }
        for (difference, reason) in held {
            draft.hold(
                seen,
                Verb::Update,
                Gate::Unsupported,
                reason,
                vec![difference.field],
            );
        }
        if todo.is_empty() {
            return;
        }
        let action = Action {
            object: object(seen),
            verb: Verb::Update,
            risk: risk::of_update(&set, &reset),
            cause: inputs.cause(todo.iter().all(|d| d.drifted)),
            fields: todo.into_iter().map(|d| d.field).collect(),
            source: place(seen),
            change: Change {
                id: Some(live.id),
                set,
                reset,
            },
        };
        draft.push(action, seen.record);
    }
}

/// The layout stands before the config, which is sorted by key.
fn order(field: &FieldChange) -> (bool, &str) {
    (field.path.starts_with("config."), &field.path)
}

fn shown(own: Option<Option<&str>>) -> Option<CompactString> {
    own.map(|value| value.map_or(HIDDEN, Into::into))
}

fn report_drift(
    seen: &Seen<'_>,
    replaced: bool,
    todo: &[Difference],
    held: &[(Difference, String)],
    draft: &mut Draft,
) {
    let mut fields: Vec<FieldChange> = todo
        .iter()
        .chain(held.iter().map(|(difference, _)| difference))
        .filter(|d| d.drifted)
        .map(|d| d.field.clone())
        .collect();
    if fields.is_empty() && !replaced {
        return;
    }
    fields.sort_by(|a, b| order(a).cmp(&order(b)));
    draft.drift.push(Drift {
        object: object(seen),
        class: match replaced {
            true => DriftClass::Replaced,
            false => DriftClass::Modified,
        },
        fields,
        source: place(seen),
    });
}

/// Tells whether a declared value is in place on the topic itself. A value that Kafka hides cannot be compared: it
/// counts as in place once Headgate has set it and git still wants the same.
pub(super) fn in_place(
    inputs: &Inputs<'_>,
    memory: Memory<'_>,
    live: &LiveTopic,
    key: &ConfigKey,
    value: &str,
) -> bool {
    match live.config_value(key.as_str()) {
        None => false,
        Some(Some(own)) => inputs.types.same(key.as_str(), own, value),
        Some(None) => memory.owns(key) && memory.held_config(key.as_str(), value, &inputs.types),
    }
}

/// Returns the replication factor of the first partition that has another one than declared. A partition with more
/// replicas than declared, not all of them in sync, is being reassigned: the controller takes the surplus away as soon
/// as all are in sync (KIP-455), so it is no difference yet.
pub(super) fn other_replication_factor(live: &LiveTopic, desired: usize) -> Option<usize> {
    live.partitions
        .iter()
        .filter(|p| p.replicas.len() <= desired || p.isr.len() >= p.replicas.len())
        .map(|p| p.replicas.len())
        .find(|replicas| *replicas != desired)
}
