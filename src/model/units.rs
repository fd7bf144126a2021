//! Lengths of time and amounts of data as people write them (`7d`, `1h30m`, `1GiB`), read exactly into 64 bits (rank 0).
//! Nothing goes through floating point: `9223372036854775807` stays what it is.

use super::integer;

/// Milliseconds in a unit of time, largest first.
const TIME: &[(&str, i128)] = &[
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Bytes in a unit of data, largest first: the `i` counts in 1024, its absence in 1000 (IEC 80000-13).
const DATA: &[(&str, i128)] = &[
    ("PiB", 1 << 50),
    ("PB", 1_000_000_000_000_000),
    ("TiB", 1 << 40),
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("KB", 1_000),
    ("B", 1),
];

/// Says why a text is no quantity; the words complete "expected … but …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnitError {
    /// Neither a number nor a number with a unit.
    #[error("it is neither a whole number nor a number with a unit ({known})")]
    NotANumber {
        /// The units there are.
        known: String,
    },
    /// A number with a unit that does not exist here.
    #[error("there is no unit `{unit}` ({known})")]
    UnknownUnit {
        /// What stands behind the number.
        unit: String,
        /// The units there are.
        known: String,
    },
    /// More than 64 bits hold.
    #[error("it is beyond 9223372036854775807, the largest 64-bit number")]
    TooLarge,
    /// Less than one millisecond or byte is left over.
    #[error("it is not a whole number of {base}")]
    Fraction {
        /// What is counted.
        base: &'static str,
    },
    /// `30m1h` or `1h1h`.
    #[error("its units must go from the largest to the smallest, each once")]
    Order,
}

/// Reads a length of time in milliseconds: a whole number (`604800000`, `6.048e8`, `-1`) or numbers with the units `w`,
/// `d`, `h`, `m`, `s`, `ms` from the largest to the smallest (`7d`, `1h30m`, `1.5h`).
///
/// # Errors
/// The text is no such length, or it does not fit into 64 bits.
pub fn milliseconds(text: &str) -> Result<i64, UnitError> {
    quantity(text, TIME, "milliseconds")
}

/// Reads an amount of data in bytes: a whole number or a number with a unit (`1GiB`, `512KiB`, `1.5 MB`).
///
/// # Errors
/// The text is no such amount, or it does not fit into 64 bits.
pub fn bytes(text: &str) -> Result<i64, UnitError> {
    quantity(text, DATA, "bytes")
}

fn quantity(text: &str, units: &[(&str, i128)], base: &'static str) -> Result<i64, UnitError> {
    let text = text.trim();
    if let Some(n) = integer(text) {
        return Ok(n);
    }
    if is_number(text) {
        return Err(match text.contains(['e', 'E', '.']) {
            true if !beyond_64_bits(text) => UnitError::Fraction { base },
            _ => UnitError::TooLarge,
        });
    }
    if text.is_empty() {
        return Err(UnitError::NotANumber {
            known: known(units),
        });
    }
    let mut rest = text;
    let mut sum: i128 = 0;
    let mut smaller = units;
    while !rest.is_empty() {
        let (number, unit, tail) = part(rest).ok_or_else(|| UnitError::NotANumber {
            known: known(units),
        })?;
        let Some(size) = units.iter().find(|(name, _)| *name == unit) else {
            return Err(UnitError::UnknownUnit {
                unit: unit.chars().take(20).collect(),
                known: known(units),
            });
        };
        let at = smaller.iter().position(|u| u == size);
        smaller = &smaller[at.ok_or(UnitError::Order)? + 1..];
        sum += exact(number, size.1, base)?;
        rest = tail.trim_start();
    }
    i64::try_from(sum).map_err(|_| UnitError::TooLarge)
}

/// Splits `30m10s` into `30`, `m` and `10s`.
fn part(text: &str) -> Option<(&str, &str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, rest) = text.split_at(end);
    let rest = rest.trim_start();
    let end = rest
        .find(|c: char| !c.is_alphabetic())
        .unwrap_or(rest.len());
    let (unit, tail) = rest.split_at(end);
    (!unit.is_empty() && is_number(number)).then_some((number, unit, tail))
}

/// Multiplies a decimal number by a unit.
fn exact(number: &str, unit: i128, base: &'static str) -> Result<i128, UnitError> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let fraction = fraction.trim_end_matches('0');
    // 10^18 is more than any unit divides, and two numbers of at most 18 and 19 digits times 2^50 fit into 128 bits
    if fraction.len() > 18 {
        return Err(UnitError::Fraction { base });
    }
    let whole = whole.trim_start_matches('0');
    if whole.len() > 19 {
        return Err(UnitError::TooLarge);
    }
    let digits = |text: &str| text.bytes().fold(0, |n, b| n * 10 + i128::from(b - b'0'));
    let scale = 10_i128.pow(u32::try_from(fraction.len()).expect("at most 18 digits"));
    let part = digits(fraction) * unit;
    if part % scale != 0 {
        return Err(UnitError::Fraction { base });
    }
    Ok(digits(whole) * unit + part / scale)
}

/// Tells whether a text is a decimal number, however large.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
    (!whole.is_empty() || !fraction.is_empty())
        && !exponent.is_empty()
        && digits(whole)
        && digits(fraction)
        && digits(exponent)
}

/// Tells on which side of 64 bits a number lies that is no 64-bit integer; only the sort of message hangs on it.
fn beyond_64_bits(number: &str) -> bool {
    number.parse::<f64>().is_ok_and(|n| n.abs() >= 9.2e18)
}

fn known(units: &[(&str, i128)]) -> String {
    let names: Vec<&str> = units.iter().rev().map(|(name, _)| *name).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_milliseconds() {
        let cases = [
            ("7d", 604_800_000),
            ("24h", 86_400_000),
            ("30m", 1_800_000),
            ("10s", 10_000),
            ("500ms", 500),
            ("1h30m", 5_400_000),
            ("1h 30m", 5_400_000),
            ("1.5h", 5_400_000),
            ("2w", 1_209_600_000),
            ("0s", 0),
            ("-1", -1),
            ("604800000.0", 604_800_000),
            ("6.048e+08", 604_800_000),
            ("9223372036854775807", i64::MAX),
            ("106751991167d", 9_223_372_036_828_800_000),
        ];
        for (text, want) in cases {
            assert_eq!(milliseconds(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn amounts_of_data_are_bytes() {
        let cases = [
            ("1GiB", 1 << 30),
            ("512KiB", 512 << 10),
            ("1MB", 1_000_000),
            ("1.5 MiB", 3 << 19),
            ("10B", 10),
            ("8191PiB", 8191 << 50),
            ("1073741824", 1 << 30),
        ];
        for (text, want) in cases {
            assert_eq!(bytes(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_quantity_is_refused_with_its_reason() {
        for text in [
            "",
            "d",
            "7 days ago",
            "-7d",
            "1..5h",
            ".h",
            "0x10",
            "1_000",
            "∞",
        ] {
            assert!(milliseconds(text).is_err(), "{text}");
        }
        assert_eq!(milliseconds("106751991168d"), Err(UnitError::TooLarge));
        assert_eq!(bytes("8192PiB"), Err(UnitError::TooLarge));
        assert_eq!(
            bytes("99999999999999999999999999PiB"),
            Err(UnitError::TooLarge)
        );
        assert_eq!(bytes("9223372036854775808"), Err(UnitError::TooLarge));
        assert_eq!(bytes("1e30"), Err(UnitError::TooLarge));
        assert_eq!(
            milliseconds("0.5ms"),
            Err(UnitError::Fraction {
                base: "milliseconds"
            })
        );
        assert_eq!(bytes("1.5"), Err(UnitError::Fraction { base: "bytes" }));
        assert_eq!(milliseconds("30m1h"), Err(UnitError::Order));
        assert_eq!(milliseconds("1h1h"), Err(UnitError::Order));
        assert!(matches!(bytes("1Gib"), Err(UnitError::UnknownUnit { unit, .. }) if unit == "Gib"));
    }
}
