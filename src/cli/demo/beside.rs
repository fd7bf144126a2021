//! The part of the story in which Kafka Connect and a Schema Registry join: connectors and schemas like everything else.

use serde_json::Value;

use super::{
    connectors, platform,
    stage::Stage,
    story::{applied, say, show, title, until},
};
use crate::{
    cli::failure::Failure,
    report::{ConnectorItem, SchemaItem},
};

/// What runs beside Kafka is told to the daemon, and its documents are merged.
pub(super) async fn joins(stage: &mut Stage) -> Result<(), Failure> {
    title("11. Kafka Connect and a Schema Registry join")?;
    let lines = stage.join().await?;
    for part in &stage.left_out {
        say(&format!("left out: {part}"))?;
    }
    if lines.is_empty() {
        return Ok(());
    }
    say("headgate.yaml says where they are, and the daemon reads it again while it runs:")?;
    for line in &lines {
        show(line)?;
    }
    // a commit that came first would find no registry to ask
    until("the daemon sees them", async || {
        planes(stage).await == 1 + lines.len()
    })
    .await?;
    let mut files = Vec::new();
    let ends = stage.ground.ends();
    if let Some((api, s3)) = &ends {
        stage.write_secret(platform::TOKEN, "demo-token").await?;
        let text = platform::connectors(&api.url(), s3);
        files.push((platform::CONNECTORS_FILE, text));
        say("a pull request brings a source that reads a REST API, and a sink that writes to S3")?;
    }
    if stage.hand.registry.is_some() {
        files.extend(platform::schemas());
        files.push((platform::TOPICS_FILE, platform::with_schemas()));
        say("the topics get the schemas of their records")?;
    }
    let sha = stage.repo.commit("connectors and schemas", &files).await?;
    until("all of it is made", async || applied(stage, &sha).await).await?;
    if let Some((api, _)) = &ends {
        connectors::first_items(api).await?;
        until("the connectors run", async || all_run(stage).await).await?;
    }
    listed(stage).await
}

/// Counts the planes of the cluster that the daemon has seen whole, Kafka among them.
async fn planes(stage: &Stage) -> usize {
    let status = stage.get("/api/v1/status").await.unwrap_or_default();
    let status: Value = serde_json::from_str(&status).unwrap_or_default();
    let planes = status["clusters"][0]["planes"].as_object();
    let planes = planes.into_iter().flat_map(|planes| planes.values());
    planes.filter(|plane| plane["complete"] == true).count()
}

async fn all_run(stage: &Stage) -> bool {
    let items: Vec<ConnectorItem> = stage.list("connectors").await;
    !items.is_empty() && items.iter().all(|item| state(item) == "RUNNING, 1 task")
}

/// Shows what the daemon tells of connectors and schemas, an item a line.
async fn listed(stage: &Stage) -> Result<(), Failure> {
    say("look at /connectors and /schemas of the cluster:")?;
    for item in stage.list::<ConnectorItem>("connectors").await {
        let class = item.class.as_deref().unwrap_or_default();
        show(&format!("{:<21} {:<16} {class}", item.name, state(&item)))?;
    }
    for item in stage.list::<SchemaItem>("schemas").await {
        let format = item.format.as_deref().unwrap_or_default();
        let version = item.version.unwrap_or_default();
        let level = item.compatibility.as_deref().unwrap_or_default();
        let version = format!("{format} version {version}");
        show(&format!("{:<21} {version:<16} {level}", item.name))?;
    }
    Ok(())
}

/// Says what a connector and its tasks do.
fn state(item: &ConnectorItem) -> String {
    let tasks = item.tasks.as_deref().unwrap_or_default();
    let running = tasks.iter().filter(|task| task.state == "RUNNING").count();
    let plural = if running == 1 { "" } else { "s" };
    let state = item.state.as_deref().unwrap_or("-");
    format!("{state}, {running} task{plural}")
}
