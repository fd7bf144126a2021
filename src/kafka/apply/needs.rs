//! Which permission each write needs (rank 6, Kafka plane). Source: the table "Operations and resources on protocols" of
//! Kafka's documentation.

use crate::{
    kafka::denied::{Needs, On},
    model::{Kind, ObjectRef},
    ports::Batch,
};

/// Returns the permission that an item of a batch needs, if there is such an item.
pub(super) fn needs(batch: &Batch, item: usize) -> Option<Needs<'_>> {
    let (operation, on) = match batch {
        Batch::CreateTopics(topics) => ("Create", On::Topic(topics.get(item)?.name.as_str())),
        Batch::AddPartitions(topics) => ("Alter", On::Topic(topics.get(item)?.name.as_str())),
        Batch::DeleteTopics(topics) => ("Delete", On::Topic(topics.get(item)?.0.as_str())),
        Batch::AlterConfigs(objects) => ("AlterConfigs", holder(&objects.get(item)?.0)),
        Batch::AlterQuotas(_) => ("AlterConfigs", On::Cluster),
        Batch::CreateAcls(_)
        | Batch::DeleteAcls(_)
        | Batch::SetCredentials(_)
        | Batch::DeleteCredentials(_)
        | Batch::Reassign(_)
        | Batch::ElectLeaders(_) => ("Alter", On::Cluster),
        // of the group or of one of the topics: only the coordinator's answer says which
        Batch::SetOffsets(_) => return None,
    };
    Some(Needs { operation, on })
}

fn holder(object: &ObjectRef) -> On<'_> {
    match object.kind {
        Kind::Topic => On::Topic(&object.name),
        Kind::GroupConfig => On::Group(&object.name),
        _ => On::Cluster,
    }
}
