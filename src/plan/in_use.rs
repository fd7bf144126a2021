//! The gate `in_use` (plan stage, pure): a topic that somebody still reads or writes is not deleted, and the offsets of a
//! group that still reads are not set, whoever consents. Of a partition that retention has emptied no record tells when it was
//! written to: it counts as written to until its end was seen to stay where it is for long enough.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::{beyond, draft::Inputs, walk::Seen};
use crate::{
    live::{KafkaLive, LiveTopic, Observed, Usage},
    model::{Gate, Kind, Ledger, Quiet, TopicName},
};

/// Says why an object that may go by consent is still in use, or that nobody knows; `None` when nothing is in the way.
pub(super) fn refusal(inputs: &Inputs<'_>, seen: &Seen<'_>) -> Option<(Gate, String)> {
    match seen.kind {
        Kind::Topic => {}
        Kind::Schema => return Some((Gate::InUse, beyond::referred_to(inputs, seen.name)?)),
        Kind::Connector => {
            let why = beyond::may_be_another(inputs, seen)?;
            return Some((Gate::IncompleteObservation, why));
        }
        _ => return None,
    }
    match inputs.kafka.usage.get(seen.name) {
        Some(Observed::Known(usage)) => {
            let idle = inputs.desired.deletion.idle;
            let idle = SignedDuration::try_from(idle).unwrap_or(SignedDuration::MAX);
            let topic = inputs.kafka.topics.get(seen.name).and_then(Observed::known);
            let quiet = inputs.ledger.quiet.get(seen.name);
            let quiet =
                quiet.filter(|quiet| topic.is_some_and(|topic| is_same(quiet, topic, usage)));
            let since = quiet.map_or(inputs.now, |quiet| quiet.since);
            Some((Gate::InUse, used(usage, since, idle, inputs.now)?))
        }
        Some(Observed::Unknown(why)) => Some((
            Gate::IncompleteObservation,
            format!("whether anybody uses it could not be seen: {why}; it opens when it can"),
        )),
        None => Some((
            Gate::IncompleteObservation,
            "whether anybody uses it was not looked at yet; the next pass looks".to_owned(),
        )),
    }
}

/// Takes down since when nothing was written to the emptied partitions of topics that may go. Of a topic of which that is not
/// known now, what was known stays: an end that is where it was proves that nothing came in between.
pub(super) fn watch(ledger: &mut Ledger, kafka: &KafkaLive, now: Timestamp) {
    let before = std::mem::take(&mut ledger.quiet);
    ledger.quiet = kafka
        .usage
        .iter()
        .filter_map(|(name, usage)| {
            let old = before.get(name);
            let (Observed::Known(usage), Some(Observed::Known(topic))) =
                (usage, kafka.topics.get(name))
            else {
                return Some((name.clone(), old?.clone()));
            };
            let same = old.filter(|old| is_same(old, topic, usage));
            let quiet = Quiet {
                id: topic.id,
                emptied: usage.emptied,
                since: same.map_or(now, |old| old.since),
            };
            (usage.emptied > 0).then(|| (name.clone(), quiet))
        })
        .collect::<BTreeMap<TopicName, Quiet>>();
}

fn is_same(quiet: &Quiet, topic: &LiveTopic, usage: &Usage) -> bool {
    quiet.id == topic.id && quiet.emptied == usage.emptied
}

fn used(
    usage: &Usage,
    quiet_since: Timestamp,
    idle: SignedDuration,
    now: Timestamp,
) -> Option<String> {
    let mut reasons = Vec::new();
    if !usage.consumers.is_empty() {
        reasons.push(format!(
            "groups with live members read it ({}); it opens when they are gone",
            usage.consumers.join(", ")
        ));
    }
    let hours = idle.as_secs_f64() / 3600.0;
    match usage.last_write.map(|ms| (ms, Timestamp::from_millisecond(ms))) {
        Some((_, Ok(at))) if now.duration_since(at) < idle => reasons.push(format!(
            "its newest record is of {at}, less than deletion.idle ({hours} h) ago; it opens when it has been idle that \
             long, or with a shorter deletion.idle"
        )),
        // whoever writes microseconds may be writing now
        Some((ms, Err(_))) if !idle.is_zero() => reasons.push(format!(
            "its newest record says that it is of {ms} ms since 1970, which is no time (does a producer write microseconds?), \
             so it counts as written just now, and deletion.idle is {hours} h; it opens when its newest record has a time, \
             or with deletion.idle: 0s"
        )),
        _ => {}
    }
    if usage.emptied > 0 && now.duration_since(quiet_since) < idle {
        reasons.push(format!(
            "records were written to it that are gone by now (retention.ms, retention.bytes), so that none tells when \
             that was; that nothing comes any more is watched since {quiet_since}, and deletion.idle is {hours} h: it opens \
             when nothing has come for that long, or with a shorter deletion.idle"
        ));
    }
    (!reasons.is_empty()).then(|| reasons.join("; "))
}
