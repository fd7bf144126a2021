//! The ledger stage.
