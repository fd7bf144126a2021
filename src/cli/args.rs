//! The command line's grammar.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum, builder::PossibleValue};

use crate::import::Tool;

/// Keeps a Kafka platform the way a git repository says it should be.
#[derive(Debug, Parser)]
#[command(
    name = "headgate",
    version,
    about,
    propagate_version = true,
    max_term_width = 110
)]
pub(super) struct Args {
    #[command(subcommand)]
    pub(super) command: Command,

    /// The daemon's own file: repository, clusters, credentials by reference
    #[arg(
        long,
        global = true,
        env = "HEADGATE_CONFIG",
        default_value = "headgate.yaml",
        value_name = "FILE"
    )]
    pub(super) config: PathBuf,

    /// How logs are written to stderr
    #[arg(
        long,
        global = true,
        env = "HEADGATE_LOG_FORMAT",
        default_value = "text",
        value_name = "FORMAT"
    )]
    pub(super) log_format: LogFormat,

    /// Which logs are written: a level, or `target=level` separated by commas [default: info for run, warn otherwise]
    #[arg(long, global = true, env = "HEADGATE_LOG", value_name = "FILTER")]
    pub(super) log: Option<String>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum LogFormat {
    /// A line for people
    Text,
    /// An object a line
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Watches the repository and keeps the clusters as it says, until SIGTERM
    Run,
    /// Shows what would be done, and changes nothing
    #[command(
        after_help = "Exit codes: 0 planned, 1 error; with --detailed-exitcode 0 nothing to do, 1 error, 2 something to do.\nWhat is blocked or unexpected is not something to do."
    )]
    Plan(PlanOptions),
    /// Runs one pass of the daemon
    #[command(
        after_help = "Exit codes: 0 done, 1 an action or a plane failed; with --detailed-exitcode also 2 something stays blocked."
    )]
    Apply(PlanOptions),
    /// Checks desired state; with --source it needs neither configuration nor network
    #[command(after_help = "Exit codes: 0 valid, 1 not.")]
    Validate(ValidateOptions),
    /// Asks a running daemon how things stand
    Status(StatusOptions),
    /// Writes what a cluster holds as documents that plan to nothing, or what another tool's files say
    #[command(
        after_help = "Exit codes: 0 written, 1 not, or a part of another tool's files could not be read."
    )]
    Import(ImportOptions),
    /// Prints what the planes really hold, as JSON
    Snapshot(SnapshotOptions),
    /// Prints the JSON Schema of desired-state documents, for editors
    Schema,
    /// Shows Headgate at work on a Kafka of its own, on this machine
    Demo(DemoOptions),
    /// Brings a real Kafka up on loopback, for trying things out
    #[command(hide = true)]
    Lab(LabOptions),
}

/// What is imported, and where to.
#[derive(Debug, clap::Args)]
pub(super) struct ImportOptions {
    /// The cluster, as headgate.yaml names it; with --from by default as the files name it
    #[arg(long, value_name = "NAME", required_unless_present = "from")]
    pub(super) cluster: Option<String>,
    /// Another tool, whose files are read instead of the cluster
    #[arg(long, value_name = "TOOL", requires = "files")]
    pub(super) from: Option<Tool>,
    /// The other tool's files, and folders of them
    #[arg(value_name = "FILES", requires = "from")]
    pub(super) files: Vec<PathBuf>,
    /// The folder that is written: not there yet, or empty
    #[arg(short, long, value_name = "DIR")]
    pub(super) output: PathBuf,
}

impl ValueEnum for Tool {
    fn value_variants<'a>() -> &'a [Self] {
        &[
            Self::Jikkou,
            Self::Topicctl,
            Self::Strimzi,
            Self::KafkaGitops,
            Self::Julie,
            Self::Terraform,
        ]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Jikkou => (
                "jikkou",
                "Jikkou's resources, with their templates rendered",
            ),
            Self::Topicctl => ("topicctl", "topicctl's clusters, topics, ACLs and users"),
            Self::Strimzi => (
                "strimzi",
                "Strimzi's KafkaTopic, KafkaUser and KafkaConnector",
            ),
            Self::KafkaGitops => ("kafka-gitops", "kafka-gitops' state.yaml"),
            Self::Julie => ("julie", "JulieOps' topologies, plans and properties"),
            Self::Terraform => (
                "terraform",
                "What `terraform show -json` prints of Mongey's providers",
            ),
        };
        Some(PossibleValue::new(name).help(help))
    }
}

/// Which cluster.
#[derive(Debug, clap::Args)]
pub(super) struct SnapshotOptions {
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    pub(super) cluster: Option<String>,
}

/// What is planned, and how it is shown.
#[derive(Debug, clap::Args)]
pub(super) struct PlanOptions {
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    pub(super) cluster: Option<String>,
    /// Plain files instead of the repository's commit
    #[arg(long, value_name = "DIR")]
    pub(super) source: Option<PathBuf>,
    /// How the result is shown on stdout
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    pub(super) output: Output,
    /// Tells more by the exit code, see below
    #[arg(long)]
    pub(super) detailed_exitcode: bool,
}

/// What is validated, and how it is shown.
#[derive(Debug, clap::Args)]
pub(super) struct ValidateOptions {
    /// Plain files instead of the repository's commit: a repository's root, or its folder of desired state
    #[arg(long, value_name = "DIR")]
    pub(super) source: Option<PathBuf>,
    /// How the result is shown on stdout
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    pub(super) output: Output,
}

/// Which status, and how it is shown.
#[derive(Debug, clap::Args)]
pub(super) struct StatusOptions {
    /// Only this cluster
    #[arg(long, value_name = "NAME")]
    pub(super) cluster: Option<String>,
    /// How the result is shown on stdout
    #[arg(short, long, default_value = "text", value_name = "FORMAT")]
    pub(super) output: Output,
}

/// How the demo ends.
#[derive(Debug, clap::Args)]
pub(super) struct DemoOptions {
    /// Ends when the story is told; exits 1 if a step is not as told
    #[arg(long, env = "DEMO_ONCE", value_parser = clap::builder::FalseyValueParser::new())]
    pub(super) once: bool,
}

/// What lab is brought up.
#[derive(Debug, clap::Args)]
pub(super) struct LabOptions {
    /// Number of brokers
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) brokers: u16,
    /// Number of nodes that are controllers only; 0: the brokers are controllers as well
    #[arg(long, default_value_t = 0)]
    pub(super) controllers: u16,
    /// Kafka's version
    #[arg(long)]
    pub(super) kafka: Option<String>,
    /// SASL_SSL with SCRAM instead of plaintext
    #[arg(long)]
    pub(super) secure: bool,
    /// As in production: 3 controllers, and 4 brokers in two racks behind SASL_SSL with SCRAM
    #[arg(long, conflicts_with_all = ["brokers", "controllers", "secure"])]
    pub(super) production: bool,
    /// Number of Connect workers; with any come S3 and an endpoint, for their plugins to write to and read
    #[arg(long, default_value_t = 0, value_name = "WORKERS")]
    pub(super) connect: u16,
    /// A Schema Registry as well
    #[arg(long)]
    pub(super) registry: bool,
    /// Three producers and three consumers as well
    #[arg(long)]
    pub(super) traffic: bool,
    /// A whole platform: --production --connect 2 --registry --traffic
    #[arg(long, conflicts_with_all = ["brokers", "controllers", "secure", "production", "connect", "registry", "traffic"])]
    pub(super) platform: bool,
}

/// How a result is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Output {
    /// For people
    Text,
    /// For scripts
    Json,
    /// For pull requests
    Markdown,
}
