//! Findings: what is wrong with an input, where, and what would be right.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A place in a file; line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    /// Path below the repository's root.
    pub file: std::sync::Arc<str>,
    /// Line.
    pub line: u32,
    /// Column, in characters.
    #[serde(default)]
    pub column: u32,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The revision is invalid.
    Error,
    /// An error unless the live cluster says otherwise: a config key that Headgate's table lacks. `validate`, which
    /// has no cluster, treats it as an error; the planner asks the cluster.
    Unverified,
    /// Worth knowing.
    Warning,
}

/// One thing that is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it weighs.
    pub severity: Severity,
    /// Where, if a place in a file is to blame.
    #[serde(flatten)]
    pub place: Option<Place>,
    /// What is wrong and what was expected, in lower case and without a full stop.
    pub message: String,
    /// The nearest right spelling or another way out, as a sentence fragment ("did you mean `partitions`?").
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The line of the file that the place points at.
    #[serde(skip)]
    pub snippet: Option<String>,
}

impl Finding {
    /// Makes an error at a place.
    #[must_use]
    pub fn error(place: Option<Place>, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            place,
            message: message.into(),
            help: None,
            snippet: None,
        }
    }

    /// Adds the way out.
    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Returns it in one line, without the line that it points at.
    #[must_use]
    pub fn headline(&self) -> String {
        let text = self.to_string();
        text.lines().next().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Some(place) => write!(f, "{place}: {}", self.message)?,
            None => f.write_str(&self.message)?,
        }
        if let Some(help) = &self.help {
            write!(f, "; {help}")?;
        }
        if let (Some(snippet), Some(place)) = (&self.snippet, &self.place) {
            let gutter = place.line.to_string().len();
            write!(f, "\n  {} | {snippet}", place.line)?;
            let caret = place.column.saturating_sub(1) as usize;
            write!(f, "\n  {:gutter$} | {:caret$}^", "", "")?;
        }
        Ok(())
    }
}
