//! What a cluster is started from: Kafka's jars, a formatted data directory to copy, and a class archive, all made once
//! for each version and kept in the cache.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::timeout;

use super::cache::{Unfinished, cache_dir, lock, rename, var};
use super::run::{Ran, maven, run};
use super::workdir::{make_dir, write};
use super::{ADMIN_PASSWORD, ADMIN_USER, KafkaVersion, LabError, start};

/// Kafka logs what it does; the lab keeps the start, the end and what is wrong. On stderr: the tools' answers are on stdout.
const LOG4J1: &str = "log4j.rootLogger=WARN, C
log4j.appender.C=org.apache.log4j.ConsoleAppender
log4j.appender.C.target=System.err
log4j.appender.C.layout=org.apache.log4j.PatternLayout
log4j.appender.C.layout.ConversionPattern=[%d] %p %m (%c)%n
log4j.logger.kafka.server.KafkaRaftServer=INFO
log4j.logger.kafka.server.BrokerServer=INFO
log4j.logger.kafka.authorizer.logger=INFO
";
const LOG4J2: &str = "status=error
appender.c.type=Console
appender.c.name=C
appender.c.target=SYSTEM_ERR
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=[%d] %p %m (%c)%n
rootLogger.level=WARN
rootLogger.appenderRef.c.ref=C
logger.r.name=kafka.server.KafkaRaftServer
logger.r.level=INFO
logger.b.name=kafka.server.BrokerServer
logger.b.level=INFO
logger.a.name=kafka.authorizer.logger
logger.a.level=INFO
";

/// Halves the CPU a node takes to start and a quarter of its memory (seven nodes: 40 to 22 CPU seconds).
pub(super) const JAVA_FLAGS: &[&str] = &[
    "-Xshare:auto",
    "-XX:TieredStopAtLevel=1",
    "-XX:+UseSerialGC",
    "-Xss512k",
    "-XX:-UsePerfData",
    // a class archive of another Java is ignored, which is nothing to tell people about
    "-Xlog:cds=off",
    "-Xlog:cds+dynamic=off",
];

/// Heap of the tools and of formatting.
const TOOL_HEAP_MIB: u32 = 128;

/// A tool ends within a second; one that finds no broker gives up by itself after 60 s, and says more than we could.
const TOOL_WITHIN: Duration = Duration::from_secs(90);

/// A version of Kafka, ready to be started.
#[derive(Debug, Clone)]
pub(super) struct Kit {
    pub(super) version: KafkaVersion,
    dir: PathBuf,
    libs: PathBuf,
}

impl Kit {
    /// Returns the kit, making what is missing of it. Others who want it meanwhile wait.
    pub(super) async fn get(version: KafkaVersion) -> Result<Self, LabError> {
        let kit = Self::locate(version)?;
        if kit.is_whole() {
            return Ok(kit);
        }
        make_dir(&kit.dir)?;
        let _lock = lock(kit.dir.join("lock")).await?;
        if !kit.libs.exists() {
            kit.fetch().await?;
        }
        kit.write_log_config()?;
        if !kit.template().exists() {
            kit.format().await?;
        }
        if !kit.archive().exists() {
            kit.record().await?;
        }
        Ok(kit)
    }

    /// Returns a Java call with Kafka on its class path; main class and arguments are to be added.
    pub(super) fn java(&self, heap_mib: u32, flags: &[String]) -> Command {
        self.java_of(&self.archive(), heap_mib, flags)
    }

    /// Returns the same for programs that have a class archive of their own.
    pub(super) fn java_of(&self, archive: &Path, heap_mib: u32, flags: &[String]) -> Command {
        let mut java = Command::new("java");
        if archive.exists() {
            java.arg(format!("-XX:SharedArchiveFile={}", archive.display()));
        }
        java.args(JAVA_FLAGS)
            .args(flags)
            .arg(format!("-Xmx{heap_mib}m"))
            // one version reads the one, another the other
            .arg(format!(
                "-Dlog4j.configuration=file:{}",
                self.dir.join("log4j1.properties").display()
            ))
            .arg(format!(
                "-Dlog4j2.configurationFile={}",
                self.dir.join("log4j2.properties").display()
            ))
            .arg("-cp")
            .arg(self.libs.join("*"));
        java
    }

    /// Returns a Java call for a program that ends soon; main class and arguments are to be added.
    pub(super) fn tool_java(&self, flags: &[String]) -> Command {
        self.java(TOOL_HEAP_MIB, flags)
    }

    /// Runs a Java call to its end, which must come soon, and returns what it printed.
    pub(super) async fn run_java(
        &self,
        name: &str,
        java: Command,
        input: Stdio,
    ) -> Result<Ran, LabError> {
        let ran = timeout(TOOL_WITHIN, run(name, java, input)).await;
        ran.unwrap_or_else(|_| {
            Err(LabError::Hangs {
                program: name.to_owned(),
                seconds: TOOL_WITHIN.as_secs(),
            })
        })
    }

    /// Returns the data directory that every node's is copied from.
    pub(super) fn template(&self) -> PathBuf {
        self.dir.join("template")
    }

    /// Returns the jars, as Java's class path wants them.
    pub(super) fn jars(&self) -> Result<Vec<PathBuf>, LabError> {
        let listed = std::fs::read_dir(&self.libs).map_err(LabError::file("list", &self.libs))?;
        Ok(listed
            .filter_map(|entry| Some(entry.ok()?.path()))
            .collect())
    }

    /// Returns where something lies that is made of this version's jars.
    pub(super) fn beside(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    fn archive(&self) -> PathBuf {
        self.dir.join("classes.jsa")
    }

    fn is_whole(&self) -> bool {
        [&self.libs, &self.template(), &self.archive()]
            .into_iter()
            .all(|path| path.exists())
    }

    fn locate(version: KafkaVersion) -> Result<Self, LabError> {
        let cache = cache_dir()?;
        if let Some(home) = var("KAFKA_HOME").filter(|_| version == KafkaVersion::NEWEST) {
            return Self::of_home(version, &home, &cache);
        }
        let dir = cache.join(format!("kafka-{version}"));
        let libs = dir.join("libs");
        Ok(Self { version, dir, libs })
    }

    /// An unpacked Kafka of the user's own: its jars, while what the lab makes of them lies in the cache.
    fn of_home(version: KafkaVersion, home: &Path, cache: &Path) -> Result<Self, LabError> {
        let libs = home.join("libs");
        let jar = std::fs::read_dir(&libs)
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
            .find_map(|name| {
                Some(
                    name.strip_prefix("kafka_2.13-")?
                        .strip_suffix(".jar")?
                        .to_owned(),
                )
            });
        match jar {
            Some(own) => Ok(Self {
                version,
                dir: cache.join(format!("kafka-home-{own}")),
                libs,
            }),
            None => Err(LabError::NotKafkaHome {
                home: home.to_owned(),
            }),
        }
    }

    async fn fetch(&self) -> Result<(), LabError> {
        let dir = Unfinished::new(&self.dir);
        make_dir(&dir.path)?;
        let pom_file = dir.path.join("pom.xml");
        write(&pom_file, &pom(self.version))?;
        tracing::info!(version = %self.version, "fetching Kafka's jars from Maven Central");
        let mut maven = maven();
        maven
            .arg("-f")
            .arg(&pom_file)
            .arg("dependency:copy-dependencies")
            .arg(format!(
                "-DoutputDirectory={}",
                dir.path.join("libs").display()
            ));
        run("mvn", maven, Stdio::null()).await?;
        rename(&dir.path.join("libs"), &self.libs)
    }

    fn write_log_config(&self) -> Result<(), LabError> {
        write(&self.dir.join("log4j1.properties"), LOG4J1)?;
        write(&self.dir.join("log4j2.properties"), LOG4J2)
    }

    /// Formatting takes a JVM a second and a half: done once, since nothing but ids differs between nodes and clusters.
    async fn format(&self) -> Result<(), LabError> {
        let dir = Unfinished::new(&self.dir);
        make_dir(&dir.path)?;
        let config = dir.path.join("format.properties");
        let data = dir.path.join("data");
        let text = format!(
            "process.roles=broker,controller\nnode.id=1\ncontroller.quorum.voters=1@127.0.0.1:1\n\
             listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:1\ncontroller.listener.names=CONTROLLER\n\
             log.dirs={}\n",
            data.display()
        );
        write(&config, &text)?;
        let config = config.display().to_string();
        let scram = format!("SCRAM-SHA-512=[name={ADMIN_USER},password={ADMIN_PASSWORD}]");
        let class = "kafka.tools.StorageTool";
        let mut java = self.tool_java(&[]);
        java.args([class, "format", "--cluster-id=AAAAAAAAAAAAAAAAAAAAAA"])
            .args(["-c", &config, "--add-scram", &scram]);
        self.run_java(class, java, Stdio::null()).await?;
        rename(&data, &self.template())
    }

    /// Runs a node once to record the classes it loads: later ones start with half of the CPU.
    async fn record(&self) -> Result<(), LabError> {
        let dir = Unfinished::new(&self.dir);
        make_dir(&dir.path)?;
        let archive = dir.path.join("classes.jsa");
        start::record_classes(self, &archive).await?;
        rename(&archive, &self.archive())
    }
}

/// Returns the pom whose dependencies are a broker with its tools and a logger.
fn pom(version: KafkaVersion) -> String {
    let logger = match version {
        KafkaVersion::V3_6 | KafkaVersion::V3_9 => ("org.slf4j", "slf4j-reload4j", "1.7.36"),
        KafkaVersion::V4_3 => ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.1"),
    };
    let dependencies: String = [
        ("org.apache.kafka", "kafka_2.13", version.as_str()),
        ("org.apache.kafka", "kafka-tools", version.as_str()),
        logger,
    ]
    .map(|(group, artifact, version)| {
        format!(
            "<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId><version>{version}</version></dependency>\n"
        )
    })
    .concat();
    format!(
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\n\
         <groupId>dev.headgate</groupId><artifactId>lab</artifactId><version>1</version>\n\
         <dependencies>\n{dependencies}</dependencies></project>\n"
    )
}
