//! Planning (rank 3): desired + live + ledger -> an immutable plan. Pure: no I/O, clock, environment or randomness.

mod action;
mod result;

pub use action::{
    Action, Blocked, Change, ClusterPlan, Drift, FieldChange, Foreign, Plan, PlaneState, SetKey,
    Summary, Unexpected,
};
pub use result::{ActionResult, End, OpenDrift};
