//! From a spec to a cluster that serves: directories copied, processes started side by side, and the wait for them.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::time::{Instant, sleep};

use super::cluster::{Node, PASSWORD_FILE};
use super::kit::Kit;
use super::member::{Member, members};
use super::ports::on_free_ports;
use super::process::Process;
use super::properties::{data_dir, properties};
use super::ready::{answers, brokers_seen_by};
use super::tls::write_certificates;
use super::workdir::{WorkDir, copy_dir, read, write};
use super::{ADMIN_PASSWORD, KafkaCluster, KafkaSpec, LabError, Security};

/// A node takes 2 s on an idle machine; one with ten other builds on it was seen to take 50.
pub(super) const READY_WITHIN: Duration = Duration::from_secs(180);

/// How often nodes are asked whether they are ready.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// Brings a cluster up, on other ports if somebody takes one of those that were free.
pub(super) async fn up(kit: &Kit, spec: &KafkaSpec) -> Result<KafkaCluster, LabError> {
    on_free_ports(|| try_up(kit, spec, &[])).await
}

/// Runs a single node once and has Java write the classes it loaded to `archive`.
pub(super) async fn record_classes(kit: &Kit, archive: &Path) -> Result<(), LabError> {
    let spec = KafkaSpec {
        version: kit.version,
        ..KafkaSpec::default()
    };
    let flag = format!("-XX:ArchiveClassesAtExit={}", archive.display());
    try_up(kit, &spec, &[flag]).await?.stop_broker(1).await
}

async fn try_up(
    kit: &Kit,
    spec: &KafkaSpec,
    java_flags: &[String],
) -> Result<KafkaCluster, LabError> {
    let dir = WorkDir::make()?;
    if spec.security != Security::Plaintext {
        write_certificates(dir.path())?;
    }
    write(&dir.path().join(PASSWORD_FILE), ADMIN_PASSWORD)?;
    let id = random_id();
    let members = members(spec)?;
    for member in &members {
        lay_out(kit, spec, member, &members, dir.path(), &id)?;
    }
    let node = |member: Member| Node {
        member,
        process: Process::new(format!("node-{}", member.id), dir.path()),
    };
    let nodes: Vec<Node> = members.into_iter().map(node).collect();
    let (brokers, controllers) = nodes.split_at(usize::from(spec.brokers));
    // brokers that knock before there are controllers only take CPU from them
    for group in [controllers, brokers] {
        for node in group {
            let mut command = node_command(kit, spec, node.member.id, dir.path(), java_flags);
            node.process.spawn(&mut command)?;
        }
        until_ready(group).await?;
    }
    Ok(KafkaCluster {
        nodes,
        dir,
        kit: kit.clone(),
        spec: spec.clone(),
        id,
    })
}

/// Writes what a node starts from: its properties and its formatted data directory.
fn lay_out(
    kit: &Kit,
    spec: &KafkaSpec,
    member: &Member,
    members: &[Member],
    dir: &Path,
    cluster_id: &str,
) -> Result<(), LabError> {
    let text = properties(spec, member, members, dir);
    write(&config_file(dir, member.id), &text)?;
    let data = data_dir(dir, member.id);
    clone_template(&kit.template(), Path::new(&data), cluster_id, member.id)
}

/// Returns the call that starts a node which is laid out.
pub(super) fn node_command(
    kit: &Kit,
    spec: &KafkaSpec,
    node: u16,
    dir: &Path,
    flags: &[String],
) -> std::process::Command {
    let mut java = kit.java(spec.heap_mib, flags);
    java.arg("kafka.Kafka").arg(config_file(dir, node));
    java
}

fn config_file(dir: &Path, node: u16) -> PathBuf {
    dir.join(format!("node-{node}.properties"))
}

/// Makes an id as Kafka does: 16 random bytes in URL-safe base64, not beginning with `-`, which its tools take for an option.
fn random_id() -> String {
    loop {
        let id = URL_SAFE_NO_PAD.encode(uuid::Uuid::new_v4().as_bytes());
        if !id.starts_with('-') {
            return id;
        }
    }
}

/// Copies the formatted directory for a node: nothing but the ids in `meta.properties` differs.
fn clone_template(
    template: &Path,
    data: &Path,
    cluster_id: &str,
    node: u16,
) -> Result<(), LabError> {
    copy_dir(template, data)?;
    let file = data.join("meta.properties");
    let text = read(&file).map_err(LabError::file("read", &file))?;
    write(&file, &with_ids(&text, cluster_id, node, &random_id()))
}

/// Writes the ids into the lines that are there: Kafka 3.6 knows no `directory.id`.
fn with_ids(meta: &str, cluster_id: &str, node: u16, directory_id: &str) -> String {
    let line = |line: &str| match line.split_once('=') {
        Some(("cluster.id", _)) => format!("cluster.id={cluster_id}\n"),
        Some(("node.id", _)) => format!("node.id={node}\n"),
        Some(("directory.id", _)) => format!("directory.id={directory_id}\n"),
        _ => format!("{line}\n"),
    };
    meta.lines().map(line).collect()
}

/// Waits until each of the brokers sees all of them, and the controllers answer.
pub(super) async fn until_ready(nodes: &[Node]) -> Result<(), LabError> {
    let deadline = Instant::now() + READY_WITHIN;
    for node in nodes {
        while !is_ready(node, nodes).await {
            if let Some(ended) = nodes.iter().find(|node| node.process.has_ended()) {
                return Err(LabError::NodeEnded {
                    node: ended.id(),
                    log: ended.process.log_tail(),
                });
            }
            if Instant::now() > deadline {
                return Err(LabError::NotReady {
                    node: node.id(),
                    seconds: READY_WITHIN.as_secs(),
                    log: node.process.log_tail(),
                });
            }
            sleep(POLL).await;
        }
    }
    Ok(())
}

async fn is_ready(node: &Node, nodes: &[Node]) -> bool {
    let Member { role, ports, .. } = node.member;
    if !role.is_broker() {
        return answers(ports.controller).await;
    }
    let seen = brokers_seen_by(ports.internal).await;
    let mut brokers = nodes.iter().filter(|node| node.member.role.is_broker());
    seen.is_ok_and(|seen| brokers.all(|node| seen.contains(&node.id())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_replace_those_of_the_template_and_nothing_else() {
        let meta = "#\nversion=1\ncluster.id=A\nnode.id=1\n";
        assert_eq!(
            with_ids(meta, "B", 7, "D"),
            "#\nversion=1\ncluster.id=B\nnode.id=7\n"
        );
        assert_eq!(with_ids("directory.id=C", "B", 7, "D"), "directory.id=D\n");
    }
}
