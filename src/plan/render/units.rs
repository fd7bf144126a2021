//! Numbers as people think of them: `86400000` is `24h`, `1073741824` is `1GiB`. Shown beside the exact value, never
//! in its place.

use crate::model::integer;

const DURATIONS: [(i64, &str); 4] = [
    (86_400_000, "d"),
    (3_600_000, "h"),
    (60_000, "m"),
    (1000, "s"),
];
const SIZES: [(i64, &str); 4] = [
    (1 << 40, "TiB"),
    (1 << 30, "GiB"),
    (1 << 20, "MiB"),
    (1 << 10, "KiB"),
];

/// Words the value of a field in larger units; `None` when that says nothing new.
pub(super) fn human(path: &str, value: &str) -> Option<String> {
    let number = integer(value)?;
    if path.ends_with(".ms") {
        // a day is spelled as its hours, as people write it in git
        let units = if number == 86_400_000 {
            &DURATIONS[1..]
        } else {
            &DURATIONS[..]
        };
        amount(number, units)
    } else if path.ends_with(".bytes") {
        amount(number, &SIZES)
    } else {
        None
    }
}

fn amount(number: i64, units: &[(i64, &str)]) -> Option<String> {
    match number {
        -1 => return Some("no limit".into()),
        i64::MAX => return Some("for ever".into()),
        _ => {}
    }
    let (unit, suffix) = units.iter().find(|(unit, _)| number >= *unit)?;
    if number % unit == 0 {
        return Some(format!("{}{suffix}", number / unit));
    }
    // the next smaller unit may still be exact: 36h, 90m, 1536MiB
    let exact = units
        .iter()
        .find(|(unit, _)| number % unit == 0 && number / unit < 1000);
    Some(match exact {
        Some((unit, suffix)) => format!("{}{suffix}", number / unit),
        None => {
            let tenths = i128::from(number) * 10 / i128::from(*unit);
            format!("about {}.{}{suffix}", tenths / 10, tenths % 10)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        let cases = [
            ("config.retention.ms", "86400000", Some("24h")),
            ("config.retention.ms", "604800000", Some("7d")),
            ("config.retention.ms", "129600000", Some("36h")),
            ("config.retention.ms", "5400000", Some("90m")),
            ("config.retention.ms", "100000001", Some("about 1.1d")),
            ("config.retention.ms", "-1", Some("no limit")),
            (
                "config.retention.ms",
                "9223372036854775807",
                Some("for ever"),
            ),
            ("config.retention.ms", "1000", Some("1s")),
            ("config.retention.ms", "999", None),
            ("config.retention.bytes", "1073741824", Some("1GiB")),
            ("config.segment.bytes", "1610612736", Some("about 1.5GiB")),
            ("config.segment.bytes", "536870912", Some("512MiB")),
            (
                "config.max.message.bytes",
                "1000012",
                Some("about 976.5KiB"),
            ),
            ("config.min.insync.replicas", "2048", None),
            ("config.retention.ms", "soon", None),
        ];
        for (path, value, want) in cases {
            assert_eq!(human(path, value).as_deref(), want, "{path} {value}");
        }
    }
}
