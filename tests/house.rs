//! The house holds: ranks, purity, one folder a foreign crate, a head on every file, nothing too long or forgotten.

#![expect(
    clippy::disallowed_methods,
    reason = "tests read the sources they judge"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use syn::visit::Visit;

/// Modules and their ranks: each may import lower ranks only (ARCHITECTURE.md, "The house").
const RANKS: &[(&str, u8)] = &[
    ("model", 0),
    ("desired", 1),
    ("live", 1),
    ("config", 2),
    ("policy", 2),
    ("plan", 3),
    ("import", 4),
    ("report", 4),
    ("board", 5),
    ("lockfile", 5),
    ("ports", 5),
    ("secrets", 5),
    ("tls", 5),
    ("apply", 6),
    ("kafka", 6),
    ("lab", 6),
    ("ledger", 6),
    ("metrics", 6),
    ("rest", 6),
    ("sandbox", 6),
    ("source", 6),
    ("connect", 7),
    ("http", 7),
    ("registry", 7),
    ("daemon", 8),
    ("cli", 9),
];

/// Ranks up to this one are pure.
const PURE: u8 = 4;

/// Foreign crates and the modules that may name them. Those that are vocabulary rather than a library stand in
/// `EVERYWHERE`.
const HOMES: &[(&str, &[&str])] = &[
    ("anstream", &["cli"]),
    ("anstyle", &["cli", "plan"]),
    ("arc_swap", &["board"]),
    ("axum", &["http", "lab"]),
    ("base64", &["http", "kafka", "lab", "rest", "source"]),
    ("clap", &["cli"]),
    ("git2", &["source"]),
    ("hmac", &["kafka", "secrets"]),
    ("indicatif", &["cli"]),
    ("kafka_protocol", &["kafka"]),
    ("notify", &["source"]),
    ("pbkdf2", &["kafka"]),
    ("prometheus", &["metrics"]),
    (
        "rand",
        &["connect", "daemon", "kafka", "lab", "ledger", "sandbox"],
    ),
    ("rcgen", &["lab"]),
    ("regorus", &["policy"]),
    ("reqwest", &["cli", "rest"]),
    ("rusqlite", &["ledger"]),
    ("rustls", &["kafka", "tls"]),
    ("schemars", &["desired"]),
    ("sd_notify", &["daemon"]),
    ("serde_saphyr", &["desired"]),
    ("sha2", &["desired", "kafka", "plan", "secrets", "source"]),
    ("similar", &["plan"]),
    ("strsim", &["desired", "plan"]),
    ("tempfile", &["cli", "daemon", "lab"]),
    ("tokio_rustls", &["kafka"]),
    ("tracing_subscriber", &["cli"]),
    ("utoipa", &["http", "report"]),
    ("uuid", &["kafka", "lab"]),
];

/// What a pure module may not name.
const IMPURE: &[&str] = &[
    "tokio",
    "tracing",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "Instant::now",
    "SystemTime::now",
    "Timestamp::now",
];

#[test]
fn modules_import_lower_ranks_only() {
    let ranks: BTreeMap<&str, u8> = RANKS.iter().copied().collect();
    let mut breaches = Vec::new();
    for source in sources() {
        let Some(&rank) = ranks.get(source.module.as_str()) else {
            assert!(
                matches!(source.module.as_str(), "lib" | "main"),
                "{} has no rank",
                source.module
            );
            continue;
        };
        for path in &source.paths {
            let Some(target) = path
                .strip_prefix("crate::")
                .and_then(|p| p.split("::").next())
            else {
                continue;
            };
            let reached = ranks.get(target).copied();
            if target != source.module && reached.is_some_and(|reached| reached >= rank) {
                breaches.push(format!(
                    "{}: {} (rank {rank}) imports {path}",
                    source.file.display(),
                    source.module
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn the_lower_ranks_are_pure() {
    let ranks: BTreeMap<&str, u8> = RANKS.iter().copied().collect();
    let mut breaches = Vec::new();
    for source in sources() {
        if ranks
            .get(source.module.as_str())
            .is_none_or(|rank| *rank > PURE)
        {
            continue;
        }
        for path in &source.paths {
            if IMPURE
                .iter()
                .any(|bad| path == bad || path.starts_with(&format!("{bad}::")))
            {
                breaches.push(format!("{}: {path}", source.file.display()));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn each_foreign_crate_lives_in_one_folder() {
    let mut breaches = Vec::new();
    for source in sources() {
        for path in &source.paths {
            let first = path.split("::").next().unwrap_or_default();
            if let Some((_, homes)) = HOMES.iter().find(|(name, _)| *name == first)
                && !homes.contains(&source.module.as_str())
            {
                breaches.push(format!(
                    "{}: {first} belongs to {homes:?}",
                    source.file.display()
                ));
            }
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_file_says_what_it_is_and_stays_short() {
    let mut breaches = Vec::new();
    for file in rust_files(Path::new("src"))
        .into_iter()
        .chain(rust_files(Path::new("tests")))
    {
        let text = fs::read_to_string(&file).expect("the file was just listed");
        if !text.starts_with("//!") {
            breaches.push(format!("{} does not begin with //!", file.display()));
        }
        let lines = text.lines().count();
        if lines > 400 {
            breaches.push(format!(
                "{} has {lines} lines; split it by noun at 400",
                file.display()
            ));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn no_test_file_is_forgotten() {
    let mut breaches = Vec::new();
    for file in rust_files(Path::new("tests")) {
        if file.ends_with("tests/main.rs") || file.starts_with("tests/bench") {
            continue;
        }
        let name = file
            .file_stem()
            .and_then(|s| s.to_str())
            .expect("file names here are text");
        let folder = file.parent().expect("a listed file has a folder");
        let module = match name == "mod" {
            true => folder
                .file_name()
                .and_then(|s| s.to_str())
                .expect("folder names here are text"),
            false => name,
        };
        let parent = match name == "mod" {
            true => folder.parent().expect("tests has a parent"),
            false => folder,
        };
        let parents = [
            parent.join("main.rs"),
            parent.join("mod.rs"),
            parent.with_extension("rs"),
        ];
        let declared = format!("mod {module};");
        if !parents
            .iter()
            .any(|p| fs::read_to_string(p).is_ok_and(|t| t.contains(&declared)))
        {
            breaches.push(format!(
                "{} is declared nowhere, so it never runs",
                file.display()
            ));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest = fs::read_to_string("Cargo.toml").expect("tests run in the package's root");
    let reasons = fs::read_to_string("ARCHITECTURE.md").expect("tests run in the package's root");
    let mut section = "";
    let mut missing = BTreeSet::new();
    for line in manifest.lines() {
        if line.starts_with('[') {
            section = line;
        } else if matches!(section, "[dependencies]" | "[dev-dependencies]")
            && let Some((name, _)) = line.split_once(" =")
            && !reasons.contains(&format!("`{name}`"))
        {
            missing.insert(name.to_owned());
        }
    }
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md does not say why these are used: {missing:?}"
    );
}

/// A file of the library, and every path that its code outside of tests names.
struct SourceFile {
    file: PathBuf,
    module: String,
    paths: BTreeSet<String>,
}

fn sources() -> Vec<SourceFile> {
    rust_files(Path::new("src"))
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("the file was just listed");
            let parsed =
                syn::parse_file(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            let mut paths = Paths::default();
            paths.visit_file(&parsed);
            let below = file.strip_prefix("src").expect("listed below src");
            let first = below.components().next().expect("a file has a name");
            let module = first
                .as_os_str()
                .to_string_lossy()
                .trim_end_matches(".rs")
                .to_owned();
            SourceFile {
                file,
                module,
                paths: paths.0,
            }
        })
        .collect()
}

#[derive(Default)]
struct Paths(BTreeSet<String>);

impl<'ast> Visit<'ast> for Paths {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let is_test = item.attrs.iter().any(|a| {
            a.path().is_ident("cfg")
                && matches!(&a.meta, syn::Meta::List(l) if l.tokens.to_string() == "test")
        });
        if !is_test {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        flatten(&item.tree, String::new(), &mut self.0);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|s| s.ident.to_string()).collect();
        if segments.len() > 1 {
            self.0.insert(segments.join("::"));
        }
        syn::visit::visit_path(self, path);
    }
}

fn flatten(tree: &syn::UseTree, prefix: String, into: &mut BTreeSet<String>) {
    let join = |name: &syn::Ident| match prefix.is_empty() {
        true => name.to_string(),
        false => format!("{prefix}::{name}"),
    };
    match tree {
        syn::UseTree::Path(path) => flatten(&path.tree, join(&path.ident), into),
        syn::UseTree::Name(name) => drop(into.insert(join(&name.ident))),
        syn::UseTree::Rename(rename) => drop(into.insert(join(&rename.ident))),
        syn::UseTree::Glob(_) => drop(into.insert(prefix)),
        syn::UseTree::Group(group) => {
            for item in &group.items {
                flatten(item, prefix.clone(), into);
            }
        }
    }
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is part of the package") {
        let path = entry.expect("a listed entry can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}
