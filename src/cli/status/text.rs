//! The status as a person on call reads it: what is wrong with each cluster, where, and why, in lines that fit a terminal.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    model::Gate,
    plan::render::{visible, wrap},
};

/// Columns of a line; a word that is longer stays whole, so that it can be copied.
const WIDTH: usize = 100;

/// Column in which what is said of a cluster begins.
const INDENT: usize = 13;

/// Things of a sort that are named; the rest is counted, and one request away.
const NAMED: usize = 10;

/// Names in one line of withheld changes.
const NAMES: usize = 3;

/// What the daemon says of a cluster beside its status.
#[derive(Default)]
pub(super) struct Details {
    /// Items of `/drift`, up to a thousand.
    pub(super) drift: Vec<Value>,
    /// `blocked` of `/plan`.
    pub(super) blocked: Vec<Value>,
    /// Why the newest revision is held, which counts as one of what is withheld.
    pub(super) held: Option<String>,
}

/// Says what is followed, and how far.
pub(super) fn source(source: &Value) -> String {
    let mut text = format!(
        "source   {} {} at {}{}, fetched {}\n",
        word(&source["repo"]),
        word(&source["ref"]),
        short(&source["seen"]),
        if source["held"].is_string() {
            " (held)"
        } else {
            ""
        },
        word(&source["fetchedAt"])
    );
    if let Some(error) = source["error"].as_str() {
        hang(&mut text, 9, &format!("! {error}"));
    }
    text
}

/// Says how a cluster is.
pub(super) fn cluster(cluster: &Value, details: &Details) -> String {
    let revision = &cluster["revision"];
    let mut text = format!("\n{}\n", visible(word(&cluster["name"])));
    let reached = format!(
        "{} attempted, {} applied, {} converged",
        short(&revision["attempted"]),
        short(&revision["applied"]),
        short(&revision["converged"]),
    );
    row(&mut text, "revision", &reached);
    row(&mut text, "last pass", &last_pass(&cluster["lastPass"]));
    planes(&mut text, &cluster["planes"]);
    let pending = cluster["pending"].as_u64().unwrap_or(0);
    row(&mut text, "to do", &count(pending, "change", "changes"));
    drift(&mut text, cluster, details);
    withheld(&mut text, cluster, details);
    for condition in list(&cluster["conditions"]) {
        let (reason, message) = (word(&condition["reason"]), word(&condition["message"]));
        let lead = format!(
            "  {:<20} {:<8} {reason:<16} ",
            word(&condition["type"]),
            word(&condition["status"]),
        );
        // its message names some of what stands above
        let named = details.blocked.len() + usize::from(details.held.is_some());
        let is_told = reason == "ChangesWithheld" && named == total(cluster);
        let message = if is_told { "see above" } else { message };
        lead_and_hang(&mut text, &lead, message);
    }
    text
}

/// Returns how many changes are withheld.
fn total(cluster: &Value) -> usize {
    let counts = list(&cluster["blocked"]).filter_map(|b| b["count"].as_u64());
    usize::try_from(counts.sum::<u64>()).unwrap_or(usize::MAX)
}

fn last_pass(pass: &Value) -> String {
    match pass["seconds"].as_f64() {
        None => "none has ended yet".to_owned(),
        Some(seconds) => format!(
            "{}, began {}, took {seconds:.2} s",
            word(&pass["result"]),
            word(&pass["startedAt"])
        ),
    }
}

/// Names the planes that were seen whole, and says of each other one why it was not, and how old is what is told of it.
fn planes(text: &mut String, planes: &Value) {
    let planes = || planes.as_object().into_iter().flatten();
    let is_whole = |plane: &Value| plane["complete"] == true;
    let whole = planes().filter(|(_, plane)| is_whole(plane));
    let whole: Vec<_> = whole.map(|(name, _)| name.as_str()).collect();
    let seen = match whole.is_empty() {
        true => "nothing".to_owned(),
        false => whole.join(", "),
    };
    row(text, "seen", &seen);
    for (name, plane) in planes().filter(|(_, plane)| !is_whole(plane)) {
        let last = plane["observedAt"].as_str().unwrap_or("never");
        let line = format!("not {name} (last: {last}): {}", word(&plane["reason"]));
        hang(text, INDENT, &line);
    }
}

fn drift(text: &mut String, cluster: &Value, details: &Details) {
    let classes = ["missing", "modified", "unexpected", "replaced"];
    let of = |class: &str| cluster["drift"][class].as_u64().unwrap_or(0);
    let total: u64 = classes.iter().map(|class| of(class)).sum();
    if total == 0 {
        return row(text, "drift", "none");
    }
    let mut kinds: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for item in &details.drift {
        *kinds
            .entry((word(&item["kind"]), word(&item["class"])))
            .or_default() += 1;
    }
    let told: u64 = kinds.values().sum();
    let mut counts: Vec<String> = kinds
        .iter()
        .map(|((kind, class), n)| format!("{n} {kind} {class}"))
        .collect();
    if let Some(more @ 1..) = total.checked_sub(told) {
        counts.push(format!("{more} more"));
    }
    row(text, "drift", &counts.join(", "));
    for item in details.drift.iter().take(NAMED) {
        let fields: Vec<String> = list(&item["fields"]).map(field).collect();
        let fields = match fields.is_empty() {
            true => String::new(),
            false => format!(": {}", fields.join(", ")),
        };
        let line = format!(
            "{} {} {} since {}{fields}",
            word(&item["kind"]),
            word(&item["name"]),
            word(&item["class"]),
            word(&item["since"]),
        );
        hang(text, INDENT, &line);
    }
    more(
        text,
        cluster,
        "drift",
        details.drift.len().saturating_sub(NAMED),
    );
}

/// Spells a field as a plan does, `config.retention.ms: 1000 → 86400000`: what is, and what should be.
fn field(field: &Value) -> String {
    let value = |value: &Value| value.as_str().unwrap_or("unset").to_owned();
    format!(
        "{}: {} → {}",
        word(&field["path"]),
        value(&field["live"]),
        value(&field["desired"])
    )
}

/// Names what is withheld; what is withheld for one reason stands together.
fn withheld(text: &mut String, cluster: &Value, details: &Details) {
    let total = total(cluster);
    if total == 0 {
        return row(text, "withheld", "nothing");
    }
    let mut groups: BTreeMap<[&str; 4], Vec<&str>> = BTreeMap::new();
    for blocked in &details.blocked {
        let same = ["gate", "kind", "action", "reason"].map(|key| word(&blocked[key]));
        groups.entry(same).or_default().push(word(&blocked["name"]));
    }
    row(text, "withheld", &count(total as u64, "change", "changes"));
    if let Some(why) = &details.held {
        let line = format!("{} holds the newest revision: {why}", Gate::NonFastForward);
        hang(text, INDENT, &line);
    }
    for ([gate, kind, action, reason], names) in groups.iter().take(NAMED) {
        let mut shown = names[..names.len().min(NAMES)].join(", ");
        if let Some(more @ 1..) = names.len().checked_sub(NAMES) {
            shown += &format!(" and {more} more");
        }
        let line = format!("{gate} holds {action} of {kind} {shown}: {reason}");
        hang(text, INDENT, &line);
    }
    more(text, cluster, "plan", groups.len().saturating_sub(NAMED));
}

fn more(text: &mut String, cluster: &Value, list: &str, n: usize) {
    if n > 0 {
        let name = word(&cluster["name"]);
        let line = format!("and {n} more: GET /api/v1/clusters/{name}/{list} has all");
        hang(text, INDENT, &line);
    }
}

fn row(text: &mut String, what: &str, said: &str) {
    lead_and_hang(text, &format!("  {what:<11}"), said);
}

/// Puts a text behind a lead, as far as it fits, and the rest below where it begins.
fn lead_and_hang(text: &mut String, lead: &str, said: &str) {
    let indent = lead.chars().count();
    let said = visible(said);
    let mut lines = wrap(&said, WIDTH.saturating_sub(indent)).into_iter();
    text.push_str(lead);
    text.push_str(&lines.next().unwrap_or_default());
    text.push('\n');
    for line in lines {
        text.push_str(&format!("{:indent$}{line}\n", ""));
    }
}

/// Puts a text below, indented, and its further lines two columns more.
fn hang(text: &mut String, indent: usize, said: &str) {
    let lines = wrap(&visible(said), WIDTH.saturating_sub(indent + 2));
    for (i, line) in lines.iter().enumerate() {
        let indent = if i == 0 { indent } else { indent + 2 };
        text.push_str(&format!("{:indent$}{line}\n", ""));
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn count(n: u64, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or("-")
}

fn short(value: &Value) -> &str {
    value
        .as_str()
        .map_or("-", |sha| sha.get(..12).unwrap_or(sha))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mk_cluster(drift: u64, blocked: u64) -> Value {
        let a = "a".repeat(40);
        json!({
            "name": "streaming", "revision": {"attempted": a, "applied": a, "converged": null},
            "conditions": [{"type": "Ready", "status": "False", "reason": "ChangesWithheld",
                "message": "Topic old-events (consent): nobody consented to it; name it under deletion.allow to have it deleted"}],
            "drift": {"missing": 0, "modified": drift, "unexpected": 0, "replaced": 0}, "pending": 1,
            "blocked": [{"gate": "consent", "count": blocked}],
            "planes": {"kafka": {"complete": true, "observedAt": "2027-01-15T08:00:00Z", "reason": null}},
            "lastPass": {"startedAt": "2027-01-15T08:00:00Z", "seconds": 0.41, "result": "ok"},
        })
    }

    fn mk_drift(name: &str) -> Value {
        json!({"kind": "Topic", "name": name, "class": "modified", "since": "2027-01-15T08:00:00Z",
            "fields": [{"path": "config.retention.ms", "live": "1000", "desired": "86400000"}]})
    }

    fn mk_blocked(name: &str) -> Value {
        json!({"kind": "Topic", "name": name, "action": "delete", "gate": "consent", "reason": "nobody consented to it"})
    }

    #[test]
    fn a_person_on_call_reads_what_differs_what_is_withheld_and_why() {
        let details = Details {
            drift: vec![mk_drift("user-events")],
            blocked: ["a", "b", "c", "d"].map(mk_blocked).into(),
            held: None,
        };
        let wanted = "
streaming
  revision   aaaaaaaaaaaa attempted, aaaaaaaaaaaa applied, - converged
  last pass  ok, began 2027-01-15T08:00:00Z, took 0.41 s
  seen       kafka
  to do      1 change
  drift      1 Topic modified
             Topic user-events modified since 2027-01-15T08:00:00Z: config.retention.ms: 1000 →
               86400000
  withheld   4 changes
             consent holds delete of Topic a, b, c and 1 more: nobody consented to it
  Ready                False    ChangesWithheld  see above
";
        assert_eq!(cluster(&mk_cluster(1, 4), &details), wanted);
    }

    /// Rewritten history holds a revision back, which no plan names.
    #[test]
    fn a_revision_that_is_held_stands_among_what_is_withheld() {
        let details = Details {
            blocked: vec![mk_blocked("a")],
            held: Some("it does not descend from what was applied".to_owned()),
            ..Details::default()
        };
        let mut held = mk_cluster(0, 1);
        held["blocked"] =
            json!([{"gate": "consent", "count": 1}, {"gate": "non_fast_forward", "count": 1}]);
        let text = cluster(&held, &details);
        let wanted = "
  withheld   2 changes
             non_fast_forward holds the newest revision: it does not descend from what was applied
             consent holds delete of Topic a: nobody consented to it
  Ready                False    ChangesWithheld  see above
";
        assert!(text.ends_with(wanted), "{text}");
        let told = json!({"repo": "r", "ref": "main", "seen": "b".repeat(40), "held": "why"});
        assert!(source(&told).contains(" at bbbbbbbbbbbb (held), fetched"));
    }

    #[test]
    fn what_the_plan_does_not_name_is_told_in_the_condition() {
        let text = cluster(&mk_cluster(0, 1), &Details::default());
        let wanted = "
  Ready                False    ChangesWithheld  Topic old-events (consent): nobody consented to it;
                                                 name it under deletion.allow to have it deleted
";
        assert!(text.ends_with(wanted), "{text}");
    }

    #[test]
    fn what_is_well_is_one_word() {
        let text = cluster(&mk_cluster(0, 0), &Details::default());
        assert!(
            text.contains("  drift      none\n  withheld   nothing\n"),
            "{text}"
        );
    }

    #[test]
    fn a_plane_that_is_away_is_told_with_its_reason_and_the_age_of_what_is_known() {
        let mut status = mk_cluster(0, 0);
        status["planes"]["registry"] =
            json!({"complete": true, "observedAt": "2027-01-15T08:00:00Z", "reason": null});
        status["planes"]["connect"] = json!({"complete": false, "observedAt": "2027-01-15T07:00:00Z",
            "reason": "Connect cluster main: connection refused"});
        let text = cluster(&status, &Details::default());
        let wanted = "
  seen       kafka, registry
             not connect (last: 2027-01-15T07:00:00Z): Connect cluster main: connection refused
  to do ";
        assert!(text.contains(wanted), "{text}");
        status["planes"] = json!({});
        let text = cluster(&status, &Details::default());
        assert!(text.contains("\n  seen       nothing\n"), "{text}");
    }

    #[test]
    fn thousands_are_counted() {
        let details = Details {
            drift: (0..1000).map(|i| mk_drift(&format!("t{i}"))).collect(),
            ..Details::default()
        };
        let text = cluster(&mk_cluster(1500, 0), &details);
        assert!(
            text.contains("  drift      1000 Topic modified, 500 more\n"),
            "{text}"
        );
        assert!(
            text.contains("and 990 more: GET /api/v1/clusters/streaming/drift has all\n"),
            "{text}"
        );
        assert!(text.lines().count() < 50, "{text}");
    }

    #[test]
    fn nothing_that_is_told_steers_the_terminal() {
        let details = Details {
            drift: vec![mk_drift("a\u{1b}[2J")],
            ..Details::default()
        };
        assert!(!cluster(&mk_cluster(1, 0), &details).contains('\u{1b}'));
    }
}
