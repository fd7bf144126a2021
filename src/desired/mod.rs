//! The desired stage.
