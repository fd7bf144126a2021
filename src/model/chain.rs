//! Errors as people read them: the message, then what caused it, once each.

use std::error::Error;

/// Renders an error with its causes, for the one place where it is told. A cause whose words stand in the text already
/// is not repeated.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}

/// Makes the words of another program fit for a log line: one line, no control characters, at most so many characters.
#[must_use]
pub fn one_line(text: &str, most: usize) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(most)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("the file cannot be read")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn each_cause_is_told_once() {
        let denied = || std::io::Error::other("permission denied");
        assert_eq!(
            chain(&Outer(denied())),
            "the file cannot be read: permission denied"
        );
        assert_eq!(chain(&std::io::Error::other(denied())), "permission denied");
    }
}
