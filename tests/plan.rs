//! The planner as a function: what a pass teaches, and what holds whatever the input.

pub(crate) mod world;
