//! The story, step by step. A step that is not as told ends it with an error.

use std::time::Duration;

use anstyle::{AnsiColor, Style};
use serde_json::Value;
use tokio::time::Instant;

use super::{
    access, beside, connectors,
    drift::heals,
    ground::Lab,
    moves,
    platform::{self, CLUSTER, CLUSTER_FILE, TOPICS_FILE},
    schemas,
    stage::Stage,
};
use crate::{
    cli::{failure::Failure, output},
    daemon::{self, Source},
    live::{LiveObject, LiveTopic, Observed},
    model::{ConfigKey, ObjectRef},
    plan::render::{self, wrap},
    ports::{Batch, NewValue, Outcome},
};

/// The longest that a step may take: each is some seconds, and ten times that on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(120);

/// Columns of what is said, behind its indent.
const WIDTH: usize = 97;

/// Tells the whole story.
pub(super) async fn tell(stage: &mut Stage) -> Result<(), Failure> {
    first_plan(stage).await?;
    first_apply(stage).await?;
    drift(stage).await?;
    merge(stage).await?;
    access::given(stage).await?;
    access::stolen(stage).await?;
    access::password(stage).await?;
    deletion_held_back(stage).await?;
    deletion_agreed(stage).await?;
    moves::drained(stage).await?;
    beside::joins(stage).await?;
    connectors::kept(stage).await?;
    schemas::refused(stage).await
}

async fn first_plan(stage: &Stage) -> Result<(), Failure> {
    title("1. A repository says what the platform should be")?;
    let files = [
        (CLUSTER_FILE, platform::cluster(stage.ground.cluster_id())),
        (TOPICS_FILE, platform::topics()),
    ];
    stage.repo.commit("the platform as agreed", &files).await?;
    say(&format!(
        "look at {}, and at the plan: this is what a reviewer reads",
        stage.repo.path.display()
    ))?;
    show_plan(stage).await
}

async fn first_apply(stage: &mut Stage) -> Result<(), Failure> {
    title("2. headgate run: the daemon makes it so")?;
    stage.start_daemon().await?;
    until("the platform is converged", async || converged(stage).await).await?;
    let topic = live(stage, "user-events")
        .await
        .ok_or_else(|| Failure::new("user-events is not there"))?;
    expect(topic.partitions.len() == 3, "user-events has 3 partitions")?;
    expect(
        topic.config_value("retention.ms") == Some(Some("86400000")),
        "its retention is 24 h",
    )?;
    let tools = match stage.ground.lab() {
        Some(_) => ", and at Kafka with your own tools",
        None => "",
    };
    say(&format!(
        "three topics stand; look at /api/v1/status{tools}"
    ))
}

async fn drift(stage: &Stage) -> Result<(), Failure> {
    title("3. Somebody changes a topic by hand")?;
    say("retention.ms of user-events is set to 60000: data would be gone after a minute")?;
    let minute = NewValue::Open("60000".into());
    let change = vec![(ConfigKey::new("retention.ms"), Some(minute))];
    let topic = ObjectRef::topic("user-events");
    let change = Batch::AlterConfigs(vec![(topic.clone(), change)]);
    heals(stage, &topic, by_hand(stage, change)).await?;
    let healed = live(stage, "user-events").await;
    expect(
        healed.is_some_and(|t| t.config_value("retention.ms") == Some(Some("86400000"))),
        "its retention is 24 h again",
    )?;
    say("and counted: look at headgate_drift_detected_total in /metrics")
}

async fn merge(stage: &Stage) -> Result<(), Failure> {
    title("4. A pull request is merged")?;
    let sha = stage
        .repo
        .commit(
            "more partitions, and an audit trail",
            &[(TOPICS_FILE, platform::merged())],
        )
        .await?;
    let began = Instant::now();
    until("the merge is applied", async || applied(stage, &sha).await).await?;
    expect(
        live(stage, "user-events")
            .await
            .is_some_and(|t| t.partitions.len() == 6),
        "user-events has 6 partitions",
    )?;
    expect(
        live(stage, "audit-trail").await.is_some(),
        "audit-trail is there",
    )?;
    say(&format!(
        "commit to converged: {:.1} s; a merge is no drift, so nobody is paged",
        began.elapsed().as_secs_f64()
    ))
}

async fn deletion_held_back(stage: &Stage) -> Result<(), Failure> {
    title("8. A topic vanishes from git: nothing is deleted")?;
    stage
        .repo
        .commit(
            "application-logs was removed, by mistake or not",
            &[(TOPICS_FILE, platform::without_logs())],
        )
        .await?;
    until("the deletion is held back", async || {
        counted(stage, "headgate_plan_gate_blocked", "gate=\"consent\"").await
    })
    .await?;
    expect(
        live(stage, "application-logs").await.is_some(),
        "application-logs is still there",
    )?;
    say("the plan says why, and what would open the gate:")?;
    show_plan(stage).await
}

async fn deletion_agreed(stage: &Stage) -> Result<(), Failure> {
    title("9. Consent, in git, with a reason and an end")?;
    let allow =
        "{kind: Topic, name: application-logs, reason: \"logs went elsewhere\", until: 2099-12-31}";
    show(allow)?;
    stage
        .repo
        .commit(
            "application-logs may go",
            &[(
                CLUSTER_FILE,
                platform::consenting(stage.ground.cluster_id(), allow),
            )],
        )
        .await?;
    until("the topic is deleted", async || {
        live(stage, "application-logs").await.is_none()
    })
    .await?;
    until("the platform is converged", async || converged(stage).await).await?;
    say("deleted, within a budget a pass")
}

/// Says where to look and what to try while it keeps running.
pub(super) fn farewell(stage: &Stage) -> Result<(), Failure> {
    title("Look around")?;
    show(&format!("status   http://{}/api/v1/status", stage.http))?;
    show(&format!("metrics  http://{}/metrics", stage.http))?;
    let cluster = format!("http://{}/api/v1/clusters/{CLUSTER}", stage.http);
    show(&format!("history  {cluster}/history"))?;
    let lab = stage.ground.lab();
    if let Some(worker) = lab.and_then(Lab::worker) {
        show(&format!(
            "{worker}/connectors is Kafka Connect: delete one, and look again"
        ))?;
    }
    say(&format!(
        "commit to {} and watch",
        stage.repo.path.display()
    ))?;
    // another process does not reach the sandbox
    match lab {
        None => Ok(()),
        Some(_) => say(&format!(
            "headgate plan --config {}",
            stage.config_path.display()
        )),
    }
}

pub(super) async fn show_plan(stage: &Stage) -> Result<(), Failure> {
    let (plan, _) =
        daemon::plan(&stage.config()?, &Source::Repository, None, &stage.planes).await?;
    Ok(output::text(&format!(
        "\n{}\n",
        render::text(&plan, output::style())
    ))?)
}

pub(super) async fn by_hand(stage: &Stage, batch: Batch) -> Result<(), Failure> {
    let outcomes = stage.hand.kafka.write(batch).await;
    outcomes.into_iter().try_for_each(done)
}

/// Fails unless a change by hand was made.
pub(super) fn done(outcome: Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Applied => Ok(()),
        other => Err(Failure::new(format!(
            "the change by hand failed: {other:?}"
        ))),
    }
}

pub(super) async fn live(stage: &Stage, name: &str) -> Option<LiveTopic> {
    let topic = ObjectRef::topic(name);
    let Observed::Known(mut looked) = stage.hand.kafka.look(std::slice::from_ref(&topic)).await
    else {
        return None;
    };
    match looked.objects.remove(&topic) {
        Some(Observed::Known(Some(LiveObject::Topic(topic)))) => Some(topic),
        _ => None,
    }
}

async fn status(stage: &Stage) -> Option<String> {
    stage
        .get("/api/v1/status")
        .await
        .map(|s| s.replace(": ", ":"))
}

/// Tells whether the cluster is as a commit says.
pub(super) async fn applied(stage: &Stage, sha: &str) -> bool {
    let converged = format!("\"converged\":\"{sha}\"");
    status(stage).await.is_some_and(|s| s.contains(&converged))
}

/// Tells whether a change to an object is withheld.
pub(super) async fn withheld(stage: &Stage, object: &ObjectRef) -> bool {
    let path = format!("/api/v1/clusters/{CLUSTER}/plan");
    let plan = stage.get(&path).await.unwrap_or_default();
    let plan: Value = serde_json::from_str(&plan).unwrap_or_default();
    let mut blocked = plan["clusters"][0]["blocked"]
        .as_array()
        .into_iter()
        .flatten();
    blocked.any(|b| b["kind"] == object.kind.as_str() && b["name"] == object.name.as_str())
}

pub(super) async fn converged(stage: &Stage) -> bool {
    status(stage)
        .await
        .is_some_and(|s| s.contains("\"reason\":\"Converged\""))
}

pub(super) async fn counted(stage: &Stage, metric: &str, label: &str) -> bool {
    let metrics = stage.get("/metrics").await.unwrap_or_default();
    metrics
        .lines()
        .any(|line| line.starts_with(metric) && line.contains(label) && !line.ends_with(" 0"))
}

pub(super) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) -> Result<(), Failure> {
    let end = Instant::now() + PATIENCE;
    while Instant::now() < end {
        if holds().await {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Err(Failure::new(format!(
        "not as told: {what} was not reached within {} s",
        PATIENCE.as_secs()
    )))
}

pub(super) fn expect(holds: bool, what: &str) -> Result<(), Failure> {
    match holds {
        true => Ok(()),
        false => Err(Failure::new(format!("not as told: expected that {what}"))),
    }
}

pub(super) fn title(text: &str) -> Result<(), Failure> {
    let style = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
    Ok(output::line(format!("\n{}", output::styled(text, style)))?)
}

/// Says something, in lines that fit a terminal.
pub(super) fn say(text: &str) -> Result<(), Failure> {
    let lines = wrap(text, WIDTH);
    for (i, line) in lines.iter().enumerate() {
        let hang = if i == 0 { "   " } else { "     " };
        output::line(format!("{hang}{line}"))?;
    }
    Ok(())
}

/// Shows a line as it stands, below what is said.
pub(super) fn show(line: &str) -> Result<(), Failure> {
    Ok(output::line(format!("     {line}"))?)
}
