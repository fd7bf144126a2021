//! The golden cases.

#![expect(
    clippy::disallowed_methods,
    reason = "cases are files, and a variable says that they are written anew"
)]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use headgate::{
    desired,
    import::{Moved, Tool, import_from},
    model::{ClusterName, SourceFile},
};
use similar::TextDiff;

/// The tools, and the folders of their cases.
const TOOLS: &[(&str, Tool)] = &[
    ("jikkou", Tool::Jikkou),
    ("topicctl", Tool::Topicctl),
    ("strimzi", Tool::Strimzi),
    ("kafka-gitops", Tool::KafkaGitops),
    ("julie", Tool::Julie),
    ("terraform", Tool::Terraform),
];

/// One folder.
pub(super) struct Case {
    pub(super) tool: Tool,
    pub(super) folder: PathBuf,
    pub(super) files: Vec<SourceFile>,
}

impl Case {
    pub(super) fn name(&self) -> String {
        self.folder.display().to_string()
    }

    pub(super) fn run(&self) -> Moved {
        self.run_with(&self.files)
    }

    /// Imports files as if they stood in this case's folder.
    pub(super) fn run_with(&self, files: &[SourceFile]) -> Moved {
        let name = ClusterName::new("prod").unwrap();
        let beside = |file: &str, path: &str| {
            let folder = self.folder.join("input").join(file);
            fs::read(folder.parent().unwrap().join(path)).map_err(|e| e.kind().to_string())
        };
        import_from(self.tool, Some(&name), files, &beside)
    }
}

/// Reads all cases.
pub(super) fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/from");
    let mut cases = Vec::new();
    for (folder, tool) in TOOLS {
        let mut folders = Vec::new();
        for entry in fs::read_dir(root.join(folder)).expect("each tool has cases") {
            folders.push(entry.unwrap().path());
        }
        folders.sort();
        cases.extend(folders.into_iter().map(|folder| Case {
            tool: *tool,
            files: inputs(&folder.join("input"), *tool),
            folder,
        }));
    }
    cases
}

/// Reads what a folder is read for.
fn inputs(folder: &Path, tool: Tool) -> Vec<SourceFile> {
    let read = |path: &str| {
        path.rsplit('.')
            .next()
            .is_some_and(|ending| tool.reads(ending))
    };
    let files = tree(folder).into_iter().filter(|(path, _)| read(path));
    let files = files.map(|(path, text)| SourceFile {
        path,
        bytes: text.into_bytes(),
    });
    files.collect()
}

/// Reads all files below a folder by path.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for path in entries.map(|entry| entry.unwrap().path()) {
            match path.is_dir() {
                true => folders.push(path),
                false => {
                    let below = path.strip_prefix(folder).unwrap().display().to_string();
                    files.insert(below, fs::read_to_string(&path).unwrap());
                }
            }
        }
    }
    files
}

#[test]
fn every_case_becomes_what_it_says() {
    let mut broken = String::new();
    for case in cases() {
        let moved = case.run();
        let mut report: String = moved.report().map(|line| line + "\n").collect();
        for secret in &moved.secrets {
            report.push_str(&format!("secret: {secret}\n"));
        }
        compare(&case.folder.join("report.txt"), &report, &mut broken);
        let folder = case.folder.join("documents");
        let files: BTreeMap<String, String> = moved.files.into_iter().collect();
        for old in tree(&folder)
            .into_keys()
            .filter(|old| !files.contains_key(old))
        {
            match updates() {
                true => fs::remove_file(folder.join(&old)).unwrap(),
                false => broken.push_str(&format!("{}: {old} is not written\n", case.name())),
            }
        }
        for (path, text) in &files {
            compare(&folder.join(path), text, &mut broken);
        }
    }
    assert!(
        broken.is_empty(),
        "{broken}\nUPDATE_GOLDEN=1 writes the files anew"
    );
}

fn updates() -> bool {
    std::env::var("UPDATE_GOLDEN").is_ok()
}

fn compare(path: &Path, got: &str, broken: &mut String) {
    let want = fs::read_to_string(path).unwrap_or_default();
    if want == got {
        return;
    }
    if updates() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::write(path, got).unwrap();
    }
    let diff = TextDiff::from_lines(want.as_str(), got);
    let title = path.display().to_string();
    broken.push_str(&diff.unified_diff().header(&title, "imported").to_string());
}

#[test]
fn what_was_written_loads_without_a_finding() {
    for case in cases() {
        let moved = case.run();
        let files = moved.files.iter();
        let files: Vec<SourceFile> = files
            .map(|(path, text)| SourceFile {
                path: path.clone(),
                bytes: text.clone().into_bytes(),
            })
            .collect();
        let loaded = desired::load(&files);
        assert!(
            loaded.findings.is_empty(),
            "{}: {:#?}",
            case.name(),
            loaded.findings
        );
        assert_eq!(loaded.desired.clusters.len(), 1);
        assert!(moved.is_valid, "{}", case.name());
    }
}

/// Every sample that stands for a secret says `hunter2` in it.
#[test]
fn no_secret_is_written_or_told() {
    let mut seen = 0;
    for case in cases() {
        let moved = case.run();
        let texts = case.files.iter().map(|f| String::from_utf8_lossy(&f.bytes));
        seen += texts.filter(|text| text.contains("hunter2")).count();
        for (path, text) in &moved.files {
            assert!(!text.contains("hunter2"), "{}: {path}\n{text}", case.name());
        }
        for line in moved.report() {
            assert!(!line.contains("hunter2"), "{}: {line}", case.name());
        }
    }
    assert!(seen >= TOOLS.len(), "every tool has a sample with a secret");
}
