//! Reads ACLs (rank 6, Kafka plane).

use std::collections::BTreeSet;

use crate::{
    kafka::Client,
    live::{Looks, Observed},
    model::{Acl, ObjectRef},
};

/// Lists all of them.
pub(super) async fn observe(_client: &Client) -> Observed<BTreeSet<Acl>> {
    Observed::Unknown("it is not read yet".to_owned())
}

/// Looks at some of them.
pub(super) async fn look(_client: &Client, objects: &[&ObjectRef]) -> Looks {
    let unknown = || Observed::Unknown("it is not read yet".to_owned());
    objects.iter().map(|o| ((*o).clone(), unknown())).collect()
}
