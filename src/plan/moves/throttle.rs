//! Throttles (plan stage, pure): how fast brokers may copy (their own dynamic configs), and which replicas that is about
//! (lists on the topics), as `kafka-reassign-partitions` sets them. They are on before the first replica is copied and
//! go with the last; one that somebody else set is used as it is and never touched.

use std::collections::{BTreeMap, BTreeSet};

use compact_str::{CompactString, ToCompactString, format_compact};

use super::outlook::begun;
use crate::{
    live::{LiveConfig, Observed, config_value},
    model::{
        Kind, Ledger, Mode, ObjectRef, Place, Risk, THROTTLE_RATES, THROTTLED_REPLICAS, TopicId,
        Verb, is_throttle,
    },
    plan::{
        Action, Change, ClusterPlan, Foreign, ResetField, SetField,
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
fn of_topic(
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

/// Adds to a plan the throttles of moves that begin in it and of those that are under way, and takes those off that
/// Headgate set once all has ended. They are part of the moves: on and off with them, whatever the modes of topics and
/// broker configs say by then.
pub(in crate::plan) fn throttle(inputs: &Inputs<'_>, plan: &mut ClusterPlan) {
    let copying = copying(inputs, plan);
    let deleted = plan.actions.iter().filter(|a| a.verb == Verb::Delete);
    let deleted: BTreeSet<ObjectRef> = deleted.map(|a| a.object.clone()).collect();
    let set = inputs.ledger.begun.throttles.iter().map(|t| &t.object);
    let set: BTreeSet<&ObjectRef> = set.filter(|object| !deleted.contains(object)).collect();
    let topics = set.iter().filter(|object| object.kind == Kind::Topic);
    let topics = topics.map(|object| object.name.as_str());
    let topics: BTreeSet<&str> = topics.chain(copying.keys().copied()).collect();
    let topics = topics.into_iter().filter_map(|name| {
        let copying = copying.get(name).map_or(&[][..], Vec::as_slice);
        topic(inputs, name, copying)
    });
    plan.actions.extend(topics);

    let each = copying.values().flatten();
    let copies: BTreeSet<i32> = each
        .flat_map(|c| c.from.iter().chain(&c.to))
        .copied()
        .collect();
    let ends = copies.is_empty() && inputs.moves.busy().is_empty();
    let set = set.iter().filter(|o| o.kind == Kind::BrokerConfig);
    let set = set.filter_map(|object| object.name.parse::<i32>().ok());
    let all: BTreeSet<i32> = copies.iter().copied().chain(set).collect();
    let is_up = |id: i32| inputs.kafka.brokers.iter().any(|b| b.id == id);
    for broker in all.into_iter().filter(|id| is_up(*id)) {
        let copies = copies.contains(&broker);
        if copies || ends {
            plan.actions.extend(of_broker(inputs, broker, copies));
        }
    }
    plan.foreign.extend(forgotten(inputs));
}

/// Returns the throttles that are not Headgate's own, while it is known that no reassignment needs any: whoever set them
/// forgot them, or the ledger that knew them was lost.
fn forgotten(inputs: &Inputs<'_>) -> Vec<Foreign> {
    if !inputs.moves.rests() {
        return Vec::new();
    }
    let topics = inputs.kafka.topics.iter();
    let topics = topics.filter_map(|(name, topic)| {
        let config = topic.known()?.config.as_slice();
        Some((Kind::Topic, name.as_str(), config))
    });
    let brokers = inputs.kafka.broker_configs.known().into_iter().flatten();
    let brokers = brokers.filter_map(|(name, config)| {
        let config = config.known()?.as_slice();
        Some((Kind::BrokerConfig, name.as_str(), config))
    });
    brokers
        .chain(topics)
        .filter(|(kind, _, _)| inputs.desired.mode(*kind) != Mode::Ignore)
        .filter_map(|(kind, name, config)| somebodys(inputs.ledger, kind, name, config))
        .collect()
}

/// Returns the throttles of one object that are not Headgate's own. Hardly any object has one: nothing is made for the
/// others.
fn somebodys(ledger: &Ledger, kind: Kind, name: &str, config: &[LiveConfig]) -> Option<Foreign> {
    let throttles = config.iter().filter(|c| is_throttle(kind, c.key.as_str()));
    let mut throttles = throttles.peekable();
    throttles.peek()?;
    let object = ObjectRef::new(kind, name);
    let own = |c: &&LiveConfig| {
        let (key, value) = (c.key.as_str(), c.value.as_deref());
        ledger.begun.set(&object, key, value)
    };
    let foreign = throttles.filter(|c| !own(c));
    let config: BTreeMap<_, _> = foreign.map(|c| (c.key.clone(), c.value.clone())).collect();
    (!config.is_empty()).then_some(Foreign {
        config,
        object,
        hides: false,
        throttles: true,
    })
}

/// Returns by topic what is copied from now on: by moves that are under way, and by those that the plan begins.
fn copying<'a>(inputs: &Inputs<'a>, plan: &ClusterPlan) -> BTreeMap<&'a str, Vec<Copying>> {
    let begun = begun(&plan.actions);
    let each = inputs.moves.copying();
    let each = each.map(|(name, all, begins)| {
        let begins = begins.into_iter().filter(|_| begun.contains(name));
        (name, all.iter().cloned().chain(begins).collect())
    });
    each.filter(|(_, all): &(_, Vec<Copying>)| !all.is_empty())
        .collect()
}

fn topic(inputs: &Inputs<'_>, name: &str, copying: &[Copying]) -> Option<Action> {
    let live = inputs.kafka.topics.get(name)?.known()?;
    let object = ObjectRef::topic(name);
    let ends = copying.is_empty() && !inputs.moves.busy().contains(name);
    let turns = of_topic(inputs.ledger, &object, &live.config, copying, ends);
    let declared = inputs.desired.topics.get(name);
    let declared = declared.filter(|_| inputs.is_declared(name, live));
    let place = declared.map_or(&inputs.desired.place, |topic| &topic.place);
    action(inputs, object, place, Some(live.id), turns)
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
    let turns = turns.collect();
    action(inputs, object, &inputs.desired.place, None, turns)
}

/// Makes an action of what becomes of an object's throttles; `None` when nothing does.
fn action(
    inputs: &Inputs<'_>,
    object: ObjectRef,
    place: &Place,
    id: Option<TopicId>,
    turns: Vec<Turn>,
) -> Option<Action> {
    let mut fields = Vec::new();
    let mut change = Change {
        id,
        ..Change::default()
    };
    for turn in turns {
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
    (!fields.is_empty()).then(|| Action {
        object,
        verb: Verb::Update,
        risk: Risk::Safe,
        cause: inputs.cause(false),
        fields,
        source: Some(place.clone()),
        notes: Vec::new(),
        change,
    })
}
