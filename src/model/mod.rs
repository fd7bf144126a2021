//! The nouns everybody shares: names, ids, places, findings, secrets, access rules, config types (rank 0: std, serde and jiff only).

mod acl;
mod begun;
mod broker_config;
mod chain;
mod config_type;
mod finding;
mod group_config;
mod hidden;
mod id;
mod known_config;
mod ledger;
mod name;
#[macro_use]
mod object;
mod quota;
mod scram;
mod secret;
mod throttle;
mod topic_config;
pub mod units;

pub use acl::{Acl, AclOperation, AclParts, AclPattern, AclPermission, AclResource};
pub use begun::{Begun, BegunMove, Throttle};
pub use broker_config::{
    BROKER_CONFIGS, BrokerConfig, BrokerScope, broker_config, is_per_broker, is_read_only,
};
pub use chain::{chain, one_line};
pub use config_type::{ConfigType, integer};
pub use finding::{Finding, Place, Severity};
pub use group_config::{CLIENT_METRICS_CONFIGS, GROUP_CONFIGS};
pub use hidden::{HIDDEN, Hidden};
pub use id::{ClusterId, CommitId, TopicId};
pub use known_config::{Accepts, KnownConfig, Versions, known_config};
pub use ledger::{Converged, DriftRecord, Intent, Ledger, Quiet, Record, Restarts, UsedConsent};
pub use name::{
    COMPATIBILITY, CONFIG, ClusterName, ConfigKey, EVERY_SUBJECT, NameError, SCHEMA, STATE,
    TopicName, config_key,
};
pub use object::{Cause, DriftClass, Gate, Kind, Mode, ObjectRef, Plane, ResolvedBy, Risk, Verb};
pub use quota::{QuotaEntity, QuotaName};
pub use scram::ScramMechanism;
pub use secret::{
    Fingerprint, Secret, SecretName, SecretRef, has_reference, holds_login, is_masked,
    is_reference, is_secret_key,
};
pub use throttle::{THROTTLE_RATES, THROTTLED_REPLICAS, is_throttle};
pub use topic_config::{TOPIC_CONFIGS, topic_config};

/// A file of the source tree, as read from git or a folder: its path below the repository's root and its text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path relative to the repository's root, with `/` between the parts.
    pub path: String,
    /// The file's bytes; the parser says where they are not UTF-8.
    pub bytes: Vec<u8>,
}
