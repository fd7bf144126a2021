//! Desired state from the outside: what is right is read, what is wrong is told.

mod cases;
mod tree;
