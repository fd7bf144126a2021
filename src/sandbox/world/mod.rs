//! What the cluster holds, and the controller's rules for changing it (sandbox stage, pure). Messages and codes are
//! Kafka's.

mod access;
pub(super) mod configs;
mod groups;
mod moves;
mod topics;
mod view;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use compact_str::CompactString;

use crate::{
    live::{Broker, LiveConfig, LiveTopic},
    model::{Acl, ClusterId, ConfigKey, Kind, ObjectRef, ScramMechanism, TopicName},
    ports::{Batch, Outcome, Refusal, RefusalClass},
};

/// Metadata records from which on an operation is refused (KRaft, `QuorumController.MAX_RECORDS_PER_USER_OP`).
pub const MAX_RECORDS: usize = 10_000;

/// A cluster's state.
#[derive(Debug, Clone)]
pub struct World {
    cluster_id: ClusterId,
    brokers: Vec<Broker>,
    topics: BTreeMap<TopicName, Arc<LiveTopic>>,
    /// Topics by the name that metrics know them by, in which `.` and `_` are the same.
    metric_names: BTreeMap<String, TopicName>,
    /// Topics ever made: ids and placement come from it.
    made: u64,
    moves: BTreeMap<(TopicName, i32), moves::Move>,
    acls: BTreeSet<Acl>,
    credentials: BTreeMap<(CompactString, ScramMechanism), access::Kept>,
    quotas: BTreeMap<CompactString, BTreeMap<CompactString, f64>>,
    /// Dynamic configs of brokers, groups and subscriptions.
    configs: BTreeMap<ObjectRef, Vec<LiveConfig>>,
    groups: BTreeMap<CompactString, groups::Group>,
    logs: BTreeMap<(TopicName, i32), groups::Log>,
    /// Kinds that the principal may not look at.
    closed: BTreeSet<Kind>,
}

type Done = Result<(), Refusal>;
/// Config keys with the values to set, or `None` to reset.
type Alterations = [(ConfigKey, Option<CompactString>)];

impl World {
    pub(super) fn new(cluster_id: ClusterId, brokers: u16) -> Self {
        let broker = |n: u16| Broker {
            id: n.into(),
            host: "sandbox".to_owned(),
            port: 9090 + n,
            rack: Some(format!("zone-{}", (n - 1) % 3 + 1)),
        };
        Self {
            cluster_id,
            brokers: (1..=brokers).map(broker).collect(),
            topics: BTreeMap::new(),
            metric_names: BTreeMap::new(),
            made: 0,
            moves: BTreeMap::new(),
            acls: BTreeSet::new(),
            credentials: BTreeMap::new(),
            quotas: BTreeMap::new(),
            configs: BTreeMap::new(),
            groups: BTreeMap::new(),
            logs: BTreeMap::new(),
            closed: BTreeSet::new(),
        }
    }

    /// Returns the cluster's id.
    #[must_use]
    pub fn cluster_id(&self) -> &ClusterId {
        &self.cluster_id
    }

    /// Gives the cluster another id, as if it had been formatted anew.
    pub fn set_cluster_id(&mut self, id: &str) {
        self.cluster_id = ClusterId(id.to_owned());
    }

    /// Returns the brokers.
    #[must_use]
    pub fn brokers(&self) -> &[Broker] {
        &self.brokers
    }

    /// Returns the topics by name.
    #[must_use]
    pub fn topics(&self) -> &BTreeMap<TopicName, Arc<LiveTopic>> {
        &self.topics
    }

    /// Returns a topic.
    #[must_use]
    pub fn topic(&self, name: &str) -> Option<&LiveTopic> {
        self.topics.get(name).map(AsRef::as_ref)
    }

    /// Takes the right to look at a kind from the principal, or gives it back.
    pub fn close(&mut self, kind: Kind, closed: bool) {
        match closed {
            true => self.closed.insert(kind),
            false => self.closed.remove(&kind),
        };
    }

    /// Carries out a request.
    pub(super) fn write(&mut self, batch: &Batch) -> Vec<Outcome> {
        let mut records = Records(0);
        match batch {
            Batch::CreateTopics(items) => self.create_all(items, &mut records),
            Batch::AddPartitions(items) => self.grow_all(items, &mut records),
            Batch::AlterConfigs(items) => self.alter_all(items, &mut records),
            Batch::DeleteTopics(items) => self.delete_all(items, &mut records),
            Batch::CreateAcls(items) => self.permit_all(items, &mut records),
            Batch::DeleteAcls(items) => self.revoke_all(items),
            Batch::AlterQuotas(items) => self.limit_all(items, &mut records),
            Batch::SetCredentials(items) => self.set_passwords(items),
            Batch::DeleteCredentials(items) => self.drop_passwords(items),
            Batch::Reassign(items) => self.reassign_all(items),
            Batch::ElectLeaders(items) => self.elect_all(items),
            Batch::SetOffsets(items) => self.reset_all(items),
        }
    }
}

/// Counts the records of an operation. All requests but CreateTopics turn the overflow into errors of the items that are
/// too many.
struct Records(usize);

impl Records {
    fn take(&mut self, cost: usize) -> bool {
        self.0 += cost;
        self.0 < MAX_RECORDS
    }
}

fn outcome(done: Done) -> Outcome {
    match done {
        Ok(()) => Outcome::Applied,
        Err(refusal) => Outcome::Refused(refusal),
    }
}

fn refuse(class: RefusalClass, code: &'static str, message: String) -> Done {
    Err(Refusal {
        class,
        code: code.into(),
        message,
    })
}

fn last_word(code: &'static str, message: String) -> Done {
    refuse(RefusalClass::Final, code, message)
}

fn too_large() -> Done {
    let text = "Unable to perform excessively large batch operation.".to_owned();
    refuse(RefusalClass::WholeRequest, "POLICY_VIOLATION", text)
}
