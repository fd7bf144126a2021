//! What the ledger remembers of moves (plan stage, pure): noted before the write, given up once it is seen to have ended.

use jiff::{SignedDuration, Timestamp};

use super::state::{self, State};
use crate::{
    live::{KafkaLive, LiveRef, Observed, config_value},
    model::{Begun, Intent, Kind, Ledger, ObjectRef, Throttle, is_throttle},
    plan::{Action, ActionResult, ClusterPlan, End},
};

/// Passes in which the controller has to know of no move before brokers are believed, too.
const UNSEEN: u32 = 3;

/// How long a throttle has to be gone, or changed, before it counts as ended, and the newest has to be seen before those
/// before it do. Brokers were measured 13 s behind their controller; until then no more is at stake than that somebody's own
/// throttle of the very same value would go.
const SETTLED: SignedDuration = SignedDuration::from_secs(60);

/// Takes down what a pass began. Whatever may have been sent counts: what was not will be seen not to be so.
pub(in crate::plan) fn note(ledger: &mut Ledger, planned: &ClusterPlan, results: &[ActionResult]) {
    let concerns = |action: &&Action| {
        let kind = action.object.kind;
        let mut keys = action.change.config();
        !action.change.moves.is_empty() || keys.any(|(k, _)| is_throttle(kind, k.as_str()))
    };
    for action in planned.actions.iter().filter(concerns) {
        let untried = |r: &&ActionResult| {
            r.object == action.object && r.verb == action.verb && matches!(r.end, End::NotTried(_))
        };
        for (key, field) in action.change.config() {
            if is_throttle(action.object.kind, key.as_str()) {
                ledger.begun.note_throttle(&action.object, &key, &field.to);
            }
        }
        if results.iter().any(|r| untried(&r)) {
            continue;
        }
        for one in action.change.moves.iter().filter(|m| m.copies()) {
            let name = action.object.name.as_str();
            ledger.begun.note_move(name, one.partition, &one.to);
        }
    }
}

/// Takes down what was noted before a crash.
pub(in crate::plan) fn resolve(ledger: &mut Ledger, intent: &Intent) {
    let object = &intent.object;
    let is_throttle = |key: &str| is_throttle(object.kind, key);
    for (key, value) in intent
        .config
        .iter()
        .filter(|(k, _)| is_throttle(k.as_str()))
    {
        ledger.begun.note_throttle(object, key, value);
    }
    for (partition, to) in &intent.moves {
        ledger.begun.note_move(&object.name, *partition, to);
    }
}

/// Counts for how long the controller has not known of moves, by an observation that is newer than all writes. What it does
/// not list is over, whatever brokers that lag still show.
pub(in crate::plan) fn observe(ledger: &mut Ledger, kafka: &KafkaLive) {
    let Observed::Known(moving) = &kafka.moving else {
        return;
    };
    ledger.begun.moves.retain_mut(|begun| {
        let all = moving.get(begun.topic.as_str());
        let is_listed = all.is_some_and(|all| all.iter().any(|m| m.partition == begun.partition));
        begun.unseen = if is_listed { 0 } else { begun.unseen + 1 };
        begun.unseen < UNSEEN
    });
}

/// Gives up what has ended: moves that have arrived, were taken back or never began, and throttles that are off or
/// somebody else's by now. What cannot be seen stays.
pub(in crate::plan) fn forget(ledger: &mut Ledger, kafka: &KafkaLive, now: Timestamp) {
    if ledger.begun.is_empty() {
        return;
    }
    let Begun { moves, throttles } = &mut ledger.begun;
    if let Observed::Known(moving) = &kafka.moving {
        moves.retain(|begun| match kafka.topics.get(begun.topic.as_str()) {
            None => false,
            Some(Observed::Unknown(_)) => true,
            Some(Observed::Known(topic)) => {
                let index = usize::try_from(begun.partition).ok();
                let entry = moving.get(begun.topic.as_str());
                let entry =
                    entry.and_then(|all| all.iter().find(|m| m.partition == begun.partition));
                let serves = |id| kafka.brokers.iter().any(|b| b.id == id);
                index
                    .and_then(|i| topic.partitions.get(i))
                    .is_some_and(|p| {
                        matches!(
                            state::of(p, entry, &begun.targets, serves),
                            State::Ours { .. }
                        )
                    })
            }
        });
    }
    throttles.retain_mut(|throttle| stands(throttle, kafka, now));
}

/// Tells whether a throttle may still be in force as Headgate set it.
fn stands(throttle: &mut Throttle, kafka: &KafkaLive, now: Timestamp) -> bool {
    let Throttle {
        object,
        key,
        values,
        unseen,
        newest_seen,
    } = throttle;
    let is_up = || {
        kafka
            .brokers
            .iter()
            .any(|b| *object.name == *b.id.to_string())
    };
    let config = match kafka.object(object) {
        Observed::Unknown(_) => return true,
        // a broker that is down tells nothing of its configs
        Observed::Known(None) if object.kind == Kind::BrokerConfig && !is_up() => return true,
        Observed::Known(None) => &[][..],
        Observed::Known(Some(LiveRef::Topic(topic))) => &topic.config[..],
        Observed::Known(Some(live)) => live.config(),
    };
    let live = config_value(config, key.as_str()).flatten();
    let settled = |since: &mut Option<Timestamp>| {
        let since = *since.get_or_insert(now);
        now.duration_since(since) >= SETTLED
    };
    let Some(live) = live.filter(|live| values.iter().any(|v| v == live)) else {
        *newest_seen = None;
        return !settled(unseen);
    };
    *unseen = None;
    // one that is older may be shown by a broker that lags, while the newest stands, or the other way round: that one was
    // noted does not mean that it was taken
    if values.len() == 1 || values.last().is_none_or(|newest| newest != live) {
        *newest_seen = None;
    } else if settled(newest_seen) {
        values.retain(|v| v == live);
        *newest_seen = None;
    }
    true
}

/// Tells whether Headgate moves partitions of an object.
pub(in crate::plan) fn moves(ledger: &Ledger, object: &ObjectRef) -> bool {
    let mut moves = ledger.begun.moves.iter();
    object.kind == Kind::Topic && moves.any(|m| m.topic.as_str() == object.name)
}
