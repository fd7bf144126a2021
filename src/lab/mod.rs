//! The lab stage.
