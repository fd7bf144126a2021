//! The kafka stage.
