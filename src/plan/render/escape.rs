//! Names, values and reasons may come from a broker and hold anything: nothing of it may steer a terminal or a page.

use std::borrow::Cow;

/// The longest value that is shown whole; JSON has the rest.
const MAX_SHOWN: usize = 120;

/// Tells whether a character could move a cursor, end a line, or turn the direction of writing.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Spells unsafe characters out (`\u{1b}`).
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match is_unsafe(c) {
            true => out.extend(c.escape_default()),
            false => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Spells unsafe characters out and cuts off what is too long to read.
pub(super) fn short(text: &str) -> String {
    let shown = visible(text);
    match shown.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.into_owned(),
    }
}

/// Puts text into a Markdown code span, which stands in a table: no mark-up, no HTML, no mention in it takes effect.
pub(super) fn code(text: &str) -> String {
    let text = short(text).replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    // a space keeps the fence from running into a backtick at either end
    let pad = if longest > 0 || text.is_empty() {
        " "
    } else {
        ""
    };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Takes the meaning from everything that Markdown or GitHub would read something into.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in visible(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_from_a_broker_steers_a_terminal() {
        assert_eq!(visible("plain ü"), "plain ü");
        assert_eq!(
            visible("a\x1b[31mb\nc\u{202e}"),
            "a\\u{1b}[31mb\\nc\\u{202e}"
        );
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        let long = "ü".repeat(500);
        assert_eq!(short(&long), format!("{}…", "ü".repeat(MAX_SHOWN)));
    }

    #[test]
    fn nothing_from_a_broker_breaks_a_table() {
        assert_eq!(code("a|b"), "`a\\|b`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code(""), "`  `");
        assert_eq!(code("<img>"), "`<img>`");
        assert_eq!(
            prose("a|b <b> @all *x*"),
            "a\\|b &lt;b&gt; &#64;all \\*x\\*"
        );
    }
}
