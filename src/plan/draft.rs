//! A plan in the making (plan stage, pure): what the walk over the objects collects before gates and modes are applied.

use std::collections::BTreeMap;

use compact_str::CompactString;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Action, Blocked, Drift, FieldChange, Foreign, KeyTypes, Subject, Unexpected, contention,
    moves::{Hold, Outlook},
    platform,
    walk::Seen,
};
use crate::{
    desired::{Consent, DesiredCluster, DesiredRef},
    live::{KafkaLive, Live, LiveRef, LiveTopic},
    model::{Cause, DriftClass, Gate, Kind, Ledger, Place, Record, Verb},
};

/// Everything a plan is made of, once the plane is known to be the right one.
pub(super) struct Inputs<'a> {
    pub(super) desired: &'a DesiredCluster,
    pub(super) live: &'a Live,
    /// The Kafka plane; while it is unknown one of which nothing is, since no kind of it is walked over then.
    pub(super) kafka: &'a KafkaLive,
    pub(super) ledger: &'a Ledger,
    /// What is to be done about replicas.
    pub(super) moves: &'a Outlook,
    pub(super) types: KeyTypes<'a>,
    /// The consents of the cluster; git gives each at most once.
    pub(super) consents: BTreeMap<(Kind, &'a str), &'a Consent>,
    pub(super) now: Timestamp,
    /// The day (UTC) on which consents are judged.
    pub(super) today: Date,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(
        desired: &'a DesiredCluster,
        live: &'a Live,
        ledger: &'a Ledger,
        moves: &'a Outlook,
        now: Timestamp,
    ) -> Self {
        let allow = desired.deletion.allow.iter();
        Self {
            consents: allow
                .map(|c| ((c.object.kind, c.object.name.as_str()), c))
                .collect(),
            desired,
            live,
            kafka: live.kafka(),
            ledger,
            moves,
            types: KeyTypes::new(live.kafka()),
            now,
            today: day(now),
        }
    }

    /// Returns the consent that names an object.
    pub(super) fn consent(&self, kind: Kind, name: &str) -> Option<&'a Consent> {
        self.consents.get(&(kind, name)).copied()
    }

    /// Tells whether git declares a topic that is not somebody's machinery.
    pub(super) fn is_declared(&self, name: &str, live: &LiveTopic) -> bool {
        self.desired.topics.contains_key(name)
            && !platform::is_platform(name, Some(LiveRef::Topic(live)))
    }

    /// Returns the cause of a change: drift when nothing but drift is in it, else git's doing.
    pub(super) fn cause(&self, only_drift: bool) -> Cause {
        match (only_drift, &self.ledger.converged) {
            (true, _) => Cause::Drift,
            (false, Some(_)) => Cause::Commit,
            (false, None) => Cause::First,
        }
    }
}

/// Returns the day (UTC) of a moment.
pub(super) fn day(now: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(now).date()
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) actions: Vec<Action>,
    pub(super) blocked: Vec<Blocked>,
    pub(super) unexpected: Vec<Unexpected>,
    pub(super) foreign: Vec<Foreign>,
    pub(super) drift: Vec<Drift>,
}

impl Draft {
    /// Takes a change up, unless the ledger says that it was made and undone too often.
    pub(super) fn push(&mut self, action: Action, record: Option<&Record>) {
        match contention::refusal(&action, record) {
            None => self.actions.push(action),
            Some(reason) => self.blocked.push(withheld(action, Gate::Contended, reason)),
        }
    }

    /// Withholds a change to an object.
    pub(super) fn hold(
        &mut self,
        seen: &Seen<'_>,
        verb: Verb,
        gate: Gate,
        reason: impl Into<String>,
        fields: Vec<FieldChange>,
    ) {
        self.blocked.push(Blocked {
            kind: Subject::Kind(seen.kind),
            name: seen.name.into(),
            action: verb,
            gate,
            reason: reason.into(),
            fields,
            source: place(seen),
        });
    }

    /// Withholds fields of an object; those that wait for the same stand together.
    pub(super) fn hold_fields(
        &mut self,
        seen: &Seen<'_>,
        fields: impl Iterator<Item = (FieldChange, Gate, String)>,
    ) {
        let first = self.blocked.len();
        for (field, gate, reason) in fields {
            let mut held = self.blocked[first..].iter_mut();
            match held.find(|b| b.gate == gate && b.reason == reason) {
                Some(held) => held.fields.push(field),
                None => self.hold(seen, Verb::Update, gate, reason, vec![field]),
            }
        }
    }

    /// Withholds actions that were taken up.
    pub(super) fn hold_back(&mut self, held: impl Fn(&Action) -> bool, gate: Gate, reason: &str) {
        let held = self.actions.extract_if(.., |action| held(action));
        let held = held.map(|action| withheld(action, gate, reason.to_owned()));
        self.blocked.extend(held);
    }

    /// Notes that an object drifted.
    pub(super) fn drifted(&mut self, seen: &Seen<'_>, class: DriftClass, fields: Vec<FieldChange>) {
        self.drift.push(Drift {
            object: seen.object(),
            class,
            fields,
            source: place(seen),
        });
    }
}

/// Withholds the actions that something speaks against.
pub(super) fn withhold(
    actions: &mut Vec<Action>,
    blocked: &mut Vec<Blocked>,
    against: impl Fn(&Action) -> Option<Hold>,
) {
    for action in std::mem::take(actions) {
        match against(&action) {
            Some(Hold { gate, reason }) => blocked.push(withheld(action, gate, reason)),
            None => actions.push(action),
        }
    }
}

/// Turns an action into what withholds it.
pub(super) fn withheld(action: Action, gate: Gate, reason: String) -> Blocked {
    Blocked {
        kind: Subject::Kind(action.object.kind),
        name: action.object.name,
        action: action.verb,
        gate,
        reason,
        fields: action.fields,
        source: action.source,
    }
}

/// Withholds everything about a cluster.
pub(super) fn withheld_cluster(name: &str, place: &Place, gate: Gate, reason: String) -> Blocked {
    Blocked {
        kind: Subject::Cluster,
        name: name.into(),
        action: Verb::Update,
        gate,
        reason,
        fields: Vec::new(),
        source: Some(place.clone()),
    }
}

/// Returns where an object is declared.
pub(super) fn place(seen: &Seen<'_>) -> Option<Place> {
    seen.desired.map(DesiredRef::place).cloned()
}

/// Says that a field differs.
pub(super) fn field(
    path: impl Into<CompactString>,
    live: Option<CompactString>,
    desired: Option<CompactString>,
) -> FieldChange {
    FieldChange {
        path: path.into(),
        live,
        desired,
    }
}
