//! A folder that holds a Cluster, while the documents below it are put into it (desired, rank 1).

use std::collections::HashMap;

use compact_str::CompactString;

use super::{
    DesiredCluster, DesiredConfig, DesiredSchema,
    across::{Mention, Unread},
    kinds::Defaults,
    page::{At, Page},
};
use crate::model::{Kind, ObjectRef, Place, TopicName};

/// A folder that holds a Cluster.
pub(super) struct Home {
    /// The page of the Cluster's document.
    pub(super) page: usize,
    /// Where it stands there.
    pub(super) at: At,
    /// The cluster as far as it is put together; `None` when its own document has no name to be had.
    pub(super) cluster: Option<DesiredCluster>,
    /// What topics leave open.
    pub(super) defaults: Defaults,
    /// What its documents say of each other.
    pub(super) mentions: Vec<Mention>,
    /// Schemas that stand in files.
    pub(super) unread: Vec<Unread>,
    /// Topics by name in the spelling in which Kafka's metrics would confuse them, `.` and `_` being one there.
    topics: HashMap<CompactString, (TopicName, Place)>,
    /// Where every other object is declared.
    objects: HashMap<ObjectRef, Place>,
}

impl Home {
    /// Makes a folder a cluster's.
    pub(super) fn new(
        page: usize,
        at: At,
        cluster: Option<DesiredCluster>,
        defaults: Defaults,
    ) -> Self {
        Self {
            page,
            at,
            cluster,
            defaults,
            mentions: Vec::new(),
            unread: Vec::new(),
            topics: HashMap::new(),
            objects: HashMap::new(),
        }
    }

    /// Takes a topic's name; `false` when another document has it, or one that Kafka would refuse beside it.
    pub(super) fn claim_topic(&mut self, name: &TopicName, at: At, page: &mut Page<'_>) -> bool {
        let spelling = spelling(name.as_str());
        let Some((other, first)) = self.topics.get(&spelling) else {
            self.topics.insert(spelling, (name.clone(), page.place(at)));
            return true;
        };
        let message = if other == name {
            format!("topic {name} is declared twice, first at {first}")
        } else {
            format!(
                "topic {name} collides with topic {other} at {first}: Kafka refuses the second, since `.` and `_` are one in metrics"
            )
        };
        page.error(at, message);
        false
    }

    /// Takes an object's name; `false` when another document has it.
    pub(super) fn claim(&mut self, object: ObjectRef, at: At, page: &mut Page<'_>) -> bool {
        match self.objects.get(&object) {
            Some(first) => {
                page.error(at, format!("{object} is declared twice, first at {first}"));
                false
            }
            None => {
                self.objects.insert(object, page.place(at));
                true
            }
        }
    }

    /// Tells whether some document declares an object, rightly or wrongly.
    pub(super) fn is_declared(&self, object: &ObjectRef) -> bool {
        match object.kind {
            Kind::Topic => {
                let same = self.topics.get(&spelling(&object.name));
                same.is_some_and(|(name, _)| name.as_str() == object.name)
            }
            _ => self.objects.contains_key(object),
        }
    }

    /// Returns the names of the declared objects of a kind.
    pub(super) fn names(&self, kind: Kind) -> impl Iterator<Item = &str> {
        let topics = self.topics.values().filter(move |_| kind == Kind::Topic);
        let others = self.objects.keys().filter(move |o| o.kind == kind);
        let others = others.map(|object| object.name.as_str());
        topics.map(|(name, _)| name.as_str()).chain(others)
    }

    /// Puts a schema with this text into the cluster.
    pub(super) fn declare_schema(
        &mut self,
        subject: CompactString,
        mut schema: DesiredSchema,
        text: &str,
    ) {
        schema.text = text.into();
        schema.digest = DesiredSchema::digest_of(schema.format, text, &schema.references);
        if let Some(cluster) = &mut self.cluster {
            cluster.schemas.insert(subject, schema);
        }
    }

    /// Puts configs into the cluster, unless another document has the name.
    pub(super) fn declare_config(
        &mut self,
        object: ObjectRef,
        config: DesiredConfig,
        at: At,
        page: &mut Page<'_>,
    ) {
        if self.claim(object.clone(), at, page)
            && let Some(cluster) = &mut self.cluster
        {
            let of_kind = cluster.configs.entry(object.kind).or_default();
            of_kind.insert(object.name, config);
        }
    }
}

/// Spells a topic's name as Kafka's metrics do.
fn spelling(name: &str) -> CompactString {
    name.replace('.', "_").into()
}
