//! A running cluster and what can be done to it.

use std::path::{Path, PathBuf};

use rustix::process::Signal;

use super::kit::Kit;
use super::member::{Member, NodePorts};
use super::process::Process;
use super::start::{node_command, until_ready};
use super::workdir::WorkDir;
use super::{KafkaSpec, KafkaVersion, LabError, Security};

/// Where the admin's password lies in the cluster's directory.
pub(super) const PASSWORD_FILE: &str = "admin.password";

/// Real Kafka on loopback. Everything ends and is removed when the value is dropped or this process ends.
#[derive(Debug)]
pub struct KafkaCluster {
    // nodes before the directory they live in: fields are dropped in this order
    pub(super) nodes: Vec<Node>,
    pub(super) dir: WorkDir,
    pub(super) kit: Kit,
    pub(super) spec: KafkaSpec,
    pub(super) id: String,
}

/// A node of the cluster, running or not.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) member: Member,
    pub(super) process: Process,
}

impl Node {
    pub(super) fn id(&self) -> i32 {
        i32::from(self.member.id)
    }
}

impl KafkaCluster {
    /// Returns `host:port` of every broker's client listener, in the order of their ids.
    #[must_use]
    pub fn bootstrap(&self) -> Vec<String> {
        self.broker_addresses(|ports| ports.client)
    }

    /// Returns `host:port` of every broker's plaintext listener, where everybody is a super user.
    #[must_use]
    pub fn plaintext_bootstrap(&self) -> Vec<String> {
        self.broker_addresses(|ports| ports.internal)
    }

    /// Returns the ids of the nodes that may lead the metadata quorum.
    #[must_use]
    pub fn controllers(&self) -> Vec<i32> {
        let controllers = self
            .nodes
            .iter()
            .filter(|node| node.member.role.is_controller());
        controllers.map(Node::id).collect()
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

    /// Returns a file that holds the password of [`super::ADMIN_USER`], for settings that name secrets by file.
    #[must_use]
    pub fn password_path(&self) -> PathBuf {
        self.dir.path().join(PASSWORD_FILE)
    }

    /// Returns the process id of a node while it runs.
    #[must_use]
    pub fn pid(&self, node: i32) -> Option<u32> {
        self.node(node).ok()?.process.pid()
    }

    /// Returns the end of a node's log.
    ///
    /// # Errors
    /// There is no such node.
    pub fn log_tail(&self, node: i32) -> Result<String, LabError> {
        Ok(self.node(node)?.process.log_tail())
    }

    /// Stops a node gracefully (SIGTERM) and returns when it has ended.
    ///
    /// # Errors
    /// There is no such node, or it is not running.
    pub async fn stop_broker(&self, node: i32) -> Result<(), LabError> {
        self.node(node)?.process.stop().await
    }

    /// Kills a node (SIGKILL), as a power failure would.
    ///
    /// # Errors
    /// There is no such node.
    pub fn kill_broker(&self, node: i32) -> Result<(), LabError> {
        self.node(node)?.process.kill();
        Ok(())
    }

    /// Halts a node (SIGSTOP): its sockets stay open and nothing answers.
    ///
    /// # Errors
    /// There is no such node, or it is not running.
    pub fn pause(&self, node: i32) -> Result<(), LabError> {
        self.node(node)?.process.signal(Signal::STOP)
    }

    /// Lets a paused node go on (SIGCONT).
    ///
    /// # Errors
    /// There is no such node, or it is not running.
    pub fn resume(&self, node: i32) -> Result<(), LabError> {
        self.node(node)?.process.signal(Signal::CONT)
    }

    /// Starts a node that was stopped or killed, on the same ports and data, and returns when it serves.
    ///
    /// # Errors
    /// There is no such node, or it does not come up.
    pub async fn start_broker(&self, node: i32) -> Result<(), LabError> {
        let node = self.node(node)?;
        node.process.kill();
        node.process.spawn(&mut node_command(
            &self.kit,
            &self.spec,
            node.member.id,
            self.dir.path(),
            &[],
        ))?;
        until_ready(std::slice::from_ref(node)).await
    }

    pub(super) fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub(super) fn kit(&self) -> &Kit {
        &self.kit
    }

    pub(super) fn spec(&self) -> &KafkaSpec {
        &self.spec
    }

    fn broker_addresses(&self, port: fn(NodePorts) -> u16) -> Vec<String> {
        let brokers = self
            .nodes
            .iter()
            .filter(|node| node.member.role.is_broker());
        brokers
            .map(|node| format!("127.0.0.1:{}", port(node.member.ports)))
            .collect()
    }

    fn node(&self, id: i32) -> Result<&Node, LabError> {
        let found = self.nodes.iter().find(|node| node.id() == id);
        found.ok_or_else(|| LabError::NoSuchNode {
            node: id,
            nodes: self.nodes.iter().map(Node::id).collect(),
        })
    }

    fn tls_file(&self, name: &str) -> Option<PathBuf> {
        (self.spec.security != Security::Plaintext).then(|| self.dir.path().join(name))
    }
}
