//! Golden files: what a test sees is compared with a file that is part of the repository. `UPDATE_GOLDEN=1` rewrites it.

use std::path::{Path, PathBuf};

/// Names a file of the repository.
pub(crate) fn path(below_root: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below_root)
}

/// Holds `seen` against the golden file; a difference is shown line by line.
#[expect(
    clippy::disallowed_methods,
    reason = "tests read and write their own files"
)]
pub(crate) fn hold(file: &Path, seen: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, seen).expect("a golden file can be written");
        return;
    }
    let golden = std::fs::read_to_string(file).unwrap_or_default();
    if golden != seen {
        let diff = similar::TextDiff::from_lines(golden.as_str(), seen);
        panic!(
            "{} differs; if it should, UPDATE_GOLDEN=1 rewrites it\n{}",
            file.display(),
            diff.unified_diff().header("golden", "seen")
        );
    }
}
