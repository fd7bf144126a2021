//! The desired state that is measured: a cluster and its topics, a hundred to a file, as people write them.

use std::fmt::Write as _;

use compact_str::CompactString;
use headgate::{
    model::{ConfigKey, SourceFile, TopicName},
    ports::NewTopic,
};

use crate::Failure;

/// The cluster's name in git, and in `headgate.yaml`.
pub(crate) const CLUSTER: &str = "bench";

/// Topics in one file: 10,000 stand in 100 files.
const A_FILE: usize = 100;

/// Partitions of a topic.
pub(crate) const PARTITIONS: u32 = 3;

/// The keys of every topic, as git spells them and as Kafka does.
const CONFIG: [(&str, &str, &str); 3] = [
    ("cleanup.policy", "delete", "delete"),
    ("max.message.bytes", "2MiB", "2097152"),
    ("retention.ms", "7d", "604800000"),
];

/// Names a topic.
pub(crate) fn name(index: usize) -> String {
    format!("domain-{:02}.events-{index:05}", index % 40)
}

/// Writes the files of `topics` topics, the cluster's own among them.
pub(crate) fn files(topics: usize) -> Vec<(String, String)> {
    let cluster = format!(
        "apiVersion: headgate.dev/v1\nkind: Cluster\nmetadata: {{name: {CLUSTER}}}\nspec:\n  owns:\n    topics: [\"domain-*\"]\n"
    );
    let mut files = vec![(format!("desired-state/{CLUSTER}/cluster.yaml"), cluster)];
    for first in (0..topics).step_by(A_FILE) {
        let last = topics.min(first + A_FILE);
        files.push((path(first), (first..last).map(document).collect()));
    }
    files
}

/// Writes the file in which a topic stands, with all topics up to it.
pub(crate) fn file_up_to(index: usize) -> (String, String) {
    let first = index - index % A_FILE;
    (path(first), (first..=index).map(document).collect())
}

fn path(first: usize) -> String {
    format!("desired-state/{CLUSTER}/topics-{:03}.yaml", first / A_FILE)
}

fn document(index: usize) -> String {
    let mut text = format!(
        "---\napiVersion: headgate.dev/v1\nkind: Topic\nmetadata:\n  name: {}\n  labels: {{domain: domain-{:02}}}\nspec:\n  \
         partitions: {PARTITIONS}\n  replicationFactor: 1\n  config:\n",
        name(index),
        index % 40
    );
    for (key, value, _) in CONFIG {
        writeln!(text, "    {key}: {value}").expect("a String takes any text");
    }
    text
}

/// Returns the files as the source hands them to the parser.
pub(crate) fn source(topics: usize) -> Vec<SourceFile> {
    let file = |(path, text): (String, String)| SourceFile {
        path,
        bytes: text.into_bytes(),
    };
    files(topics).into_iter().map(file).collect()
}

/// Returns the topics as the Kafka plane makes them.
pub(crate) fn new_topics(topics: usize) -> Result<Vec<NewTopic>, Failure> {
    let config: Vec<(ConfigKey, CompactString)> = CONFIG
        .iter()
        .map(|(key, _, value)| (ConfigKey::new(key), CompactString::from(*value)))
        .collect();
    (0..topics)
        .map(|index| {
            Ok(NewTopic {
                name: TopicName::new(&name(index))?,
                partitions: PARTITIONS,
                replication_factor: 1,
                assignment: Vec::new(),
                config: config.clone(),
            })
        })
        .collect()
}
