//! Config types, and the one normalisation that diff, apply and verify share.

use compact_str::{CompactString, format_compact};
use serde::{Deserialize, Serialize};

/// The type of a config value (Kafka, `ConfigDef.Type`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ConfigType {
    /// `true` or `false`.
    Boolean,
    /// Any text.
    String,
    /// 32-bit integer.
    Int,
    /// 16-bit integer.
    Short,
    /// 64-bit integer.
    Long,
    /// Floating-point number.
    Double,
    /// Comma-separated words; neither their order nor the spaces between them mean anything.
    List,
    /// A Java class name.
    Class,
    /// A value that Kafka never tells back.
    Password,
}

impl ConfigType {
    /// Brings a value into the one spelling in which two equal values are equal texts: `delete, compact` and
    /// `compact,delete`, `1e6` and `1000000`, `TRUE` and `true`, `0.10` and `0.1`. A text that is no value of the
    /// type stays as it is, without the spaces around it.
    #[must_use]
    pub fn normalise(self, value: &str) -> CompactString {
        let text = value.trim();
        match self {
            Self::Boolean => text.to_ascii_lowercase().into(),
            Self::Int | Self::Short | Self::Long => {
                integer(text).map_or_else(|| text.into(), |n| format_compact!("{n}"))
            }
            Self::Double => match text.parse::<f64>() {
                Ok(n) if n.is_finite() => format_compact!("{n}"),
                _ => text.into(),
            },
            Self::List => {
                let mut words: Vec<&str> = text
                    .split(',')
                    .map(str::trim)
                    .filter(|w| !w.is_empty())
                    .collect();
                words.sort_unstable();
                words.join(",").into()
            }
            Self::String | Self::Class => text.into(),
            Self::Password => value.into(),
        }
    }
}

/// Reads an integer exactly: `86400000`, `+5`, `604800000.0`, `6.048e8`, up to the limits of 64 bits. Digits behind
/// the point that are not zero are no integer.
#[must_use]
pub fn integer(text: &str) -> Option<i64> {
    if let Ok(n) = text.parse::<i64>() {
        return Some(n);
    }
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|b| b.is_ascii_digit()) || !(-30..=30).contains(&exponent)
    {
        return None;
    }
    // where the point stands once the exponent is applied, counted in digits from the left
    let point = i32::try_from(whole.len()).ok()? + exponent;
    let (kept, dropped) = match usize::try_from(point) {
        Ok(point) if point >= all.len() => (format!("{all}{}", "0".repeat(point - all.len())), ""),
        Ok(point) => (all[..point].to_owned(), &all[point..]),
        Err(_) => (String::new(), all.as_str()),
    };
    if dropped.bytes().any(|b| b != b'0') {
        return None;
    }
    let kept = kept.trim_start_matches('0');
    format!("{sign}{}", if kept.is_empty() { "0" } else { kept })
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trap 9: lists, numbers and booleans can be written in many ways.
    #[test]
    fn equal_values_have_one_spelling() {
        assert_eq!(
            ConfigType::List.normalise(" delete , compact"),
            "compact,delete"
        );
        assert_eq!(ConfigType::Long.normalise("6.048e+08"), "604800000");
        assert_eq!(ConfigType::Long.normalise("604800000.0"), "604800000");
        assert_eq!(ConfigType::Boolean.normalise("TRUE"), "true");
        assert_eq!(ConfigType::Double.normalise("0.10"), "0.1");
        assert_eq!(ConfigType::Password.normalise(" a "), " a ");
    }

    #[test]
    fn integers_are_exact_to_the_last_bit() {
        assert_eq!(integer("9223372036854775807"), Some(i64::MAX));
        assert_eq!(integer("-9223372036854775808"), Some(i64::MIN));
        assert_eq!(integer("9223372036854775808"), None);
        assert_eq!(integer("9.223372036854775807e18"), Some(i64::MAX));
        assert_eq!(integer("1.5"), None);
        assert_eq!(integer("-0.0"), Some(0));
        assert_eq!(integer("1e999"), None);
        assert_eq!(integer("12x"), None);
        assert_eq!(integer(""), None);
    }
}
