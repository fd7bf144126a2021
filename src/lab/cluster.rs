//! A running cluster and what can be done to it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use super::kit::Kit;
use super::node::Node;
use super::ports::free_ports;
use super::properties::{NodePorts, data_dir, properties};
use super::ready::brokers_seen_by;
use super::tls::write_certificates;
use super::workdir::{WorkDir, copy_dir, read, write};
use super::{ADMIN_PASSWORD, KafkaSpec, KafkaVersion, LabError, Security};

/// A node takes 2 s on an idle machine; one with ten other builds on it was seen to take 50.
const READY_WITHIN: Duration = Duration::from_secs(180);

/// How often nodes are asked whether they are ready.
const POLL: Duration = Duration::from_millis(50);

/// Where the admin's password lies in the cluster's directory.
const PASSWORD_FILE: &str = "admin.password";

/// Between choosing ports and listening on them somebody else may take one; five times in a row nobody has.
const START_TRIES: usize = 5;

/// Real Kafka on loopback. Everything ends and is removed when the value is dropped or this process ends.
#[derive(Debug)]
pub struct KafkaCluster {
    // nodes before the directory they live in: fields are dropped in this order
    nodes: Vec<Node>,
    dir: WorkDir,
    kit: Kit,
    spec: KafkaSpec,
    id: String,
}

impl KafkaCluster {
    /// Returns `host:port` of every node's client listener, in the order of their ids.
    #[must_use]
    pub fn bootstrap(&self) -> Vec<String> {
        let address = |node: &Node| format!("127.0.0.1:{}", node.ports.client);
        self.nodes.iter().map(address).collect()
    }

    /// Returns `host:port` of every node's plaintext listener, where everybody is a super user.
    #[must_use]
    pub fn plaintext_bootstrap(&self) -> Vec<String> {
        let address = |node: &Node| format!("127.0.0.1:{}", node.ports.internal);
        self.nodes.iter().map(address).collect()
    }

    /// Returns the id the cluster was formatted with.
    #[must_use]
    pub fn cluster_id(&self) -> &str {
        &self.id
    }

    /// Returns the version that runs.
    #[must_use]
    pub fn version(&self) -> KafkaVersion {
        self.kit.version
    }

    /// Returns the PEM file of the private CA; `None` for a plaintext cluster.
    #[must_use]
    pub fn ca_pem_path(&self) -> Option<PathBuf> {
        self.tls_file("ca.pem")
    }

    /// Returns the PEM files of a client certificate and its key; `None` for a plaintext cluster.
    #[must_use]
    pub fn client_pem_paths(&self) -> Option<(PathBuf, PathBuf)> {
        self.tls_file("client.pem").zip(self.tls_file("client.key"))
    }

    /// Returns a file that holds [`ADMIN_PASSWORD`], for settings that name secrets by file.
    #[must_use]
    pub fn password_path(&self) -> PathBuf {
        self.dir.path().join(PASSWORD_FILE)
    }

    /// Returns the process id of a node while it runs.
    #[must_use]
    pub fn pid(&self, node: i32) -> Option<u32> {
        self.node(node).ok()?.pid()
    }

    /// Returns the end of a node's log.
    ///
    /// # Errors
    /// There is no such node.
    pub fn log_tail(&self, node: i32) -> Result<String, LabError> {
        self.node(node).map(Node::log_tail)
    }

    /// Stops a node gracefully (SIGTERM) and returns when it has ended.
    ///
    /// # Errors
    /// There is no such node, or it is not running.
    pub async fn stop_broker(&self, node: i32) -> Result<(), LabError> {
        self.node(node)?.stop().await
    }

    /// Kills a node (SIGKILL), as a power failure would.
    ///
    /// # Errors
    /// There is no such node.
    pub fn kill_broker(&self, node: i32) -> Result<(), LabError> {
        self.node(node).map(Node::kill)
    }

    /// Halts a node (SIGSTOP): its sockets stay open and nothing answers.
    ///
    /// # Errors
    /// There is no such node, or it is not running.
    pub fn pause(&self, node: i32) -> Result<(), LabError> {
        self.node(node)?.signal(Signal::STOP)
    }

    /// Lets a paused node go on (SIGCONT).
    ///
    /// # Errors
    /// There is no such node, or it is not running.
    pub fn resume(&self, node: i32) -> Result<(), LabError> {
        self.node(node)?.signal(Signal::CONT)
    }

    /// Starts a node that was stopped or killed, on the same ports and data, and returns when it serves.
    ///
    /// # Errors
    /// There is no such node, or it does not come up.
    pub async fn start_broker(&self, node: i32) -> Result<(), LabError> {
        let node = self.node(node)?;
        node.kill();
        node.spawn(node_command(
            &self.kit,
            &self.spec,
            node,
            self.dir.path(),
            &[],
        ))?;
        until_ready(std::slice::from_ref(node)).await
    }

    /// Runs one of Kafka's own tools against the cluster (`--bootstrap-server` is added) and returns what it printed.
    ///
    /// # Errors
    /// The tool ends with an error; what it said is quoted.
    pub async fn tool(&self, class: &str, args: &[&str]) -> Result<String, LabError> {
        let bootstrap = self.plaintext_bootstrap().join(",");
        let all = [&["--bootstrap-server", &bootstrap], args].concat();
        self.kit.tool(class, &all).await
    }

    /// Runs what stands behind `kafka-topics.sh`.
    ///
    /// # Errors
    /// The tool ends with an error; what it said is quoted.
    pub async fn topics_tool(&self, args: &[&str]) -> Result<String, LabError> {
        self.tool(self.version().topic_command(), args).await
    }

    /// Runs what stands behind `kafka-configs.sh`.
    ///
    /// # Errors
    /// The tool ends with an error; what it said is quoted.
    pub async fn configs_tool(&self, args: &[&str]) -> Result<String, LabError> {
        self.tool("kafka.admin.ConfigCommand", args).await
    }

    fn node(&self, id: i32) -> Result<&Node, LabError> {
        let found = self.nodes.iter().find(|node| node.id == id);
        found.ok_or(LabError::NoSuchNode {
            node: id,
            nodes: self.nodes.len(),
        })
    }

    fn tls_file(&self, name: &str) -> Option<PathBuf> {
        (self.spec.security != Security::Plaintext).then(|| self.dir.path().join(name))
    }
}

/// Brings a cluster up, on other ports if somebody takes one of those that were free.
pub(super) async fn up(kit: &Kit, spec: &KafkaSpec) -> Result<KafkaCluster, LabError> {
    for _ in 1..START_TRIES {
        match try_up(kit, spec, &[]).await {
            Err(error) if error.is_port_taken() => tracing::debug!("a port was taken meanwhile"),
            done => return done,
        }
    }
    try_up(kit, spec, &[]).await
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
    let ports = ports_of(spec.brokers)?;
    let mut nodes = Vec::with_capacity(ports.len());
    for (number, node_ports) in (1..).zip(&ports) {
        let node = Node::new(number, *node_ports, dir.path());
        write(
            &config_file(dir.path(), node.id),
            &properties(spec, number, &ports, dir.path()),
        )?;
        clone_template(
            &kit.template(),
            Path::new(&data_dir(dir.path(), number)),
            &id,
            number,
        )?;
        nodes.push(node);
    }
    for node in &nodes {
        node.spawn(node_command(kit, spec, node, dir.path(), java_flags))?;
    }
    until_ready(&nodes).await?;
    Ok(KafkaCluster {
        nodes,
        dir,
        kit: kit.clone(),
        spec: spec.clone(),
        id,
    })
}

fn node_command(
    kit: &Kit,
    spec: &KafkaSpec,
    node: &Node,
    dir: &Path,
    flags: &[String],
) -> std::process::Command {
    let mut java = kit.java(spec.heap_mib, flags);
    java.arg("kafka.Kafka").arg(config_file(dir, node.id));
    java
}

fn config_file(dir: &Path, node: i32) -> PathBuf {
    dir.join(format!("node-{node}.properties"))
}

fn ports_of(nodes: u16) -> Result<Vec<NodePorts>, LabError> {
    let ports = free_ports(usize::from(nodes) * 3)?;
    let (threes, _) = ports.as_chunks::<3>();
    let of_node = |&[client, internal, controller]: &[u16; 3]| NodePorts {
        client,
        internal,
        controller,
    };
    Ok(threes.iter().map(of_node).collect())
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

/// Waits until each of the nodes sees all of them.
async fn until_ready(nodes: &[Node]) -> Result<(), LabError> {
    let deadline = Instant::now() + READY_WITHIN;
    for node in nodes {
        while !sees_all(node, nodes).await {
            if let Some(ended) = nodes.iter().find(|node| node.has_ended()) {
                return Err(LabError::NodeEnded {
                    node: ended.id,
                    log: ended.log_tail(),
                });
            }
            if Instant::now() > deadline {
                return Err(LabError::NotReady {
                    node: node.id,
                    seconds: READY_WITHIN.as_secs(),
                    log: node.log_tail(),
                });
            }
            sleep(POLL).await;
        }
    }
    Ok(())
}

async fn sees_all(node: &Node, nodes: &[Node]) -> bool {
    let seen = brokers_seen_by(node.ports.internal).await;
    seen.is_ok_and(|seen| nodes.iter().all(|node| seen.contains(&node.id)))
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
