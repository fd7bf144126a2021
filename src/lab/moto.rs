//! moto, which stands in for AWS: here for S3, into which the sink writes.

use std::process::Command;
use std::sync::Arc;

use super::LabError;
use super::ports::{free_ports, on_free_ports};
use super::python::installed;
use super::service::{Service, ServiceSpec};
use super::workdir::WorkDir;

/// What the server needs of its own extra, which would be three times as much.
const PACKAGES: &[&str] = &["moto[s3]==5.2.1", "flask", "flask-cors"];

impl Service {
    /// Brings up S3 without buckets ([`Self::make_bucket`]). What it holds is lost when it ends.
    ///
    /// # Errors
    /// Python or pip is missing, or it does not come up.
    pub async fn s3() -> Result<Self, LabError> {
        let packages = installed("moto-5.2.1", PACKAGES).await?;
        on_free_ports(|| async {
            let dir = Arc::new(WorkDir::make()?);
            let port = free_ports(1)?[0];
            let mut command = Command::new("python3");
            command
                // Python ignores settings of others; the guard finds its directory here
                .arg(format!("-Xheadgate.lab={}", dir.path().display()))
                .args(["-m", "moto.server", "-H", "127.0.0.1", "-p"])
                .arg(port.to_string())
                .env("PYTHONPATH", &packages);
            let service = Self::new(
                ServiceSpec {
                    name: "s3".to_owned(),
                    port,
                    base: "",
                    ready: "/moto-api/",
                    command,
                },
                dir,
            );
            service.start().await?;
            Ok(service)
        })
        .await
    }

    /// Makes a bucket in S3, which may be there.
    ///
    /// # Errors
    /// S3 does not answer.
    pub async fn make_bucket(&self, name: &str) -> Result<(), LabError> {
        self.until_ok("PUT", &format!("/{name}")).await
    }
}
