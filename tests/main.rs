//! The one integration-test binary: each area is a module beside this file.

mod desired;
mod lab;
mod ledger;
mod support;
