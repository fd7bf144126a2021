//! The stages of a run, in order (apply stage, pure). Deletions stand last: whatever fails before them keeps data.

use crate::plan::Change;

/// A stage; every action takes part in one or two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// CreateTopics.
    Create,
    /// CreatePartitions.
    Grow,
    /// IncrementalAlterConfigs.
    Config,
    /// DeleteTopics.
    Delete,
}

impl Stage {
    pub(super) const ALL: [Self; 4] = [Self::Create, Self::Grow, Self::Config, Self::Delete];

    /// Tells whether a change has something to do in this stage.
    pub(super) fn concerns(self, change: &Change) -> bool {
        match change {
            Change::CreateTopic { .. } => self == Self::Create,
            Change::DeleteTopic { .. } => self == Self::Delete,
            Change::UpdateTopic {
                partitions,
                set,
                reset,
                ..
            } => match self {
                Self::Grow => partitions.is_some(),
                Self::Config => !set.is_empty() || !reset.is_empty(),
                Self::Create | Self::Delete => false,
            },
        }
    }

    /// Tells whether a change has nothing to do after this stage.
    pub(super) fn is_last_of(self, change: &Change) -> bool {
        let later = Self::ALL.iter().skip_while(|s| **s != self).skip(1);
        !later.into_iter().any(|s| s.concerns(change))
    }
}
