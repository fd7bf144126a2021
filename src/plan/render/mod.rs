//! A plan as people read it: text for a terminal, Markdown for a pull request (plan stage, pure). JSON is the plan's own
//! serialisation, complete; these two are bounded.

mod entry;
mod escape;
mod markdown;
mod note;
mod text;
mod units;

pub use escape::visible;
pub use markdown::markdown;
pub use text::{text, wrap};

/// How text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Whether ANSI colours are put in: on a terminal only.
    pub colour: bool,
    /// Columns after which reasons are wrapped.
    pub width: usize,
}

impl Default for Style {
    /// Text that goes into a file: no colours, 100 columns.
    fn default() -> Self {
        Self {
            colour: false,
            width: 100,
        }
    }
}
