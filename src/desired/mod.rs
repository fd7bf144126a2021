//! Desired state: YAML documents -> parse -> validate -> `Desired` (rank 1: pure, reads no file).
//!
//! ```text
//! files -> page -> node (YAML with places) -> kinds (mirror types, and what is made of them) -> across -> Desired
//! ```

mod access;
mod across;
mod cluster;
mod config_table;
mod config_value;
mod connector;
mod home;
mod kinds;
mod load;
mod node;
mod object;
mod page;
mod read;
mod reference;
mod registry;
mod schema;
mod schema_text;
mod snippet;
mod topic;
mod word;
pub mod yaml;

use std::{collections::BTreeMap, sync::Arc};

pub use access::{
    Balance, DesiredAcl, DesiredConfig, DesiredCredential, DesiredGroup, DesiredPlacement,
    DesiredUser, Labels, Moves, ResetPoint, ResetTo,
};
pub use cluster::{Budget, Consent, Deletion, DesiredCluster, Owns, Pattern};
pub use connector::{ConnectorOffsets, DesiredConnector, Restart, RunState, topics_in};
pub use load::{Loaded, load};
pub use object::{Declared, DesiredRef};
pub use reference::reference;
pub use registry::{Compatibility, DesiredSchema, SchemaFormat, SchemaReference};
pub use schema::schema;
pub(crate) use schema_text::bare_avro;
pub use snippet::{nearest, slip};
pub use topic::{DesiredTopic, DesiredValue, TopicSchemas};

use crate::model::ClusterName;

/// The parsed, validated resources of one revision.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Desired {
    /// Clusters by name.
    pub clusters: BTreeMap<ClusterName, Arc<DesiredCluster>>,
}
