//! Other tools' documents: golden cases, and the laws that hold for all of them.
//!
//! `golden/from/<tool>/<case>/input` holds what the tool reads; `documents` is what must come out, and `report.txt` what is
//! told about it. `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod garbage;
mod laws;
mod moving_in;
