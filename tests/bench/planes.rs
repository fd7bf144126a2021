//! The planes beside Kafka: connectors and subjects as git declares them, and passes over them without a change.

use std::{fmt::Write as _, time::Duration};

use futures::{StreamExt, TryStreamExt, stream};
use headgate::{
    config::Endpoint,
    rest::{Client, Limits, Method, Request},
};
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{
    Failure, Options,
    daemon::Daemon,
    desired::{self, CLUSTER},
    double::{ANSWER, Double, LIST},
    measure::{ROUNDS, median},
    repo::Repo,
    stage::Stage,
    table::{Reach, Row, say},
};

/// How all connectors are asked for.
pub(crate) const CONNECTORS: &str = "GET /connectors?expand=info&expand=status";

/// The plugin of every connector.
pub(crate) const CLASS: &str = "com.example.connect.ObjectStorageSink";

/// Tasks of a connector.
pub(crate) const TASKS: usize = 2;

/// Documents in one file.
const A_FILE: usize = 100;

/// Requests to a registry that may be under way at once.
const IN_FLIGHT: usize = 16;

/// How long a bare request may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// How many objects the planes hold.
pub(crate) struct Beside {
    pub(crate) connectors: usize,
    pub(crate) subjects: usize,
}

impl Beside {
    pub(crate) fn of(options: &Options) -> Self {
        let share = if options.quick { 10 } else { 1 };
        Self {
            connectors: 500 / share,
            subjects: 1_000 / share,
        }
    }

    /// Writes the files of all of them.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let mut files = documents("connectors", self.connectors, connector_document);
        files.extend(documents("schemas", self.subjects, schema_document));
        files
    }
}

/// Names a connector.
pub(crate) fn connector(index: usize) -> String {
    format!("sink-{index:04}")
}

/// Names a subject.
pub(crate) fn subject(index: usize) -> String {
    format!("events-{index:04}-value")
}

/// A connector's own config.
pub(crate) fn config(index: usize) -> Vec<(&'static str, String)> {
    let plain = |text: &str| text.to_owned();
    vec![
        ("bucket.name", format!("events-{index:04}")),
        ("errors.tolerance", plain("none")),
        ("flush.size", plain("10000")),
        ("format.class", plain("com.example.connect.JsonFormat")),
        (
            "key.converter",
            plain("org.apache.kafka.connect.storage.StringConverter"),
        ),
        ("partition.duration.ms", plain("3600000")),
        ("path.format", plain("'year'=YYYY/'month'=MM/'day'=dd")),
        ("region", plain("eu-central-1")),
        (
            "secret.key",
            plain("${file:/etc/connect/storage.properties:key}"),
        ),
        ("topics", desired::name(index)),
        (
            "value.converter",
            plain("org.apache.kafka.connect.json.JsonConverter"),
        ),
        ("value.converter.schemas.enable", plain("false")),
    ]
}

/// A subject's schema.
pub(crate) fn schema(subject: &str) -> String {
    let field = |n: usize| json!({"name": format!("field{n}"), "type": ["null", "string"], "default": null});
    let name = subject.replace('-', "_");
    let fields: Vec<Value> = (0..10).map(field).collect();
    json!({"type": "record", "name": name, "namespace": "com.example", "fields": fields})
        .to_string()
}

fn documents(
    what: &str,
    count: usize,
    document: impl Fn(usize) -> String,
) -> Vec<(String, String)> {
    let file = |first: usize| {
        let path = format!("desired-state/{CLUSTER}/{what}-{:03}.yaml", first / A_FILE);
        let last = count.min(first + A_FILE);
        (path, (first..last).map(&document).collect())
    };
    (0..count).step_by(A_FILE).map(file).collect()
}

fn connector_document(index: usize) -> String {
    let mut text = format!(
        "---\napiVersion: headgate.dev/v1\nkind: Connector\nmetadata: {{name: {}}}\nspec:\n  connect: main\n  class: \
         {CLASS}\n  tasksMax: {TASKS}\n  config:\n",
        connector(index)
    );
    for (key, value) in config(index) {
        writeln!(text, "    {key}: {value:?}").expect("a String takes any text");
    }
    text
}

fn schema_document(index: usize) -> String {
    let subject = subject(index);
    format!(
        "---\napiVersion: headgate.dev/v1\nkind: Schema\nmetadata: {{name: {subject}}}\nspec:\n  type: AVRO\n  schema: |\n    \
         {}\n",
        schema(&subject)
    )
}

/// Measures a pass over each plane, beside brokers without topics.
pub(crate) async fn rows(options: &Options) -> Result<[Row; 2], Failure> {
    let Beside {
        connectors,
        subjects,
    } = Beside::of(options);
    say(&format!(
        "three fresh brokers: {connectors} connectors, then {subjects} subjects"
    ));
    let stage = Stage::up().await?;
    let double = Double::connect(connectors, stage.kafka.cluster_id()).await?;
    let get = |path: &str| Request::new(Method::Get, path, PATIENCE);
    let of_connect = Plane {
        what: format!(
            "no-change pass, {connectors} connectors, listed in {} ms: two requests",
            LIST.as_millis()
        ),
        yaml: connect_yaml(&double),
        files: documents("connectors", connectors, connector_document),
        requests: ["/", CONNECTORS.trim_start_matches("GET ")].map(get).into(),
        double,
    };
    let double = Double::registry(subjects).await?;
    let each = (0..subjects).flat_map(|index| {
        let name = subject(index);
        let sent = json!({"schema": schema(&name), "schemaType": "AVRO"});
        let lookup = format!("/subjects/{name}?normalize=true");
        [
            get(&format!("/subjects/{name}/versions")),
            get(&format!("/config/{name}?defaultToGlobal=false")),
            Request::new(Method::Post, lookup, PATIENCE).with_json(&sent),
        ]
    });
    let of_registry = Plane {
        what: format!(
            "no-change pass, {subjects} subjects, {} ms an answer, {IN_FLIGHT} in flight",
            ANSWER.as_millis()
        ),
        yaml: registry_yaml(&double),
        files: documents("schemas", subjects, schema_document),
        requests: ["/subjects", "/config"]
            .map(get)
            .into_iter()
            .chain(each)
            .collect(),
        double,
    };
    Ok([
        of_connect.row(&stage).await?,
        of_registry.row(&stage).await?,
    ])
}

/// Names a double of Connect in `headgate.yaml`.
pub(crate) fn connect_yaml(double: &Double) -> String {
    format!("    connect: {{main: {{url: {:?}}}}}\n", double.url)
}

/// Names a double of a registry in `headgate.yaml`.
pub(crate) fn registry_yaml(double: &Double) -> String {
    format!("    registry: {{url: {:?}}}\n", double.url)
}

/// One plane that is measured.
struct Plane {
    what: String,
    /// How `headgate.yaml` names it.
    yaml: String,
    /// Its documents.
    files: Vec<(String, String)>,
    /// What a pass asks it.
    requests: Vec<Request>,
    double: Double,
}

impl Plane {
    /// Passes without a change, each beside the same requests from a client that does nothing else.
    async fn row(self, stage: &Stage) -> Result<Row, Failure> {
        let folder = tempfile::tempdir()?;
        let at = |name: &str| folder.path().join(name);
        let mut files = desired::files(0);
        files.extend_from_slice(&self.files);
        let (commit, _) = Repo::make(&at("repo"))?.commit(&files)?;
        let daemon = Daemon::start_with(stage, &at("repo"), &at("daemon"), &self.yaml)?;
        daemon.converged(&commit).await?;
        daemon.settle().await?;
        stage.rest().await?;
        let endpoint = Endpoint::plaintext(vec![self.double.url.clone()]);
        let client = Client::new("a double", &endpoint, Limits::default());
        // once unmeasured: connections are made, and the pass is the first one after a rest
        self.send(&client).await?;
        daemon.pass().await?;
        let (mut bare, mut passes) = (Vec::new(), Vec::new());
        self.double.counted();
        for _ in 0..ROUNDS {
            bare.push(self.send(&client).await?);
            self.check("the bare client")?;
            passes.push(daemon.pass().await?.took);
            self.check("a pass")?;
        }
        daemon.stop().await?;
        let reach = Reach::Times(1.2);
        Ok(Row::new(
            &self.what,
            median(passes),
            Some(median(bare)),
            reach,
        ))
    }

    /// Sends the requests, decodes the answers and throws them away.
    async fn send(&self, client: &Client) -> Result<Duration, Failure> {
        let began = Instant::now();
        let asked = self.requests.iter().map(|request| async move {
            let answer = client.send(request).await?;
            drop(serde_json::from_slice::<Value>(&answer.body)?);
            Ok::<_, Failure>(())
        });
        let asked: Vec<_> = asked.collect();
        let asked = stream::iter(asked).buffer_unordered(IN_FLIGHT);
        asked.try_collect::<()>().await?;
        Ok(began.elapsed())
    }

    /// A pass that asks more, less, or more at once is another one than was to be measured.
    fn check(&self, who: &str) -> Result<(), Failure> {
        let (asked, at_once) = self.double.counted();
        match asked == self.requests.len() && at_once <= IN_FLIGHT {
            true => Ok(()),
            false => Err(format!(
                "{}: {who} sent {asked} requests of {}, {at_once} of them at once",
                self.what,
                self.requests.len()
            )
            .into()),
        }
    }
}
