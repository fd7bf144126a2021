//! Conditions (rank 4): what is true of a cluster, with a reason from a closed list, a message for people, and since
//! when. The judgement is a pure function of facts; `since` moves only when the status does.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One statement about a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Condition {
    /// What it is about.
    #[serde(rename = "type")]
    pub kind: ConditionType,
    /// Whether it is so.
    pub status: ConditionStatus,
    /// Why, as a word of a closed list.
    pub reason: Reason,
    /// Why, for people.
    pub message: String,
    /// When the status last changed; reason and message may be newer.
    #[schema(value_type = String, format = DateTime)]
    pub since: Timestamp,
}

/// What a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ConditionType {
    /// The cluster is as the newest revision says, apart from what may only be reported.
    Ready,
    /// There is something to do that the next pass will try.
    Reconciling,
    /// Live differs and git did not cause it.
    Drifted,
    /// A change is withheld, or the newest revision is.
    Blocked,
    /// Every plane was seen whole in the last look.
    ObservationComplete,
    /// The newest revision is valid.
    DesiredValid,
    /// Somebody switched changes off.
    Suspended,
}

impl ConditionType {
    /// Every type, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::Ready,
        Self::Reconciling,
        Self::Drifted,
        Self::Blocked,
        Self::ObservationComplete,
        Self::DesiredValid,
        Self::Suspended,
    ];
}

/// Whether a condition holds. Unknown is not False: nobody could look yet, or not at everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum ConditionStatus {
    /// It does.
    True,
    /// It does not.
    False,
    /// It cannot be told.
    Unknown,
}

/// Why a condition has its status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Reason {
    /// Any, Unknown: no pass has ended yet.
    Starting,
    /// Ready, True: an observation showed the revision in place.
    Converged,
    /// Ready, True: everything that may be written is in place; what differs is of a kind whose mode is `report`.
    ReportOnly,
    /// Ready, False; DesiredValid, False: the newest revision has errors.
    Invalid,
    /// Ready, False; Reconciling, True: an action or a plane failed in the last pass; the next pass tries again.
    PassFailed,
    /// Ready, False; ObservationComplete, False; Drifted, Unknown: a plane could not be seen whole.
    ObservationIncomplete,
    /// Ready, False; Blocked, True: something is withheld.
    ChangesWithheld,
    /// Ready, False; Reconciling, True: changes are left to make, or made and not yet seen in place.
    Progressing,
    /// Ready, False; Reconciling, True: a newer revision waits for the next pass.
    NewRevision,
    /// Reconciling, False: there is nothing to do.
    Idle,
    /// Drifted, True.
    DriftOpen,
    /// Drifted, False.
    NoDrift,
    /// Blocked, False.
    NothingWithheld,
    /// ObservationComplete, True.
    Complete,
    /// DesiredValid, True.
    Valid,
    /// DesiredValid, Unknown: no revision could be read yet.
    SourceUnreachable,
    /// Suspended, True.
    Requested,
    /// Suspended, False.
    NotSuspended,
}
