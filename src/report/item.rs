//! What the items of lists have in common (rank 4): pages, places, drift and what is withheld. Items are made for one
//! page at a time from the shared observation: nothing of this shape is kept in memory.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    desired::DesiredValue,
    live::{Configs, LiveConfig, Observed, config_value},
    model::{ConfigKey, DriftClass, Gate, Kind, Place, Verb},
    plan::{Blocked, FieldChange, OpenDrift},
};

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// Up to `limit` items.
    pub items: Vec<T>,
    /// Pass it as `cursor` to get the following items; null at the end.
    #[schema(required)]
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Takes `limit` items off an iterator that is sorted by key and already stands behind the cursor; `next` is the
    /// last item's key when more would follow.
    pub(super) fn take<S>(
        sorted: impl Iterator<Item = S>,
        limit: usize,
        key: impl Fn(&S) -> String,
        item: impl Fn(S) -> T,
    ) -> Self {
        let mut sources: Vec<S> = sorted.take(limit.saturating_add(1)).collect();
        let more = sources.len() > limit;
        sources.truncate(limit);
        let next = if more { sources.last().map(key) } else { None };
        Self {
            items: sources.into_iter().map(item).collect(),
            next,
        }
    }
}

/// Where something is declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourcePlace {
    /// Path below the repository's root.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

impl From<&Place> for SourcePlace {
    fn from(place: &Place) -> Self {
        Self {
            file: place.file.as_ref().to_owned(),
            line: place.line,
        }
    }
}

/// A field that differs; values as Kafka spells them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftField {
    /// `partitions`, `config.<key>`, `scram.<mechanism>.password` and the like.
    pub path: String,
    /// What is; null when it is not set.
    #[schema(required)]
    pub live: Option<String>,
    /// What should be; null when it should not be set.
    #[schema(required)]
    pub desired: Option<String>,
}

impl From<&FieldChange> for DriftField {
    fn from(field: &FieldChange) -> Self {
        Self {
            path: field.path.to_string(),
            live: field.live.as_deref().map(str::to_owned),
            desired: field.desired.as_deref().map(str::to_owned),
        }
    }
}

/// A difference that git did not cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DriftItem {
    /// Kind of the object.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// How it differs.
    pub class: DriftClass,
    /// When it was first seen.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
    /// What differs.
    pub fields: Vec<DriftField>,
    /// Where the object is declared.
    #[schema(required)]
    pub source: Option<SourcePlace>,
}

impl From<&OpenDrift> for DriftItem {
    fn from(open: &OpenDrift) -> Self {
        let drift = &open.drift;
        Self {
            kind: drift.object.kind,
            name: drift.object.name.to_string(),
            class: drift.class,
            since: open.since,
            fields: drift.fields.iter().map(DriftField::from).collect(),
            source: drift.source.as_ref().map(SourcePlace::from),
        }
    }
}

/// A change to an object that is withheld.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlockedItem {
    /// What would be done.
    pub action: Verb,
    /// What withholds it.
    pub gate: Gate,
    /// Why, and what would open the gate.
    pub reason: String,
    /// What differs.
    pub fields: Vec<DriftField>,
}

impl From<&Blocked> for BlockedItem {
    fn from(blocked: &Blocked) -> Self {
        Self {
            action: blocked.action,
            gate: blocked.gate,
            reason: blocked.reason.clone(),
            fields: blocked.fields.iter().map(DriftField::from).collect(),
        }
    }
}

/// Returns the word for who answers for an object, as metrics and lists spell it.
pub(super) fn owner(declared: bool) -> &'static str {
    if declared { "managed" } else { "unmanaged" }
}

/// Config values by key; null is one that Kafka keeps secret.
pub type Values = BTreeMap<String, Option<String>>;

pub(super) fn values(config: &[LiveConfig]) -> Values {
    let entries = config.iter();
    entries
        .map(|c| (c.key.to_string(), c.value.as_deref().map(str::to_owned)))
        .collect()
}

/// How an object of a plane beside Kafka stands: where git declares it, what differs, and why it is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Standing {
    /// Where it is declared; null when it is not.
    #[schema(required)]
    pub declared: Option<SourcePlace>,
    /// `managed` (declared in git) or `unmanaged`.
    pub owner: String,
    /// Open drift of it.
    pub drift: Vec<DriftItem>,
    /// Why it could not be read; null when it could.
    #[schema(required)]
    pub unknown: Option<String>,
}

/// A config key of a topic or connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConfigItem {
    /// The key.
    pub key: String,
    /// The value that is set on the object; null when none is, or when it is a secret.
    #[schema(required)]
    pub value: Option<String>,
    /// `topic` or `connector` when it is set on the object itself; null when it is not, so that a topic has what its brokers
    /// give it.
    #[schema(required)]
    pub source: Option<String>,
    /// The value that git declares; null when git declares none, leaves the key alone, or names a secret.
    #[schema(required)]
    pub declared: Option<String>,
}

/// Lays what is set on an object beside what is declared. What git takes from a secret is shown nowhere, its fingerprint
/// neither.
pub(super) fn configs(
    source: &str,
    live: &[LiveConfig],
    wanted: &[(ConfigKey, DesiredValue)],
) -> Vec<ConfigItem> {
    let set = live.iter().map(|c| &c.key);
    let mut keys: Vec<_> = set.chain(wanted.iter().map(|(key, _)| key)).collect();
    keys.sort_unstable();
    keys.dedup();
    let item = |key: &ConfigKey| {
        let own = config_value(live, key.as_str());
        let wanted = wanted.iter().find(|(k, _)| k == key);
        let (declared, is_secret) = match wanted {
            Some((_, DesiredValue::Set(value))) => (Some(value.to_string()), false),
            Some((_, DesiredValue::Secret(_))) => (None, true),
            Some((_, DesiredValue::LeaveAlone)) | None => (None, false),
        };
        ConfigItem {
            key: key.to_string(),
            value: own.flatten().filter(|_| !is_secret).map(str::to_owned),
            source: own.map(|_| source.to_owned()),
            declared,
        }
    };
    keys.into_iter().map(item).collect()
}

/// Returns the values that an object of a kind has; none when it is not among those that have any.
pub(super) fn own_values(configs: &Observed<Configs>, name: &str) -> Observed<Values> {
    match configs {
        Observed::Unknown(why) => Observed::Unknown(why.clone()),
        Observed::Known(all) => match all.get(name) {
            None => Observed::Known(Values::new()),
            Some(config) => config.as_ref().map(|config| values(config)),
        },
    }
}
