//! The part of the story about replicas: a broker is emptied, and another one dies meanwhile.

use tokio::time::Instant;

use super::{
    platform::{self, CLUSTER_FILE, DRAINED},
    stage::Stage,
    story::{converged, live, say, title, until},
};
use crate::cli::failure::Failure;

/// The broker that dies.
const KILLED: i32 = 3;

/// Empties a broker, one partition at a time, and kills another in the middle of it.
pub(super) async fn drained(stage: &Stage) -> Result<(), Failure> {
    title("10. A broker is to go: its replicas move away")?;
    let cluster = platform::draining(stage.ground.cluster_id());
    let files = [(CLUSTER_FILE, cluster)];
    stage
        .repo
        .commit("broker 4 is to be emptied", &files)
        .await?;
    let began = Instant::now();
    let before = on_drained(stage).await;
    until("replicas move", async || on_drained(stage).await < before).await?;
    if let Some(lab) = stage.ground.lab() {
        lab.kafka().kill_broker(KILLED)?;
        say(&format!(
            "meanwhile another broker dies: {KILLED} is killed with {} replicas to go",
            on_drained(stage).await
        ))?;
        lab.kafka().start_broker(KILLED).await?;
        say("it is started again; what was under way is found out by looking")?;
    } else {
        say("left out: no other broker dies meanwhile, the sandbox's stay")?;
    }
    until("the broker is empty", async || on_drained(stage).await == 0).await?;
    until("the platform is converged", async || converged(stage).await).await?;
    say(&format!(
        "no replica of the platform is on broker {DRAINED} after {:.1} s, and no throttle is left behind",
        began.elapsed().as_secs_f64()
    ))
}

/// Counts the replicas of the platform's topics on the broker that is emptied.
async fn on_drained(stage: &Stage) -> usize {
    let mut count = 0;
    for topic in ["user-events", "system-metrics", "audit-trail"] {
        let partitions = live(stage, topic)
            .await
            .map_or(Vec::new(), |t| t.partitions);
        let replicas = partitions.iter().flat_map(|p| p.replicas.iter());
        count += replicas.filter(|id| **id == DRAINED).count();
    }
    count
}
