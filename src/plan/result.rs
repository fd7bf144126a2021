//! How an action ended.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Drift;
use crate::model::{ObjectRef, Verb};

/// What became of one action of a plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActionResult {
    /// The object.
    #[serde(flatten)]
    pub object: ObjectRef,
    /// What was to be done.
    #[serde(rename = "action")]
    pub verb: Verb,
    /// How it ended.
    #[serde(flatten)]
    pub end: End,
    /// How long it took, from its first request to its verification.
    pub seconds: f64,
}

/// How an action ended. `Ok` means that it was seen in place, not that a call returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", content = "message", rename_all = "snake_case")]
pub enum End {
    /// Made, and seen.
    Ok,
    /// It was in place without Headgate: seen so right before the write, which was then not sent, or refused by Kafka as
    /// done before and then seen so.
    AlreadyDone,
    /// The object was no longer what the plan had seen; the next pass plans anew.
    PreconditionFailed(String),
    /// Kafka refused it.
    Error(String),
    /// It was sent, and nothing tells yet whether it happened; the next pass looks.
    Indeterminate(String),
    /// The same, though it was acknowledged and looked for: made again and again without ever being seen, it is a fight.
    #[serde(rename = "indeterminate", skip_deserializing)]
    Unseen(String),
    /// It was not tried: the pass was ended, or what it stands on failed.
    NotTried(String),
}

impl End {
    /// Returns the word that `actions_total` counts under.
    #[must_use]
    pub fn label(&self) -> &'static str {
        match self {
            Self::Ok | Self::AlreadyDone => "ok",
            Self::PreconditionFailed(_) => "precondition_failed",
            Self::Error(_) => "error",
            Self::Indeterminate(_) | Self::Unseen(_) => "indeterminate",
            Self::NotTried(_) => "not_tried",
        }
    }

    /// Every word that `label` returns.
    pub const LABELS: [&'static str; 5] = [
        "ok",
        "error",
        "precondition_failed",
        "indeterminate",
        "not_tried",
    ];

    /// Tells whether the object is now as the action wanted it.
    #[must_use]
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Ok | Self::AlreadyDone)
    }

    /// Tells whether it may have happened, though nobody saw that it did.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        matches!(self, Self::Indeterminate(_) | Self::Unseen(_))
    }

    /// Returns what there is to say beside the word.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Ok | Self::AlreadyDone => None,
            Self::PreconditionFailed(m)
            | Self::Error(m)
            | Self::Indeterminate(m)
            | Self::Unseen(m)
            | Self::NotTried(m) => Some(m),
        }
    }
}

/// A drift that is open, and since when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpenDrift {
    /// The drift.
    #[serde(flatten)]
    pub drift: Drift,
    /// When it was first seen.
    pub since: Timestamp,
}
