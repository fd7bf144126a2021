//! The stages of a run, in order (apply stage, pure). Deletions stand last: whatever fails before them keeps data.

use crate::{
    model::Verb,
    plan::{Action, ResetField, SetField},
};

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

    /// Tells whether an action has something to do in this stage.
    pub(super) fn concerns(self, action: &Action) -> bool {
        match self {
            Self::Delete => action.verb == Verb::Delete,
            Self::Create => action.verb == Verb::Create,
            Self::Grow | Self::Config => {
                self.set(action).next().is_some() || self.reset(action).next().is_some()
            }
        }
    }

    /// Tells whether an action has nothing to do after this stage.
    pub(super) fn is_last_of(self, action: &Action) -> bool {
        let later = Self::ALL.iter().skip_while(|s| **s != self).skip(1);
        !later.into_iter().any(|s| s.concerns(action))
    }

    /// Returns the fields that this stage sets.
    pub(super) fn set(self, action: &Action) -> impl Iterator<Item = &SetField> {
        let fields = action.change.set.iter();
        fields.filter(move |field| self.writes(action.verb, &field.path))
    }

    /// Returns the fields that this stage resets.
    pub(super) fn reset(self, action: &Action) -> impl Iterator<Item = &ResetField> {
        let fields = action.change.reset.iter();
        fields.filter(move |field| self.writes(action.verb, &field.path))
    }

    fn writes(self, verb: Verb, path: &str) -> bool {
        match (verb, self) {
            (Verb::Create, stage) => stage == Self::Create,
            (Verb::Update, Self::Grow) => path == "partitions",
            (Verb::Update, Self::Config) => path.starts_with("config."),
            (Verb::Update, Self::Create | Self::Delete) => false,
            (Verb::Delete, stage) => stage == Self::Delete,
        }
    }
}
