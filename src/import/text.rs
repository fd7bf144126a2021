//! YAML as people write it (import, pure): documents of `key: value` lines, with quotes only where YAML needs them.

use std::collections::BTreeMap;

use crate::model::integer;

/// Words for people, by name.
pub(super) type Labels = BTreeMap<String, String>;

/// A document in the making; levels are indented by two spaces.
pub(super) struct Block(String);

impl Block {
    /// Begins a document.
    pub(super) fn document(kind: &str, name: &str) -> Self {
        Self::labelled(kind, name, &Labels::default())
    }

    /// Begins a document with labels.
    pub(super) fn labelled(kind: &str, name: &str, labels: &Labels) -> Self {
        let each = labels.iter();
        let each = each.map(|(key, value)| format!("{}: {}", flow(key), flow(value)));
        let each: Vec<String> = each.collect();
        let labels = match each.is_empty() {
            true => String::new(),
            false => format!(", labels: {{{}}}", each.join(", ")),
        };
        Self(format!(
            "apiVersion: headgate.dev/v1\nkind: {kind}\nmetadata: {{name: {}{labels}}}\nspec:\n",
            flow(name)
        ))
    }

    pub(super) fn line(&mut self, level: usize, text: &str) {
        self.0.push_str(&"  ".repeat(level));
        self.0.push_str(text);
        self.0.push('\n');
    }

    /// Ends the document; one without a spec says so.
    pub(super) fn finish(mut self) -> String {
        if self.0.ends_with("spec:\n") {
            self.0.truncate(self.0.len() - 1);
            self.0.push_str(" {}\n");
        }
        self.0
    }
}

/// Makes comments of a document, under a line that says why.
pub(super) fn commented(why: &str, document: &str) -> String {
    let lines = std::iter::once(why).chain(document.lines());
    lines.map(|line| format!("# {line}\n")).collect()
}

/// Writes a text so that YAML reads it as that text.
pub(super) fn scalar(text: &str) -> String {
    let plain = is_plain(text) && !text.contains(": ") && !text.contains(" #");
    write(text, plain)
}

/// Writes a text that stands between braces or brackets.
pub(super) fn flow(text: &str) -> String {
    let plain = is_plain(text) && !text.contains([',', '[', ']', '{', '}', ':', ' ']);
    write(text, plain)
}

fn write(text: &str, plain: bool) -> String {
    match plain {
        true => text.to_owned(),
        false => serde_json::to_string(text).expect("a text has a JSON form"),
    }
}

/// Words that YAML takes for something else (1.1, which some editors still read).
const WORDS: [&str; 9] = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"];

fn is_plain(text: &str) -> bool {
    let first = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '/';
    let inner = |c: char| first(c) || matches!(c, '.' | '-' | ' ' | ':' | ',' | '=' | '@' | '+');
    text.starts_with(first)
        && text.chars().all(inner)
        && !text.ends_with([' ', ':'])
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
        // `1_000`, `0x10`, `1e6`, `12:30` and `010` are other numbers or times to some
        && (integer(text).is_some_and(|n| n.to_string() == text)
            || !text.starts_with(|c: char| c.is_ascii_digit()))
}

/// Writes a config value, in units where that says exactly the same.
pub(super) fn config_value(key: &str, value: &str) -> String {
    let number = integer(value).filter(|n| *n > 0);
    let units: &[(i64, &str)] = match () {
        () if key.ends_with(".ms") => &[(86_400_000, "d"), (3_600_000, "h"), (60_000, "m")],
        () if key.ends_with(".bytes") => &[(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")],
        () => &[],
    };
    // 9223372036854775807 and other "no limit" values stay the numbers they are
    let fits = number.filter(|n| *n < 1 << 50);
    let unit = fits.and_then(|n| units.iter().find(|(size, _)| n % size == 0).map(|u| (n, u)));
    match (unit, value.is_empty()) {
        (Some((n, (size, unit))), _) => format!("{}{unit}", n / size),
        (None, true) => "\"\"".to_owned(),
        (None, false) if is_number(value) => value.to_owned(),
        (None, false) if value == "true" || value == "false" => value.to_owned(),
        (None, false) => scalar(value),
    }
}

/// Tells whether a value is a number that everybody reads as the same: `010` is eight to some, and `1e6` a text.
fn is_number(value: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let is_whole = |text: &str| integer(text).is_some_and(|n| n.to_string() == text);
    is_whole(value)
        || value
            .split_once('.')
            .is_some_and(|(whole, rest)| digits(whole) && is_whole(whole) && digits(rest))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may end with a panic")]
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;
    use crate::desired::yaml;

    /// What YAML reads as something else when it stands without quotes, to whichever version of it.
    const STRANGE: &str = "on|Off|NULL|~|1e3|0123|0x1F|0o17|1_000|12:30|-0|+1|1.50|00.5|.5|5.|.inf|-|*a|&a|@a|!a|%a|a: b|a #b|\
                           a:| a|a |{a|[a|a,b|---|<<|=|2026-06-01|9223372036854775808|true|";

    fn mk_text() -> impl Strategy<Value = String> {
        let strange: Vec<String> = STRANGE.split('|').map(str::to_owned).collect();
        prop_oneof![
            prop::sample::select(strange),
            "[a-z0-9 .:,#*&@!{}'\"\\\\~_+=-]{0,8}",
            any::<String>(),
        ]
    }

    /// Returns what a reader that knows types makes of a value: its text, if that is what it makes of it.
    fn read(document: &str) -> Option<String> {
        let read: Value = yaml::parse(document, "a.yaml").unwrap();
        match &read["a"] {
            Value::String(text) => Some(text.clone()),
            Value::Number(n) => Some(n.to_string()),
            Value::Bool(is) => Some(is.to_string()),
            _ => None,
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back_as_the_same_text(text in mk_text()) {
            let text = text.as_str();
            prop_assert_eq!(read(&format!("a: {}\n", scalar(text))), Some(text.to_owned()));
            prop_assert_eq!(read(&format!("{{a: {}, b: c}}\n", flow(text))), Some(text.to_owned()));
            let value = read(&format!("a: {}\n", config_value("key", text)));
            // 1.50 is the same fraction
            let same = value.as_deref().and_then(|v| v.parse::<f64>().ok());
            let is_same = value.as_deref() == Some(text) || text.contains('.') && same == text.parse().ok();
            prop_assert!(is_same, "{:?} is read as {:?}", text, value);
        }
    }

    #[test]
    fn quotes_stand_where_yaml_needs_them() {
        for (text, written) in [
            ("orders", "orders"),
            ("CN=a,OU=b", "CN=a,OU=b"),
            ("*", "\"*\""),
            ("no", "\"no\""),
            ("-1", "\"-1\""),
            ("12", "12"),
            ("010", "\"010\""),
            ("0x10", "\"0x10\""),
            ("a: b", "\"a: b\""),
            ("ü", "\"ü\""),
            ("", "\"\""),
        ] {
            assert_eq!(scalar(text), written);
        }
        assert_eq!(flow("CN=a,OU=b"), "\"CN=a,OU=b\"");
    }

    #[test]
    fn values_stand_in_units_that_say_exactly_the_same() {
        for (key, value, written) in [
            ("retention.ms", "604800000", "7d"),
            ("retention.ms", "3600000", "1h"),
            ("retention.ms", "1000", "1000"),
            ("retention.ms", "-1", "-1"),
            ("retention.bytes", "1073741824", "1GiB"),
            (
                "retention.bytes",
                "9223372036854775807",
                "9223372036854775807",
            ),
            ("segment.bytes", "1000000", "1000000"),
            ("min.cleanable.dirty.ratio", "0.1", "0.1"),
            ("cleanup.policy", "compact,delete", "compact,delete"),
        ] {
            assert_eq!(config_value(key, value), written, "{key}");
        }
    }
}
