//! What is different about the planes beside Kafka (plan stage, pure): where a connector is, what a plugin or the registry
//! says against what is about to be written, and which schema comes before which.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::CompactString;

use super::{
    Action, Beyond, Change, ResetField, SetField,
    draft::{Draft, Inputs, withhold},
    memory::Memory,
    moves::Hold,
    restart,
    walk::Seen,
};
use crate::{
    desired::{DesiredRef, DesiredSchema, SchemaReference},
    live::{ConfigProblem, ConnectLive, Live, LiveRef, Observed},
    model::{Gate, Kind, ObjectRef, SCHEMA, Verb, config_key},
};

/// Returns what a change takes beside fields.
pub(super) fn of(seen: &Seen<'_>) -> Option<Box<Beyond>> {
    let beyond = match (seen.desired, seen.known()) {
        (Some(DesiredRef::Schema(schema)), _) => Beyond::Schema(schema.clone()),
        (_, Some(LiveRef::Connector(live))) => Beyond::Connector {
            connect: live.connect.clone(),
            name: live.name.clone(),
        },
        (Some(DesiredRef::Connector(desired)), _) => Beyond::Connector {
            connect: desired.connect.clone(),
            name: seen.name.into(),
        },
        _ => return None,
    };
    Some(Box::new(beyond))
}

/// Says why a connector is not made: it works in another Connect cluster, and two would do the same work.
pub(super) fn works_elsewhere(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Option<String> {
    let Some(DesiredRef::Connector(desired)) = seen.desired else {
        return None;
    };
    if seen.live.is_some() || !Memory::new(seen.record).was_in_place() {
        return None;
    }
    let connectors = &connect(inputs)?.connectors;
    let (key, other) = connectors.iter().find_map(|(key, one)| {
        let one = one.known()?;
        (one.name == seen.name && one.connect != desired.connect).then_some((key, one))
    })?;
    Some(format!(
        "it works in the Connect cluster {} and git has it in {} now; two would do the same work: it opens when the first one \
         is gone, for which an entry {{kind: Connector, name: {key}, reason: …, until: …}} under deletion.allow of the \
         Cluster lets it go",
        other.connect, desired.connect
    ))
}

/// Tells whether a connector of this name is listed. Where several Connect clusters have one, each stands under its cluster's
/// name, and neither is known to be the one that git declared.
pub(super) fn is_listed(live: &Live, name: &str) -> bool {
    let connect = live.connect.as_ref().and_then(Observed::known);
    let mut listed = connect.iter().flat_map(|c| c.connectors.values());
    listed.any(|one| one.known().is_some_and(|one| one.name == name))
}

/// Says what speaks against a change in the words of whoever will have to take it.
pub(super) fn refusal(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    set: &[SetField],
    reset: &[ResetField],
) -> Option<Hold> {
    let words: Observed<Vec<String>> = match seen.kind {
        Kind::Connector if writes_config(set, reset) => {
            let told = connect(inputs)?.checks.get(seen.name)?;
            let blocks = |problem: &&ConfigProblem| !problem.is_hint;
            told.as_ref().map(|all| {
                let all = all.iter().filter(blocks);
                all.map(ConfigProblem::to_string).collect()
            })
        }
        Kind::Schema if set.iter().any(|field| field.path == SCHEMA) => {
            let registry = inputs.live.registry.as_ref()?.known()?;
            registry.checks.get(seen.name)?.clone()
        }
        _ => return None,
    };
    let (who, why) = match seen.kind {
        Kind::Schema => ("the registry", "the registry would not take it"),
        // not all that is wrong is found out by asking: secrets do not even go there in plain text
        _ => ("Connect", "it cannot go to Connect as it is"),
    };
    match words {
        Observed::Known(words) if words.is_empty() => None,
        Observed::Known(words) => Some(Hold {
            gate: Gate::Unsupported,
            reason: format!("{why}: {}", words.join("; ")),
        }),
        Observed::Unknown(why) => Some(Hold {
            gate: Gate::IncompleteObservation,
            reason: format!(
                "whether {who} would take it is not known: {why}; it opens when {who} says so"
            ),
        }),
    }
}

/// Returns what is to be known of a change beside its fields: why that failed which is restarted, and what of its config a
/// plugin takes without a word though it is likely a slip.
pub(super) fn notes(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    set: &[SetField],
    reset: &[ResetField],
) -> Vec<String> {
    if seen.kind != Kind::Connector {
        return Vec::new();
    }
    let told = connect(inputs).and_then(|connect| connect.checks.get(seen.name)?.known());
    let told = told.filter(|_| writes_config(set, reset));
    let hints = told.into_iter().flatten().filter(|told| told.is_hint);
    let failure = restart::failure(seen, set).map(|why| format!("it failed: {why}"));
    let hints = hints.map(|hint| hint.message.clone());
    failure.into_iter().chain(hints).collect()
}

/// Tells whether a change writes a connector's config.
fn writes_config(set: &[SetField], reset: &[ResetField]) -> bool {
    let set = set.iter().map(|field| &field.path);
    let mut paths = set.chain(reset.iter().map(|field| &field.path));
    paths.any(|path| config_key(path).is_some())
}

/// Tells whether a subject lacks what git declares only because a schema that it refers to has a newer version: nobody
/// changed the subject.
pub(super) fn refers_to_older(live: LiveRef<'_>) -> bool {
    matches!(live, LiveRef::Subject(subject) if subject.refers_to_older)
}

/// Says why a subject cannot get the declared schema as its newest version: it has it, as an older one.
pub(super) fn is_older(live: LiveRef<'_>) -> Option<String> {
    let LiveRef::Subject(subject) = live else {
        return None;
    };
    let found = subject
        .declared
        .as_ref()
        .filter(|_| !subject.is_current())?;
    let newest = subject.versions.last()?;
    Some(format!(
        "the subject has this schema as version {}, and registering it again would not make it the newest, which is version \
         {newest}; declare that one, or a new one",
        found.version
    ))
}

fn connect<'a>(inputs: &Inputs<'a>) -> Option<&'a ConnectLive> {
    inputs.live.connect.as_ref()?.known()
}

/// Brings schemas that are written into an order in which each comes behind those that it refers to. All others stay where
/// they are.
pub(super) fn referred_first(actions: &mut [Action]) {
    let is_written = |a: &Action| a.verb != Verb::Delete && a.object.kind == Kind::Schema;
    let places: Vec<usize> = (0..actions.len())
        .filter(|at| is_written(&actions[*at]))
        .collect();
    if places.len() < 2 {
        return;
    }
    let by_name: BTreeMap<&str, usize> = places
        .iter()
        .map(|at| (actions[*at].object.name.as_str(), *at))
        .collect();
    let mut order = Vec::with_capacity(places.len());
    let mut met = BTreeSet::new();
    // the depth of references is what people write by hand; each is met once, so that a circle ends, too
    for at in &places {
        let mut path = vec![(*at, false)];
        while let Some((at, is_done)) = path.pop() {
            if is_done {
                order.push(at);
            } else if met.insert(at) {
                path.push((at, true));
                let refers_to = references(&actions[at]);
                path.extend(refers_to.filter_map(|name| Some((*by_name.get(name)?, false))));
            }
        }
    }
    let mut sorted: Vec<Action> = order.iter().map(|at| actions[*at].clone()).collect();
    for at in places.into_iter().rev() {
        if let Some(action) = sorted.pop() {
            actions[at] = action;
        }
    }
}

fn references(action: &Action) -> impl Iterator<Item = &str> {
    let references = schema_references(action).iter();
    references.map(|reference| &*reference.subject)
}

fn schema_references(action: &Action) -> &[SchemaReference] {
    match action.change.beyond.as_deref() {
        Some(Beyond::Schema(schema)) => &schema.references,
        _ => &[],
    }
}

/// Withholds schemas that refer to one that is not there and is not about to be: the registry would refuse them in each pass.
pub(super) fn keep_behind_referred(inputs: &Inputs<'_>, kind: Kind, draft: &mut Draft) {
    let registry = inputs.live.registry.as_ref().and_then(Observed::known);
    let Some(registry) = registry.filter(|_| kind == Kind::Schema) else {
        return;
    };
    let is_there = |to: &SchemaReference| match registry.subjects.get(&to.subject) {
        Some(Observed::Known(live)) => to.version.is_none_or(|v| live.versions.last() >= Some(&v)),
        Some(Observed::Unknown(_)) => true,
        // nobody looked for what git does not declare, and a reference to it was judged
        None => !inputs.desired.schemas.contains_key(&to.subject),
    };
    // one that is withheld may be what another one refers to
    loop {
        let made = draft.actions.iter().filter(|a| is_registered(a));
        let made: BTreeSet<&str> = made.map(|a| a.object.name.as_str()).collect();
        let lost = |to: &&SchemaReference| !is_there(to) && !made.contains(&*to.subject);
        let behind = draft.actions.iter().filter(|a| is_registered(a));
        let behind = behind.filter_map(|a| {
            let to = &schema_references(a).iter().find(lost)?.subject;
            let reason = format!(
                "it refers to the subject {to}, whose schema is withheld; it opens when that one is there"
            );
            let gate = draft.blocked.iter().find(|b| b.name == *to).map(|b| b.gate);
            let gate = gate.unwrap_or(Gate::Unsupported);
            Some((a.object.clone(), Hold { gate, reason }))
        });
        let behind: BTreeMap<ObjectRef, Hold> = behind.collect();
        if behind.is_empty() {
            return;
        }
        withhold(&mut draft.actions, &mut draft.blocked, |action| {
            let hold = behind.get(&action.object);
            hold.filter(|_| is_registered(action)).cloned()
        });
    }
}

/// Tells whether an action registers a schema.
fn is_registered(action: &Action) -> bool {
    action.verb != Verb::Delete && action.change.value(SCHEMA).is_some()
}

/// Says why a connector may not be the one that a consent names: while one Connect cluster is not seen, nobody knows whether
/// it is the only one of its name.
pub(super) fn may_be_another(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Option<String> {
    let Some(LiveRef::Connector(live)) = seen.known() else {
        return None;
    };
    let why = connect(inputs)?
        .unseen()
        .filter(|_| live.name == seen.name)?;
    Some(format!(
        "there may be another one of its name, since not all Connect clusters were seen ({why}); it opens when they are"
    ))
}

/// Says that schemas which git declares refer to a subject: no registry deletes it before they do not.
pub(super) fn referred_to(inputs: &Inputs<'_>, name: &str) -> Option<String> {
    let refers = |schema: &DesiredSchema| schema.references.iter().any(|to| to.subject == name);
    let referring = inputs.desired.schemas.iter();
    let referring = referring.filter(|(_, schema)| refers(schema));
    let referring: Vec<&str> = referring.map(|(name, _)| name.as_str()).collect();
    (!referring.is_empty()).then(|| {
        format!(
            "schemas that git declares refer to it ({}); it opens when none does",
            referring.join(", ")
        )
    })
}

/// Returns the names of the connectors whose config is about to be written, each with the change.
pub(super) fn written(actions: Vec<Action>) -> Vec<(CompactString, Change)> {
    let written = actions.into_iter();
    let written = written.filter(|a| a.verb != Verb::Delete);
    let written = written.filter(|a| writes_config(&a.change.set, &a.change.reset));
    written.map(|a| (a.object.name, a.change)).collect()
}
