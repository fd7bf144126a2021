//! Keeps a connector from being made before its topics (apply stage, pure): one that was to be made and was not, the
//! connector would have Kafka make, and not as git says.

use std::collections::BTreeSet;

use compact_str::CompactString;

use super::run::Run;
use crate::{
    desired::topics_in,
    model::{Kind, Verb, config_key},
    plan::{Change, End},
};

impl Run<'_> {
    /// Ends the creations of connectors that name a topic which was to be made in this run and was not.
    pub(super) fn keep_what_lacks_its_topic(&mut self) {
        let new = |kind: Kind| {
            let tasks = self.tasks.iter().enumerate();
            tasks.filter(move |(_, task)| {
                task.action.verb == Verb::Create && task.action.object.kind == kind
            })
        };
        let failed = |end: &End| !end.is_done();
        let failed: BTreeSet<CompactString> = new(Kind::Topic)
            .filter(|(_, task)| task.ended.as_ref().is_some_and(|(end, _)| failed(end)))
            .map(|(_, task)| task.action.object.name.clone())
            .collect();
        if failed.is_empty() {
            return;
        }
        let lacking = new(Kind::Connector).filter(|(_, task)| task.ended.is_none());
        let lacking: Vec<(usize, String)> = lacking
            .filter_map(|(item, task)| {
                let mut topics = topics_of(&task.action.change);
                Some((
                    item,
                    topics.find(|topic| failed.contains(*topic))?.to_owned(),
                ))
            })
            .collect();
        for (item, topic) in lacking {
            let why = format!("its topic {topic} was not made; the next pass tries again");
            self.end(item, End::NotTried(why));
        }
    }
}

fn topics_of(change: &Change) -> impl Iterator<Item = &str> {
    let open = change.set.iter().filter(|field| field.secret.is_none());
    topics_in(open.filter_map(|field| Some((config_key(&field.path)?, field.to.as_str()))))
}
