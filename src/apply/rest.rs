//! Makes the writes of connectors and schemas out of changes (apply stage, pure).

use compact_str::CompactString;

use super::{batch::Ready, stage::Stage};
use crate::{
    desired::{Compatibility, ConnectorOffsets, RunState},
    live::LiveObject,
    model::{
        COMPATIBILITY, ConfigKey, EVERY_SUBJECT, SCHEMA, STATE, Secret, SecretName, Verb,
        config_key,
    },
    plan::{Action, Beyond, Change, SetField},
    ports::{ConnectWrite, ConnectorConfig, NewSchema, NewValue, RegistryWrite},
};

/// Path of offsets that are set.
const OFFSETS: &str = "offsets";
/// The state of a connector that failed, or a task of which did.
const FAILED: &str = "failed";

/// Returns the stage in which a connector's field is set: one that is to rest does so before its config changes, and one
/// that is to work after.
pub(super) fn stage_of(action: &Action, field: &SetField) -> Stage {
    match (field.path == STATE, action.verb) {
        _ if field.path == OFFSETS => Stage::ConnectorOffsets,
        (true, Verb::Update) if field.to == RunState::Running.as_str() => Stage::Resume,
        (true, Verb::Update) => Stage::Rest,
        _ => Stage::Connectors,
    }
}

/// Tells whether a field of a connector counts as in place once it was written: one that failed before fails again at
/// once, and the next pass tells so.
pub(super) fn is_taken(field: &SetField, own: &str) -> bool {
    field.path == STATE && field.to == RunState::Running.as_str() && own == FAILED
}

/// Makes the write of a connector in a stage.
pub(super) fn connector(stage: Stage, item: &Ready<'_>) -> Option<(CompactString, ConnectWrite)> {
    let action = item.action;
    let Some(Beyond::Connector { connect, name }) = action.change.beyond.as_deref() else {
        return None;
    };
    let name = name.clone();
    let write = match (stage, action.verb) {
        (Stage::DropConnectors, _) => ConnectWrite::Delete { name },
        (Stage::ConnectorOffsets, _) => {
            match ConnectorOffsets::parse(action.change.value(OFFSETS)?)? {
                ConnectorOffsets::Reset => ConnectWrite::ResetOffsets { name },
                ConnectorOffsets::Set(offsets) => ConnectWrite::AlterOffsets { name, offsets },
            }
        }
        (Stage::Connectors, Verb::Create) => ConnectWrite::Create {
            name,
            config: item.whole_config(),
            state: state(&action.change).unwrap_or_default(),
        },
        (Stage::Connectors, _) => ConnectWrite::Configure {
            name,
            config: item.whole_config(),
        },
        (Stage::Rest | Stage::Resume, _) => match has_failed(item) {
            true if stage == Stage::Resume => ConnectWrite::Restart { name },
            _ => ConnectWrite::State {
                name,
                to: state(&action.change)?,
            },
        },
        _ => return None,
    };
    Some((connect.clone(), write))
}

fn has_failed(item: &Ready<'_>) -> bool {
    match &item.seen {
        Some(LiveObject::Connector(live)) => live.runs() == FAILED,
        _ => false,
    }
}

fn state(change: &Change) -> Option<RunState> {
    let wanted = change.value(STATE)?;
    RunState::ALL
        .into_iter()
        .find(|state| state.as_str() == wanted)
}

impl Ready<'_> {
    fn whole_config(&self) -> ConnectorConfig {
        config(&self.action.change, |name| self.secret(name))
    }
}

/// Returns the whole config that a change writes; `secret` hands out what it only names.
pub fn config(change: &Change, secret: impl Fn(&SecretName) -> Secret<String>) -> ConnectorConfig {
    let fields = change.set.iter();
    let values = fields.filter_map(|field| {
        let key = ConfigKey::new(config_key(&field.path)?);
        let value = match &field.secret {
            Some(name) => NewValue::Secret(secret(name)),
            None => NewValue::Open(field.to.clone()),
        };
        Some((key, value))
    });
    values.collect()
}

/// Makes the writes of a subject in a stage. How it may change comes first, so that the schema is judged by it; a subject
/// that is made has to be there before.
pub(super) fn subject(stage: Stage, item: &Ready<'_>) -> Vec<RegistryWrite> {
    let action = item.action;
    let name = &action.object.name;
    if stage == Stage::DropSubjects {
        let subject = name.clone();
        return vec![RegistryWrite::DeleteSubject { subject }];
    }
    let change = &action.change;
    let to = change.value(COMPATIBILITY).and_then(level);
    let is_reset = change.reset.iter().any(|reset| reset.path == COMPATIBILITY);
    let level = (to.is_some() || is_reset).then(|| RegistryWrite::Compatibility {
        subject: (name != EVERY_SUBJECT).then(|| name.clone()),
        level: to,
    });
    let register = match change.beyond.as_deref() {
        Some(Beyond::Schema(schema)) if change.value(SCHEMA).is_some() => {
            Some(RegistryWrite::Register {
                subject: name.clone(),
                schema: NewSchema::from(schema),
            })
        }
        _ => None,
    };
    let writes = match action.verb {
        Verb::Create => [register, level],
        _ => [level, register],
    };
    writes.into_iter().flatten().collect()
}

fn level(word: &str) -> Option<Compatibility> {
    Compatibility::ALL
        .into_iter()
        .find(|level| level.as_str() == word)
}
