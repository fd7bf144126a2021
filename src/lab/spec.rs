//! What cluster the lab shall bring up.

use std::fmt;

use super::{KafkaCluster, LabError, cluster, kit::Kit};

/// The SCRAM user that every lab cluster is formatted with; it is a super user.
pub const ADMIN_USER: &str = "admin";
/// Its password: a lab cluster lives on loopback for minutes and holds nothing.
pub const ADMIN_PASSWORD: &str = "admin-secret";

/// Describes a cluster. The default is one plaintext broker of the newest version.
#[derive(Debug, Clone)]
pub struct KafkaSpec {
    /// Kafka's version; `KAFKA_HOME` stands in for the newest.
    pub version: KafkaVersion,
    /// Number of nodes, each broker and controller at once, with ids from 1.
    pub brokers: u16,
    /// Number of racks (`az1`, `az2`, …) that the nodes are dealt to in turn; 0 sets no rack.
    pub racks: u16,
    /// How clients reach it.
    pub security: Security,
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
            racks: 3,
            security: Security::Plaintext,
            heap_mib: 256,
            properties: Vec::new(),
        }
    }
}

impl KafkaSpec {
    /// Brings the cluster up and returns when every node has seen every other.
    ///
    /// # Errors
    /// Java or Maven is missing, the jars cannot be fetched, or a node does not come up; the node's log is quoted.
    pub async fn start(&self) -> Result<KafkaCluster, LabError> {
        let kit = Kit::get(self.version).await?;
        cluster::up(&kit, self).await
    }
}

/// How clients reach the cluster. Between the nodes and for [`KafkaCluster::tool`] there is a plaintext listener besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// No encryption, no authentication; everybody is a super user.
    Plaintext,
    /// TLS with a private CA, and SCRAM-SHA-512 as [`ADMIN_USER`].
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

    /// Returns the class behind `kafka-topics.sh`, which moved between the versions.
    #[must_use]
    pub fn topic_command(self) -> &'static str {
        match self {
            Self::V3_6 => "kafka.admin.TopicCommand",
            Self::V3_9 | Self::V4_3 => "org.apache.kafka.tools.TopicCommand",
        }
    }
}

impl fmt::Display for KafkaVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
