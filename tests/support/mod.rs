//! What several areas of the tests share.

pub(crate) mod connector;
pub(crate) mod double;
pub(crate) mod golden;
pub(crate) mod lab;
pub(crate) mod moves;
pub(crate) mod pki;
pub(crate) mod registry;
pub(crate) mod told;
