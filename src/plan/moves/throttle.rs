//! Throttles (plan stage, pure): how fast brokers may copy (their own dynamic configs), and which replicas that is about
//! (lists on the topics), as `kafka-reassign-partitions` sets them. They are on before the first replica is copied and
//! go with the last; one that somebody else set is used as it is and never touched.

use std::collections::BTreeSet;

use compact_str::{CompactString, ToCompactString, format_compact};

use crate::{
    live::{LiveConfig, Observed, config_value},
    model::{Kind, Ledger, ObjectRef, Risk, THROTTLE_RATES, THROTTLED_REPLICAS, Verb},
    plan::{
        Action, Change, ClusterPlan, ResetField, SetField,
        draft::{Inputs, field},
        memory::config_path,
    },
};

/// Data of a partition that is being copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copying {
    pub(super) partition: i32,
    /// Brokers that have it.
    pub(super) from: Vec<i32>,
    /// Brokers that get it.
    pub(super) to: Vec<i32>,
}

/// What is to be done about a throttle.
#[derive(Debug, Clone)]
pub(super) enum Turn {
    Set(SetField),
    Reset(ResetField),
}

/// Works out what becomes of one throttle: `wanted` while something is copied, `None` when all has ended.
fn turn(
    ledger: &Ledger,
    object: &ObjectRef,
    config: &[LiveConfig],
    key: &str,
    wanted: Option<CompactString>,
) -> Option<Turn> {
    let live = config_value(config, key);
    let own = live.flatten();
    if live.is_some() && !ledger.begun.set(object, key, own) {
        return None;
    }
    let path = config_path(key);
    match (own, wanted) {
        (own, Some(wanted)) if own != Some(wanted.as_str()) => Some(Turn::Set(SetField {
            path,
            from: own.map(Into::into),
            to: wanted,
            secret: None,
        })),
        (Some(own), None) => Some(Turn::Reset(ResetField {
            path,
            from: Some(own.into()),
        })),
        _ => None,
    }
}

/// Works out the lists of a topic: they name every replica that is copied or about to be.
pub(super) fn of_topic(
    ledger: &Ledger,
    object: &ObjectRef,
    config: &[LiveConfig],
    copying: &[Copying],
    ends: bool,
) -> Vec<Turn> {
    let list = |brokers: fn(&Copying) -> &[i32]| -> BTreeSet<(i32, i32)> {
        let each = copying.iter();
        each.flat_map(|c| brokers(c).iter().map(|b| (c.partition, *b)))
            .collect()
    };
    let lists = [list(|c| &c.from), list(|c| &c.to)];
    THROTTLED_REPLICAS
        .into_iter()
        .zip(lists)
        .filter_map(|(key, wanted)| {
            if wanted.is_empty() {
                return ends
                    .then(|| turn(ledger, object, config, key, None))
                    .flatten();
            }
            let words: Vec<String> = wanted.iter().map(|(p, b)| format!("{p}:{b}")).collect();
            let listed = config_value(config, key).flatten().unwrap_or_default();
            let listed: BTreeSet<&str> = listed.split(',').map(str::trim).collect();
            // what is named beyond that does no harm, and goes at the end
            match words.iter().all(|word| listed.contains(word.as_str())) {
                true => None,
                false => turn(ledger, object, config, key, Some(words.join(",").into())),
            }
        })
        .collect()
}

/// Adds to a plan the throttles of the brokers that take part in its moves and in those that are under way; when none is,
/// takes those off that Headgate set. They are part of the moves, whatever the mode of broker configs.
pub(in crate::plan) fn brokers(inputs: &Inputs<'_>, plan: &mut ClusterPlan) {
    let begins = plan.actions.iter().filter(|a| !a.change.moves.is_empty());
    let begun: BTreeSet<&str> = begins.map(|a| a.object.name.as_str()).collect();
    let mut copying = BTreeSet::new();
    for (name, all, begins) in inputs.moves.copying() {
        let all = all
            .iter()
            .chain(begins.iter().filter(|_| begun.contains(name)));
        copying.extend(all.flat_map(|c| c.from.iter().chain(&c.to)).copied());
    }
    let set = inputs.ledger.begun.throttles.iter();
    let set = set.filter(|t| t.object.kind == Kind::BrokerConfig);
    let set = set.filter_map(|t| t.object.name.parse::<i32>().ok());
    let ends = copying.is_empty() && !inputs.moves.is_copying();
    let all: BTreeSet<i32> = copying.iter().copied().chain(set).collect();
    for broker in all {
        let is_up = inputs.kafka.brokers.iter().any(|b| b.id == broker);
        let copies = copying.contains(&broker);
        if is_up && (copies || ends) {
            plan.actions.extend(of_broker(inputs, broker, copies));
        }
    }
    merge(plan);
}

fn of_broker(inputs: &Inputs<'_>, broker: i32, copies: bool) -> Option<Action> {
    let object = ObjectRef::new(Kind::BrokerConfig, &broker.to_compact_string());
    let configs = inputs.kafka.broker_configs.known()?;
    let config: &[LiveConfig] = match configs.get(&object.name) {
        None => &[],
        Some(Observed::Known(config)) => config,
        Some(Observed::Unknown(_)) => return None,
    };
    let rate = inputs.desired.moves.throttle;
    let turns = THROTTLE_RATES.into_iter().filter_map(|key| {
        let wanted = copies.then(|| format_compact!("{rate}"));
        turn(inputs.ledger, &object, config, key, wanted)
    });
    let mut action = Action {
        object: object.clone(),
        verb: Verb::Update,
        risk: Risk::Safe,
        cause: inputs.cause(false),
        fields: Vec::new(),
        source: Some(inputs.desired.place.clone()),
        change: Change::default(),
    };
    for turn in turns {
        take(&mut action, turn);
    }
    (!action.fields.is_empty()).then_some(action)
}

/// Makes a throttle part of an action.
pub(super) fn take(action: &mut Action, turn: Turn) {
    let Action { fields, change, .. } = action;
    match turn {
        Turn::Set(set) => {
            let to = Some(set.to.clone());
            fields.push(field(set.path.clone(), set.from.clone(), to));
            change.set.push(set);
        }
        Turn::Reset(reset) => {
            fields.push(field(reset.path.clone(), reset.from.clone(), None));
            change.reset.push(reset);
        }
    }
}

/// Brings the actions into order, with one for each object and verb.
fn merge(plan: &mut ClusterPlan) {
    let order = |a: &Action, b: &Action| (a.verb, &a.object).cmp(&(b.verb, &b.object));
    plan.actions.sort_by(order);
    plan.actions.dedup_by(|later, first| {
        let same = later.object == first.object && later.verb == first.verb;
        if same {
            first.fields.append(&mut later.fields);
            first.change.set.append(&mut later.change.set);
            first.change.reset.append(&mut later.change.reset);
        }
        same
    });
}
