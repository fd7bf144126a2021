//! What several areas of the tests share.

pub(crate) mod lab;
