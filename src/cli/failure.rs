//! How a command fails: one message for people, with what led to it.

use std::fmt::Display;

use super::output;
use crate::model::chain;

/// Why a command could not do its work. It prints as `error: …` on stderr and exits 1.
#[derive(Debug)]
pub(super) struct Failure {
    lines: Vec<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            lines: vec![message.into()],
        }
    }

    /// Adds lines that stand below the message.
    pub(super) fn with(mut self, details: impl IntoIterator<Item = impl Display>) -> Self {
        self.lines
            .extend(details.into_iter().map(|d| d.to_string()));
        self
    }

    pub(super) fn print(&self) {
        for (i, line) in self.lines.iter().enumerate() {
            output::stderr(if i == 0 { "error: " } else { "" }, line);
        }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::new(chain(&error))
    }
}
