//! What changing a topic may cost (plan stage, pure). It is said in the plan, to policies and in metrics; it gates nothing
//! by itself: who wants a person in between writes a rule about it.

use compact_str::CompactString;

use super::SetKey;
use crate::model::{ConfigKey, Risk};

/// Rates a change: `destructive` when records may be lost by it, `disruptive` when keys move to other partitions.
pub(super) fn of_update(
    grows: bool,
    set: &[SetKey],
    reset: &[(ConfigKey, Option<CompactString>)],
) -> Risk {
    let mut changes = set
        .iter()
        .map(|s| (&s.key, s.from.as_deref(), Some(s.to.as_str())))
        .chain(reset.iter().map(|(key, from)| (key, from.as_deref(), None)));
    if changes.any(|(key, from, to)| may_lose(key.as_str(), from, to)) {
        return Risk::Destructive;
    }
    match grows {
        true => Risk::Disruptive,
        false => Risk::Safe,
    }
}

/// Tells whether a new value may make brokers delete what they keep under the old one. `None` is what the topic inherits,
/// which is not known here: it counts as the worse case.
fn may_lose(key: &str, from: Option<&str>, to: Option<&str>) -> bool {
    match key {
        "retention.ms" | "retention.bytes" => shrinks(from, to),
        "cleanup.policy" => to.is_none_or(deletes) && !from.is_some_and(deletes),
        _ => false,
    }
}

/// A negative value is no limit (Kafka's topic configs: -1).
fn shrinks(from: Option<&str>, to: Option<&str>) -> bool {
    let number = |value: Option<&str>| value.and_then(|v| v.trim().parse::<i64>().ok());
    match (number(from), number(to)) {
        (_, Some(..0)) => false,
        (Some(from @ 0..), Some(to)) => to < from,
        (Some(..0) | None, _) | (_, None) => true,
    }
}

fn deletes(policy: &str) -> bool {
    policy.split(',').any(|p| p.trim() == "delete")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_retention_and_a_policy_that_begins_to_delete_may_lose_records() {
        let cases = [
            ("retention.ms", Some("1000"), Some("999"), true),
            ("retention.ms", Some("1000"), Some("1001"), false),
            ("retention.ms", Some("1000"), Some("-1"), false),
            ("retention.ms", Some("-1"), Some("1000"), true),
            ("retention.bytes", None, Some("1000"), true),
            ("retention.bytes", None, Some("-1"), false),
            ("retention.bytes", Some("1000"), None, true),
            ("cleanup.policy", Some("compact"), Some("delete"), true),
            (
                "cleanup.policy",
                Some("compact"),
                Some("compact, delete"),
                true,
            ),
            (
                "cleanup.policy",
                Some("compact,delete"),
                Some("delete"),
                false,
            ),
            ("cleanup.policy", Some("delete"), Some("compact"), false),
            ("cleanup.policy", None, Some("delete"), true),
            ("cleanup.policy", Some("compact"), None, true),
            ("segment.ms", Some("1000"), Some("10"), false),
        ];
        for (key, from, to, loses) in cases {
            assert_eq!(may_lose(key, from, to), loses, "{key}: {from:?} -> {to:?}");
        }
    }

    #[test]
    fn the_worst_of_a_change_is_its_risk() {
        let set = |key, to: &str| SetKey {
            key: ConfigKey::new(key),
            from: Some("1000".into()),
            to: to.into(),
        };
        assert_eq!(of_update(false, &[set("segment.ms", "1")], &[]), Risk::Safe);
        assert_eq!(
            of_update(true, &[set("segment.ms", "1")], &[]),
            Risk::Disruptive
        );
        assert_eq!(
            of_update(true, &[set("retention.ms", "1")], &[]),
            Risk::Destructive
        );
    }
}
