//! A plan's objects in the order in which people read them, for both the text and the Markdown.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    escape::short,
    note::{consequence, left_behind},
    units::human,
};
use crate::{
    model::{Cause, DriftClass, Kind, ObjectRef, Place, SCHEMA, Verb},
    plan::{
        Action, Blocked, ClusterPlan, Drift, FieldChange, Foreign, Progress, Subject,
        memory::OFFSETS,
    },
};

/// What is said about an object; the order is that of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    Create,
    Update,
    Delete,
    Blocked,
    Reported,
    Drifted,
    Moving,
    Unexpected,
    Foreign,
}

impl Sort {
    /// The sign in front of the name.
    pub(super) fn sign(self) -> char {
        match self {
            Self::Create => '+',
            Self::Update => '~',
            Self::Delete => '-',
            Self::Blocked => '!',
            Self::Reported | Self::Drifted => '=',
            Self::Moving => '>',
            Self::Unexpected => '?',
            Self::Foreign => '.',
        }
    }

    /// Words for "12 …".
    pub(super) fn counted(self) -> &'static str {
        match self {
            Self::Create => "to create",
            Self::Update => "to change",
            Self::Delete => "to delete",
            Self::Blocked => "blocked",
            Self::Reported => "reported only",
            Self::Drifted => "drifted",
            Self::Moving => "with replicas on the move",
            Self::Unexpected => "unexpected",
            Self::Foreign => "with foreign config keys, which stay",
        }
    }
}

/// One object with everything there is to say about it; all text in it is safe to show.
pub(super) struct Entry<'a> {
    pub(super) sort: Sort,
    pub(super) name: &'a str,
    /// What is done, or why not.
    pub(super) what: String,
    pub(super) place: Option<&'a Place>,
    pub(super) fields: Vec<Line>,
    pub(super) reason: Option<Cow<'a, str>>,
}

/// One field.
pub(super) struct Line {
    pub(super) path: String,
    /// `None` when there is nothing to compare with: the object is made.
    pub(super) live: Option<String>,
    pub(super) desired: String,
    pub(super) note: Option<String>,
    /// What changes in it, in lines that begin with a sign.
    pub(super) below: Vec<String>,
}

/// The entries of one kind, in order.
pub(super) struct Group<'a> {
    pub(super) kind: &'a str,
    pub(super) entries: Vec<Entry<'a>>,
}

/// Sorts a cluster's plan by kind and by what is done.
pub(super) fn groups(plan: &ClusterPlan) -> Vec<Group<'_>> {
    let drifted: BTreeMap<(&str, &str), &Drift> =
        plan.drift.iter().map(|d| (key(&d.object), d)).collect();
    let mut groups: BTreeMap<&str, Vec<Entry<'_>>> = BTreeMap::new();
    let mut add = |kind, entry| groups.entry(kind).or_default().push(entry);
    for action in &plan.actions {
        let drift = drifted.get(&key(&action.object)).copied();
        add(action.object.kind.as_str(), of_action(action, drift, None));
    }
    for action in &plan.reported {
        let drift = drifted.get(&key(&action.object)).copied();
        add(
            action.object.kind.as_str(),
            of_action(action, drift, Some(Sort::Reported)),
        );
    }
    for blocked in &plan.blocked {
        let drift = drifted
            .get(&(blocked.kind.as_str(), blocked.name.as_str()))
            .copied();
        add(blocked.kind.as_str(), of_blocked(blocked, drift));
    }
    for drift in silent(plan) {
        add(drift.object.kind.as_str(), of_drift(drift));
    }
    for progress in &plan.moving {
        add(progress.object.kind.as_str(), of_progress(progress));
    }
    for unexpected in &plan.unexpected {
        add(unexpected.0.kind.as_str(), of_unexpected(&unexpected.0));
    }
    for foreign in &plan.foreign {
        add(foreign.object.kind.as_str(), of_foreign(foreign));
    }
    if let Some(schemas) = groups.get_mut(Kind::Schema.as_str()) {
        put_lines(plan, schemas);
    }
    groups
        .into_iter()
        .map(|(kind, mut entries)| {
            entries.sort_by_key(|e| e.sort);
            Group { kind, entries }
        })
        .collect()
}

/// Puts the lines that change in schemas below the field that tells a digest.
fn put_lines(plan: &ClusterPlan, schemas: &mut [Entry<'_>]) {
    for entry in schemas {
        let changed = plan.lines.get(entry.name).into_iter().flatten();
        let mut fields = entry.fields.iter_mut();
        if let Some(field) = fields.find(|field| field.path == SCHEMA) {
            field.below = changed.map(|line| short(line)).collect();
        }
    }
}

/// Drift that neither an action nor a gate tells of: a topic that was replaced by an equal one, a group that is not as its
/// document expects.
fn silent(plan: &ClusterPlan) -> impl Iterator<Item = &Drift> {
    let actions = plan.actions.iter().chain(&plan.reported);
    let blocked = plan.blocked.iter().filter(|b| !b.fields.is_empty());
    let told: BTreeSet<(&str, &str)> = actions
        .map(|a| key(&a.object))
        .chain(blocked.map(|b| (b.kind.as_str(), b.name.as_str())))
        .chain(plan.moving.iter().map(|p| key(&p.object)))
        .collect();
    let drift = plan.drift.iter();
    drift.filter(move |d| d.class != DriftClass::Unexpected && !told.contains(&key(&d.object)))
}

fn of_action<'a>(action: &'a Action, drift: Option<&Drift>, sort: Option<Sort>) -> Entry<'a> {
    let own = match action.verb {
        Verb::Create => Sort::Create,
        Verb::Update => Sort::Update,
        Verb::Delete => Sort::Delete,
    };
    let mut what = match action.verb {
        Verb::Delete if action.source.is_some() => "delete, as consented".to_owned(),
        Verb::Delete => "delete: git gave it up".to_owned(),
        verb => verb.to_string(),
    };
    if let Some(drift) = drift {
        what.push_str(&drift_tag(drift));
    }
    if sort == Some(Sort::Reported) {
        what.push_str(", reported only");
    }
    let kind = action.object.kind.as_str();
    let made = action.verb == Verb::Create;
    let mixed = action.cause != Cause::Drift;
    let is_drifted =
        |f: &FieldChange| mixed && !made && drift.is_some_and(|d| d.fields.contains(f));
    Entry {
        sort: sort.unwrap_or(own),
        name: &action.object.name,
        what,
        place: action.source.as_ref(),
        fields: action
            .fields
            .iter()
            .map(|f| line(kind, f, made, is_drifted(f)))
            .collect(),
        reason: to_know(action),
    }
}

/// Puts together what is to be known of an action beside its fields.
fn to_know(action: &Action) -> Option<Cow<'_, str>> {
    match (
        left_behind(action.object.kind, action.verb),
        &action.notes[..],
    ) {
        (None, []) => None,
        (Some(behind), []) => Some(behind.into()),
        (behind, notes) => {
            let notes = notes.iter().map(String::as_str);
            let all: Vec<&str> = notes.chain(behind).collect();
            Some(all.join("; ").into())
        }
    }
}

fn of_blocked<'a>(blocked: &'a Blocked, drift: Option<&Drift>) -> Entry<'a> {
    let made = blocked.action == Verb::Create;
    let mut what = match blocked.kind {
        Subject::Cluster => format!("blocked: {}", blocked.gate),
        Subject::Kind(_) => format!("{} blocked: {}", blocked.action, blocked.gate),
    };
    if let Some(drift) = drift.filter(|d| d.fields.iter().any(|f| blocked.fields.contains(f))) {
        what.push_str(&drift_tag(drift));
    }
    Entry {
        sort: Sort::Blocked,
        name: &blocked.name,
        what,
        place: blocked.source.as_ref(),
        fields: blocked
            .fields
            .iter()
            .map(|f| line(blocked.kind.as_str(), f, made, false))
            .collect(),
        reason: Some(blocked.reason.as_str().into()),
    }
}

fn drift_tag(drift: &Drift) -> String {
    format!(", drift: {}", drift.class)
}

fn key(object: &ObjectRef) -> (&str, &str) {
    (object.kind.as_str(), &object.name)
}

fn of_drift(drift: &Drift) -> Entry<'_> {
    Entry {
        sort: Sort::Drifted,
        name: &drift.object.name,
        what: format!("drift: {}", drift.class),
        place: drift.source.as_ref(),
        fields: drift
            .fields
            .iter()
            .map(|f| line(drift.object.kind.as_str(), f, false, false))
            .collect(),
        reason: Some(Cow::Borrowed(match drift.class {
            DriftClass::Replaced => {
                "somebody deleted it and made it again; everything declared is in place on the new one"
            }
            _ => "Headgate watches it and changes nothing about it",
        })),
    }
}

fn of_progress(progress: &Progress) -> Entry<'_> {
    let Progress {
        object,
        partitions,
        in_place,
        under_way,
        waiting,
        held,
    } = progress;
    let counts = [
        (under_way, "under way"),
        (waiting, "waiting"),
        (held, "held"),
    ];
    let counts = counts.into_iter().filter(|(n, _)| **n > 0);
    let counts: String = counts.map(|(n, what)| format!(", {n} {what}")).collect();
    Entry {
        sort: Sort::Moving,
        name: &object.name,
        what: format!("{in_place} of {partitions} partitions in place{counts}"),
        place: None,
        fields: Vec::new(),
        reason: None,
    }
}

fn of_unexpected(object: &ObjectRef) -> Entry<'_> {
    Entry {
        sort: Sort::Unexpected,
        name: &object.name,
        what: "unexpected: nobody declares it".into(),
        place: None,
        fields: Vec::new(),
        reason: None,
    }
}

fn of_foreign(foreign: &Foreign) -> Entry<'_> {
    let keys = foreign.config.iter().map(|(key, value)| Line {
        path: short(&format!("config.{key}")),
        live: None,
        desired: shown(
            &format!("config.{key}"),
            value.as_deref().unwrap_or("(hidden)"),
        ),
        note: None,
        below: Vec::new(),
    });
    Entry {
        sort: Sort::Foreign,
        name: &foreign.object.name,
        what: match (foreign.hides, foreign.throttles) {
            (true, _) => "config of its own hides what is declared for all brokers".into(),
            (false, true) => "throttles stay, although no replica is on the move".into(),
            (false, false) => "foreign config keys stay".into(),
        },
        place: None,
        fields: keys.collect(),
        reason: foreign.throttles.then_some(Cow::Borrowed(match foreign.object.kind {
            Kind::BrokerConfig => {
                "a replica that falls behind catches up no faster than this, if a topic lists it as throttled, and the \
                 next move is throttled by it, too; somebody set it, or a ledger that was lost: take it off with \
                 kafka-configs --alter --delete-config"
            }
            _ => {
                "replicas that it lists catch up no faster than their brokers' throttled rates when they fall behind; \
                 somebody set it, or a ledger that was lost: take it off with kafka-configs --alter --delete-config"
            }
        })),
    }
}

fn line(kind: &str, field: &FieldChange, made: bool, drifted: bool) -> Line {
    let value = |value: &str| shown(&field.path, value);
    let unset = match field.path.as_str() {
        // nobody asks for them: git sets them whatever they are
        OFFSETS => "where they are",
        _ => "unset",
    };
    let live = field.live.as_deref().map_or_else(|| unset.into(), value);
    let desired = field.desired.as_deref();
    let gone = match kind {
        "Topic" | "BrokerConfig" => "unset (broker's default)",
        "User" => "removed",
        _ => "unset",
    };
    let desired = desired.map_or_else(|| gone.into(), value);
    let mut note = if made { None } else { consequence(field) };
    if drifted {
        note = Some(note.map_or_else(|| "drifted".into(), |n| format!("drifted; {n}")));
    }
    Line {
        path: short(&field.path),
        live: (!made).then_some(live),
        desired,
        note,
        below: Vec::new(),
    }
}

fn shown(path: &str, value: &str) -> String {
    match human(path, value) {
        Some(amount) => format!("{} ({amount})", short(value)),
        None => short(value),
    }
}
