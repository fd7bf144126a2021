//! Reads how the cluster is (rank 6, Kafka plane): its controllers, its disks, its fenced brokers. Each is unknown by
//! itself; none of it is desired state.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use futures::stream::{self, StreamExt};
use kafka_protocol::messages::{
    DescribeClusterRequest, DescribeLogDirsResponse, describe_log_dirs_response,
    describe_quorum_response,
};
use tokio::time::Instant;

use super::{ask, ask_controller, topics::IN_FLIGHT};
use crate::{
    kafka::{
        Client, Code,
        client::To,
        denied::{self, DESCRIBE},
        requests::health as requests,
    },
    live::{Health, LogDir, Observed, Quorum, QuorumNode},
    model::chain,
};

/// How old log directories may be: an answer names every replica (1.3 MB of 30,000), and sizes that alerts stand on do
/// not turn within minutes.
const DISKS_EVERY: Duration = Duration::from_secs(5 * 60);

/// `AclOperation.DESCRIBE`, whose bit says in `cluster_authorized_operations` that we may see all groups.
const DESCRIBE_BIT: i32 = 1 << 8;

/// Why fenced brokers are unknown on older clusters.
const UNTOLD: &str = "brokers before Kafka 4.0 do not tell";

/// Log directories as they were seen last, by broker.
#[derive(Debug, Default)]
pub(in crate::kafka) struct Disks(Mutex<BTreeMap<i32, (Instant, Vec<LogDir>)>>);

/// What the cluster says of itself.
pub(super) struct Said {
    pub(super) fenced: Observed<Vec<i32>>,
    /// Whether we may look at the whole cluster; otherwise listings of groups leave out what we may not see, silently.
    pub(super) may_describe: bool,
}

/// Observes the cluster's health.
pub(super) async fn observe(
    client: &Client,
    brokers: &[i32],
    said: &Result<Said, String>,
) -> Health {
    let (quorum, log_dirs) = tokio::join!(quorum(client), log_dirs(client, brokers));
    Health {
        quorum,
        log_dirs,
        fenced: fenced(said),
    }
}

/// Which brokers are fenced is unknown when nobody answered.
fn fenced(said: &Result<Said, String>) -> Observed<Vec<i32>> {
    match said {
        Ok(said) => said.fenced.clone(),
        Err(why) => Observed::Unknown(why.clone()),
    }
}

/// Asks for fenced brokers, where the cluster can tell them, and for what we may do.
///
/// # Errors
/// The broker does not say.
pub(super) async fn cluster(client: &Client) -> Result<Said, String> {
    let version = client.version::<DescribeClusterRequest>(To::Any).await;
    let version = version.map_err(|e| chain(&e))?;
    let tells = version.is_some_and(|version| version >= requests::SHOWS_FENCED);
    let answer = ask(client, To::Any, &requests::cluster(tells)).await?;
    match Code(answer.error_code) {
        Code::NONE => {}
        code => {
            let message = answer.error_message.as_deref();
            return Err(denied::refused(client.settings(), code, message, DESCRIBE));
        }
    }
    let fenced = answer.brokers.iter().filter(|broker| broker.is_fenced);
    let mut fenced: Vec<i32> = fenced.map(|broker| broker.broker_id.0).collect();
    fenced.sort_unstable();
    Ok(Said {
        fenced: match tells {
            true => Observed::Known(fenced),
            false => Observed::Unknown(UNTOLD.to_owned()),
        },
        may_describe: answer.cluster_authorized_operations & DESCRIBE_BIT != 0,
    })
}

async fn quorum(client: &Client) -> Observed<Quorum> {
    let answer = match ask_controller(client, &requests::quorum()).await {
        Ok(answer) => answer,
        Err(reason) => return Observed::Unknown(reason),
    };
    let log = answer.topics.first().and_then(|t| t.partitions.first());
    let inner = log.map_or(Code::NONE, |log| Code(log.error_code));
    let message = answer.error_message.as_deref();
    for code in [Code(answer.error_code), inner] {
        if !code.is_ok() {
            let reason = denied::refused(client.settings(), code, message, DESCRIBE);
            return Observed::Unknown(reason);
        }
    }
    let left_out = || Observed::Unknown("the broker's answer leaves the quorum out".to_owned());
    log.map_or_else(left_out, |log| Observed::Known(of_log(log)))
}

fn of_log(log: &describe_quorum_response::PartitionData) -> Quorum {
    let nodes = |states: &[describe_quorum_response::ReplicaState]| {
        let node = |state: &describe_quorum_response::ReplicaState| QuorumNode {
            id: state.replica_id.0,
            log_end_offset: state.log_end_offset,
        };
        let mut nodes: Vec<QuorumNode> = states.iter().map(node).collect();
        nodes.sort_unstable_by_key(|node| node.id);
        nodes
    };
    Quorum {
        leader: log.leader_id.0,
        epoch: log.leader_epoch,
        high_watermark: log.high_watermark,
        voters: nodes(&log.current_voters),
        observers: nodes(&log.observers),
    }
}

async fn log_dirs(client: &Client, brokers: &[i32]) -> BTreeMap<i32, Observed<Vec<LogDir>>> {
    let now = Instant::now();
    let mut dirs = client.disks().newer_than(now, brokers);
    let due = brokers.iter().copied().filter(|id| !dirs.contains_key(id));
    let due: Vec<i32> = due.collect();
    let each = due.into_iter().map(|id| async move {
        match ask(client, To::Broker(id), &requests::log_dirs()).await {
            Ok(answer) => (id, of_broker(client, answer)),
            Err(reason) => (id, Err(reason)),
        }
    });
    let mut answers = stream::iter(each).buffer_unordered(IN_FLIGHT);
    while let Some((id, seen)) = answers.next().await {
        if let Ok(seen) = &seen {
            client
                .disks()
                .with(|all| all.insert(id, (now, seen.clone())));
        }
        dirs.insert(id, seen.map_or_else(Observed::Unknown, Observed::Known));
    }
    dirs
}

impl Disks {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<i32, (Instant, Vec<LogDir>)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Returns what is not too old, and forgets brokers that went.
    fn newer_than(&self, now: Instant, brokers: &[i32]) -> BTreeMap<i32, Observed<Vec<LogDir>>> {
        self.with(|all| {
            all.retain(|id, _| brokers.contains(id));
            let fresh = all
                .iter()
                .filter(|(_, (at, _))| now.duration_since(*at) < DISKS_EVERY);
            fresh
                .map(|(id, (_, dirs))| (*id, Observed::Known(dirs.clone())))
                .collect()
        })
    }
}

/// Sums up a broker's directories. An empty answer of an old version means that we may not ask (KAFKA-13421).
fn of_broker(client: &Client, answer: DescribeLogDirsResponse) -> Result<Vec<LogDir>, String> {
    let code = match Code(answer.error_code) {
        Code::NONE if answer.results.is_empty() => Code::CLUSTER_AUTHORIZATION_FAILED,
        code => code,
    };
    if !code.is_ok() {
        return Err(denied::refused(client.settings(), code, None, DESCRIBE));
    }
    let mut dirs: Vec<LogDir> = answer.results.iter().map(of_dir).collect();
    dirs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(dirs)
}

fn of_dir(dir: &describe_log_dirs_response::DescribeLogDirsResult) -> LogDir {
    let replicas = dir.topics.iter().flat_map(|topic| &topic.partitions);
    let code = Code(dir.error_code);
    LogDir {
        path: dir.log_dir.to_string(),
        error: (!code.is_ok()).then(|| code.to_string()),
        used: replicas
            .map(|r| u64::try_from(r.partition_size).unwrap_or(0))
            .sum(),
        // -1: the broker does not tell
        total: u64::try_from(dir.total_bytes).ok(),
        usable: u64::try_from(dir.usable_bytes).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_kept_for_minutes_and_not_beyond_their_broker() {
        let disks = Disks::default();
        let now = Instant::now();
        disks.with(|all| {
            all.insert(1, (now, Vec::new()));
            all.insert(2, (now, Vec::new()));
        });
        let fresh = |after, brokers| -> Vec<i32> {
            disks.newer_than(now + after, brokers).into_keys().collect()
        };
        assert_eq!(fresh(DISKS_EVERY / 2, &[1, 2]), [1, 2]);
        assert_eq!(fresh(DISKS_EVERY / 2, &[2]), [2]);
        assert_eq!(fresh(Duration::ZERO, &[1, 2]), [2]);
        assert_eq!(fresh(DISKS_EVERY, &[2]), Vec::<i32>::new());
    }

    #[test]
    fn brokers_are_not_called_up_because_nobody_said_that_they_are_fenced() {
        let said = fenced(&Err("timed out".to_owned()));
        assert_eq!(said, Observed::Unknown("timed out".to_owned()));
    }

    #[test]
    fn a_directory_is_the_sum_of_its_replicas_and_says_why_it_failed() {
        use describe_log_dirs_response as wire;
        let replica = |size| wire::DescribeLogDirsPartition::default().with_partition_size(size);
        let topic =
            wire::DescribeLogDirsTopic::default().with_partitions(vec![replica(3), replica(4)]);
        let dir = wire::DescribeLogDirsResult::default()
            .with_error_code(56)
            .with_topics(vec![topic.clone(), topic])
            .with_total_bytes(-1)
            .with_usable_bytes(9);
        let dir = of_dir(&dir);
        assert_eq!((dir.used, dir.total, dir.usable), (14, None, Some(9)));
        assert_eq!(dir.error.as_deref(), Some("KAFKA_STORAGE_ERROR(56)"));
    }
}
