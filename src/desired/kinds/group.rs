//! `kind: ConsumerGroup`: what is true of a group while all is well, and where its offsets are set (desired, rank 1).

use jiff::Timestamp;

use super::{Declares, Document, Spec};
use crate::{
    desired::{
        DesiredGroup, ResetPoint, ResetTo,
        home::Home,
        node::Node,
        page::Page,
        read::{Lag, Length, Needed, Read, Text, expected, mirror, scalar},
    },
    model::{Kind, ObjectRef, Severity, TopicName},
};

mirror! {
    /// What is expected of a group.
    ConsumerGroupSpec {
        /// Whether it counts as drift when the group is not there. Default: false.
        must_exist = "mustExist": Option<bool>,
        /// How many records it may be behind, over all partitions.
        max_lag = "maxLag": Option<Lag>,
        /// How old the oldest record may be that it has not read.
        max_lag_time = "maxLagTime": Option<Length>,
        /// Where its offsets are set, once, while the group is empty, and with consent under `deletion.allow`.
        offsets = "offsets": Option<OffsetsSpec>,
    }
}

mirror! {
    /// Where offsets are set.
    OffsetsSpec {
        /// `earliest`, `latest`, or a time such as `2026-11-01T06:00:00Z`: the first record of then or later.
        reset_to = "resetTo": Needed<Reset>,
        /// In which topics. Default: all that the group has offsets of.
        topics = "topics": Option<Vec<Text>>,
    }
}

/// A point in partitions.
#[derive(Debug, Clone, Copy)]
pub(in crate::desired) struct Reset(ResetPoint);

impl Read for Reset {
    fn read(node: &Node<'_>, page: &mut Page<'_>) -> Option<Self> {
        const WHAT: &str = "`earliest`, `latest` or a time such as `2026-11-01T06:00:00Z`";
        match scalar(WHAT, node, page)? {
            "earliest" => Some(Self(ResetPoint::Earliest)),
            "latest" => Some(Self(ResetPoint::Latest)),
            text => match text.parse::<Timestamp>() {
                Ok(time) => Some(Self(ResetPoint::Time(time.as_millisecond()))),
                Err(_) => expected(WHAT, node, page),
            },
        }
    }
}

impl Spec for ConsumerGroupSpec {
    const KIND: &'static str = "ConsumerGroup";
    const ABOUT: &'static str =
        "What is true of a group of consumers while all is well; what is not, counts as drift.";
    const NAMED: &'static str = "What it is called: the id of the group.";
}

impl Declares for ConsumerGroupSpec {
    fn declare(document: &Document<Self>, home: &mut Home, page: &mut Page<'_>) {
        let (Some(name), Some(spec)) = (document.name(), &document.spec) else {
            return;
        };
        let object = ObjectRef::new(Kind::ConsumerGroup, &name.value);
        if !home.claim(object, document.at, page) {
            return;
        }
        let group = DesiredGroup {
            place: page.place(document.at),
            labels: document.labels(),
            must_exist: spec.must_exist.unwrap_or(false),
            max_lag: spec.max_lag.map(|lag| lag.0),
            max_lag_time: spec.max_lag_time.map(|time| time.0),
            reset_to: spec.offsets.as_ref().and_then(|o| o.build(page)),
        };
        let asks = group.max_lag.is_some() || group.max_lag_time.is_some() || group.must_exist;
        if document.clean && !asks && group.reset_to.is_none() {
            let message = format!(
                "nothing is expected of group {}: the document says nothing",
                name.value
            );
            page.note(Severity::Warning, document.at, message, None);
        }
        if let Some(cluster) = &mut home.cluster {
            cluster.groups.insert(name.value.clone(), group);
        }
    }
}

impl OffsetsSpec {
    fn build(&self, page: &mut Page<'_>) -> Option<ResetTo> {
        let mut topics = Vec::new();
        for topic in self.topics.iter().flatten() {
            match TopicName::new(&topic.value) {
                Ok(name) => topics.push(name),
                Err(e) => page.error(topic.at, e.to_string()),
            }
        }
        topics.sort_unstable();
        topics.dedup();
        Some(ResetTo {
            point: self.reset_to.0?.0,
            topics,
        })
    }
}
