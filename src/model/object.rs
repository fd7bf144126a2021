//! What an object is called everywhere: its kind and name, and the closed words for risk, verb, mode and drift.

use std::fmt;

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// Every word, in order: metrics start each of them at 0.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// Returns the word as contracts spell it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words! {
    /// The kinds of desired objects that are reconciled; `Cluster` itself is their frame and not among them.
    Kind {
        /// A Kafka topic.
        Topic = "Topic",
        /// One access rule, named by its seven parts.
        Acl = "Acl",
        /// The SCRAM credentials of one user.
        User = "User",
        /// The client quotas of one entity.
        Quota = "Quota",
        /// Dynamic configs of one broker, or of all (`default`).
        BrokerConfig = "BrokerConfig",
        /// Dynamic configs of one group (KIP-848, KIP-932).
        GroupConfig = "GroupConfig",
        /// A subscription to clients' metrics (KIP-714).
        ClientMetrics = "ClientMetrics",
        /// A consumer group: watched, and its offsets reset when git says so.
        ConsumerGroup = "ConsumerGroup",
        /// A subject of the Schema Registry: a schema, and how it may change.
        Schema = "Schema",
        /// A connector of a Kafka Connect cluster.
        Connector = "Connector",
    }
}

words! {
    /// An outside system that is observed and written, each known or unknown on its own.
    Plane {
        /// The Kafka brokers and their controller quorum.
        Kafka = "kafka",
        /// The Schema Registry.
        Registry = "registry",
        /// The Kafka Connect clusters.
        Connect = "connect",
    }
}

impl Kind {
    /// Returns the plane that holds the kind's objects.
    #[must_use]
    pub fn plane(self) -> Plane {
        match self {
            Self::Topic
            | Self::Acl
            | Self::User
            | Self::Quota
            | Self::BrokerConfig
            | Self::GroupConfig
            | Self::ClientMetrics
            | Self::ConsumerGroup => Plane::Kafka,
            Self::Schema => Plane::Registry,
            Self::Connector => Plane::Connect,
        }
    }

    /// Returns the kinds that a plane holds.
    pub fn of(plane: Plane) -> impl Iterator<Item = Self> {
        Self::ALL
            .iter()
            .copied()
            .filter(move |kind| kind.plane() == plane)
    }
}

words! {
    /// What an action does to an object.
    Verb {
        /// Makes it.
        Create = "create",
        /// Changes it in place.
        Update = "update",
        /// Deletes it.
        Delete = "delete",
    }
}

words! {
    /// What an action may cost.
    Risk {
        /// Nobody notices.
        Safe = "safe",
        /// Clients may notice for a while.
        Disruptive = "disruptive",
        /// Data or access is lost.
        Destructive = "destructive",
    }
}

words! {
    /// What is done about the differences of a kind on a cluster.
    Mode {
        /// Differences are applied.
        Enforce = "enforce",
        /// Differences are shown, nothing is written.
        Report = "report",
        /// The kind is not looked at.
        Ignore = "ignore",
    }
}

words! {
    /// How live differs from desired while git did not change.
    DriftClass {
        /// A declared object is gone.
        Missing = "missing",
        /// A declared object has another value.
        Modified = "modified",
        /// An object that nobody declared stands in an owned scope.
        Unexpected = "unexpected",
        /// A declared object was deleted and made again behind Headgate's back.
        Replaced = "replaced",
    }
}

words! {
    /// Why an action is due.
    Cause {
        /// Git changed.
        Commit = "commit",
        /// Live changed while git did not.
        Drift = "drift",
        /// The cluster never converged before.
        First = "first",
    }
}

words! {
    /// What withholds a change.
    Gate {
        /// More deletions of a kind than one pass may do.
        DestroyBudget = "destroy_budget",
        /// No valid entry under `deletion.allow`.
        Consent = "consent",
        /// The new revision does not descend from the last applied one.
        NonFastForward = "non_fast_forward",
        /// The revision is not signed as required.
        Signature = "signature",
        /// A plane could not be observed completely.
        IncompleteObservation = "incomplete_observation",
        /// Outside the change window.
        Window = "window",
        /// A Rego rule denies the change.
        Policy = "policy",
        /// The same change was made several times and did not last.
        Contended = "contended",
        /// A write's outcome is not known yet.
        Indeterminate = "indeterminate",
        /// Somebody switched changes off.
        Suspended = "suspended",
        /// The cluster is not healthy enough.
        Health = "health",
        /// The live cluster is another one than git names.
        ClusterId = "cluster_id",
        /// The change waits for an approval.
        Approval = "approval",
        /// Kafka, or this version of Headgate, cannot do it.
        Unsupported = "unsupported",
        /// Somebody still uses it.
        InUse = "in_use",
    }
}

words! {
    /// What ended a drift.
    ResolvedBy {
        /// Headgate set it right.
        Apply = "apply",
        /// Somebody else did.
        External = "external",
        /// Git was changed.
        Commit = "commit",
    }
}

/// Names one object of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectRef {
    /// The kind.
    pub kind: Kind,
    /// The name, unique within kind and cluster.
    pub name: CompactString,
}

impl ObjectRef {
    /// Names the object `name` of a kind.
    #[must_use]
    pub fn new(kind: Kind, name: &str) -> Self {
        Self {
            kind,
            name: name.into(),
        }
    }

    /// Names the topic `name`.
    #[must_use]
    pub fn topic(name: &str) -> Self {
        Self::new(Kind::Topic, name)
    }
}

impl fmt::Display for ObjectRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}
