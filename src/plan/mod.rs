//! Planning (rank 3): desired + live + ledger -> an immutable plan. Pure: no I/O, clock, environment or randomness.

mod access;
mod action;
mod beyond;
mod budget;
mod contention;
mod credit;
mod declared;
mod deletion;
mod draft;
mod fields;
mod gates;
mod group;
mod id;
mod in_use;
mod key_types;
mod limits;
mod lines;
mod memory;
mod moves;
mod needs;
mod offsets;
pub mod placement;
mod platform;
pub mod render;
mod restart;
mod result;
mod review;
mod risk;
mod settle;
mod special;
mod unseen;
mod walk;

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::Timestamp;

pub use access::{NotMade, lets_in, may_shut_out};
pub use action::{
    Action, Beyond, Blocked, Change, ClusterPlan, Drift, FieldChange, Foreign, Move, Plan,
    PlaneState, Progress, ResetField, SetField, Subject, Summary, Unexpected,
};
pub use credit::{credit, owned_key};
pub use deletion::subjects_due;
pub use key_types::KeyTypes;
pub use result::{ActionResult, End, OpenDrift};
pub use settle::{Pass, Settled, resolve_intents, settle};
pub use unseen::unseen;

use crate::{
    desired::{DesiredCluster, DesiredRef},
    live::{KafkaLive, Live, LiveRef, LiveTopic, Observed},
    model::{Acl, Gate, Kind, Ledger, Mode, ObjectRef, Plane, TopicName, Verb},
    policy::Policies,
};
use draft::{Draft, Inputs};
use moves::Outlook;
use walk::{Seen, Walk};

/// Plans one cluster: what is to be done, in order, and what is withheld and why. The same inputs give the same plan;
/// planning what was just applied gives an empty one.
#[must_use]
pub fn plan(
    desired: &DesiredCluster,
    live: &Live,
    ledger: &Ledger,
    policies: &Policies,
    now: Timestamp,
) -> ClusterPlan {
    if let Some(closed) = gates::foreign(desired, live, ledger) {
        return held(desired, closed);
    }
    let kafka = live.kafka.known();
    let mut outlook = kafka.map_or_else(Outlook::default, |kafka| {
        Outlook::new(desired, kafka, ledger)
    });
    if outlook.is_short() {
        let inputs = Inputs::new(desired, live, ledger, &outlook, now);
        let actions = to_topics(&inputs, policies);
        let begun = moves::begun(&actions);
        outlook.take_turns(|name| begun.contains(name));
    }
    let inputs = Inputs::new(desired, live, ledger, &outlook, now);
    let mut plan = ClusterPlan::new(desired.name.clone());
    for &kind in Kind::ALL {
        let mode = desired.mode(kind);
        if mode == Mode::Ignore {
            continue;
        }
        match Walk::new(desired, live, ledger, kind) {
            Observed::Known(walk) => {
                let draft = objects(&inputs, kind, walk, policies);
                plan.take(draft, mode);
            }
            // that is said of the plane, once
            Observed::Unknown(_) if kind.plane() == Plane::Kafka && kafka.is_none() => {}
            Observed::Unknown(why) if is_relevant(desired, ledger, kind) => {
                let opens = cannot_be(live, kind);
                if opens.is_none() {
                    plan.lacks(kind.plane(), format!("{kind}: {why}"));
                }
                plan.blocked.push(unlisted(desired, kind, &why, opens));
            }
            // nobody wants anything of it
            Observed::Unknown(_) => {}
        }
    }
    limits::keep_with_their_users(&mut plan);
    needs::keep_for_topics(&inputs, &mut plan);
    // policies were asked about the moves: one that denied a throttle would let them run without
    moves::throttle(&inputs, &mut plan);
    plan.moving = outlook.progress(&plan.actions);
    plan.actions = in_order(plan.actions, inputs.kafka);
    beyond::referred_first(&mut plan.actions);
    plan.reported = in_order(plan.reported, inputs.kafka);
    plan.cluster_id = live.cluster_id().cloned();
    plan.lines = lines::changed(desired, live);
    plan.tell_planes(desired, live);
    plan
}

/// Plans all topics, to see whose moves are let pass: one whose change is withheld must not hold up the others.
fn to_topics(inputs: &Inputs<'_>, policies: &Policies) -> Vec<Action> {
    match Walk::new(inputs.desired, inputs.live, inputs.ledger, Kind::Topic) {
        Observed::Known(walk) => objects(inputs, Kind::Topic, walk, policies).actions,
        Observed::Unknown(_) => Vec::new(),
    }
}

/// Returns the connectors whose config is about to be written, each with the change: their plugins have to be asked what
/// they say against it before a plan is made.
#[must_use]
pub fn unchecked(
    desired: &DesiredCluster,
    live: &Live,
    ledger: &Ledger,
    now: Timestamp,
) -> Vec<(CompactString, Change)> {
    let is_wanted = desired.mode(Kind::Connector) != Mode::Ignore;
    if !is_wanted || gates::foreign(desired, live, ledger).is_some() {
        return Vec::new();
    }
    let outlook = Outlook::default();
    let inputs = Inputs::new(desired, live, ledger, &outlook, now);
    match Walk::new(desired, live, ledger, Kind::Connector) {
        Observed::Known(walk) => {
            let mut draft = Draft::default();
            for seen in walk {
                object(&inputs, &seen, &mut draft);
            }
            beyond::written(draft.actions)
        }
        Observed::Unknown(_) => Vec::new(),
    }
}

/// Tells whether anything about a kind is git's business: declared, declared once, or claimed.
#[must_use]
pub fn is_relevant(desired: &DesiredCluster, ledger: &Ledger, kind: Kind) -> bool {
    desired.mode(kind) != Mode::Ignore
        && (desired.count(kind) > 0
            || special::claims_any(desired, kind)
            || walk::records(ledger, kind).next().is_some())
}

/// Tells whether a live topic is the machinery of Kafka or of a system around it, which no git declares.
#[must_use]
pub fn is_platform_topic(name: &TopicName, topic: &LiveTopic) -> bool {
    platform::is_platform(name.as_str(), Some(LiveRef::Topic(topic)))
}

/// Returns the topics that may be about to be deleted, so that it has to be known who uses them.
pub fn may_go(desired: &DesiredCluster) -> impl Iterator<Item = TopicName> {
    let allowed = desired.deletion.allow.iter();
    allowed
        .filter(|consent| consent.object.kind == Kind::Topic)
        .filter(|consent| !desired.topics.contains_key(consent.object.name.as_str()))
        .map(|consent| TopicName::from_broker(&consent.object.name))
}

/// Walks over all objects of a kind and collects what differs.
fn objects<'a>(inputs: &Inputs<'a>, kind: Kind, walk: Walk<'a>, policies: &Policies) -> Draft {
    let mut draft = Draft::default();
    for seen in walk {
        object(inputs, &seen, &mut draft);
    }
    if kind == Kind::Topic {
        moves::others(inputs, &mut draft);
    }
    review::ask_policies(inputs.desired, policies, &mut draft);
    access::keep_headgate_in(inputs, kind, &mut draft);
    access::keep_until_replaced(kind, &mut draft);
    // what no rule denies is what may be deleted, so that is what the budget is for
    budget::spend_on_deletions(inputs, kind, &mut draft);
    budget::spend_on_passwords(inputs, kind, &mut draft);
    beyond::keep_behind_referred(inputs, kind, &mut draft);
    draft.blocked.sort_by(|a, b| a.name.cmp(&b.name));
    draft
}

fn object(inputs: &Inputs<'_>, seen: &Seen<'_>, draft: &mut Draft) {
    match (seen.desired, &seen.live) {
        (Some(DesiredRef::Group(group)), _) => group::watched(inputs, seen, group, draft),
        // a group belongs to its consumers
        (None, _) if seen.kind == Kind::ConsumerGroup => {}
        (Some(desired), _) => {
            declared::declared(inputs, seen, desired, draft);
            if let DesiredRef::Connector(connector) = desired {
                offsets::of_connector(inputs, seen, connector, draft);
            }
        }
        (None, Some(live)) => deletion::undeclared(inputs, seen, live, draft),
        // only the ledger knows it: it is gone, which `settle` takes note of
        (None, None) => {}
    }
}

/// Says when a kind can be there that cannot now, as is known: the cluster has no such thing, or no service that has.
fn cannot_be(live: &Live, kind: Kind) -> Option<&'static str> {
    let is_named = match kind.plane() {
        Plane::Kafka => {
            return live
                .kafka()
                .unsupported
                .contains(&kind)
                .then_some("the cluster has them");
        }
        Plane::Connect => live.connect.is_some(),
        Plane::Registry => live.registry.is_some(),
    };
    (!is_named).then_some("headgate.yaml names one")
}

/// Withholds everything about a kind that could not be listed. That it cannot be there at all is known, so that nothing is
/// missing of the observation; yet it does not make the kind's objects absent.
fn unlisted(desired: &DesiredCluster, kind: Kind, why: &str, opens: Option<&str>) -> Blocked {
    let (gate, reason) = match opens {
        Some(opens) => (
            Gate::Unsupported,
            format!(
                "{why}; it opens when {opens}; take them out of git until then, or say `modes: {{{kind}: ignore}}` in the \
                 Cluster"
            ),
        ),
        None => (
            Gate::IncompleteObservation,
            format!("none of them could be read: {why}; it opens when they can"),
        ),
    };
    Blocked {
        kind: Subject::Kind(kind),
        name: "*".into(),
        action: Verb::Update,
        gate,
        reason,
        fields: Vec::new(),
        source: Some(desired.place.clone()),
    }
}

/// Brings actions into the order in which people read them, with one for each object and verb. Of the ACLs that are made
/// Headgate's own come first: another one may take from Headgate what it does not yet have by name.
fn in_order(mut actions: Vec<Action>, kafka: &KafkaLive) -> Vec<Action> {
    let own = kafka.principal.known().map(|own| Acl::beginning(own));
    let is_own = |object: &ObjectRef| {
        let own = own.as_deref().filter(|_| object.kind == Kind::Acl);
        own.is_some_and(|own| object.name.starts_with(own))
    };
    let place = |a: &Action| {
        (
            a.verb,
            a.object.kind,
            a.verb == Verb::Create && !is_own(&a.object),
        )
    };
    actions.sort_by(|a, b| {
        let by_name = || a.object.name.cmp(&b.object.name);
        place(a).cmp(&place(b)).then_with(by_name)
    });
    actions.dedup_by(|later, first| {
        let same = later.object == first.object && later.verb == first.verb;
        if same {
            first.fields.append(&mut later.fields);
            first.notes.append(&mut later.notes);
            first.change.set.append(&mut later.change.set);
            first.change.reset.append(&mut later.change.reset);
        }
        same
    });
    actions
}

impl ClusterPlan {
    fn new(name: crate::model::ClusterName) -> Self {
        Self {
            name,
            cluster_id: None,
            planes: BTreeMap::new(),
            actions: Vec::new(),
            blocked: Vec::new(),
            unexpected: Vec::new(),
            reported: Vec::new(),
            foreign: Vec::new(),
            moving: Vec::new(),
            drift: Vec::new(),
            lines: BTreeMap::new(),
        }
    }

    /// Notes what a plane did not tell.
    fn lacks(&mut self, plane: Plane, why: String) {
        let state = self.planes.entry(plane).or_insert(PlaneState {
            complete: false,
            reason: None,
        });
        state.complete = false;
        state.reason = Some(match state.reason.take() {
            Some(before) => format!("{before}; {why}"),
            None => why,
        });
    }

    /// Tells of each plane that there is whether it was seen whole.
    fn tell_planes(&mut self, desired: &DesiredCluster, live: &Live) {
        if let Some(why) = live.kafka.unknown() {
            self.lacks(Plane::Kafka, why.to_owned());
            self.blocked.push(draft::withheld_cluster(
                desired.name.as_str(),
                &desired.place,
                Gate::IncompleteObservation,
                why.to_owned(),
            ));
        }
        if let Some(why) = &live.kafka().unlisted_topics {
            self.lacks(
                Plane::Kafka,
                format!("{}: the list may lack some: {why}", Kind::Topic),
            );
        }
        for (plane, unseen) in live.planes() {
            // what somebody wanted of it is told already
            self.planes.entry(plane).or_insert(PlaneState {
                complete: unseen.is_none(),
                reason: unseen,
            });
        }
    }

    /// Takes over what was found of a kind, by what is to be done about it.
    fn take(&mut self, draft: Draft, mode: Mode) {
        let actions = match mode {
            Mode::Report => &mut self.reported,
            Mode::Enforce | Mode::Ignore => &mut self.actions,
        };
        // kinds are few and actions may be many: room for no more than there are
        actions.reserve_exact(draft.actions.len());
        actions.extend(draft.actions);
        self.blocked.extend(draft.blocked);
        self.unexpected.extend(draft.unexpected);
        self.foreign.extend(draft.foreign);
        self.drift.extend(draft.drift);
    }
}

/// The plan of a cluster that is another one.
fn held(desired: &DesiredCluster, closed: gates::Closed) -> ClusterPlan {
    let gates::Closed { reason, cluster_id } = closed;
    let name = desired.name.as_str();
    let mut plan = ClusterPlan::new(desired.name.clone());
    plan.cluster_id = Some(cluster_id);
    plan.lacks(Plane::Kafka, reason.clone());
    plan.blocked.push(draft::withheld_cluster(
        name,
        &desired.place,
        Gate::ClusterId,
        reason,
    ));
    plan
}
