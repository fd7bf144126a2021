//! Packages of PyPI: S3's double, and a Java newer than the machine's.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::LabError;
use super::cache::{cache_dir, made_once};
use super::run::run;

/// Returns the cache's directory with these packages and what they need, installing them if they never were.
pub(super) async fn installed(name: &str, packages: &[&str]) -> Result<PathBuf, LabError> {
    let path = cache_dir()?.join(name);
    made_once(&path, |path| install(path, packages)).await?;
    Ok(path)
}

async fn install(path: PathBuf, packages: &[&str]) -> Result<(), LabError> {
    tracing::info!(?packages, "fetching from PyPI");
    let mut pip = Command::new("python3");
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
    ])
    .args(["--root-user-action=ignore", "--target"])
    .arg(&path)
    .args(packages);
    let ran = run("pip", pip, Stdio::null()).await;
    ran.map(|_| ()).map_err(|error| match error {
        LabError::Failed { log, .. } if log.contains("No module named pip") => LabError::Missing {
            program: "pip",
            package: "python3-pip",
        },
        other => other,
    })
}
