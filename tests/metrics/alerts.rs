//! What is deployed: alert rules that are sound, tried on made-up series, documented, and stand on metrics that exist;
//! and files that fit together.

#![allow(
    clippy::disallowed_methods,
    reason = "tests read the repository's files"
)]

use std::collections::BTreeSet;

use serde_json::Value;

use super::{busy, promtool::promtool};
use crate::support::golden;

const RULES: &str = "deploy/prometheus/headgate.rules.yml";

fn text(file: &str) -> String {
    std::fs::read_to_string(golden::path(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn yaml(file: &str) -> Value {
    serde_saphyr::from_str(&text(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn alerts() -> Vec<Value> {
    let rules = yaml(RULES);
    let alerts = rules["groups"][0]["rules"].as_array().unwrap().clone();
    assert!(alerts.len() >= 20, "{} alerts", alerts.len());
    alerts
}

/// Metrics that an expression names, without the suffixes of histograms.
fn metrics_in(expr: &str) -> BTreeSet<&str> {
    let words = expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words
        .filter(|w| w.starts_with("headgate_") || w.starts_with("process_"))
        .map(|w| w.strip_suffix("_bucket").unwrap_or(w))
        .collect()
}

#[test]
fn alerts_stand_on_metrics_that_exist() {
    let served = busy(10).encode();
    for alert in alerts() {
        for metric in metrics_in(alert["expr"].as_str().unwrap()) {
            let known = served.contains(&format!("# TYPE {metric} "));
            assert!(known, "{} asks for {metric}", alert["alert"]);
        }
    }
}

#[test]
fn gates_and_results_in_alerts_are_words_that_exist() {
    let served = busy(10).encode();
    let rules = text(RULES);
    for label in [
        "gate", "result", "class", "stage", "reason", "kind", "state",
    ] {
        let asked = ["=", "!=", "=~", "!~"].map(|operator| format!("{label}{operator}\""));
        let words = asked
            .iter()
            .flat_map(|asked| rules.split(asked.as_str()).skip(1));
        let words = words.flat_map(|rest| rest.split('"').next().unwrap().split('|'));
        for word in words.collect::<BTreeSet<_>>() {
            let known = served.contains(&format!("{label}=\"{word}\""));
            assert!(known, "no metric has {label}={word:?}");
        }
    }
}

#[test]
fn every_alert_is_documented_tried_and_rated() {
    let (docs, tried) = (
        text("docs/alerts.md"),
        text("deploy/prometheus/headgate.rules.test.yml"),
    );
    for alert in alerts() {
        let name = alert["alert"].as_str().unwrap();
        assert!(
            tried.contains(&format!("alertname=\"{name}\"")),
            "{name} is not tried"
        );
        let runbook = alert["annotations"]["runbook"].as_str().unwrap();
        let anchor = runbook.strip_prefix("docs/alerts.md#").unwrap();
        let headings = docs.lines().filter_map(|l| l.strip_prefix("### "));
        let documented = headings.map(str::to_lowercase).any(|h| h == anchor);
        assert!(documented, "{name}: {runbook} leads nowhere");
        let severity = alert["labels"]["severity"].as_str().unwrap();
        assert!(
            ["critical", "warning", "info"].contains(&severity),
            "{name}"
        );
        assert!(alert["annotations"]["summary"].is_string(), "{name}");
    }
}

#[test]
fn promtool_takes_the_rules_and_the_configuration() {
    for args in [
        ["check", "rules", RULES],
        ["check", "config", "deploy/prometheus/prometheus.yml"],
    ] {
        if let Some((ok, said)) = promtool(&args, "") {
            assert!(ok, "{said}");
        }
    }
}

#[test]
fn alerts_fire_when_they_should_and_only_then() {
    let tests = "deploy/prometheus/headgate.rules.test.yml";
    if let Some((ok, said)) = promtool(&["test", "rules", tests], "") {
        assert!(ok, "{said}");
    }
}

#[test]
fn the_compose_file_fits_what_it_starts() {
    let compose = yaml("deploy/compose.yaml");
    let services = compose["services"].as_object().unwrap();
    for (name, service) in services {
        if let Some(image) = service["image"].as_str() {
            let tag = image.rsplit_once(':').map_or("latest", |(_, tag)| tag);
            assert_ne!(tag, "latest", "{name} is not pinned");
        }
        let volumes = service["volumes"].as_array().cloned().unwrap_or_default();
        for volume in volumes {
            let from = volume
                .as_str()
                .unwrap()
                .split(':')
                .next()
                .unwrap()
                .to_owned();
            let named = compose["volumes"].get(&from).is_some();
            assert!(
                named || golden::path("deploy").join(&from).exists(),
                "{name} mounts {from}"
            );
        }
    }
    let config = headgate::config::parse(&text("deploy/headgate.yaml"), "headgate.yaml");
    let config = config.unwrap_or_else(|findings| panic!("{findings:?}"));
    for cluster in config.clusters.values() {
        for address in &cluster.kafka.bootstrap {
            let host = address.split(':').next().unwrap();
            assert!(services.contains_key(host), "{address} is not started");
        }
        let beside = cluster.connect.values().chain(&cluster.registry);
        for url in beside.flat_map(|endpoint| &endpoint.urls) {
            let host = url.split(['/', ':']).nth(3).unwrap();
            assert!(services.contains_key(host), "{url} is not started");
        }
    }
    let scraped = yaml("deploy/prometheus/prometheus.yml");
    let target = scraped["scrape_configs"][0]["static_configs"][0]["targets"][0].clone();
    let port = config.http.listen.port();
    assert_eq!(target, format!("headgate:{port}"));
}
