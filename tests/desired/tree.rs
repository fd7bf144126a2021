//! Source files as tests make and find them.

use std::path::Path;

use headgate::{
    desired::{self, DesiredCluster, DesiredValue, Loaded},
    model::{ConfigKey, SourceFile},
};

/// A cluster with nothing left open, for cases that are about something else.
pub(super) const CLUSTER: &str = "\
apiVersion: headgate.dev/v1
kind: Cluster
metadata: {name: c}
spec:
  defaults: {topic: {partitions: 3, replicationFactor: 3}}
";

/// Makes a file.
pub(super) fn file(path: &str, text: impl AsRef<[u8]>) -> SourceFile {
    SourceFile {
        path: path.to_owned(),
        bytes: text.as_ref().to_vec(),
    }
}

/// Makes the files of a cluster whose topics are `text`.
pub(super) fn below_cluster(text: &str) -> Vec<SourceFile> {
    vec![file("c/cluster.yaml", CLUSTER), file("c/topics.yaml", text)]
}

/// Makes a topic document whose spec is given in flow style, as `{partitions: 1}`.
pub(super) fn topic(name: &str, spec: &str) -> String {
    of_kind("Topic", name, spec)
}

/// Makes a document of a kind.
pub(super) fn of_kind(kind: &str, name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: headgate.dev/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n"
    )
}

/// Reads files in which nothing is wrong and one cluster is declared.
pub(super) fn right(files: &[SourceFile]) -> DesiredCluster {
    let loaded = desired::load(files);
    assert_eq!(told(&loaded), "");
    let mut clusters = loaded.desired.clusters.into_values();
    let cluster = clusters.next().expect("a cluster is declared");
    assert_eq!(clusters.next(), None);
    cluster.as_ref().clone()
}

/// Writes configs as `key=value`, and `key` alone for one that is left alone.
pub(super) fn configs(config: &[(ConfigKey, DesiredValue)]) -> Vec<String> {
    config
        .iter()
        .map(|(key, value)| match value {
            DesiredValue::Set(text) => format!("{key}={text}"),
            DesiredValue::Secret(secret) => format!("{key}=(secret {secret})"),
            DesiredValue::LeaveAlone => key.to_string(),
        })
        .collect()
}

/// Reads the files of a folder, named by their path below it.
#[expect(clippy::disallowed_methods, reason = "tests read their own files")]
pub(super) fn read(folder: &Path) -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(&next).expect("the folder is there") {
            let path = entry.expect("the folder can be read").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path.strip_prefix(folder).expect("it was found there");
            let bytes = std::fs::read(&path).expect("the file can be read");
            files.push(file(&name.to_string_lossy(), bytes));
        }
    }
    files
}

/// Writes findings as a person sees them.
pub(super) fn told(loaded: &Loaded) -> String {
    let lines = loaded.findings.iter().map(|f| {
        let severity = format!("{:?}", f.severity).to_lowercase();
        format!("{severity}: {f}\n")
    });
    lines.collect()
}
