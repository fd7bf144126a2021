//! What a change does to the data, beyond the value that changes: said where it is decided, in the plan.

use super::units::human;
use crate::{
    desired::ConnectorOffsets,
    model::{ConfigType, Kind, SCHEMA, Verb, integer},
    plan::{FieldChange, memory::OFFSETS},
};

/// Words the consequence of a change to what is there; `None` when the values say it all.
pub(super) fn consequence(field: &FieldChange) -> Option<String> {
    let live = field.live.as_deref();
    match field.path.as_str() {
        "partitions" => {
            let grows = integer(live?)? < integer(field.desired.as_deref()?)?;
            grows.then(|| "keys map to other partitions from now on".into())
        }
        "config.retention.ms" => shrinks(live, field, "records older than"),
        "config.retention.bytes" => shrinks(live, field, "records of a partition beyond"),
        "config.cleanup.policy" => cleanup(live?, field.desired.as_deref()?),
        SCHEMA => live.map(|_| "a new version".into()),
        OFFSETS if field.desired.as_deref() == Some(ConnectorOffsets::RESET) => {
            Some("they are forgotten, and the connector begins anew".into())
        }
        _ => None,
    }
}

/// Words what stays behind an object, or waits for it: Connect keeps the offsets of connectors by their names, and the
/// registry nothing of a subject.
pub(super) fn left_behind(kind: Kind, verb: Verb) -> Option<&'static str> {
    match (kind, verb) {
        (Kind::Connector, Verb::Create) => {
            Some("if there was one of this name, it goes on from the offsets of that one")
        }
        (Kind::Connector, Verb::Delete) => {
            Some("its offsets stay: one that is made under this name goes on from them")
        }
        (Kind::Schema, Verb::Delete) => Some(
            "for good: the registry keeps none of its versions, which records that were written with them may still name",
        ),
        _ => None,
    }
}

/// A limit that falls lets data go at once; -1 is no limit. What an unset limit was, only the broker knows.
fn shrinks(live: Option<&str>, field: &FieldChange, what: &str) -> Option<String> {
    let limit = |value: &str| integer(value).map(|n| if n < 0 { i64::MAX } else { n });
    let desired = field.desired.as_deref()?;
    if limit(desired)? >= limit(live?)? {
        return None;
    }
    let amount = human(&field.path, desired).unwrap_or_else(|| desired.to_owned());
    Some(format!("{what} {amount} go away"))
}

fn cleanup(live: &str, desired: &str) -> Option<String> {
    let has = |value: &str, word| {
        ConfigType::List
            .normalise(value)
            .split(',')
            .any(|w| w == word)
    };
    let gains = |word| !has(live, word) && has(desired, word);
    if gains("delete") {
        Some("records beyond the retention go away from now on".into())
    } else if gains("compact") {
        Some("of each key only the newest record stays from now on".into())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::draft::field;

    #[test]
    fn what_loses_data_says_so() {
        let cases = [
            (
                "config.retention.ms",
                "604800000",
                "86400000",
                Some("records older than 24h go away"),
            ),
            (
                "config.retention.ms",
                "-1",
                "86400000",
                Some("records older than 24h go away"),
            ),
            ("config.retention.ms", "86400000", "-1", None),
            (
                "config.retention.bytes",
                "2147483648",
                "1073741824",
                Some("records of a partition beyond 1GiB go away"),
            ),
            (
                "config.cleanup.policy",
                "compact",
                "compact,delete",
                Some("records beyond the retention go away from now on"),
            ),
            (
                "config.cleanup.policy",
                "delete",
                "compact",
                Some("of each key only the newest record stays from now on"),
            ),
            ("config.cleanup.policy", "compact,delete", "compact", None),
            (
                "partitions",
                "2",
                "5",
                Some("keys map to other partitions from now on"),
            ),
            ("partitions", "5", "2", None),
            ("config.segment.ms", "2", "1", None),
            (
                "schema",
                "version 3",
                "591f4ff5c71ff1441ca3cd579658022c",
                Some("a new version"),
            ),
        ];
        for (path, live, desired, want) in cases {
            let change = field(path, Some(live.into()), Some(desired.into()));
            assert_eq!(
                consequence(&change).as_deref(),
                want,
                "{path} {live} {desired}"
            );
        }
    }

    #[test]
    fn offsets_that_are_forgotten_say_so() {
        let told = |to: &str| consequence(&field(OFFSETS, None, Some(to.into())));
        let forgotten = "they are forgotten, and the connector begins anew";
        assert_eq!(told("reset").as_deref(), Some(forgotten));
        assert_eq!(told("earliest"), None);
    }
}
