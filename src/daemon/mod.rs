//! The daemon stage.
