//! `kind: Cluster`: what is done to a cluster, what in it is owned, what may be deleted, and how replicas are moved
//! (desired, rank 1).

use super::{Document, Spec, deletion::DeletionSpec, topic::TopicSpec};
use crate::{
    desired::{
        Balance, Compatibility, Deletion, DesiredCluster, Moves, Owns, Pattern,
        page::Page,
        read::{BrokerIds, Count, Size, Text, mirror},
        word::{Modes, NamePattern, PrincipalPattern, ResourcePattern},
    },
    model::{ClusterId, ClusterName},
};

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
        /// How replicas are moved.
        moves = "moves": Option<MovesSpec>,
        /// What is kept even.
        balance = "balance": Option<BalanceSpec>,
        /// What is wanted of brokers.
        brokers = "brokers": Option<BrokersSpec>,
        /// What is wanted of the Schema Registry as a whole.
        registry = "registry": Option<RegistrySpec>,
    }
}

mirror! {
    /// Scopes of ownership.
    OwnsSpec {
        /// Patterns of topic names; `*` stands for any run of characters, `?` for one.
        topics = "topics": Option<Vec<Pattern>>,
        /// Whether config keys that nobody declared on a declared topic count as drift and are reset. Default: false.
        topic_configs = "topicConfigs": Option<bool>,
        /// Patterns of principals, such as `User:app-*`, whose ACLs, credentials and quotas count.
        principals = "principals": Option<Vec<PrincipalPattern>>,
        /// Patterns of resources, such as `topic:app.*`, whose ACLs count, whoever they are for.
        acls = "acls": Option<Vec<ResourcePattern>>,
        /// Patterns of subjects of the Schema Registry.
        subjects = "subjects": Option<Vec<NamePattern>>,
        /// Patterns of names of connectors, on every Connect cluster.
        connectors = "connectors": Option<Vec<NamePattern>>,
    }
}

mirror! {
    /// What documents leave open, by kind.
    DefaultsSpec {
        /// What topics leave open.
        topic = "topic": Option<TopicSpec>,
    }
}

mirror! {
    /// How replicas are moved.
    MovesSpec {
        /// Bytes a second that a broker sends and receives for moves at most. Default: 50MiB.
        throttle = "throttle": Option<Size>,
        /// Partitions that move at once. Default: 5.
        concurrent = "concurrent": Option<Count<1, 1_000>>,
    }
}

mirror! {
    /// What is kept even.
    BalanceSpec {
        /// Whether preferred leaders are elected again when others lead. Default: true.
        leaders = "leaders": Option<bool>,
        /// Whether replicas are moved until every broker holds its share. Default: false.
        replicas = "replicas": Option<bool>,
    }
}

mirror! {
    /// What is wanted of brokers.
    BrokersSpec {
        /// Ids of brokers that are to be emptied, because they are to go.
        draining = "draining": Option<BrokerIds>,
    }
}

mirror! {
    /// What is wanted of the Schema Registry.
    RegistrySpec {
        /// How schemas may change where a subject does not say. Default: as it is.
        compatibility = "compatibility": Option<Compatibility>,
    }
}

impl Spec for ClusterSpec {
    const KIND: &'static str = "Cluster";
    const ABOUT: &'static str = "A Kafka cluster: what is done to it, what in it is owned, and what may be deleted. Every document in its folder and \
         below belongs to it.";
    const NAMED: &'static str = "What it is called. The name is that of the cluster's entry in `headgate.yaml`: 1 to 63 lower-case letters, digits \
         and inner `-`.";
    const NEEDED: bool = false;
}

impl ClusterSpec {
    /// Returns the brokers that are to be emptied.
    pub(super) fn draining(&self) -> &[i32] {
        let draining = self.brokers.as_ref().and_then(|b| b.draining.as_ref());
        draining.map(|ids| ids.0.as_slice()).unwrap_or_default()
    }

    fn refuse_default_schemas(&self, page: &mut Page<'_>) {
        let topic = self.defaults.as_ref().and_then(|d| d.topic.as_ref());
        if let Some(schemas) = topic.and_then(|t| t.schemas.as_ref()) {
            page.error(
                schemas.at,
                "each topic has schemas of its own: they have no default",
            );
        }
    }
}

/// Builds a cluster without what its other documents declare; `None` when its name is not to be had.
pub(in crate::desired) fn cluster(
    document: &Document<ClusterSpec>,
    page: &mut Page<'_>,
) -> Option<DesiredCluster> {
    let spec = document.spec.as_ref();
    let deletion = spec
        .and_then(|s| s.deletion.as_ref())
        .map_or_else(Deletion::default, |d| d.build(page));
    let name = document.name()?;
    let parsed = ClusterName::new(&name.value)
        .map_err(|e| page.error(name.at, e.to_string()))
        .ok()?;
    let bare = DesiredCluster {
        deletion,
        ..DesiredCluster::new(parsed, page.place(document.at))
    };
    let Some(spec) = spec else { return Some(bare) };
    spec.refuse_default_schemas(page);
    let modes = spec.modes.as_ref().map(|m| m.0.clone());
    Some(DesiredCluster {
        cluster_id: spec
            .cluster_id
            .as_ref()
            .map(|id| ClusterId(id.value.to_string())),
        modes: modes.unwrap_or_default().into_iter().collect(),
        owns: spec.owns.as_ref().map(OwnsSpec::build).unwrap_or_default(),
        moves: spec
            .moves
            .as_ref()
            .map(MovesSpec::build)
            .unwrap_or_default(),
        balance: spec
            .balance
            .as_ref()
            .map(BalanceSpec::build)
            .unwrap_or_default(),
        draining: spec.draining().iter().copied().collect(),
        compatibility: spec.registry.as_ref().and_then(|r| r.compatibility),
        ..bare
    })
}

impl OwnsSpec {
    fn build(&self) -> Owns {
        let principals = self.principals.iter().flatten().map(|p| p.0.clone());
        let acls = self.acls.iter().flatten().map(|p| p.0.clone());
        Owns {
            topics: self.topics.clone().unwrap_or_default(),
            topic_configs: self.topic_configs.unwrap_or_default(),
            principals: principals.collect(),
            acls: acls.collect(),
            subjects: self
                .subjects
                .iter()
                .flatten()
                .map(|p| p.0.clone())
                .collect(),
            connectors: self
                .connectors
                .iter()
                .flatten()
                .map(|p| p.0.clone())
                .collect(),
        }
    }
}

impl MovesSpec {
    fn build(&self) -> Moves {
        let default = Moves::default();
        Moves {
            throttle: self.throttle.map_or(default.throttle, |size| size.0),
            concurrent: self.concurrent.map_or(default.concurrent, |n| n.value),
        }
    }
}

impl BalanceSpec {
    fn build(&self) -> Balance {
        let default = Balance::default();
        Balance {
            leaders: self.leaders.unwrap_or(default.leaders),
            replicas: self.replicas.unwrap_or(default.replicas),
        }
    }
}
