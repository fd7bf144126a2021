//! The apply stage.
