//! One change against one look, in one stage: is it in place, may it be written (apply stage, pure). Every object is an id
//! and fields by path, so this is the same for all kinds.

use compact_str::CompactString;

use super::stage::Stage;
use crate::{
    live::{Field, LiveRef},
    model::{ObjectRef, TopicId, Verb},
    plan::{Action, KeyTypes, ResetField, SetField},
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
    action: &Action,
    seen: Option<LiveRef<'_>>,
    types: KeyTypes<'_>,
) -> Judged {
    if action.verb == Verb::Delete
        && let Some(other) = seen.and_then(|live| replaced(action, live))
    {
        return Judged::Differs(format!("{other}; it is left alone"));
    }
    if in_place(stage, action, seen, types) {
        return Judged::InPlace;
    }
    match differs(stage, action, seen, types) {
        None => Judged::Ready,
        Some(how) => Judged::Differs(how),
    }
}

/// Tells whether what a stage wants is there. For a deletion that is true of a topic made again under the name, too:
/// the one that was to go is gone.
pub(super) fn in_place(
    stage: Stage,
    action: &Action,
    seen: Option<LiveRef<'_>>,
    types: KeyTypes<'_>,
) -> bool {
    match (action.verb, seen) {
        (Verb::Delete, seen) => seen.is_none_or(|live| replaced(action, live).is_some()),
        (Verb::Create | Verb::Update, None) => false,
        (Verb::Create | Verb::Update, Some(live)) => {
            replaced(action, live).is_none()
                && stage
                    .set(action)
                    .all(|field| holds(&action.object, live, &field.path, &field.to, types))
                && stage
                    .reset(action)
                    .all(|field| live.field(&field.path).is_none())
        }
    }
}

/// Says why a change that Kafka refused as done before is never going to be as wanted, however long one looks: an object
/// appears whole, and partitions only grow. `None` while it may still be.
pub(super) fn never(action: &Action, seen: Option<LiveRef<'_>>) -> Option<String> {
    let live = seen?;
    match action.verb {
        Verb::Create => Some(appeared()),
        Verb::Update => replaced(action, live).or_else(|| outgrown(action, live)),
        Verb::Delete => None,
    }
}

/// Returns what a change still has to set in a stage, by what was seen.
pub(super) fn left_to_set<'a>(
    stage: Stage,
    action: &'a Action,
    seen: LiveRef<'_>,
    types: KeyTypes<'_>,
) -> Vec<&'a SetField> {
    let due = stage.set(action);
    due.filter(|field| !holds(&action.object, seen, &field.path, &field.to, types))
        .collect()
}

/// Returns what a change still has to reset in a stage, by what was seen.
pub(super) fn left_to_reset<'a>(
    stage: Stage,
    action: &'a Action,
    seen: LiveRef<'_>,
) -> Vec<&'a ResetField> {
    let due = stage.reset(action);
    due.filter(|field| seen.field(&field.path).is_some())
        .collect()
}

/// Says how an object that is not as wanted differs from what the plan saw; `None` when it does not.
fn differs(
    stage: Stage,
    action: &Action,
    seen: Option<LiveRef<'_>>,
    types: KeyTypes<'_>,
) -> Option<String> {
    match (action.verb, seen) {
        (Verb::Create, None) | (Verb::Delete, _) => None,
        (Verb::Create, Some(_)) => Some(appeared()),
        (Verb::Update, None) => Some("it is gone".to_owned()),
        (Verb::Update, Some(live)) => replaced(action, live)
            .or_else(|| {
                stage
                    .set(action)
                    .find_map(|field| set_since(&action.object, live, field, types))
            })
            .or_else(|| {
                stage.reset(action).find_map(|field| {
                    let was = field.from.as_deref();
                    changed(&action.object, live, &field.path, was, types)
                })
            }),
    }
}

fn set_since(
    object: &ObjectRef,
    live: LiveRef<'_>,
    set: &SetField,
    types: KeyTypes<'_>,
) -> Option<String> {
    if holds(object, live, &set.path, &set.to, types) {
        return None;
    }
    let path = told(&set.path);
    match (&set.from, live.field(&set.path)) {
        // a hidden value cannot be compared, and the plan's `None` may stand for it
        (None, None) | (_, Some(Field::Hidden)) => None,
        (None, Some(Field::Value(now))) => {
            Some(format!("{path} is {now} by now, the plan saw it unset"))
        }
        (Some(was), None) => Some(format!("{path} is unset by now, the plan saw {was}")),
        (Some(was), Some(Field::Value(_))) => changed(object, live, &set.path, Some(was), types),
    }
}

/// Says how a field that is set differs from the value the plan saw. A field that is unset needs no reset, so it is as
/// good as seen, and a hidden value on either side cannot be compared.
fn changed(
    object: &ObjectRef,
    live: LiveRef<'_>,
    path: &CompactString,
    was: Option<&str>,
    types: KeyTypes<'_>,
) -> Option<String> {
    let now = live.field(path)?;
    let (now, was) = (now.value()?, was?);
    let same = types.same_field(object.kind, path, now, was);
    (!same).then(|| format!("{} is {now} by now, the plan saw {was}", told(path)))
}

/// Tells whether a field has a value on the object itself.
fn holds(
    object: &ObjectRef,
    live: LiveRef<'_>,
    path: &str,
    value: &str,
    types: KeyTypes<'_>,
) -> bool {
    let own = live.field(path);
    let own = own.as_ref().and_then(Field::value);
    own.is_some_and(|own| types.same_field(object.kind, path, own, value))
}

/// Returns a field's path as a sentence names it.
fn told(path: &str) -> &str {
    path.strip_prefix("config.").unwrap_or(path)
}

fn appeared() -> String {
    "it is there by now, and not as it is declared".to_owned()
}

/// Says that an object is another one than the plan saw, by its id.
fn replaced(action: &Action, live: LiveRef<'_>) -> Option<String> {
    let planned = action.change.id?;
    let seen = id(live)?;
    (seen != planned).then(|| {
        format!("it was deleted and made again (topic id {seen} now, {planned} in the plan)")
    })
}

fn id(live: LiveRef<'_>) -> Option<TopicId> {
    match live {
        LiveRef::Topic(topic) => Some(topic.id),
        _ => None,
    }
}

/// Says that a topic has more partitions than it was to get.
fn outgrown(action: &Action, live: LiveRef<'_>) -> Option<String> {
    let count = |text: &str| text.parse::<u64>().ok();
    let path = CompactString::const_new("partitions");
    let set = action.change.set.iter().find(|f| f.path == path)?;
    let now = live.field(&path)?;
    let now = now.value()?;
    (count(now)? > count(&set.to)?).then(|| {
        let was = set.from.as_deref().unwrap_or("none");
        format!("partitions is {now} by now, the plan saw {was}")
    })
}
