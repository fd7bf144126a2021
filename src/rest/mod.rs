//! What the REST planes have in common (rank 6): an HTTP client that knows several addresses of one service, logs in, bounds
//! time and memory, follows no redirect, and tells what was sent from what was not. It repeats nothing that was sent, but
//! reads; what an answer means is the plane's business.
//!
//! No type of the HTTP library leaves this folder, but for [`plain`].

mod access;
mod answer;
mod client;
mod error;
mod outcome;
mod request;
mod within;

pub use access::plain;
pub use answer::{Answer, Complaint};
pub use client::{Client, Limits};
pub use error::Error;
pub use outcome::{refused, unanswered};
pub use request::{Again, Method, Request, segment};
pub use within::within;
