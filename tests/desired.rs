//! Desired state from the outside: what is right is read, what is wrong is told.

mod access;
mod cases;
mod kafka;
mod kinds;
mod papers;
mod properties;
mod reading;
mod services;
mod tree;
