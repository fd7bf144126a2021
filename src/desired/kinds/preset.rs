//! The table of grants: which ACLs each stands for (desired, rank 1). The reference shows it as it stands here.

use crate::model::{AclOperation as O, AclResource as R};

/// What a grant stands for.
#[derive(Debug)]
pub(in crate::desired) struct Preset {
    /// The field that asks for it.
    pub(in crate::desired) field: &'static str,
    /// The field's value, where a value chooses among presets.
    pub(in crate::desired) word: Option<&'static str>,
    /// What it is for.
    pub(in crate::desired) about: &'static str,
    /// What it gives.
    pub(in crate::desired) rights: &'static [Right],
}

/// What may be done with which resource.
#[derive(Debug)]
pub(in crate::desired) struct Right {
    /// The type of the resource.
    pub(in crate::desired) resource: R,
    /// Its name.
    pub(in crate::desired) name: Name,
    /// What may be done.
    pub(in crate::desired) operations: &'static [O],
}

/// Where a grant takes the name of a resource from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::desired) enum Name {
    /// The grant's own value, by its `pattern`.
    Given,
    /// All names that begin with the grant's own value.
    Beginning,
    /// The grant's `group`, by its `groupPattern`; nothing without one.
    Group,
    /// All names that begin with this.
    BeginningWith(&'static str),
    /// All.
    Every,
    /// The cluster's.
    Cluster,
}

const fn right(resource: R, name: Name, operations: &'static [O]) -> Right {
    Right {
        resource,
        name,
        operations,
    }
}

/// Every grant. `consume`, `produce` and `transact` give what `kafka-acls.sh --consumer` and `--producer` give, but for
/// `Create` on topics: a topic that a producer makes is one that nobody declared.
#[rustfmt::skip]
pub(in crate::desired) const PRESETS: &[Preset] = &[
    Preset {
        field: "consume", word: None,
        about: "Reads topics, in a group when `group` names one.",
        rights: &[
            right(R::TOPIC, Name::Given, &[O::READ, O::DESCRIBE]),
            right(R::GROUP, Name::Group, &[O::READ]),
        ],
    },
    Preset {
        field: "produce", word: None,
        about: "Writes to topics, idempotently or not.",
        rights: &[right(R::TOPIC, Name::Given, &[O::WRITE, O::DESCRIBE])],
    },
    Preset {
        field: "transact", word: None,
        about: "Writes in transactions; which topics, `produce` says.",
        rights: &[right(R::TRANSACTIONAL_ID, Name::Given, &[O::WRITE, O::DESCRIBE])],
    },
    Preset {
        field: "connect", word: None,
        about: "Runs Connect workers whose group id and internal topics begin alike, and the groups of their sinks. What the \
                connectors read and write, `consume` and `produce` say.",
        rights: &[
            right(R::TOPIC, Name::Beginning, &[O::CREATE, O::READ, O::WRITE, O::DESCRIBE, O::DESCRIBE_CONFIGS]),
            right(R::GROUP, Name::Beginning, &[O::READ]),
            right(R::GROUP, Name::BeginningWith("connect-"), &[O::READ]),
        ],
    },
    Preset {
        field: "streams", word: None,
        about: "Runs a Kafka Streams application: its group, its internal topics and its transactions, all of which begin with \
                the application id. What it reads and writes besides, `consume` and `produce` say.",
        rights: &[
            right(R::TOPIC, Name::Beginning, &[O::CREATE, O::DELETE, O::READ, O::WRITE, O::DESCRIBE, O::DESCRIBE_CONFIGS]),
            right(R::GROUP, Name::Beginning, &[O::READ, O::DELETE]),
            right(R::TRANSACTIONAL_ID, Name::Beginning, &[O::WRITE, O::DESCRIBE]),
        ],
    },
    Preset {
        field: "admin", word: Some("cluster"),
        about: "Looks after the whole cluster, and reads and writes everything in it.",
        rights: &[
            right(R::CLUSTER, Name::Cluster, &[O::ALL_OPERATIONS]),
            right(R::TOPIC, Name::Every, &[O::ALL_OPERATIONS]),
            right(R::GROUP, Name::Every, &[O::ALL_OPERATIONS]),
            right(R::TRANSACTIONAL_ID, Name::Every, &[O::ALL_OPERATIONS]),
            right(R::DELEGATION_TOKEN, Name::Every, &[O::ALL_OPERATIONS]),
        ],
    },
    Preset {
        field: "admin", word: Some("readonly"),
        about: "Looks at everything but the records: what dashboards and exporters need.",
        rights: &[
            right(R::CLUSTER, Name::Cluster, &[O::DESCRIBE, O::DESCRIBE_CONFIGS]),
            right(R::TOPIC, Name::Every, &[O::DESCRIBE, O::DESCRIBE_CONFIGS]),
            right(R::GROUP, Name::Every, &[O::DESCRIBE, O::DESCRIBE_CONFIGS]),
            right(R::TRANSACTIONAL_ID, Name::Every, &[O::DESCRIBE]),
        ],
    },
    Preset {
        field: "admin", word: Some("headgate"),
        about: "What Headgate itself needs; `Read` is for the offsets of groups, and for how old what they have not read is.",
        rights: &[
            right(R::CLUSTER, Name::Cluster, &[O::ALTER, O::ALTER_CONFIGS, O::CREATE, O::DESCRIBE, O::DESCRIBE_CONFIGS]),
            right(R::TOPIC, Name::Every, &[O::ALTER, O::ALTER_CONFIGS, O::CREATE, O::DELETE, O::DESCRIBE, O::DESCRIBE_CONFIGS, O::READ]),
            right(R::GROUP, Name::Every, &[O::ALTER_CONFIGS, O::DELETE, O::DESCRIBE, O::DESCRIBE_CONFIGS, O::READ]),
        ],
    },
];
