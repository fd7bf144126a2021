//! The demo's git repository: a folder that people can look into and commit to while the demo runs.

use std::path::{Path, PathBuf};

use tokio::process::Command;

use crate::cli::failure::Failure;

/// A repository with a work tree.
pub(super) struct Repo {
    pub(super) path: PathBuf,
}

impl Repo {
    pub(super) async fn init(path: PathBuf) -> Result<Self, Failure> {
        tokio::fs::create_dir_all(&path).await?;
        let repo = Self { path };
        repo.git(&["init", "-q", "-b", "main"]).await?;
        Ok(repo)
    }

    /// Writes files and commits them.
    pub(super) async fn commit(
        &self,
        message: &str,
        files: &[(&str, String)],
    ) -> Result<String, Failure> {
        for (name, text) in files {
            let path = self.path.join(name);
            tokio::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).await?;
            tokio::fs::write(path, text).await?;
        }
        self.git(&["add", "-A"]).await?;
        self.git(&["commit", "-q", "-m", message]).await?;
        self.head().await
    }

    /// Takes the last commit back, by another one.
    pub(super) async fn revert(&self) -> Result<String, Failure> {
        self.git(&["revert", "--no-edit", "HEAD"]).await?;
        self.head().await
    }

    async fn head(&self) -> Result<String, Failure> {
        Ok(self.git(&["rev-parse", "HEAD"]).await?.trim().to_owned())
    }

    async fn git(&self, args: &[&str]) -> Result<String, Failure> {
        let done = Command::new("git")
            .args([
                "-c",
                "user.name=demo",
                "-c",
                "user.email=demo@example.org",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(args)
            .current_dir(&self.path)
            .output()
            .await
            .map_err(|e| {
                Failure::new(format!(
                    "git cannot be run: {e}; the demo needs the git command"
                ))
            })?;
        match done.status.success() {
            true => Ok(String::from_utf8_lossy(&done.stdout).into_owned()),
            false => Err(Failure::new(format!(
                "git {}: {}",
                args.join(" "),
                String::from_utf8_lossy(&done.stderr)
            ))),
        }
    }
}
