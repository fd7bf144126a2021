//! A plan in the making (plan stage, pure): what the walk over the objects collects before gates and modes are applied.

use compact_str::CompactString;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::{
    Action, Blocked, Drift, FieldChange, Foreign, KeyTypes, Unexpected, contention, walk::Seen,
};
use crate::{
    desired::DesiredCluster,
    live::KafkaLive,
    model::{Cause, Gate, Kind, Ledger, ObjectRef, Place, Record, Verb},
};

/// Everything a plan is made of, once the plane is known to be the right one.
pub(super) struct Inputs<'a> {
    pub(super) desired: &'a DesiredCluster,
    pub(super) kafka: &'a KafkaLive,
    pub(super) ledger: &'a Ledger,
    pub(super) types: KeyTypes<'a>,
    /// The day (UTC) on which consents are judged.
    pub(super) today: Date,
}

impl<'a> Inputs<'a> {
    pub(super) fn new(
        desired: &'a DesiredCluster,
        kafka: &'a KafkaLive,
        ledger: &'a Ledger,
        now: Timestamp,
    ) -> Self {
        Self {
            desired,
            kafka,
            ledger,
            types: KeyTypes::new(kafka),
            today: day(now),
        }
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

    /// Withholds a change to a topic.
    pub(super) fn hold(
        &mut self,
        seen: &Seen<'_>,
        verb: Verb,
        gate: Gate,
        reason: impl Into<String>,
        fields: Vec<FieldChange>,
    ) {
        self.blocked.push(Blocked {
            kind: Kind::Topic.as_str(),
            name: seen.name.into(),
            action: verb,
            gate,
            reason: reason.into(),
            fields,
            source: place(seen),
        });
    }
}

/// Turns an action into what withholds it.
pub(super) fn withheld(action: Action, gate: Gate, reason: String) -> Blocked {
    Blocked {
        kind: action.object.kind.as_str(),
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
        kind: "Cluster",
        name: name.into(),
        action: Verb::Update,
        gate,
        reason,
        fields: Vec::new(),
        source: Some(place.clone()),
    }
}

/// Returns where a topic is declared.
pub(super) fn place(seen: &Seen<'_>) -> Option<Place> {
    seen.desired.map(|d| d.place.clone())
}

/// Names a topic.
pub(super) fn object(seen: &Seen<'_>) -> ObjectRef {
    ObjectRef::topic(seen.name)
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
