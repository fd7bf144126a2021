//! The stages of a run, in order (apply stage, pure). What gives comes before what takes away: access is widened before it
//! is narrowed, a new DENY is the last that is made, and deletions stand last, those of data behind all others.

use super::{Limits, moves, rest};
use crate::{
    model::{Acl, AclPermission, Kind, Plane, Verb},
    plan::{Action, ResetField, SetField},
};

/// A stage; every action takes part in one or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// CreateTopics.
    CreateTopics,
    /// CreatePartitions.
    Grow,
    /// IncrementalAlterConfigs of topics, brokers, groups and subscriptions.
    Configs,
    /// AlterPartitionReassignments, once throttles are set.
    Reassign,
    /// ElectLeaders.
    Elect,
    /// AlterUserScramCredentials, setting.
    Credentials,
    /// AlterClientQuotas.
    Quotas,
    /// CreateAcls of those that allow.
    Allow,
    /// CreateAcls of those that deny: before the allowing ones are there they would lock out who is to be let in.
    Deny,
    /// OffsetCommit for groups.
    Offsets,
    /// Schemas are registered, and how they may change is set.
    Schemas,
    /// Connectors that are to rest are paused or stopped.
    Rest,
    /// The offsets of connectors that are stopped are set.
    ConnectorOffsets,
    /// Connectors are made, and get their config: by now there is what they use.
    Connectors,
    /// Connectors that are to work are resumed, or restarted where they failed.
    Resume,
    /// Connectors are deleted, while there still is what they use.
    DropConnectors,
    /// Subjects are deleted.
    DropSubjects,
    /// DeleteAcls.
    DropAcls,
    /// AlterClientQuotas, removing.
    DropQuotas,
    /// IncrementalAlterConfigs, resetting all that is owned of brokers, groups and subscriptions.
    DropConfigs,
    /// AlterUserScramCredentials, deleting.
    DropCredentials,
    /// DeleteTopics.
    DeleteTopics,
}

impl Stage {
    pub(super) const ALL: [Self; 22] = [
        Self::CreateTopics,
        Self::Grow,
        Self::Configs,
        Self::Reassign,
        Self::Elect,
        Self::Credentials,
        Self::Quotas,
        Self::Allow,
        Self::Deny,
        Self::Offsets,
        Self::Schemas,
        Self::Rest,
        Self::ConnectorOffsets,
        Self::Connectors,
        Self::Resume,
        Self::DropConnectors,
        Self::DropSubjects,
        Self::DropAcls,
        Self::DropQuotas,
        Self::DropConfigs,
        Self::DropCredentials,
        Self::DeleteTopics,
    ];

    /// Tells whether an action has something to do in this stage.
    pub(super) fn concerns(self, action: &Action) -> bool {
        of_object(action) == Some(self)
            || self.set(action).next().is_some()
            || self.reset(action).next().is_some()
            || moves::concern(self, action)
    }

    /// Tells whether an action has nothing to do after this stage.
    pub(super) fn is_last_of(self, action: &Action) -> bool {
        let later = Self::ALL.iter().skip_while(|s| **s != self).skip(1);
        !later.into_iter().any(|s| s.concerns(action))
    }

    /// Tells whether it only takes away.
    pub(super) fn is_deletion(self) -> bool {
        matches!(
            self,
            Self::DropConnectors
                | Self::DropSubjects
                | Self::DropAcls
                | Self::DropQuotas
                | Self::DropConfigs
                | Self::DropCredentials
                | Self::DeleteTopics
        )
    }

    /// Tells whether it sets offsets, which tell nothing of who set them: that they were written is all that is known.
    pub(super) fn sets_offsets(self) -> bool {
        matches!(self, Self::Offsets | Self::ConnectorOffsets)
    }

    /// Returns the fields that this stage sets.
    pub(super) fn set(self, action: &Action) -> impl Iterator<Item = &SetField> {
        let fields = action.change.set.iter();
        fields.filter(move |field| of_set(action, field) == Some(self))
    }

    /// Returns the fields that this stage resets.
    pub(super) fn reset(self, action: &Action) -> impl Iterator<Item = &ResetField> {
        let fields = action.change.reset.iter();
        let here = of_reset(action) == self;
        fields.filter(move |_| here)
    }

    /// Returns what the items of one request may cost together.
    pub(super) fn limit(self, limits: &Limits) -> usize {
        match self {
            Self::DropAcls => limits.acl_deletes,
            _ if self.plane() != Plane::Kafka => limits.rest,
            _ => limits.records,
        }
    }

    /// Returns the plane that it works on.
    pub(super) fn plane(self) -> Plane {
        match self {
            Self::Schemas | Self::DropSubjects => Plane::Registry,
            Self::Rest
            | Self::ConnectorOffsets
            | Self::Connectors
            | Self::Resume
            | Self::DropConnectors => Plane::Connect,
            _ => Plane::Kafka,
        }
    }
}

/// Returns the stage in which an object that is more than its fields is made or deleted, and in which one that is
/// nothing but fields loses them.
fn of_object(action: &Action) -> Option<Stage> {
    match (action.verb, action.object.kind) {
        (Verb::Create, Kind::Topic) => Some(Stage::CreateTopics),
        (Verb::Create, Kind::Acl) => match Acl::parse(&action.object.name) {
            Some(acl) if acl.parts().permission == AclPermission::DENY => Some(Stage::Deny),
            _ => Some(Stage::Allow),
        },
        (Verb::Create, Kind::Schema) => Some(Stage::Schemas),
        (Verb::Create, Kind::Connector) => Some(Stage::Connectors),
        (Verb::Delete, Kind::Acl) => Some(Stage::DropAcls),
        (Verb::Delete, _) => Some(of_reset(action)),
        (Verb::Create | Verb::Update, _) => None,
    }
}

/// Returns the stage in which a field is set; `None` when this is not the way to set it.
fn of_set(action: &Action, field: &SetField) -> Option<Stage> {
    let path = field.path.as_str();
    match (action.object.kind, action.verb) {
        (Kind::Schema, _) => Some(Stage::Schemas),
        (Kind::Connector, _) => Some(rest::stage_of(action, field)),
        (Kind::Topic, Verb::Create) => Some(Stage::CreateTopics),
        (Kind::Topic, _) if path == "partitions" => Some(Stage::Grow),
        (Kind::User, _) => Some(Stage::Credentials),
        (Kind::Quota, _) => Some(Stage::Quotas),
        (Kind::ConsumerGroup, _) => Some(Stage::Offsets),
        _ => path.starts_with("config.").then_some(Stage::Configs),
    }
}

fn of_reset(action: &Action) -> Stage {
    match (action.object.kind, action.verb) {
        (Kind::Topic, Verb::Delete) => Stage::DeleteTopics,
        (Kind::Schema, Verb::Delete) => Stage::DropSubjects,
        (Kind::Schema, _) => Stage::Schemas,
        (Kind::Connector, Verb::Delete) => Stage::DropConnectors,
        (Kind::Connector, _) => Stage::Connectors,
        (Kind::User, _) => Stage::DropCredentials,
        (Kind::Quota, Verb::Delete) => Stage::DropQuotas,
        (Kind::Quota, _) => Stage::Quotas,
        (_, Verb::Delete) => Stage::DropConfigs,
        _ => Stage::Configs,
    }
}
