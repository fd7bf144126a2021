//! Wrong inputs and what is said about them. A case is a file or a folder in `tests/desired/cases`; beside it stands
//! `NAME.txt` with the findings. A single file without a Cluster is read below one that leaves nothing open.

use std::{collections::BTreeSet, ffi::OsStr, path::Path};

use headgate::{desired, model::SourceFile};

use super::tree;
use crate::support::golden;

#[test]
fn every_mistake_is_told_as_it_always_was() {
    let folder = golden::path("tests/desired/cases");
    let mut cases = BTreeSet::new();
    let mut told = BTreeSet::new();
    for entry in std::fs::read_dir(&folder).expect("the cases are there") {
        let path = entry.expect("the folder can be read").path();
        let name = path.file_stem().expect("it has a name").to_owned();
        match path.extension().and_then(OsStr::to_str) {
            Some("txt") => told.insert(name),
            _ => cases.insert((name, path)),
        };
    }
    assert!(cases.len() >= 40, "only {} cases were found", cases.len());
    for (name, path) in &cases {
        told.remove(name);
        let loaded = desired::load(&files(path));
        golden::hold(
            &folder.join(name).with_extension("txt"),
            &tree::told(&loaded),
        );
    }
    assert!(told.is_empty(), "golden files without a case: {told:?}");
}

#[expect(clippy::disallowed_methods, reason = "tests read their own files")]
fn files(case: &Path) -> Vec<SourceFile> {
    if case.is_dir() {
        return tree::read(case);
    }
    let text = std::fs::read(case).expect("the case can be read");
    let name = case.file_name().expect("it has a name").to_string_lossy();
    let has_cluster = String::from_utf8_lossy(&text).contains("Cluster");
    let mut files = vec![tree::file(&format!("c/{name}"), text)];
    if !has_cluster {
        files.push(tree::file("c/cluster.yaml", tree::CLUSTER));
    }
    files
}
