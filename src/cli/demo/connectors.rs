//! The part of the story about connectors: one is changed, deleted and made to fail, each behind Headgate's back.

use tokio::time::Instant;

use super::{
    api::Api,
    drift::{heals, saw},
    platform::{CONNECT, SOURCE},
    stage::Stage,
    story::{converged, done, say, show_plan, title, until, withheld},
};
use crate::{
    cli::failure::Failure,
    live::Observed,
    model::{ConfigKey, Kind, ObjectRef},
    ports::{ConnectPlane, ConnectWrite, ConnectorConfig, NewValue},
};

/// Items that the API has at first, and as many again while the connector is away.
const ITEMS: u64 = 20;

/// Somebody who changes a connector, and what it reads.
struct Hand<'a> {
    connect: &'a dyn ConnectPlane,
    api: Api<'a>,
}

impl<'a> Hand<'a> {
    /// Returns it where there is Connect.
    fn of(stage: &'a Stage) -> Option<Self> {
        let connect = stage.hand.connect.get(CONNECT)?.as_ref();
        let (api, _) = stage.ground.ends()?;
        Some(Self { connect, api })
    }

    async fn write(&self, write: ConnectWrite) -> Result<(), Failure> {
        done(self.connect.write(write).await)
    }

    async fn configure(&self, key: &str, value: &str) -> Result<(), Failure> {
        let mut config = self.config().await?;
        config.insert(ConfigKey::new(key), NewValue::Open(value.into()));
        let name = SOURCE.into();
        self.write(ConnectWrite::Configure { name, config }).await
    }

    async fn config(&self) -> Result<ConnectorConfig, Failure> {
        let connector = match self.connect.look(&[SOURCE.into()]).await {
            Observed::Known(mut looked) => looked.connectors.remove(SOURCE),
            Observed::Unknown(why) => return Err(Failure::new(why)),
        };
        let Some(Observed::Known(Some(connector))) = connector else {
            return Err(Failure::new(format!("{SOURCE} is not there")));
        };
        let values = connector.config.into_iter();
        let values = values.filter_map(|c| Some((c.key, NewValue::Open(c.value?))));
        Ok(values.collect())
    }
}

fn source() -> ObjectRef {
    ObjectRef::new(Kind::Connector, SOURCE)
}

/// The API gets its first items, and the connectors take them through.
pub(super) async fn first_items(api: &Api<'_>) -> Result<(), Failure> {
    let Some(flow) = api.flow() else {
        return Ok(());
    };
    flow.publish(ITEMS);
    flow.until_through(ITEMS).await?;
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
        "http.timer.interval.millis of {SOURCE} is set to 3600000: it reads once an hour"
    ))?;
    let change = hand.configure("http.timer.interval.millis", "3600000");
    heals(stage, &source(), change).await
}

async fn deleted(stage: &Stage, hand: &Hand<'_>) -> Result<(), Failure> {
    title("13. Somebody deletes a connector")?;
    let delete = hand.write(ConnectWrite::Delete {
        name: SOURCE.into(),
    });
    let Some(flow) = hand.api.flow() else {
        say(&format!("{SOURCE} is deleted"))?;
        return heals(stage, &source(), delete).await;
    };
    say(&format!(
        "{SOURCE} is deleted; its API has {ITEMS} more items meanwhile"
    ))?;
    heals(stage, &source(), async {
        delete.await?;
        flow.publish(ITEMS);
        Ok(())
    })
    .await?;
    flow.until_through(2 * ITEMS).await?;
    say(&format!(
        "Connect had kept its offsets: it goes on after item {ITEMS}, none is lost, none is there twice"
    ))
}

async fn failed_once(stage: &Stage, hand: &Hand<'_>) -> Result<(), Failure> {
    title("14. A connector fails")?;
    say("its API answers 500, once: the task that reads it ends, and Connect leaves it at that")?;
    heals(stage, &source(), async {
        hand.api.fail_once();
        Ok(())
    })
    .await?;
    say("it was restarted, as its document says: restart: {max: 7, backoff: quadratic}")
}

async fn stays_failed(stage: &Stage, hand: &Hand<'_>) -> Result<(), Failure> {
    title("15. It fails again, and stays so")?;
    say("its API goes on to answer 500")?;
    hand.api.fail(true);
    until("the restart is held back", async || {
        withheld(stage, &source()).await
    })
    .await?;
    say(&format!("Headgate saw: {}", saw(stage, &source()).await))?;
    say(
        "so soon after the first, a restart waits; the plan says why it failed, and when it is due:",
    )?;
    show_plan(stage).await?;
    hand.api.fail(false);
    hand.write(ConnectWrite::Restart {
        name: SOURCE.into(),
    })
    .await?;
    let began = Instant::now();
    until("the connector runs", async || converged(stage).await).await?;
    say(&format!(
        "the API is mended and somebody restarts the connector by hand: all well after {:.1} s",
        began.elapsed().as_secs_f64()
    ))
}
