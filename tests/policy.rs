//! Rules as their author meets them: what they are shown, what they deny, and what is told when they are wrong.
#![allow(clippy::unwrap_used, reason = "a panic is a test's way to fail")]

use std::sync::Arc;

use headgate::{
    desired::{self, DesiredCluster},
    model::SourceFile,
    policy::Policies,
    source::DirSource,
};
use serde_json::json;

fn rego(path: &str, text: &str) -> SourceFile {
    SourceFile {
        path: path.into(),
        bytes: text.into(),
    }
}

fn compile(text: &str) -> Policies {
    Policies::compile(&[rego("policies/a.rego", text)]).unwrap_or_else(|e| panic!("{e:#?}"))
}

fn refused(text: &str) -> String {
    let findings = Policies::compile(&[rego("policies/a.rego", text)]).unwrap_err();
    findings.iter().map(ToString::to_string).collect()
}

fn cluster(topics: &str) -> Arc<DesiredCluster> {
    let text = format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: dev}}\n---\n{}",
        topics
            .lines()
            .map(
                |l| format!("apiVersion: headgate.dev/v1\nkind: Topic\n{l}\n---\n")
                    .replace(" | ", "\n")
            )
            .collect::<String>()
    );
    let loaded = desired::load(&[rego("desired-state/dev/all.yaml", &text)]);
    let told: Vec<String> = loaded.findings.iter().map(ToString::to_string).collect();
    assert!(loaded.is_valid(), "{told:#?}");
    loaded.desired.clusters.into_values().next().unwrap()
}

const ORDERS: &str = "metadata: {name: orders, labels: {tier: dev}} | spec: {partitions: 6, replicationFactor: 3, config: {retention.ms: 7d, max.message.bytes: null}}";

#[test]
fn a_rule_sees_a_topic_as_it_is_declared() {
    let policies = compile(
        r#"package headgate
deny contains msg if {
    input == {
        "kind": "Topic", "name": "orders", "cluster": "dev", "labels": {"tier": "dev"},
        "spec": {"partitions": 6, "replicationFactor": 3, "config": {"retention.ms": "604800000", "max.message.bytes": null}},
    }
    msg := "seen"
}"#,
    );
    let told = policies.review(&cluster(ORDERS));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].message, "policy denies Topic orders: seen");
    let place = told[0].place.as_ref().unwrap();
    assert_eq!(&*place.file, "desired-state/dev/all.yaml");
    assert!(place.line > 4, "{place}");
}

#[test]
fn rules_of_all_files_count_and_speak_in_order() {
    let policies = Policies::compile(&[
        rego(
            "policies/b.rego",
            "package headgate\ndeny contains \"b\" if input.kind == \"Topic\"",
        ),
        rego(
            "policies/a.rego",
            "package headgate\ndeny contains {\"msg\": \"a\"} if true",
        ),
        rego("policies/README.md", "no rule"),
        rego("policies/a_test.rego", "not even Rego"),
    ])
    .unwrap();
    let said: Vec<String> = policies
        .review_resource(&json!({"kind": "Topic"}))
        .into_iter()
        .map(|v| v.message)
        .collect();
    assert_eq!(said, ["a", "b"]);
    assert!(policies.review_change(&json!({})).is_empty());
    assert!(!policies.judges_changes());
}

#[test]
fn changes_are_judged_by_their_own_rule() {
    let policies = compile(
        "package headgate\ndeny_change contains msg if {\n  input.action == \"delete\"\n  msg := sprintf(\"keep %s\", [input.name])\n}",
    );
    assert!(policies.judges_changes());
    let said = policies.review_change(&json!({"action": "delete", "name": "orders"}));
    assert_eq!(said[0].message, "keep orders");
    assert!(
        policies
            .review_change(&json!({"action": "create", "name": "orders"}))
            .is_empty()
    );
    assert!(policies.review(&cluster(ORDERS)).is_empty());
}

#[test]
fn without_rules_everything_is_allowed() {
    for policies in [Policies::default(), Policies::compile(&[]).unwrap()] {
        assert!(policies.review(&cluster(ORDERS)).is_empty());
        assert!(
            policies
                .review_resource(&json!({"kind": "Topic"}))
                .is_empty()
        );
    }
}

#[test]
fn a_file_that_is_no_rule_is_told_with_its_place() {
    for (text, want) in [
        (
            "package headgate\ndeny contains msg if {\n  msg := \n}",
            "policies/a.rego:3:7: policy: expecting `}`",
        ),
        (
            "package headgate\ndeny[msg] { msg := \"x\" }",
            "policies/a.rego:2:",
        ),
        (
            "package headgates\ndeny contains \"x\" if true",
            "policies/a.rego:1:1: policy: no policy file declares a rule that is ever asked",
        ),
        (
            "package headgate\ndeny contains msg if {\n  some i in numbers.range(1, 1e12)\n  msg := \"x\"\n}",
            "policies/a.rego:3:13: policy: `numbers.range` is not to be had",
        ),
        ("", "policies/a.rego:"),
    ] {
        let told = refused(text);
        assert!(told.starts_with(want), "{text}\nis told\n{told}");
    }
    let told = Policies::compile(&[SourceFile {
        path: "policies/a.rego".into(),
        bytes: vec![0xff],
    }]);
    assert!(told.unwrap_err()[0].message.contains("not UTF-8"));
}

#[test]
fn every_broken_file_is_told() {
    let told = Policies::compile(&[rego("policies/a.rego", "x"), rego("policies/b.rego", "y")]);
    assert_eq!(told.unwrap_err().len(), 2);
}

#[test]
fn a_rule_that_fails_denies_and_is_told_once() {
    for text in [
        "package headgate\ndeny contains msg if {\n  msg := sprintf(\"%d\", to_number(input.name))\n}",
        "package headgate\ndeny contains msg if {\n  msg := no_such_function(1)\n}",
        "package headgate\ndeny := true",
        "package headgate\ndeny contains 5 if true",
    ] {
        let policies = compile(text);
        let both = cluster(&format!("{ORDERS}\n{}", ORDERS.replace("orders", "carts")));
        let told = policies.review(&both);
        assert_eq!(told.len(), 1, "{text}: {told:?}");
        assert!(told[0].message.starts_with("policy: "), "{told:?}");
        let said = policies.review_resource(&json!({"kind": "Topic", "name": "x"}));
        assert!(
            said[0].message.starts_with("the policy itself failed: "),
            "{said:?}"
        );
    }
}

#[test]
fn a_rule_that_runs_away_is_stopped() {
    let policies = compile(
        "package headgate\nd := [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]\ndeny contains msg if {\n  some a in d; some b in d; some c in d; some e in d; \
         some f in d; some g in d; some h in d; some i in d; some j in d; some k in d\n  a + b + c + e + f + g + h + i + j + k == 91\n  \
         msg := \"never\"\n}",
    );
    let said = policies.review_resource(&json!({}));
    assert!(said[0].message.contains("within a second"), "{said:?}");
}

#[test]
fn the_example_rules_deny_what_they_say() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let files = DirSource::new(root).read().unwrap().files;
    assert!(files.len() >= 4);
    let policies = Policies::compile(&files).unwrap_or_else(|e| panic!("{e:#?}"));
    let topic = |name: &str, labels: &str, spec: &str| {
        let line = format!(
            "metadata: {{name: {name}, labels: {{{labels}}}}} | spec: {{partitions: 3, {spec}}}"
        );
        policies
            .review(&cluster(&line))
            .into_iter()
            .map(|f| f.message)
            .collect::<Vec<_>>()
    };
    let safe = "replicationFactor: 3, config: {min.insync.replicas: 2, retention.ms: 7d}";
    assert_eq!(topic("app.user-events", "", safe), Vec::<String>::new());
    for (name, labels, spec, want) in [
        ("App_Events", "", safe, "is no name of ours"),
        ("a", "", "replicationFactor: 2", "at least 3"),
        (
            "a",
            "",
            "replicationFactor: 3, config: {min.insync.replicas: 3}",
            "must be smaller",
        ),
        (
            "a",
            "",
            "replicationFactor: 3, config: {retention.ms: 91d}",
            "more than 90 days",
        ),
        (
            "a",
            "",
            "replicationFactor: 3, config: {retention.ms: -1}",
            "more than 90 days",
        ),
    ] {
        let told = topic(name, labels, spec);
        assert!(
            told.len() == 1 && told[0].contains(want),
            "{name} {spec}: {told:?}"
        );
    }
    let dev = "replicationFactor: 1, config: {min.insync.replicas: 1}";
    assert_eq!(topic("a", "tier: dev", dev), Vec::<String>::new());
    let long = "replicationFactor: 3, config: {retention.ms: 400d}";
    assert_eq!(
        topic("a", "compliance: \"yes\"", long),
        Vec::<String>::new()
    );
}

#[test]
fn the_example_rules_deny_access_that_nobody_should_get_by_a_slip() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/policies");
    let files = DirSource::new(root).read().unwrap().files;
    let policies = Policies::compile(&files).unwrap_or_else(|e| panic!("{e:#?}"));
    let told = |spec: &str| {
        let text = format!(
            "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: dev}}\n---\n\
             apiVersion: headgate.dev/v1\nkind: Acl\nmetadata: {{name: a}}\nspec: {spec}\n"
        );
        let loaded = desired::load(&[rego("desired-state/dev/all.yaml", &text)]);
        assert_eq!(loaded.findings, []);
        let told = policies.review(&loaded.desired.clusters["dev"]);
        told.into_iter().map(|f| f.message).collect::<String>()
    };
    let rule = |principal: &str, rest: &str| {
        told(&format!(
            "{{principal: {principal}, acls: [{{resource: {{type: topic, name: {rest}}}]}}"
        ))
    };
    assert!(rule("User:*", "t}, operations: [Read]").contains("to everybody"));
    assert!(rule("User:a", "'*'}, operations: [Write]").contains("to everything"));
    assert_eq!(
        rule("User:*", "t}, operations: [Delete], permission: deny"),
        ""
    );
    assert_eq!(rule("User:a", "'*'}, operations: [Read]"), "");
}

#[test]
fn the_example_platform_keeps_the_example_rules() {
    let tree = DirSource::new(env!("CARGO_MANIFEST_DIR")).read().unwrap();
    let policies = Policies::compile(&tree.policies).unwrap();
    let loaded = desired::load(&tree.files);
    assert!(loaded.desired.clusters.len() >= 4);
    for cluster in loaded.desired.clusters.values() {
        let told: Vec<String> = policies
            .review(cluster)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert!(told.is_empty(), "{told:#?}");
    }
}

/// Says everything that a rule is shown, one object a message.
const MIRROR: &str = "package headgate\ndeny contains json.marshal(object.remove(input, [\"cluster\"])) if input.kind != \"Topic\"";

#[test]
fn a_rule_sees_objects_of_every_kind() {
    let text = "\
apiVersion: headgate.dev/v1
kind: Cluster
metadata: {name: dev}
---
apiVersion: headgate.dev/v1
kind: User
metadata: {name: a, labels: {team: x}}
spec:
  scram: {mechanism: SCRAM-SHA-512, passwordFrom: {secret: canary}, verify: false}
  acls: [{resource: {type: topic, name: t}, operations: [Read], host: 10.0.0.1}]
  quotas: {producerByteRate: 1MiB}
---
apiVersion: headgate.dev/v1
kind: Quota
metadata: {name: q}
spec: {user: a, clientId: <default>, consumerByteRate: 1MiB}
---
apiVersion: headgate.dev/v1
kind: BrokerConfig
metadata: {name: 1}
spec: {config: {ssl.keystore.password: {secret: canary}, log.roll.ms: null}}
---
apiVersion: headgate.dev/v1
kind: ConsumerGroup
metadata: {name: g}
spec: {maxLag: 5, maxLagTime: 1m, offsets: {resetTo: earliest}}
";
    let loaded = desired::load(&[rego("desired-state/dev/all.yaml", text)]);
    assert_eq!(loaded.findings, []);
    let cluster = &loaded.desired.clusters["dev"];
    let told: Vec<String> = compile(MIRROR)
        .review(cluster)
        .into_iter()
        .map(|f| f.message)
        .collect();
    let want = [
        r#"policy denies Acl User:a allow Read topic:literal:t from 10.0.0.1: {"kind":"Acl","labels":{},"name":"User:a allow Read topic:literal:t from 10.0.0.1","spec":{"host":"10.0.0.1","operation":"Read","permission":"allow","principal":"User:a","resource":{"name":"t","pattern":"literal","type":"topic"}}}"#,
        r#"policy denies User a: {"kind":"User","labels":{"team":"x"},"name":"a","spec":{"scram":[{"iterations":null,"mechanism":"SCRAM-SHA-512"}],"verify":false}}"#,
        r#"policy denies Quota user=a: {"kind":"Quota","labels":{"team":"x"},"name":"user=a","spec":{"config":{"producer_byte_rate":"1048576"},"user":"a"}}"#,
        r#"policy denies Quota user=a,client-id=<default>: {"kind":"Quota","labels":{},"name":"user=a,client-id=<default>","spec":{"clientId":"<default>","config":{"consumer_byte_rate":"1048576"},"user":"a"}}"#,
        r#"policy denies BrokerConfig 1: {"kind":"BrokerConfig","labels":{},"name":"1","spec":{"config":{"log.roll.ms":null,"ssl.keystore.password":"(hidden)"}}}"#,
        r#"policy denies ConsumerGroup g: {"kind":"ConsumerGroup","labels":{},"name":"g","spec":{"maxLag":5,"maxLagTime":60000,"mustExist":false,"resetTo":"earliest"}}"#,
    ];
    assert_eq!(told, want);
}

#[test]
fn a_rule_sees_where_a_topic_is_pinned() {
    let policies = compile(
        "package headgate\ndeny contains msg if {\n  input.spec.placement.brokers[_] == 7\n  msg := \"broker 7 is for others\"\n}",
    );
    let pinned = "metadata: {name: pinned} | spec: {partitions: 1, replicationFactor: 1, placement: {brokers: [7]}}";
    assert_eq!(policies.review(&cluster(pinned)).len(), 1);
    assert!(policies.review(&cluster(ORDERS)).is_empty());
}
