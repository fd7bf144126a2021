//! Golden cases of the planner, one folder each: git tree + live + ledger -> the plan as text and as JSON.
//!
//! `tree/` holds the files, `live.json` an observation as the program itself serialises it, `ledger.json` what is
//! remembered (optional: an empty ledger), `now` the moment (optional), `policies/` Rego rules (optional). `plan.txt` and
//! `plan.json` are what must come out, `plan.md` as well where it is there. `UPDATE_GOLDEN=1` writes them anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
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
    live::Live,
    model::{
        Begun, ClusterId, CommitId, DriftClass, DriftRecord, Kind, Ledger, ObjectRef, Record,
        SourceFile, UsedConsent,
    },
    plan::{self, Action, ClusterPlan, Plan, render},
    policy::Policies,
};
use jiff::Timestamp;
use similar::TextDiff;

use crate::plan::world;

/// The moment at which cases without a `now` are planned.
const NOW: &str = "2026-06-01T12:00:00Z";

/// The revision that every case stands for.
const REVISION: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

#[test]
fn every_case_plans_what_it_says() {
    let mut broken = String::new();
    for case in cases() {
        let plan = Plan::new(Some(CommitId(REVISION.into())), vec![case.plan()]);
        let json = serde_json::to_string_pretty(&plan).unwrap() + "\n";
        for (file, got) in [
            ("plan.txt", render::text(&plan, render::Style::default())),
            ("plan.json", json),
            ("plan.md", render::markdown(&plan)),
        ] {
            case.compare(file, &got, &mut broken);
        }
    }
    assert!(
        broken.is_empty(),
        "{broken}\nUPDATE_GOLDEN=1 writes the files anew"
    );
}

#[test]
fn what_a_case_plans_is_not_planned_again() {
    for case in cases() {
        let planned = case.plan();
        let mut live = case.live.clone();
        let mut ledger = case.ledger.clone();
        world::perform(&planned, &mut live);
        plan::credit(&mut ledger, &planned, &world::all_done(&planned), &live);
        let again = plan::plan(&case.desired, &live, &ledger, &case.policies, case.now);
        let moved = |a: &Action| {
            let mut before = planned.actions.iter().flat_map(|b| &b.change.moves);
            a.change.moves.iter().any(|m| before.any(|b| b == m))
        };
        // replicas take more than one plan
        assert!(
            again.actions.is_empty() || planned.is_moving() && !again.actions.iter().any(moved),
            "{}: {:#?}",
            case.name(),
            again.actions
        );
    }
}

#[test]
fn there_are_cases_enough() {
    assert!(cases().len() >= 30);
}

/// One folder.
struct Case {
    folder: PathBuf,
    desired: desired::DesiredCluster,
    live: Live,
    ledger: Ledger,
    policies: Policies,
    now: Timestamp,
}

impl Case {
    fn open(folder: PathBuf) -> Self {
        let loaded = desired::load(&tree(&folder.join("tree")));
        assert!(
            loaded.is_valid(),
            "{}: {:#?}",
            folder.display(),
            loaded.findings
        );
        let mut clusters = loaded.desired.clusters.into_values();
        let desired = clusters.next().expect("a case declares a cluster");
        assert!(
            clusters.next().is_none(),
            "{}: two clusters",
            folder.display()
        );
        let live = serde_json::from_str(&text(&folder, "live.json").expect("live.json"));
        let ledger = text(&folder, "ledger.json").map(|json| {
            serde_json::from_str::<Remembered>(&json)
                .expect("ledger.json reads")
                .ledger()
        });
        let mut live: Live = live.unwrap_or_else(|e| panic!("{}/live.json: {e}", folder.display()));
        world::idle(&desired, &mut live);
        let mut ledger = ledger.unwrap_or_default();
        plan::resolve_intents(&mut ledger, &desired, &live);
        let now = text(&folder, "now").unwrap_or_else(|| NOW.into());
        Self {
            live,
            ledger,
            policies: policies(&folder.join("policies")),
            now: now.trim().parse().expect("now is a timestamp"),
            desired: desired.as_ref().clone(),
            folder,
        }
    }

    fn name(&self) -> std::borrow::Cow<'_, str> {
        self.folder
            .file_name()
            .expect("a folder has a name")
            .to_string_lossy()
    }

    fn plan(&self) -> ClusterPlan {
        plan::plan(
            &self.desired,
            &self.live,
            &self.ledger,
            &self.policies,
            self.now,
        )
    }

    /// Compares one file, or writes it. Markdown is compared where a case has it.
    fn compare(&self, file: &str, got: &str, broken: &mut String) {
        let want = text(&self.folder, file);
        if want.as_deref() == Some(got) || (want.is_none() && file == "plan.md") {
            return;
        }
        if update() {
            fs::write(self.folder.join(file), got).unwrap();
            return;
        }
        let want = want.unwrap_or_default();
        let diff = TextDiff::from_lines(want.as_str(), got);
        let title = format!("{}/{file}", self.name());
        broken.push_str(&diff.unified_diff().header(&title, "planned").to_string());
    }
}

/// A ledger as a case writes it down: topics by name.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Remembered {
    cluster_id: Option<ClusterId>,
    converged: Option<CommitId>,
    #[serde(default)]
    records: BTreeMap<String, Record>,
    #[serde(default)]
    drift: BTreeMap<String, (DriftClass, Timestamp)>,
    #[serde(default)]
    consents: Vec<UsedConsent>,
    #[serde(default)]
    begun: Begun,
}

impl Remembered {
    fn ledger(self) -> Ledger {
        let records = self.records.into_iter();
        let drift = self.drift.into_iter();
        Ledger {
            cluster_id: self.cluster_id,
            observed: self
                .converged
                .iter()
                .flat_map(|commit| Kind::ALL.iter().map(|kind| (*kind, commit.clone())))
                .collect(),
            applied: self.converged.clone(),
            converged: self.converged,
            records: records
                .map(|(name, record)| (object(&name), record))
                .collect::<BTreeMap<_, _>>()
                .into(),
            intents: Vec::new(),
            drift: drift
                .map(|(name, (class, since))| ((object(&name), class), DriftRecord { since }))
                .collect(),
            consents: self.consents,
            begun: self.begun,
            quiet: BTreeMap::new(),
        }
    }
}

/// Reads `Acl User:a …` as what it says, and a text that begins with no kind as the name of a topic.
fn object(text: &str) -> ObjectRef {
    let named = text.split_once(' ').and_then(|(kind, name)| {
        let kind = Kind::ALL.iter().find(|k| k.as_str() == kind)?;
        Some(ObjectRef::new(*kind, name))
    });
    named.unwrap_or_else(|| ObjectRef::topic(text))
}

/// All cases. A folder without one is an error: it was forgotten, or lost its files.
fn cases() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut folders: Vec<PathBuf> = entries(&root);
    // other tools' documents: `import_from` reads them
    folders.retain(|folder| !folder.ends_with("from"));
    folders.sort();
    for folder in &folders {
        for needed in ["tree", "live.json"] {
            let path = folder.join(needed);
            assert!(
                path.exists(),
                "{} is missing: finish the case or remove its folder",
                path.display()
            );
        }
    }
    folders.into_iter().map(Case::open).collect()
}

fn policies(folder: &Path) -> Policies {
    match folder.exists() {
        true => Policies::compile(&tree(folder)).expect("the rules of a case compile"),
        false => Policies::default(),
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect()
}

/// Reads the files below a folder, named by their path in it.
fn tree(root: &Path) -> Vec<SourceFile> {
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            match path.is_dir() {
                true => folders.push(path),
                false => files.push(SourceFile {
                    path: path
                        .strip_prefix(root)
                        .unwrap()
                        .to_string_lossy()
                        .into_owned(),
                    bytes: fs::read(&path).unwrap(),
                }),
            }
        }
    }
    files
}

fn text(folder: &Path, file: &str) -> Option<String> {
    fs::read_to_string(folder.join(file)).ok()
}

fn update() -> bool {
    std::env::var_os("UPDATE_GOLDEN").is_some()
}
