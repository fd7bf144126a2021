//! The lab's two connector plugins, compiled from the sources in `java/`: the public ones that they stand for are not on
//! Maven Central.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::LabError;
use super::cache::{cache_dir, made_once};
use super::kit::Kit;
use super::run::run;
use super::workdir::{make_dir, write};

/// The class of the source that reads a REST endpoint into a topic.
pub const HTTP_SOURCE: &str = "dev.headgate.lab.HttpSourceConnector";
/// The class of the sink that writes a topic's records into objects of an S3 bucket.
pub const S3_SINK: &str = "dev.headgate.lab.S3SinkConnector";

const SOURCES: &[(&str, &str)] = &[
    (
        "HttpSourceConnector.java",
        include_str!("java/HttpSourceConnector.java"),
    ),
    (
        "HttpSourceTask.java",
        include_str!("java/HttpSourceTask.java"),
    ),
    ("S3Bucket.java", include_str!("java/S3Bucket.java")),
    (
        "S3SinkConnector.java",
        include_str!("java/S3SinkConnector.java"),
    ),
    ("S3SinkTask.java", include_str!("java/S3SinkTask.java")),
];

/// Where Java's ServiceLoader looks for plugins, which spares the workers to search all jars.
const MANIFESTS: &[(&str, &str)] = &[
    (
        "org.apache.kafka.connect.source.SourceConnector",
        HTTP_SOURCE,
    ),
    ("org.apache.kafka.connect.sink.SinkConnector", S3_SINK),
];

/// Returns a directory for `plugin.path`, compiling what is in it if these sources never were.
pub(super) async fn plugin_path(kit: &Kit) -> Result<PathBuf, LabError> {
    let mut hasher = DefaultHasher::new();
    SOURCES.hash(&mut hasher);
    let path = cache_dir()?.join(format!("connect-plugins-{:016x}", hasher.finish()));
    made_once(&path, |path| compile(kit, path)).await?;
    Ok(path)
}

async fn compile(kit: &Kit, path: PathBuf) -> Result<(), LabError> {
    let (plugin, sources) = (path.join("headgate-lab"), path.with_extension("sources"));
    let services = plugin.join("META-INF/services");
    make_dir(&services)?;
    make_dir(&sources)?;
    for (name, class) in MANIFESTS {
        write(&services.join(name), &format!("{class}\n"))?;
    }
    for (name, text) in SOURCES {
        write(&sources.join(name), text)?;
    }
    let files = SOURCES.iter().map(|(name, _)| sources.join(name));
    let jars: Vec<String> = kit
        .jars()?
        .iter()
        .map(|jar| jar.display().to_string())
        .collect();
    // by its module: a JRE of Debian's has the compiler without the command
    let mut java = Command::new("java");
    java.args([
        "-m",
        "jdk.compiler/com.sun.tools.javac.Main",
        "-Xlint:-options",
        "-proc:none",
    ])
    .args([
        "-source",
        "17",
        "-target",
        "17",
        "-cp",
        &jars.join(":"),
        "-d",
    ])
    .arg(&plugin)
    .args(files);
    let ran = run("javac", java, Stdio::null()).await;
    ran.map(|_| ()).map_err(|error| match error {
        LabError::Failed { log, .. } if log.contains("jdk.compiler not found") => {
            LabError::Missing {
                program: "javac",
                package: "default-jdk-headless",
            }
        }
        other => other,
    })
}
