//! The sandbox stage.
