//! What cluster the lab shall bring up.

use std::fmt;
use std::time::Duration;

use super::{KafkaCluster, LabError, kit::Kit, start};

/// The SCRAM user that every lab cluster is formatted with; it is a super user.
pub const ADMIN_USER: &str = "admin";
/// Its password: a lab cluster lives on loopback for minutes and holds nothing.
pub const ADMIN_PASSWORD: &str = "admin-secret";

/// Describes a cluster. The default is one plaintext broker of the newest version.
#[derive(Debug, Clone)]
pub struct KafkaSpec {
    /// Kafka's version; `KAFKA_HOME` stands in for the newest.
    pub version: KafkaVersion,
    /// Number of brokers, with ids from 1.
    pub brokers: u16,
    /// Number of nodes that are controllers only, with ids from 101. Default 0: each broker is a controller as well.
    pub controllers: u16,
    /// The racks of the brokers in the order of their ids, over and over again when they are fewer; empty sets no rack.
    pub racks: &'static [&'static str],
    /// How clients reach it.
    pub security: Security,
    /// Whether Kafka's own authorizer judges what is asked; what no ACL allows is denied to all but the super users
    /// ([`ADMIN_USER`], and everybody on a plaintext listener). Default true.
    pub authorizer: bool,
    /// How long a broker that says nothing counts as alive. Default 9 s as Kafka's own; see [`Self::SHORT_SESSION`].
    pub session: Duration,
    /// Heap of each node in MiB. 256 holds about 3,000 replicas a broker; 10,000 need 768 (about 30 KiB a replica).
    pub heap_mib: u32,
    /// Broker properties that are added, or that replace the lab's own.
    pub properties: Vec<(String, String)>,
}

impl Default for KafkaSpec {
    fn default() -> Self {
        Self {
            version: KafkaVersion::NEWEST,
            brokers: 1,
            controllers: 0,
            racks: &["az1", "az2", "az3"],
            security: Security::Plaintext,
            authorizer: true,
            session: Duration::from_secs(9),
            heap_mib: 256,
            properties: Vec::new(),
        }
    }
}

impl KafkaSpec {
    /// A session for tests that kill brokers: one that comes back is let in when its old session has ended, not before.
    pub const SHORT_SESSION: Duration = Duration::from_secs(3);

    /// Describes a cluster as platform teams run it: three controllers, and four brokers in two racks behind SASL_SSL
    /// with SCRAM.
    #[must_use]
    pub fn production() -> Self {
        Self {
            brokers: 4,
            controllers: 3,
            racks: &["az1", "az1", "az2", "az2"],
            security: Security::ScramTls,
            ..Self::default()
        }
    }

    /// Brings the cluster up and returns when every node has seen every other.
    ///
    /// # Errors
    /// Java or Maven is missing, the jars cannot be fetched, or a node does not come up; the node's log is quoted.
    pub async fn start(&self) -> Result<KafkaCluster, LabError> {
        let kit = Kit::get(self.version).await?;
        start::up(&kit, self).await
    }
}

/// How clients reach the cluster. Between the nodes and for [`KafkaCluster::tool`] there is a plaintext listener besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// No encryption, no authentication; everybody is a super user.
    Plaintext,
    /// TLS with a private CA, and SCRAM-SHA-256 or SCRAM-SHA-512; [`ADMIN_USER`] has a password for the latter.
    ScramTls,
    /// TLS with a private CA, and a client certificate that the CA signed.
    MutualTls,
}

/// A version of Kafka that the lab knows how to get.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum KafkaVersion {
    /// 3.6.2, the oldest that is supported.
    V3_6,
    /// 3.9.1, the last of 3.x.
    V3_9,
    /// 4.3.1, the newest whose artifacts are whole on Maven Central (4.4.0 lacks kafka-tools).
    V4_3,
}

impl KafkaVersion {
    /// The version that everything but the compatibility tests uses.
    pub const NEWEST: Self = Self::V4_3;

    /// Every version.
    pub const ALL: [Self; 3] = [Self::V3_6, Self::V3_9, Self::V4_3];

    /// Finds a version by its name, or by the beginning of it (`3.9`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|v| v.as_str() == text || v.as_str().starts_with(&format!("{text}.")))
    }

    /// Returns the version as Maven Central spells it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V3_6 => "3.6.2",
            Self::V3_9 => "3.9.1",
            Self::V4_3 => "4.3.1",
        }
    }
}

impl fmt::Display for KafkaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
