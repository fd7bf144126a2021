//! What the history tells of drift, also when it was healed in the pass that found it.

use headgate::{
    model::{DriftClass, ResolvedBy},
    report::{Cycle, DriftEvent},
};

use super::{cluster, fresh};
use crate::support::told::{self, at};

#[test]
fn the_history_names_what_drifted_and_what_ended_it_also_when_it_was_healed_at_once() {
    let replaced = told::drift(3, DriftClass::Replaced);
    let cycle = Cycle {
        detected: vec![replaced.clone()],
        resolved: vec![(replaced, ResolvedBy::Apply)],
        ..told::quiet(5, 'a', at(1))
    };
    let view = fresh().after(&cycle).after(&told::quiet(5, 'a', at(61)));
    let entries = cluster(&view).history(None, 10).items;
    assert_eq!(
        entries.len(),
        2,
        "a pass in which something drifted is not merged"
    );
    let told: Vec<_> = entries[1]
        .drift
        .iter()
        .map(|d| (d.name.as_str(), d.class, d.event, d.by))
        .collect();
    let (name, class) = ("topic-00003", DriftClass::Replaced);
    assert_eq!(
        told,
        [
            (name, class, DriftEvent::Detected, None),
            (name, class, DriftEvent::Resolved, Some(ResolvedBy::Apply)),
        ]
    );
    let field = &entries[1].drift[0].fields[0];
    assert_eq!(
        (
            field.path.as_str(),
            field.live.as_deref(),
            field.desired.as_deref()
        ),
        ("config.retention.ms", Some("5000"), Some("86400000"))
    );
}

#[test]
fn the_history_is_bounded_in_the_drift_that_an_entry_names() {
    let mut drift = told::drift(0, DriftClass::Modified);
    drift.fields = vec![drift.fields[0].clone(); 100];
    drift.fields[0].live = Some("x".repeat(100_000).into());
    let cycle = Cycle {
        detected: vec![drift; 500],
        ..told::quiet(5, 'a', at(1))
    };
    let entry = cluster(&fresh().after(&cycle))
        .history(None, 1)
        .items
        .remove(0);
    assert_eq!((entry.drift_detected, entry.drift.len()), (500, 50));
    assert!(serde_json::to_string(&entry).unwrap().len() < 100_000);
}
