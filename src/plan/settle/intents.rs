//! Finding out what became of writes that were noted and never settled, after a crash (plan stage, pure).

use crate::{
    live::{Live, LiveTopic, Observed},
    model::{Intent, Ledger, Record, Verb},
    plan::memory::{PARTITIONS, config_path},
};

/// Settles noted writes by what is seen, before anything is planned. A key becomes git's when live holds exactly what
/// was about to be set. A field that may have been written no longer proves drift: what differs there may be
/// Headgate's own doing, and a commit taken back after a crash is not somebody else's change. Intents whose object was
/// not seen stay.
pub fn resolve_intents(ledger: &mut Ledger, live: &Live) {
    let Observed::Known(kafka) = &live.kafka else {
        return;
    };
    let intents = std::mem::take(&mut ledger.intents);
    for intent in intents {
        match kafka.topics.get(intent.object.name.as_str()) {
            Some(Observed::Known(topic)) => resolve(ledger, &intent, topic),
            Some(Observed::Unknown(_)) => ledger.intents.push(intent),
            None => {}
        }
    }
}

fn resolve(ledger: &mut Ledger, intent: &Intent, topic: &LiveTopic) {
    let record = match intent.verb {
        Verb::Delete => return,
        // what was about to be made and now is there counts as made: at worst its deletion waits for consent
        Verb::Create => ledger
            .records
            .entry(intent.object.clone())
            .or_insert_with(|| Record {
                topic_id: Some(topic.id),
                ..Record::default()
            }),
        Verb::Update => ledger.records.entry(intent.object.clone()).or_default(),
    };
    if let Some(converged) = &mut record.converged {
        let partitions = topic.partitions.len().to_string();
        converged
            .0
            .retain(|path, was| path != PARTITIONS || *was == partitions);
    }
    for (key, value) in &intent.config {
        let in_place = topic.config_value(key.as_str()) == Some(Some(value.as_str()));
        if in_place {
            record.owned.insert(key.clone());
        }
        if let Some(converged) = &mut record.converged {
            let path = config_path(key.as_str());
            match in_place {
                true => {
                    converged.0.insert(path, value.clone());
                }
                false => converged.0.retain(|p, was| *p != path || was == value),
            }
        }
    }
}
