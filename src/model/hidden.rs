//! Takes secrets out of the words of another program (rank 0): messages repeat the values that somebody does not like, cut
//! them, and break them into lines.

/// What stands in place of a secret.
pub const HIDDEN: &str = "(hidden)";

/// Secrets shorter than this stand in any text by chance, and one can guess them where they were taken out; a shorter
/// beginning of one tells little. In characters that are no white space.
const SHORTEST: usize = 4;

/// Lines of a secret that are shorter than this, such as a single bracket, are no secrets of their own.
const SHORTEST_LINE: usize = 8;

/// What must not be told of what others say.
#[derive(Default)]
pub struct Hidden {
    /// Without white space, the longest first: one may be a part of another.
    secrets: Vec<Vec<char>>,
    has_references: bool,
}

impl Hidden {
    /// Makes one of these secrets. `has_references`: there are values beside them that nobody here knows, since others look
    /// them up (`${…}`).
    #[must_use]
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>, has_references: bool) -> Self {
        let mut all = Vec::new();
        for secret in secrets {
            let lines = secret.lines().filter(|line| *line != secret);
            let lines = lines.map(solid).filter(|line| line.len() >= SHORTEST_LINE);
            all.extend(lines);
            all.push(solid(secret));
        }
        all.retain(|secret| !secret.is_empty());
        all.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        all.dedup();
        Self {
            secrets: all,
            has_references,
        }
    }

    /// Returns the words without the secrets, whatever white space they have; line by line as before.
    #[must_use]
    pub fn tell(&self, words: &str) -> String {
        if self.secrets.iter().any(|secret| secret.len() < SHORTEST) {
            return "what was said is not shown, since a secret of the config is too short to be taken out of it"
                .to_owned();
        }
        if !self.has_references && self.secrets.is_empty() {
            return words.to_owned();
        }
        let mut told = without_values(words);
        for secret in &self.secrets {
            told = without(&told, secret);
        }
        told
    }
}

fn solid(text: &str) -> Vec<char> {
    text.chars().filter(|c| !is_space(*c)).collect()
}

/// Lines are folded and control characters taken out on the way: neither tells two texts apart.
fn is_space(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}

/// Takes a secret out, and the beginning of it at the end: texts are cut.
fn without(words: &str, secret: &[char]) -> String {
    let solid: Vec<(usize, char)> = words
        .char_indices()
        .filter(|(_, c)| !is_space(*c))
        .collect();
    let begins = |at: usize| {
        let rest = &solid[at..];
        let fits = rest.iter().zip(secret).all(|((_, a), b)| a == b);
        fits && rest.len().min(secret.len()) >= SHORTEST
    };
    let (mut told, mut kept, mut at) = (String::with_capacity(words.len()), 0, 0);
    while at < solid.len() {
        if !begins(at) {
            at += 1;
            continue;
        }
        told.push_str(&words[kept..solid[at].0]);
        told.push_str(HIDDEN);
        at = (at + secret.len()).min(solid.len());
        let (last, c) = solid[at - 1];
        kept = last + c.len_utf8();
    }
    told.push_str(&words[kept..]);
    told
}

/// Takes the values out of Kafka's own messages: `Invalid value VALUE for configuration KEY: why` (Kafka,
/// `ConfigException`).
fn without_values(words: &str) -> String {
    const BEFORE: &str = "Invalid value ";
    const BEHIND: &str = " for configuration ";
    let mut told = String::with_capacity(words.len());
    let mut rest = words;
    while let Some(at) = rest.find(BEFORE) {
        let (before, value) = rest.split_at(at + BEFORE.len());
        told.push_str(before);
        told.push_str(HIDDEN);
        rest = value.find(BEHIND).map_or("", |end| &value[end..]);
    }
    told + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_about_what_is_open_are_told_as_they_are() {
        let words = "Invalid value x for configuration tasks.max:\nNot a number of type INT";
        assert_eq!(Hidden::default().tell(words), words);
    }

    #[test]
    fn secrets_are_taken_out_wherever_they_stand() {
        let hidden = Hidden::new(["hunter2\n", "hunter2-long", " "], false);
        let told = hidden.tell("login with hunter2-long or hunter2 failed");
        assert_eq!(told, "login with (hidden) or (hidden) failed");
    }

    #[test]
    fn secrets_that_were_cut_or_folded_on_the_way_are_known() {
        let key = "-----BEGIN KEY-----\nMIIcanary1\n\tMIIcanary2  x\n-----END KEY-----\n";
        let hidden = Hidden::new([key], false);
        for (words, told) in [
            (key, "(hidden)\n"),
            (
                "bad -----BEGIN KEY----- MIIcanary1 MIIcanary2 x -----END KEY----- !",
                "bad (hidden) !",
            ),
            ("bad -----BEGIN KEY-----\nMIIcan", "bad (hidden)"),
            ("bad MIIcanary1, and -----", "bad (hidden), and (hidden)"),
            ("line MIIcanary2 x is wrong", "line (hidden) is wrong"),
            ("it ends with ---", "it ends with ---"),
        ] {
            assert_eq!(hidden.tell(words), told, "{words}");
        }
        let hidden = Hidden::new(["ünïcödé-pass"], false);
        assert_eq!(
            hidden.tell("ö ünïcödé-pass ö ünïc"),
            "ö (hidden) ö (hidden)"
        );
    }

    #[test]
    fn what_others_looked_up_is_not_told() {
        let words = "2 error(s):\nInvalid value canary for configuration port: Not a number\nInvalid value canary";
        let told = Hidden::new([], true).tell(words);
        assert_eq!(
            told,
            "2 error(s):\nInvalid value (hidden) for configuration port: Not a number\nInvalid value (hidden)"
        );
    }

    #[test]
    fn a_secret_that_is_too_short_hides_everything() {
        assert!(
            !Hidden::new(["12"], false)
                .tell("pin 12 is wrong")
                .contains("12")
        );
    }
}
