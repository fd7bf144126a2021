//! Declared objects against the live ones, field by field (plan stage, pure). What can be done becomes one action; what
//! cannot is held back with its reason, and does not hold up the rest.

mod credentials;
mod foreign;
mod replicas;
mod whole;

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    Action, Change, FieldChange, ResetField, SetField, beyond,
    draft::{Draft, Inputs, field, place},
    fields::{self, Want},
    memory::{LEADERS, Memory, PLACEMENT},
    moves::Hold,
    restart, risk, special,
    walk::Seen,
};
use crate::{
    desired::DesiredRef,
    live::{Field, LiveRef, Observed},
    model::{ConfigKey, DriftClass, Gate, Kind, STATE, Verb, is_throttle},
};

/// Plans one declared object.
pub(super) fn declared(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: DesiredRef<'_>,
    draft: &mut Draft,
) {
    if let Some(reason) = special::never_written(inputs, seen) {
        let verb = seen.live.as_ref().map_or(Verb::Create, |_| Verb::Update);
        return draft.hold(seen, verb, Gate::Unsupported, reason, Vec::new());
    }
    let wanted = fields::wanted(inputs, desired);
    match &seen.live {
        None => create(inputs, seen, desired, &wanted, draft),
        Some(Observed::Known(live)) => {
            Diff::new(inputs, seen, desired, *live, &wanted).finish(draft);
        }
        Some(Observed::Unknown(why)) => {
            let reason = format!(
                "what there is of it is not known: {why}; it opens with a complete observation"
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

fn create(
    inputs: &Inputs<'_>,
    seen: &Seen<'_>,
    desired: DesiredRef<'_>,
    wanted: &[Want<'_>],
    draft: &mut Draft,
) {
    // an object that is nothing but keys is there as soon as it has none to have
    if wanted.is_empty() && matches!(desired, DesiredRef::Config(_)) {
        return;
    }
    let memory = Memory::new(seen.record);
    let shown = |want: &Want<'_>| {
        let desired = want.shown(seen.kind, &inputs.types);
        field(want.path.clone(), None, Some(desired))
    };
    let all: Vec<FieldChange> = wanted.iter().map(shown).collect();
    if memory.was_in_place() {
        draft.drifted(seen, DriftClass::Missing, all.clone());
    }
    let refusals: Vec<String> = wanted
        .iter()
        .filter_map(|want| refusal(inputs, seen, want))
        .collect();
    if !refusals.is_empty() {
        return draft.hold(
            seen,
            Verb::Create,
            Gate::Unsupported,
            refusals.join("; "),
            all,
        );
    }
    // where replicas lie is said partition by partition
    let written = wanted.iter().filter(|want| want.path != PLACEMENT);
    let set: Vec<SetField> = match written.map(|want| set(want, None)).collect() {
        Ok(set) => set,
        Err(why) => {
            return draft.hold(seen, Verb::Create, Gate::IncompleteObservation, why, all);
        }
    };
    let layout = match seen.kind {
        Kind::Topic => inputs.moves.layout(seen.name),
        _ => Ok(Vec::new()),
    };
    let layout = match layout {
        Ok(layout) => layout,
        Err(Hold { gate, reason }) => return draft.hold(seen, Verb::Create, gate, reason, all),
    };
    let unchanged = set
        .iter()
        .all(|f| memory.held(seen.kind, &f.path, &f.to, &inputs.types));
    let action = Action {
        object: seen.object(),
        verb: Verb::Create,
        risk: risk::of_create(seen, &set),
        cause: inputs.cause(memory.was_in_place() && unchanged),
        fields: all,
        source: place(seen),
        notes: beyond::notes(inputs, seen, &set, &[]),
        change: Change {
            set,
            assignment: layout,
            beyond: beyond::of(seen),
            ..Change::default()
        },
    };
    match beyond::refusal(inputs, seen, &action.change.set, &action.change.reset) {
        Some(Hold { gate, reason }) => {
            draft.hold(seen, Verb::Create, gate, reason, action.fields);
        }
        None => draft.push(action, seen.record),
    }
}

/// Makes the executor's half of a field; the error says why its secret cannot be had.
fn set(want: &Want<'_>, from: Option<CompactString>) -> Result<SetField, String> {
    match &want.value {
        Observed::Known(value) => Ok(SetField {
            path: want.path.clone(),
            from,
            to: value.clone(),
            secret: want.secret.cloned(),
        }),
        Observed::Unknown(why) => Err(format!("{why}; it opens when the secret can be read")),
    }
}

/// Says why a declared field cannot be set.
fn refusal(inputs: &Inputs<'_>, seen: &Seen<'_>, want: &Want<'_>) -> Option<String> {
    let key = want.key.as_ref()?.as_str();
    if is_throttle(seen.kind, key) {
        return Some(format!(
            "`{key}` belongs to partition reassignments, which set and remove it; take it out of git"
        ));
    }
    inputs.types.refusal(seen.kind, key)
}

/// A field that differs.
struct Difference {
    field: FieldChange,
    /// Live changed while git did not.
    drifted: bool,
}

/// One object's differences, as they are found.
struct Diff<'a> {
    inputs: &'a Inputs<'a>,
    seen: &'a Seen<'a>,
    live: LiveRef<'a>,
    memory: Memory<'a>,
    todo: Vec<Difference>,
    /// What cannot be done, each with its gate and reason.
    held: Vec<(Difference, Gate, String)>,
    /// What is being done about it already.
    under_way: Vec<Difference>,
    set: Vec<SetField>,
    reset: Vec<ResetField>,
    /// It overwrites what only a consent lets it.
    by_consent: bool,
    /// Where the partitions that it gets go.
    layout: Vec<Box<[i32]>>,
    foreign: BTreeMap<ConfigKey, Option<CompactString>>,
}

impl<'a> Diff<'a> {
    fn new(
        inputs: &'a Inputs<'a>,
        seen: &'a Seen<'a>,
        desired: DesiredRef<'a>,
        live: LiveRef<'a>,
        wanted: &[Want<'_>],
    ) -> Self {
        let mut diff = Self {
            inputs,
            seen,
            live,
            memory: Memory::new(seen.record),
            todo: Vec::new(),
            held: Vec::new(),
            under_way: Vec::new(),
            layout: Vec::new(),
            set: Vec::new(),
            reset: Vec::new(),
            by_consent: false,
            foreign: BTreeMap::new(),
        };
        for want in wanted {
            if !replicas::is_about_replicas(&want.path)
                && !fields::in_place(inputs, seen, live, want)
            {
                diff.declared(want);
            }
        }
        diff.replicas(wanted);
        diff.with_password(wanted);
        diff.unmentioned(desired);
        diff.with_whole_config(wanted);
        diff.unless_refused();
        diff
    }

    fn declared(&mut self, want: &Want<'_>) {
        let (inputs, seen) = (self.inputs, self.seen);
        let own = self.live.field(&want.path);
        let desired = want.shown(seen.kind, &inputs.types);
        let held = |value: &CompactString| {
            self.memory
                .held(seen.kind, &want.path, value, &inputs.types)
        };
        let difference = Difference {
            field: field(
                want.path.clone(),
                match want.secret {
                    // what tells secrets apart is nobody's business
                    Some(_) => own.as_ref().map(|_| fields::HIDDEN),
                    None => fields::shown(self.live, &want.path),
                },
                Some(desired),
            ),
            drifted: want.value.known().is_some_and(held) && !beyond::refers_to_older(self.live),
        };
        // a key that is set on the object is one that the cluster knows, whatever its listing says
        let is_throttle = |key: &ConfigKey| is_throttle(seen.kind, key.as_str());
        let refused = refusal(inputs, seen, want)
            .filter(|_| own.is_none() || want.key.as_ref().is_some_and(is_throttle))
            .or_else(|| special::cannot_become(self.live, want))
            .or_else(|| special::locks_itself_out(inputs, seen, want));
        if let Some(reason) = refused {
            return self.held.push((difference, Gate::Unsupported, reason));
        }
        let restart = || restart::hold(inputs, seen, self.live).filter(|_| want.path == STATE);
        if let Some(Hold { gate, reason }) = self.waits_for_replicas(want).or_else(restart) {
            return self.held.push((difference, gate, reason));
        }
        let from = own.as_ref().and_then(Field::value).map(CompactString::from);
        let set = set(want, from).map_err(|why| (Gate::IncompleteObservation, why));
        match set.and_then(|set| self.may_overwrite(want).map(|()| set)) {
            Ok(set) => {
                self.todo.push(difference);
                self.set.push(set);
            }
            Err((gate, why)) => self.held.push((difference, gate, why)),
        }
    }

    /// Looks at the keys that are set on the object and that git does not mention.
    fn unmentioned(&mut self, desired: DesiredRef<'a>) {
        for own in fields::unmentioned(Some(desired), self.live) {
            let owned = self.memory.owns(&own.key);
            let claimed = special::claims_keys(self.inputs, self.seen.kind);
            let throttle = is_throttle(self.seen.kind, own.key.as_str());
            let object = self.seen.object();
            if self.inputs.ledger.begun.set(
                &object,
                own.key.as_str(),
                own.value.map(CompactString::as_str),
            ) {
                continue;
            }
            if throttle && self.inputs.moves.rests() {
                // `moves` tells of those that nobody needs, also of objects that git does not declare
                continue;
            }
            if throttle || !(owned || claimed) {
                self.foreign.insert(own.key, own.value.cloned());
                continue;
            }
            let drifted = !owned && self.memory.appeared(own.key.as_str());
            let stays = self.stays(&own);
            for path in own.paths {
                let live = fields::shown(self.live, &path);
                let difference = Difference {
                    field: field(path.clone(), live, None),
                    drifted,
                };
                if let Some((gate, reason)) = &stays {
                    self.held.push((difference, *gate, reason.clone()));
                    continue;
                }
                self.todo.push(difference);
                self.reset.push(ResetField {
                    path,
                    from: own.value.cloned(),
                });
            }
        }
    }

    fn finish(self, draft: &mut Draft) {
        let Self {
            inputs,
            seen,
            live,
            memory,
            mut todo,
            held,
            under_way,
            mut set,
            mut reset,
            by_consent,
            layout,
            foreign,
        } = self;
        todo.sort_by(|a, b| order(&a.field).cmp(&order(&b.field)));
        set.sort_by(|a, b| a.path.cmp(&b.path));
        reset.sort_by(|a, b| a.path.cmp(&b.path));
        let replaced = matches!(live, LiveRef::Topic(topic) if memory.replaced(topic.id));
        report_drift(seen, replaced, [&todo, &under_way], &held, draft);
        foreign::tell(inputs, seen, foreign, draft);
        let held = held.into_iter();
        draft.hold_fields(seen, held.map(|(d, gate, reason)| (d.field, gate, reason)));
        let moves = inputs.moves.of_topic(seen.name);
        let moves = moves.filter(|m| matches!(live, LiveRef::Topic(_)) && m.begins());
        if todo.is_empty() && moves.is_none() {
            return;
        }
        let drifted = todo.iter().filter(|d| d.field.path != LEADERS);
        let only_drift = todo.iter().any(|d| d.drifted) && drifted.clone().all(|d| d.drifted);
        let mut action = Action {
            object: seen.object(),
            verb: Verb::Update,
            risk: risk::of_update(seen.kind, &set, &reset),
            cause: inputs.cause(only_drift),
            fields: todo.into_iter().map(|d| d.field).collect(),
            source: place(seen),
            notes: beyond::notes(inputs, seen, &set, &reset),
            change: Change {
                id: live.id(),
                set,
                reset,
                by_consent,
                assignment: layout,
                beyond: beyond::of(seen),
                ..Change::default()
            },
        };
        if let Some(moves) = moves {
            moves.add_to(&mut action);
        }
        draft.push(action, seen.record);
    }
}

/// The layout stands before the config, which is sorted by key.
fn order(field: &FieldChange) -> (bool, &str) {
    (field.path.starts_with("config."), &field.path)
}

fn report_drift(
    seen: &Seen<'_>,
    replaced: bool,
    todo: [&[Difference]; 2],
    held: &[(Difference, Gate, String)],
    draft: &mut Draft,
) {
    let held = held.iter().map(|(difference, _, _)| difference);
    let mut fields: Vec<FieldChange> = todo
        .into_iter()
        .flatten()
        .chain(held)
        .filter(|d| d.drifted)
        .map(|d| d.field.clone())
        .collect();
    if fields.is_empty() && !replaced {
        return;
    }
    fields.sort_by(|a, b| order(a).cmp(&order(b)));
    // some of a field's moves may begin while others are withheld
    fields.dedup();
    let class = match replaced {
        true => DriftClass::Replaced,
        false => DriftClass::Modified,
    };
    draft.drifted(seen, class, fields);
}
