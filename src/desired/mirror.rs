//! The YAML documents as types (desired, rank 1). Reader, JSON Schema and reference all come out of these; the doc
//! comments are what users read in their editor and in `docs/desired-state.md`.

use compact_str::CompactString;

use super::{
    Pattern,
    config_value::Config,
    read::{Count, Day, Needed, Text, mirror},
    word::{ApiVersion, ClusterKind, ConsentKind, Labels, Modes, TopicKind},
};

/// The most partitions a topic may declare. Kafka's controller makes 10,000 records in one operation at most, so
/// a topic is created with fewer than that; ten times as many, grown step by step, is beyond what brokers carry, and
/// a number beyond it is a slip of the finger.
pub(super) const MAX_PARTITIONS: u32 = 100_000;

/// The most replicas a topic may declare. Each is a whole copy on a broker of its own; Kafka's wire format would carry
/// 32,767.
pub(super) const MAX_REPLICAS: u32 = 100;

mirror! {
    /// A Kafka cluster: what is done to it, what in it is owned, and what may be deleted. Every document in its folder
    /// and below belongs to it.
    ClusterDocument {
        /// The version of this format.
        #[expect(dead_code, reason = "read for its findings and the schema")]
        api_version = "apiVersion": Needed<ApiVersion>,
        /// What the document declares.
        #[expect(dead_code, reason = "read for its findings and the schema")]
        kind = "kind": Needed<ClusterKind>,
        /// What it is called. The name is that of the cluster's entry in `headgate.yaml`: 1 to 63 lower-case letters,
        /// digits and inner `-`.
        metadata = "metadata": Needed<Metadata>,
        /// What is wanted.
        spec = "spec": Option<ClusterSpec>,
    }
}

mirror! {
    /// A Kafka topic.
    TopicDocument {
        /// The version of this format.
        #[expect(dead_code, reason = "read for its findings and the schema")]
        api_version = "apiVersion": Needed<ApiVersion>,
        /// What the document declares.
        #[expect(dead_code, reason = "read for its findings and the schema")]
        kind = "kind": Needed<TopicKind>,
        /// What it is called. The name is the topic's: 1 to 249 letters, digits, `.`, `_` and `-`.
        metadata = "metadata": Needed<Metadata>,
        /// What is wanted. What it leaves open comes from the Cluster's `defaults.topic`.
        spec = "spec": Option<TopicSpec>,
    }
}

mirror! {
    /// Names an object.
    Metadata {
        /// The object's name.
        name = "name": Needed<Text>,
        /// Words for people, searches and policies, such as `domain: orders`.
        labels = "labels": Option<Labels>,
    }
}

mirror! {
    /// What is wanted of a topic.
    TopicSpec {
        /// Number of partitions. It can grow later, never shrink.
        partitions = "partitions": Option<Count<1, MAX_PARTITIONS>>,
        /// Number of replicas of each partition, each on a broker of its own.
        replication_factor = "replicationFactor": Option<Count<1, MAX_REPLICAS>>,
        /// Topic configs by Kafka's names. Keys ending in `.ms` accept `7d`, keys ending in `.bytes` accept `1GiB`;
        /// `null` leaves a key alone, whatever it is.
        config = "config": Option<Config>,
    }
}

mirror! {
    /// What is wanted of a cluster.
    ClusterSpec {
        /// The id that the cluster must report before anything is written to it
        /// (`kafka-cluster.sh cluster-id` prints it).
        cluster_id = "clusterId": Option<Text>,
        /// What is done about differences, by kind: `enforce` (default) applies them, `report` shows them, `ignore`
        /// does not look.
        modes = "modes": Option<Modes>,
        /// Scopes in which live objects that nobody declared count as drift. Default: none.
        owns = "owns": Option<OwnsSpec>,
        /// What may be deleted.
        deletion = "deletion": Option<DeletionSpec>,
        /// What documents of this cluster leave open.
        defaults = "defaults": Option<DefaultsSpec>,
    }
}

mirror! {
    /// Scopes of ownership.
    OwnsSpec {
        /// Patterns of topic names; `*` stands for any run of characters, `?` for one.
        topics = "topics": Option<Vec<Pattern>>,
        /// Whether config keys that nobody declared on a declared topic count as drift and are reset. Default: false.
        topic_configs = "topicConfigs": Option<bool>,
    }
}

mirror! {
    /// What may be deleted, and how much at once.
    DeletionSpec {
        /// The most objects of a kind that one pass deletes: the smaller of the two, but at least 1. Over it, none of
        /// that kind is deleted.
        budget = "budget": Option<BudgetSpec>,
        /// Consent, by name, that ends by itself.
        allow = "allow": Option<Vec<ConsentSpec>>,
    }
}

mirror! {
    /// A limit on deletions.
    BudgetSpec {
        /// Objects. Default: 3.
        count = "count": Option<Count<0, 1_000_000>>,
        /// Percent of the kind's live objects that Headgate manages. Default: 5.
        percent = "percent": Option<Count<0, 100>>,
    }
}

mirror! {
    /// Consent to delete one object.
    ConsentSpec {
        /// The object's kind.
        kind = "kind": Needed<ConsentKind>,
        /// The object's name.
        name = "name": Needed<Text>,
        /// Why, for the reader of the plan.
        reason = "reason": Needed<Text>,
        /// The last day (UTC) on which the consent holds.
        until = "until": Needed<Day>,
    }
}

mirror! {
    /// What documents leave open, by kind.
    DefaultsSpec {
        /// What topics leave open.
        topic = "topic": Option<TopicSpec>,
    }
}

impl Metadata {
    /// Returns the name, if one could be read.
    pub(super) fn name(&self) -> Option<&Text> {
        self.name.0.as_ref()
    }

    /// Returns the labels.
    pub(super) fn labels(&self) -> impl Iterator<Item = (CompactString, CompactString)> {
        self.labels.iter().flat_map(|labels| labels.0.clone())
    }
}
