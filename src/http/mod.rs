//! The http stage.
