//! The live stage.
