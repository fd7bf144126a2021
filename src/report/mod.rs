//! What is told to people (rank 4): a pass becomes a `Cycle`, cycles become a `View`. Pure: time comes with the data.

mod cycle;

pub use cycle::{Cycle, PassResult, Phase, SourceState};
