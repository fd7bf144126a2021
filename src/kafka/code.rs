//! Kafka's error codes by name (rank 6, Kafka plane). A code the table lacks is kept as its number.

use std::fmt;

/// An error code as a broker sent it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(pub i16);

impl Code {
    /// The server stumbled, and what it had done by then is not said.
    pub const UNKNOWN_SERVER_ERROR: Self = Self(-1);
    /// Nothing went wrong.
    pub const NONE: Self = Self(0);
    /// The topic is not there, or we may not know of it.
    pub const UNKNOWN_TOPIC_OR_PARTITION: Self = Self(3);
    /// There is no leader for the time being.
    pub const LEADER_NOT_AVAILABLE: Self = Self(5);
    /// Another broker leads the partition now.
    pub const NOT_LEADER_OR_FOLLOWER: Self = Self(6);
    /// The broker waited in vain; the request may still be carried out.
    pub const REQUEST_TIMED_OUT: Self = Self(7);
    /// The broker is not there for the time being.
    pub const BROKER_NOT_AVAILABLE: Self = Self(8);
    /// The request makes a record that is too large.
    pub const MESSAGE_TOO_LARGE: Self = Self(10);
    /// The broker lost its connection to the controller; the request may still be carried out.
    pub const NETWORK_EXCEPTION: Self = Self(13);
    /// The coordinator is just reading what it coordinates.
    pub const COORDINATOR_LOAD_IN_PROGRESS: Self = Self(14);
    /// There is no coordinator for the time being.
    pub const COORDINATOR_NOT_AVAILABLE: Self = Self(15);
    /// Another broker coordinates the group now.
    pub const NOT_COORDINATOR: Self = Self(16);
    /// The request makes more records than one batch takes.
    pub const RECORD_LIST_TOO_LARGE: Self = Self(18);
    /// A group with members takes offsets from them only.
    pub const ILLEGAL_GENERATION: Self = Self(22);
    /// A group with members takes offsets from them only.
    pub const UNKNOWN_MEMBER_ID: Self = Self(25);
    /// The group is just sharing out its partitions.
    pub const REBALANCE_IN_PROGRESS: Self = Self(27);
    /// We may not do this with the topic.
    pub const TOPIC_AUTHORIZATION_FAILED: Self = Self(29);
    /// We may not do this with the group.
    pub const GROUP_AUTHORIZATION_FAILED: Self = Self(30);
    /// We may not do this with the cluster.
    pub const CLUSTER_AUTHORIZATION_FAILED: Self = Self(31);
    /// The listener does not speak SASL, or not at this point.
    pub const ILLEGAL_SASL_STATE: Self = Self(34);
    /// The broker does not know this version of the API.
    pub const UNSUPPORTED_VERSION: Self = Self(35);
    /// The topic is there already, or being deleted.
    pub const TOPIC_ALREADY_EXISTS: Self = Self(36);
    /// The number of partitions is impossible, or the topic has as many already.
    pub const INVALID_PARTITIONS: Self = Self(37);
    /// Another node is the controller now.
    pub const NOT_CONTROLLER: Self = Self(41);
    /// The broker makes no sense of the request.
    pub const INVALID_REQUEST: Self = Self(42);
    /// A create or alter policy of the cluster refused, or the request was too large.
    pub const POLICY_VIOLATION: Self = Self(44);
    /// There is no authorizer, so there are no ACLs.
    pub const SECURITY_DISABLED: Self = Self(54);
    /// Another item of the request spoiled it.
    pub const OPERATION_NOT_ATTEMPTED: Self = Self(55);
    /// The credentials are wrong, or there is no such user.
    pub const SASL_AUTHENTICATION_FAILED: Self = Self(58);
    /// The topic's replicas are just being moved.
    pub const REASSIGNMENT_IN_PROGRESS: Self = Self(60);
    /// The group has members.
    pub const NON_EMPTY_GROUP: Self = Self(68);
    /// There is no such group, or none of this type.
    pub const GROUP_ID_NOT_FOUND: Self = Self(69);
    /// The first replica cannot lead for the time being.
    pub const PREFERRED_LEADER_NOT_AVAILABLE: Self = Self(80);
    /// The first replica leads already.
    pub const ELECTION_NOT_NEEDED: Self = Self(84);
    /// There is no reassignment to cancel.
    pub const NO_REASSIGNMENT_IN_PROGRESS: Self = Self(85);
    /// The controller's mutation quota is spent (KIP-599).
    pub const THROTTLING_QUOTA_EXCEEDED: Self = Self(89);
    /// The user has no such credential.
    pub const RESOURCE_NOT_FOUND: Self = Self(91);
    /// No topic has this id.
    pub const UNKNOWN_TOPIC_ID: Self = Self(100);
    /// A group with members takes offsets from them only.
    pub const STALE_MEMBER_EPOCH: Self = Self(113);

    /// Tells whether the code means success.
    #[must_use]
    pub fn is_ok(self) -> bool {
        self == Self::NONE
    }

    /// Tells whether the code means that we are not allowed to do this.
    #[must_use]
    pub fn is_denial(self) -> bool {
        self.name().is_some_and(Self::names_denial)
    }

    /// Tells whether the name of a code means that we are not allowed to do this.
    #[must_use]
    pub fn names_denial(name: &str) -> bool {
        name.ends_with("_AUTHORIZATION_FAILED")
    }

    /// Returns the code's name as Kafka spells it, if it is known.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        if self.0 == -1 {
            return Some("UNKNOWN_SERVER_ERROR");
        }
        usize::try_from(self.0)
            .ok()
            .and_then(|i| NAMES.get(i).copied())
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => write!(f, "{name}({})", self.0),
            None => write!(f, "UNKNOWN_CODE({})", self.0),
        }
    }
}

/// Every code from 0 on, in order (Kafka, `org.apache.kafka.common.protocol.Errors`).
#[rustfmt::skip]
const NAMES: [&str; 134] = [
    "NONE", "OFFSET_OUT_OF_RANGE", "CORRUPT_MESSAGE", "UNKNOWN_TOPIC_OR_PARTITION", "INVALID_FETCH_SIZE",
    "LEADER_NOT_AVAILABLE", "NOT_LEADER_OR_FOLLOWER", "REQUEST_TIMED_OUT", "BROKER_NOT_AVAILABLE",
    "REPLICA_NOT_AVAILABLE", "MESSAGE_TOO_LARGE", "STALE_CONTROLLER_EPOCH", "OFFSET_METADATA_TOO_LARGE",
    "NETWORK_EXCEPTION", "COORDINATOR_LOAD_IN_PROGRESS", "COORDINATOR_NOT_AVAILABLE", "NOT_COORDINATOR",
    "INVALID_TOPIC_EXCEPTION", "RECORD_LIST_TOO_LARGE", "NOT_ENOUGH_REPLICAS", "NOT_ENOUGH_REPLICAS_AFTER_APPEND",
    "INVALID_REQUIRED_ACKS", "ILLEGAL_GENERATION", "INCONSISTENT_GROUP_PROTOCOL", "INVALID_GROUP_ID",
    "UNKNOWN_MEMBER_ID", "INVALID_SESSION_TIMEOUT", "REBALANCE_IN_PROGRESS", "INVALID_COMMIT_OFFSET_SIZE",
    "TOPIC_AUTHORIZATION_FAILED", "GROUP_AUTHORIZATION_FAILED", "CLUSTER_AUTHORIZATION_FAILED", "INVALID_TIMESTAMP",
    "UNSUPPORTED_SASL_MECHANISM", "ILLEGAL_SASL_STATE", "UNSUPPORTED_VERSION", "TOPIC_ALREADY_EXISTS",
    "INVALID_PARTITIONS", "INVALID_REPLICATION_FACTOR", "INVALID_REPLICA_ASSIGNMENT", "INVALID_CONFIG",
    "NOT_CONTROLLER", "INVALID_REQUEST", "UNSUPPORTED_FOR_MESSAGE_FORMAT", "POLICY_VIOLATION",
    "OUT_OF_ORDER_SEQUENCE_NUMBER", "DUPLICATE_SEQUENCE_NUMBER", "INVALID_PRODUCER_EPOCH", "INVALID_TXN_STATE",
    "INVALID_PRODUCER_ID_MAPPING", "INVALID_TRANSACTION_TIMEOUT", "CONCURRENT_TRANSACTIONS",
    "TRANSACTION_COORDINATOR_FENCED", "TRANSACTIONAL_ID_AUTHORIZATION_FAILED", "SECURITY_DISABLED",
    "OPERATION_NOT_ATTEMPTED", "KAFKA_STORAGE_ERROR", "LOG_DIR_NOT_FOUND", "SASL_AUTHENTICATION_FAILED",
    "UNKNOWN_PRODUCER_ID", "REASSIGNMENT_IN_PROGRESS", "DELEGATION_TOKEN_AUTH_DISABLED", "DELEGATION_TOKEN_NOT_FOUND",
    "DELEGATION_TOKEN_OWNER_MISMATCH", "DELEGATION_TOKEN_REQUEST_NOT_ALLOWED",
    "DELEGATION_TOKEN_AUTHORIZATION_FAILED", "DELEGATION_TOKEN_EXPIRED", "INVALID_PRINCIPAL_TYPE", "NON_EMPTY_GROUP",
    "GROUP_ID_NOT_FOUND", "FETCH_SESSION_ID_NOT_FOUND", "INVALID_FETCH_SESSION_EPOCH", "LISTENER_NOT_FOUND",
    "TOPIC_DELETION_DISABLED", "FENCED_LEADER_EPOCH", "UNKNOWN_LEADER_EPOCH", "UNSUPPORTED_COMPRESSION_TYPE",
    "STALE_BROKER_EPOCH", "OFFSET_NOT_AVAILABLE", "MEMBER_ID_REQUIRED", "PREFERRED_LEADER_NOT_AVAILABLE",
    "GROUP_MAX_SIZE_REACHED", "FENCED_INSTANCE_ID", "ELIGIBLE_LEADERS_NOT_AVAILABLE", "ELECTION_NOT_NEEDED",
    "NO_REASSIGNMENT_IN_PROGRESS", "GROUP_SUBSCRIBED_TO_TOPIC", "INVALID_RECORD", "UNSTABLE_OFFSET_COMMIT",
    "THROTTLING_QUOTA_EXCEEDED", "PRODUCER_FENCED", "RESOURCE_NOT_FOUND", "DUPLICATE_RESOURCE",
    "UNACCEPTABLE_CREDENTIAL", "INCONSISTENT_VOTER_SET", "INVALID_UPDATE_VERSION", "FEATURE_UPDATE_FAILED",
    "PRINCIPAL_DESERIALIZATION_FAILURE", "SNAPSHOT_NOT_FOUND", "POSITION_OUT_OF_RANGE", "UNKNOWN_TOPIC_ID",
    "DUPLICATE_BROKER_REGISTRATION", "BROKER_ID_NOT_REGISTERED", "INCONSISTENT_TOPIC_ID", "INCONSISTENT_CLUSTER_ID",
    "TRANSACTIONAL_ID_NOT_FOUND", "FETCH_SESSION_TOPIC_ID_ERROR", "INELIGIBLE_REPLICA", "NEW_LEADER_ELECTED",
    "OFFSET_MOVED_TO_TIERED_STORAGE", "FENCED_MEMBER_EPOCH", "UNRELEASED_INSTANCE_ID", "UNSUPPORTED_ASSIGNOR",
    "STALE_MEMBER_EPOCH", "MISMATCHED_ENDPOINT_TYPE", "UNSUPPORTED_ENDPOINT_TYPE", "UNKNOWN_CONTROLLER_ID",
    "UNKNOWN_SUBSCRIPTION_ID", "TELEMETRY_TOO_LARGE", "INVALID_REGISTRATION", "TRANSACTION_ABORTABLE",
    "INVALID_RECORD_STATE", "SHARE_SESSION_NOT_FOUND", "INVALID_SHARE_SESSION_EPOCH", "FENCED_STATE_EPOCH",
    "INVALID_VOTER_KEY", "DUPLICATE_VOTER", "VOTER_NOT_FOUND", "INVALID_REGULAR_EXPRESSION", "REBOOTSTRAP_REQUIRED",
    "STREAMS_INVALID_TOPOLOGY", "STREAMS_INVALID_TOPOLOGY_EPOCH", "STREAMS_TOPOLOGY_FENCED",
    "SHARE_SESSION_LIMIT_REACHED",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_carry_kafkas_names() {
        for (code, text) in [
            (-1, "UNKNOWN_SERVER_ERROR(-1)"),
            (0, "NONE(0)"),
            (29, "TOPIC_AUTHORIZATION_FAILED(29)"),
            (36, "TOPIC_ALREADY_EXISTS(36)"),
            (41, "NOT_CONTROLLER(41)"),
            (58, "SASL_AUTHENTICATION_FAILED(58)"),
            (89, "THROTTLING_QUOTA_EXCEEDED(89)"),
            (100, "UNKNOWN_TOPIC_ID(100)"),
            (133, "SHARE_SESSION_LIMIT_REACHED(133)"),
            (134, "UNKNOWN_CODE(134)"),
            (i16::MIN, "UNKNOWN_CODE(-32768)"),
        ] {
            assert_eq!(Code(code).to_string(), text);
        }
    }
}
