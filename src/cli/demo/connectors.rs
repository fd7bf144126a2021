//! The part of the story about connectors: one is changed, deleted and made to fail, each behind Headgate's back.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    drift::{heals, saw},
    stage::Stage,
    story::{converged, say, show_plan, title, until, withheld},
};
use crate::{
    cli::failure::Failure,
    lab::Endpoint,
    model::{Kind, ObjectRef},
    rest,
};

/// The connector that things happen to.
const SOURCE: &str = "/connectors/http-source";

/// Items that the API has at first, and as many again while the connector is away.
const ITEMS: u64 = 20;

/// Somebody with curl, a connector, and what it reads.
struct Hand<'a> {
    worker: String,
    endpoint: &'a Endpoint,
}

impl<'a> Hand<'a> {
    /// Returns it where there is Connect.
    fn of(stage: &'a Stage) -> Option<Self> {
        let (connect, _, endpoint) = stage.beside.connect.as_ref()?;
        let worker = connect.urls().into_iter().next()?;
        Some(Self { worker, endpoint })
    }

    async fn ask(&self, method: Method, path: &str) -> Result<Value, Failure> {
        ask(method, &format!("{}{path}", self.worker), None).await
    }

    async fn configure(&self, key: &str, value: &str) -> Result<(), Failure> {
        let path = format!("{SOURCE}/config");
        let mut config = self.ask(Method::GET, &path).await?;
        config[key] = json!(value);
        let url = format!("{}{path}", self.worker);
        ask(Method::PUT, &url, Some(&config)).await.map(|_| ())
    }

    /// Returns up to where a connector has come, as Connect remembers it: the last item read, or the record written next.
    async fn offset(&self, connector: &str, field: &str) -> Option<u64> {
        let path = format!("/connectors/{connector}/offsets");
        let answer = self.ask(Method::GET, &path).await.ok()?;
        answer["offsets"][0]["offset"][field].as_u64()
    }

    /// Waits until so many items are read, and as many records written to S3: none is lost, none is there twice.
    async fn until_through(&self, items: u64) -> Result<(), Failure> {
        until(&format!("{items} items are through"), async || {
            self.offset("http-source", "id").await == Some(items)
                && self.offset("s3-sink", "kafka_offset").await == Some(items)
        })
        .await
    }

    async fn until_failed(&self) -> Result<(), Failure> {
        let path = format!("{SOURCE}/status");
        until("the task has failed", async || {
            let status = self.ask(Method::GET, &path).await.unwrap_or_default();
            status["tasks"][0]["state"] == "FAILED"
        })
        .await
    }
}

/// Asks a service, as somebody with curl would.
pub(super) async fn ask(method: Method, url: &str, body: Option<&Value>) -> Result<Value, Failure> {
    let mut request = rest::plain().build()?.request(method, url);
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body.to_string());
    }
    let answer = request.send().await?.error_for_status()?;
    // many answers have no body
    Ok(serde_json::from_str(&answer.text().await?).unwrap_or(Value::Null))
}

fn source() -> ObjectRef {
    ObjectRef::new(Kind::Connector, "http-source")
}

/// The API gets its first items, and the connectors take them through.
pub(super) async fn first_items(stage: &Stage) -> Result<(), Failure> {
    let Some(hand) = Hand::of(stage) else {
        return Ok(());
    };
    hand.endpoint.publish(ITEMS);
    hand.until_through(ITEMS).await?;
    say(&format!(
        "{ITEMS} items of the API are read into cdn-requests, and written to S3"
    ))
}

/// What people do to connectors is seen and healed.
pub(super) async fn kept(stage: &Stage) -> Result<(), Failure> {
    let Some(hand) = Hand::of(stage) else {
        return Ok(());
    };
    changed(stage, &hand).await?;
    deleted(stage, &hand).await?;
    failed_once(stage, &hand).await?;
    stays_failed(stage, &hand).await
}

async fn changed(stage: &Stage, hand: &Hand<'_>) -> Result<(), Failure> {
    title("12. Somebody changes a connector by hand")?;
    say(&format!(
        "PUT {SOURCE}/config: http.timer.interval.millis is 3600000, it reads once an hour"
    ))?;
    let change = hand.configure("http.timer.interval.millis", "3600000");
    heals(stage, &source(), change).await
}

async fn deleted(stage: &Stage, hand: &Hand<'_>) -> Result<(), Failure> {
    title("13. Somebody deletes a connector")?;
    say(&format!(
        "DELETE {SOURCE}; its API has {ITEMS} more items meanwhile"
    ))?;
    heals(stage, &source(), async {
        hand.ask(Method::DELETE, SOURCE).await?;
        hand.endpoint.publish(ITEMS);
        Ok(())
    })
    .await?;
    hand.until_through(2 * ITEMS).await?;
    say(&format!(
        "Connect had kept its offsets: it goes on after item {ITEMS}, none is lost, none is there twice"
    ))
}

async fn failed_once(stage: &Stage, hand: &Hand<'_>) -> Result<(), Failure> {
    title("14. A connector fails")?;
    say("its API answers 500, once: the task that reads it ends, and Connect leaves it at that")?;
    heals(stage, &source(), async {
        hand.endpoint.fail_once();
        hand.until_failed().await
    })
    .await?;
    say("it was restarted, as its document says: restart: {max: 7, backoff: quadratic}")
}

async fn stays_failed(stage: &Stage, hand: &Hand<'_>) -> Result<(), Failure> {
    title("15. It fails again, and stays so")?;
    say("its API goes on to answer 500")?;
    hand.endpoint.fail(true);
    hand.until_failed().await?;
    until("the restart is held back", async || {
        withheld(stage, &source()).await
    })
    .await?;
    say(&format!("Headgate saw: {}", saw(stage, &source()).await))?;
    say(
        "so soon after the first, a restart waits; the plan says why it failed, and when it is due:",
    )?;
    show_plan(stage).await?;
    hand.endpoint.fail(false);
    let restart = format!("{SOURCE}/restart?includeTasks=true&onlyFailed=true");
    hand.ask(Method::POST, &restart).await?;
    let began = Instant::now();
    until("the connector runs", async || converged(stage).await).await?;
    say(&format!(
        "the API is mended and somebody restarts the connector by hand: all well after {:.1} s",
        began.elapsed().as_secs_f64()
    ))
}
