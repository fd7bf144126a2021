//! `docs/moving-in.md` says what is so: its commands are run, each on the sample of its tool.

#![expect(
    clippy::disallowed_methods,
    reason = "a document is read, and a sample is copied"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use super::cases::cases;

fn run(command: &str, folder: &Path) -> Output {
    let mut words = command.split(' ');
    assert_eq!(words.next(), Some("headgate"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_headgate"));
    command.args(words).current_dir(folder).output().unwrap()
}

/// Copies a sample with everything that lies beside it.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        match path.is_dir() {
            true => copy(&path, &to),
            false => drop(fs::copy(&path, &to).unwrap()),
        }
    }
}

#[test]
fn the_commands_do_what_the_document_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/moving-in.md")).unwrap();
    let commands: Vec<&str> = document
        .lines()
        .filter(|line| line.starts_with("headgate import --from "))
        .collect();
    let mut tools: Vec<String> = Vec::new();
    for case in cases() {
        let tool = case.folder.parent().unwrap().file_name().unwrap();
        let tool = tool.to_str().unwrap().to_owned();
        let begin = format!("headgate import --from {tool} ");
        let command = commands.iter().find(|command| command.starts_with(&begin));
        let command = command.unwrap_or_else(|| panic!("nothing says how to come from {tool}"));
        let here = tempfile::tempdir().unwrap();
        copy(&case.folder.join("input"), &here.path().join("platform"));
        let done = run(command, here.path());
        let told = String::from_utf8_lossy(&done.stdout);
        assert!(
            done.status.success(),
            "{tool}: {told}{}",
            String::from_utf8_lossy(&done.stderr)
        );
        assert!(
            here.path().join("desired-state/prod/cluster.yaml").exists(),
            "{told}"
        );
        assert!(!told.contains("hunter2"), "{told}");
        // what was written is not written over
        assert_eq!(run(command, here.path()).status.code(), Some(1));
        tools.push(tool);
    }
    tools.dedup();
    assert_eq!(
        tools.len(),
        commands.len(),
        "each tool has a command and a sample"
    );
}

/// What a report looks like is shown by lines of real ones.
#[test]
fn the_lines_of_a_report_in_the_document_are_real() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/moving-in.md")).unwrap();
    let told: Vec<String> = cases()
        .iter()
        .flat_map(|case| case.run().report().collect::<Vec<_>>())
        .collect();
    let shown = document
        .lines()
        .filter(|line| line.starts_with("note: ") || line.starts_with("left out: "));
    let shown: Vec<&str> = shown.collect();
    assert_eq!(shown.len(), 2);
    for line in shown {
        assert!(told.iter().any(|told| told == line), "{line}");
    }
}
