//! The daemon's own file, `headgate.yaml`: where the repository is, where each cluster is, and where secrets lie
//! (rank 2). Pure: text in, [`Config`] or findings out; the caller reads the file.

mod cluster;
mod endpoint;
mod file;
mod read;
mod source;
mod value;

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
};

pub use cluster::{Cluster, Kafka, Mechanism, Sasl, Tls};
pub use endpoint::{Endpoint, RestLogin};
pub use read::parse;
pub use source::{Auth, Limits, Reference, Source};

use crate::model::{ClusterName, SecretRef};

/// A checked `headgate.yaml`.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// The repository.
    pub source: Source,
    /// Where the clusters of the repository are, by the name of their `kind: Cluster`.
    pub clusters: BTreeMap<ClusterName, Cluster>,
    /// Where the secrets lie that the repository names; `None`: it may name none.
    pub secrets: Option<SecretStore>,
    /// What Headgate remembers.
    pub ledger: Ledger,
    /// The read-only HTTP listener.
    pub http: Http,
}

impl Config {
    /// Takes every relative path for one below `dir`, the folder of `headgate.yaml`, so that it means the same wherever
    /// the daemon is started.
    pub fn resolve(&mut self, dir: &Path) {
        let Self {
            source,
            clusters,
            secrets,
            ledger,
            http: _,
        } = self;
        source.resolve(dir);
        clusters.values_mut().for_each(|c| c.resolve(dir));
        if let Some(SecretStore::Dir(path)) = secrets {
            *path = dir.join(&path);
        }
        ledger.path = dir.join(&ledger.path);
    }
}

/// Resolves the path of a secret that lies in a file.
fn resolve(secret: &mut SecretRef, dir: &Path) {
    if let SecretRef::File(path) = secret {
        *path = dir.join(&path).to_string_lossy().into_owned();
    }
}

/// Where the secrets lie that documents name as `{secret: NAME}`: no pull request can point anywhere else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretStore {
    /// One file a secret, named like it.
    Dir(PathBuf),
    /// One environment variable a secret: this prefix, then the name in capitals with `_` for `-` and `.`.
    EnvPrefix(String),
}

/// The store of what Headgate remembers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    /// The SQLite file; the clone of the repository lies beside it. Default [`Ledger::DEFAULT_PATH`].
    pub path: PathBuf,
}

impl Ledger {
    /// Where it lies when nothing is said: the state directory that systemd's `StateDirectory=headgate` makes.
    pub const DEFAULT_PATH: &'static str = "/var/lib/headgate/ledger.db";
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            path: Self::DEFAULT_PATH.into(),
        }
    }
}

/// The read-only HTTP listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Http {
    /// Address and port. Default `127.0.0.1:9464`: nobody outside sees anything until somebody says so.
    pub listen: SocketAddr,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9464)),
        }
    }
}
