//! Places in a text: the line that a finding shows, and the nearest right spelling of a word (desired, rank 1).

/// Characters of a line that a finding shows. Longer lines are no YAML that people write, and findings go to logs.
const MAX_SHOWN: usize = 200;

/// Words whose line is not shown in a finding: somebody may have written a secret where a reference belongs.
const HUSHED: [&str; 6] = [
    "password",
    "secret",
    "token",
    "passphrase",
    "credential",
    "@",
];

/// Tells whether a line had better not be shown.
pub(super) fn may_hold_a_secret(line: &str) -> bool {
    let line = line.to_ascii_lowercase();
    HUSHED.iter().any(|word| line.contains(word))
}

/// Returns a line of a text as a finding shows it, so that a caret below it stands under the right character: tabs
/// are one space wide and control characters cannot reach a terminal. `None` when there is no such line, or when the
/// column lies beyond the part of the line that is shown.
pub(super) fn line_of(text: &str, line: u32, column: u32) -> Option<String> {
    let index = usize::try_from(line).ok()?.checked_sub(1)?;
    show(lines(text).nth(index)?, column)
}

/// Splits a text into lines as YAML does: at a line feed, a carriage return, or both.
pub(super) fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r'))
}

/// Makes one raw line fit to be shown.
pub(super) fn show(raw: &str, column: u32) -> Option<String> {
    if column as usize > MAX_SHOWN {
        return None;
    }
    let mut shown: String = raw
        .chars()
        .take(MAX_SHOWN)
        .map(|c| match c {
            '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    if raw.chars().nth(MAX_SHOWN).is_some() {
        shown.push('…');
    }
    Some(shown)
}

/// Finds the candidate that a misspelt word most likely stands for: at most a third of its letters wrong, or another
/// case, or `-` and `_` in place of `.`.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(word, candidates, |candidate| candidate.len().max(3) / 3)
}

/// Finds the candidate of which a word is most likely a slip: at most two letters wrong, and no more than [`nearest`] takes.
/// For words that may be right although they are not among the candidates.
#[must_use]
pub fn slip<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    within(word, candidates, |candidate| {
        (candidate.len() / 3).clamp(1, 2)
    })
}

fn within<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    most: impl Fn(&str) -> usize,
) -> Option<&'a str> {
    let folded = fold(word);
    // a word longer than any that is right costs a quadratic comparison and has no near one
    if word.len() > 100 {
        return None;
    }
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(&folded, &fold(c)), c))
        .filter(|(distance, c)| *distance <= most(c))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}

fn fold(word: &str) -> String {
    word.chars()
        .map(|c| match c {
            '_' | '-' => '.',
            c => c.to_ascii_lowercase(),
        })
        .collect()
}

/// Words the help of a misspelt word: the near one if there is one, else all of them when they are few.
pub(super) fn spelling_help(word: &str, candidates: &[&str]) -> Option<String> {
    match nearest(word, candidates.iter().copied()) {
        Some(near) => Some(format!("did you mean `{near}`?")),
        None if candidates.is_empty() || candidates.len() > 12 => None,
        None => Some(format!("known here: {}", quoted(candidates))),
    }
}

/// Lists words in backticks.
pub(super) fn quoted(words: &[&str]) -> String {
    words
        .iter()
        .map(|w| format!("`{w}`"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shown_line_keeps_its_columns() {
        assert_eq!(
            line_of("a\r\tb\u{7}\r\nc", 2, 2).as_deref(),
            Some(" b\u{fffd}")
        );
        assert_eq!(line_of("a", 2, 1), None);
        assert_eq!(line_of("a", 0, 1), None);
        let long = "x".repeat(500);
        assert_eq!(line_of(&long, 1, 5).map(|s| s.chars().count()), Some(201));
        assert_eq!(line_of(&long, 1, 400), None);
    }

    #[test]
    fn the_nearest_spelling_is_found() {
        let keys = ["retention.ms", "retention.bytes", "cleanup.policy"];
        assert_eq!(nearest("retention_ms", keys), Some("retention.ms"));
        assert_eq!(nearest("retenton.ms", keys), Some("retention.ms"));
        assert_eq!(nearest("cleanup.polcy", keys), Some("cleanup.policy"));
        assert_eq!(nearest("nothing.alike.at.all", keys), None);
    }
}
