//! What a connector needs before it is made (plan stage, pure): the topics that it names and git declares. Made before
//! them, it would have Kafka make them, and not as git says. It is a matter of two kinds, so it is looked at when both are
//! planned.

use std::collections::BTreeMap;

use compact_str::CompactString;

use super::{
    Action, ClusterPlan, Subject,
    draft::{Inputs, withhold},
    moves::Hold,
};
use crate::{
    desired::DesiredRef,
    live::Observed,
    model::{Gate, Kind, ObjectRef, Verb},
};

/// Withholds every connector that is to be made before a topic of its own.
pub(super) fn keep_for_topics(inputs: &Inputs<'_>, plan: &mut ClusterPlan) {
    let topics = Topics::of(plan);
    let is_new = |a: &Action| a.object.kind == Kind::Connector && a.verb == Verb::Create;
    withhold(&mut plan.actions, &mut plan.blocked, |action| {
        let lacking = is_new(action).then(|| topics.lacking(inputs, &action.object));
        lacking.flatten()
    });
}

/// What a plan does about topics that are not there: `None` when they are made, else the gate that withholds them.
struct Topics(BTreeMap<CompactString, Option<Gate>>);

impl Topics {
    fn of(plan: &ClusterPlan) -> Self {
        let made = plan.actions.iter().filter(|a| a.verb == Verb::Create);
        let made = made.filter(|a| a.object.kind == Kind::Topic);
        let held = plan.blocked.iter().filter(|b| b.action == Verb::Create);
        let held = held.filter(|b| b.kind == Subject::Kind(Kind::Topic));
        let held = held.map(|b| (b.name.clone(), Some(b.gate)));
        Self(
            held.chain(made.map(|a| (a.object.name.clone(), None)))
                .collect(),
        )
    }

    /// Says which declared topic of a connector is not there.
    fn lacking(&self, inputs: &Inputs<'_>, connector: &ObjectRef) -> Option<Hold> {
        let Some(DesiredRef::Connector(desired)) = inputs.desired.object(connector) else {
            return None;
        };
        desired.topics().find_map(|topic| {
            let object = ObjectRef::topic(topic);
            inputs.desired.object(&object)?;
            let (gate, why) = match inputs.live.object(&object) {
                Observed::Known(Some(_)) => return None,
                Observed::Unknown(why) => (
                    Gate::IncompleteObservation,
                    format!("whether its topic {topic} is there is not known: {why}"),
                ),
                Observed::Known(None) => match self.0.get(topic) {
                    Some(None) => return None,
                    Some(Some(gate)) => (
                        *gate,
                        format!("its topic {topic} is not there, and is withheld itself ({gate})"),
                    ),
                    None => (
                        Gate::Unsupported,
                        format!("its topic {topic} is not there, and topics are not made in this mode"),
                    ),
                },
            };
            let reason = format!(
                "{why}; it opens when the topic is there: a connector that comes first has Kafka make it, and not as git says"
            );
            Some(Hold { gate, reason })
        })
    }
}
