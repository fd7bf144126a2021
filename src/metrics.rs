//! The metrics stage.
