//! Somebody who uses the cluster with Kafka's own tools: what Headgate did is compared with what these see, and what a
//! user may do is tried with them.

use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::config::Mechanism;

use super::process::{Process, tail};
use super::workdir::write;
use super::{KafkaCluster, LabError, Tool};

/// How long the console consumer waits for one more message before it gives up.
const MESSAGE_WITHIN_MS: &str = "30000";

/// One who may call Kafka's tools; made by [`KafkaCluster::admin`] and [`KafkaCluster::login`].
#[derive(Debug)]
pub struct ToolUser<'a> {
    cluster: &'a KafkaCluster,
    bootstrap: String,
    /// Who it is; `None`: nobody, over plaintext.
    settings: Option<PathBuf>,
}

impl KafkaCluster {
    /// Returns a super user, who comes over the plaintext listener.
    #[must_use]
    pub fn admin(&self) -> ToolUser<'_> {
        ToolUser {
            cluster: self,
            bootstrap: self.plaintext_bootstrap().join(","),
            settings: None,
        }
    }

    /// Returns a user with a password, who comes over the clients' listener; whether the cluster lets him in is seen
    /// when he calls a tool. For clusters of [`Security::ScramTls`](super::Security::ScramTls).
    ///
    /// # Errors
    /// The file with his settings cannot be written.
    pub fn login(
        &self,
        mechanism: Mechanism,
        user: &str,
        password: &str,
    ) -> Result<ToolUser<'_>, LabError> {
        let name = format!("login-{}.properties", uuid::Uuid::new_v4().simple());
        let file = self.dir().join(name);
        let ca = self.dir().join("ca.pem").display().to_string();
        write(&file, &settings(mechanism, user, password, &ca))?;
        Ok(ToolUser {
            cluster: self,
            bootstrap: self.bootstrap().join(","),
            settings: Some(file),
        })
    }

    /// Runs one of Kafka's own tools as a super user (`--bootstrap-server` is added) and returns what it printed.
    ///
    /// # Errors
    /// As [`ToolUser::tool`].
    pub async fn tool(&self, tool: Tool, args: &[&str]) -> Result<String, LabError> {
        self.admin().tool(tool, args).await
    }
}

impl ToolUser<'_> {
    /// Runs one of Kafka's own tools (`--bootstrap-server` and who calls are added) and returns what it printed.
    ///
    /// # Errors
    /// The tool ends with an error, whose words are quoted, or takes more than 90 s.
    pub async fn tool(&self, tool: Tool, args: &[&str]) -> Result<String, LabError> {
        let (name, java) = self.call(tool, args, &[]);
        let ran = self.cluster.kit().run_java(name, java, Stdio::null()).await;
        ran.map(|ran| ran.out)
    }

    /// Writes messages to a topic with the console producer, each acknowledged before the next.
    ///
    /// # Errors
    /// As [`Self::tool`]; a message that is not taken is an error.
    pub async fn produce(&self, topic: &str, messages: &[&str]) -> Result<(), LabError> {
        let input = format!("input-{}", uuid::Uuid::new_v4().simple());
        let input = self.cluster.dir().join(input);
        let text = messages.iter().map(|message| format!("{message}\n"));
        write(&input, &text.collect::<String>())?;
        let input = File::open(&input).map_err(LabError::file("open", &input))?;
        let (name, java) = self.call(Tool::ConsoleProducer, &["--topic", topic, "--sync"], &[]);
        self.cluster
            .kit()
            .run_java(name, java, input.into())
            .await?;
        Ok(())
    }

    /// Reads `count` messages as a member of a group, which commits how far it has come and ends.
    ///
    /// # Errors
    /// As [`Self::tool`]; fewer messages within half a minute are an error.
    pub async fn consume(
        &self,
        topic: &str,
        group: &str,
        count: usize,
    ) -> Result<Vec<String>, LabError> {
        let wanted = count.to_string();
        let args = [
            &consumer_args(topic, group)[..],
            &["--max-messages", &wanted, "--timeout-ms", MESSAGE_WITHIN_MS],
        ]
        .concat();
        let (name, java) = self.call(Tool::ConsoleConsumer, &args, &[]);
        let ran = self
            .cluster
            .kit()
            .run_java(name, java, Stdio::null())
            .await?;
        let messages: Vec<String> = ran.out.lines().map(str::to_owned).collect();
        if messages.len() == count {
            return Ok(messages);
        }
        Err(LabError::Failed {
            program: format!("{name} ({} of {count} messages)", messages.len()),
            log: tail(&ran.err),
        })
    }

    /// Starts a member of a group, which reads a topic until the value is dropped.
    ///
    /// # Errors
    /// Java cannot be started. Whether the group takes it in is seen by looking at the group.
    pub fn consumer(&self, topic: &str, group: &str) -> Result<Consumer, LabError> {
        // the guard knows its processes by the directory's name
        let mark = format!("-Dheadgate.lab={}", self.cluster.dir().display());
        let (_, mut java) = self.call(Tool::ConsoleConsumer, &consumer_args(topic, group), &[mark]);
        let name = format!("consumer-{}", uuid::Uuid::new_v4().simple());
        let process = Process::new(name, self.cluster.dir());
        process.spawn(&mut java)?;
        Ok(Consumer { process })
    }

    fn call(&self, tool: Tool, args: &[&str], flags: &[String]) -> (&'static str, Command) {
        let version = self.cluster.version();
        let class = tool.class(version);
        let mut java = self.cluster.kit().tool_java(flags);
        java.args([class, "--bootstrap-server", &self.bootstrap]);
        if let Some(settings) = &self.settings {
            java.arg(tool.config_option(version)).arg(settings);
        }
        java.args(args);
        (class, java)
    }
}

/// A member of a consumer group. It is killed when the value is dropped, and its group notices when its session ends.
#[derive(Debug)]
pub struct Consumer {
    process: Process,
}

impl Consumer {
    /// Returns what it has read and complained of.
    #[must_use]
    pub fn log(&self) -> String {
        self.process.log()
    }

    /// Lets it leave its group (SIGTERM), and returns when it has ended.
    ///
    /// # Errors
    /// It has ended before.
    pub async fn leave(self) -> Result<(), LabError> {
        self.process.stop().await
    }
}

fn consumer_args<'a>(topic: &'a str, group: &'a str) -> [&'a str; 5] {
    ["--topic", topic, "--group", group, "--from-beginning"]
}

/// Writes the settings of a Java client.
pub(super) fn settings(mechanism: Mechanism, user: &str, password: &str, ca: &str) -> String {
    let quoted = |text: &str| text.replace('\\', r"\\").replace('"', "\\\"");
    let jaas = format!(
        "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"{}\" password=\"{}\";",
        quoted(user),
        quoted(password)
    );
    format!(
        "security.protocol=SASL_SSL\nssl.truststore.type=PEM\nssl.truststore.location={}\nsasl.mechanism={mechanism}\n\
         sasl.jaas.config={}\n",
        property_value(ca),
        property_value(&jaas)
    )
}

/// Spells a value as Java's properties files want it, which are Latin-1 and know backslashes.
fn property_value(text: &str) -> String {
    let mut value = String::with_capacity(text.len());
    for unit in text.encode_utf16() {
        match u8::try_from(unit) {
            Ok(b'\\') => value.push_str(r"\\"),
            Ok(byte @ b' '..=b'~') => value.push(char::from(byte)),
            _ => write!(value, "\\u{unit:04x}").expect("a String takes any text"),
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_of_any_characters_reaches_kafka_as_it_is() {
        let text = settings(Mechanism::ScramSha256, "a", "q\"b\\ü", "/ca.pem");
        assert!(text.contains("sasl.mechanism=SCRAM-SHA-256\n"), "{text}");
        assert!(
            text.ends_with("password=\"q\\\\\"b\\\\\\\\\\u00fc\";\n"),
            "{text}"
        );
    }
}
