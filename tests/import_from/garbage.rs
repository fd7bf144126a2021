//! Bad input: it is told, and nothing panics or hangs.

use headgate::{
    import::{Tool, import_from},
    model::SourceFile,
};
use proptest::prelude::*;

use super::cases::cases;

fn run(tool: Tool, text: &[u8]) -> Vec<String> {
    let file = SourceFile {
        path: "input.yaml".into(),
        bytes: text.to_vec(),
    };
    let beside = |_: &str, _: &str| Err("there is no such file".to_owned());
    import_from(tool, None, &[file], &beside).report().collect()
}

/// Each of these lines is told, or at least begins so.
fn assert_told(told: &[String], lines: &[&str]) {
    for line in lines {
        assert!(
            told.iter().any(|told| told.starts_with(line)),
            "{line}: {told:#?}"
        );
    }
}

#[test]
fn a_sample_that_is_cut_anywhere_is_no_panic() {
    for case in cases() {
        for file in &case.files {
            for end in (0..file.bytes.len()).step_by(31) {
                run(case.tool, &file.bytes[..end]);
            }
        }
    }
}

/// Values that fit few fields.
const VALUES: [&str; 7] = [
    "[[]]",
    "{a: {b: c}}",
    "-1",
    "\"\"",
    "99999999999999999999",
    "*",
    "[a, {b: [1]}]",
];

/// A value of a type that nobody expects, in the place of each word of a sample.
#[test]
fn a_value_of_another_type_is_no_panic() {
    for case in cases() {
        for file in &case.files {
            let text = std::str::from_utf8(&file.bytes).unwrap();
            let places = text.match_indices(": ").step_by(2);
            for ((at, _), value) in places.zip(VALUES.iter().cycle()) {
                let rest = text[at..].split_once('\n').map_or("", |(_, rest)| rest);
                let changed = format!("{}: {value}\n{rest}", &text[..at]);
                run(case.tool, changed.as_bytes());
            }
        }
    }
}

#[test]
fn what_is_no_document_is_told() {
    for (text, told) in [
        (&b"\xff\xfe"[..], "this is not UTF-8 text"),
        (b"a: {b", "this is not YAML"),
        (b"just words", "expected fields"),
        (b"- 1\n- 2\n", "expected fields"),
        (b"kind: {{ name }}\n", "jikkou prepare"),
        (b"kind: Mystery\nspec: {}\n", "Mystery"),
        (b"spec: {}\n", "without a `kind`"),
    ] {
        let lines = run(Tool::Jikkou, text);
        assert!(
            lines.iter().any(|line| line.contains(told)),
            "{told}: {lines:#?}"
        );
    }
}

/// What the brokers chose when a topic was made, no default may choose for it.
#[test]
fn a_topic_without_partitions_gets_none_from_another() {
    let text = "
kind: KafkaTopic
metadata: {name: a}
spec: {partitions: 6, replicas: 3}
---
kind: KafkaTopic
metadata: {name: b}
spec: {replicas: 3}
---
kind: KafkaTopic
metadata: {name: c}
spec: {partitions: 6, replicas: 3}
";
    let file = SourceFile {
        path: "topics.yaml".into(),
        bytes: text.into(),
    };
    let beside = |_: &str, _: &str| Err(String::new());
    let moved = import_from(Tool::Jikkou, None, &[file], &beside);
    let (_, cluster) = &moved.files[0];
    assert!(cluster.contains("replicationFactor: 3"), "{cluster}");
    assert!(!cluster.contains("partitions"), "{cluster}");
    assert!(!moved.is_valid, "topic b says no number of partitions");
    let told: Vec<String> = moved.report().collect();
    let lines = [
        "note: topics.yaml:6:1: topic b: nothing says its `partitions`",
        "left out: topics/other.yaml:9:18: in what was written: topic b does not say its `partitions`",
        "note: the cluster is called `kafka`",
    ];
    assert_told(&told, &lines);
}

/// A connector's file that is broken, as its line says with a password in it: it is told where it is broken, and where it
/// is named.
#[test]
fn a_broken_file_beside_a_document_is_told_and_its_line_is_not_shown() {
    let topology = "
context: acme
projects:
  - name: shop
    connectors: {artefacts: [{path: ../sinks/a.json, server: main, name: a}, {path: b.json, name: b}]}
";
    let file = SourceFile {
        path: "julie/topology.yaml".into(),
        bytes: topology.into(),
    };
    let beside = |_: &str, path: &str| {
        Ok(match path {
            "b.json" => Vec::new(),
            _ => b"{\"a\": 1,\n \"password\": \"hunter2\" \"x\"}".to_vec(),
        })
    };
    let moved = import_from(Tool::Julie, None, &[file], &beside);
    assert!(moved.is_cut);
    let told: Vec<String> = moved.report().collect();
    assert!(!told.join("\n").contains("hunter2"), "{told:#?}");
    let lines = [
        "left out: sinks/a.json:2:24: this is not YAML",
        "left out: julie/topology.yaml:5:30: connector a was left out: its file holds no config",
        "left out: julie/topology.yaml:5:78: connector b was left out: its file holds no config",
    ];
    assert_told(&told, &lines);
}

/// What Kafka 3.6 to 4.3 does not know is written all the same.
#[test]
fn a_config_that_no_table_has_is_written_and_noted() {
    let text = "kind: KafkaTopic\nmetadata: {name: a}\nspec: {partitions: 1, replicas: 1, configs: {a.b: c}}\n";
    let lines = run(Tool::Jikkou, text.as_bytes());
    let told = "note: topics/other.yaml:8:5: in what was written: no topic config of Kafka";
    assert_told(&lines, &[told]);
}

/// The same object twice, a whole document that is cut, and a name that Kafka does not take.
#[test]
fn what_cannot_stand_in_a_document_is_told_once() {
    let topic = "kind: KafkaTopic\nmetadata: {name: a}\nspec: {partitions: 1, replicas: 1}\n";
    let twice = run(Tool::Jikkou, format!("{topic}---\n{topic}").as_bytes());
    assert!(
        twice
            .iter()
            .any(|line| line.contains("declared a second time, first at input.yaml:1:1"))
    );
    let bad = topic.replace("name: a", "name: a b");
    assert!(
        run(Tool::Jikkou, bad.as_bytes())
            .iter()
            .any(|line| line.contains("topic left out"))
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_told(text in "[a-z{}\\[\\]:,*&!|>'\"#\\- \n]{0,200}") {
        for tool in [Tool::Jikkou, Tool::KafkaGitops] {
            run(tool, text.as_bytes());
        }
    }
}
