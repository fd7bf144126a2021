//! The part of the story about schemas: a commit that readers could not follow.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    connectors::ask,
    platform::{self, FIELD, USER_EVENT_FILE},
    stage::Stage,
    story::{applied, expect, say, show, show_plan, title, until, withheld},
};
use crate::{
    cli::failure::Failure,
    lab::Service,
    model::{Kind, ObjectRef},
};

/// The subject that the commit is about.
const SUBJECT: &str = "user-events-value";

/// A schema that is not compatible is merged, refused, and taken back.
pub(super) async fn refused(stage: &Stage) -> Result<(), Failure> {
    let Some(registry) = &stage.beside.registry else {
        return Ok(());
    };
    title("16. A pull request changes a schema so that readers could not follow")?;
    say("user-events get a field that older records lack, and no default for it:")?;
    show(FIELD)?;
    let files = [(USER_EVENT_FILE, platform::incompatible())];
    stage.repo.commit("events tell the country", &files).await?;
    let schema = ObjectRef::new(Kind::Schema, SUBJECT);
    until("the schema is refused", async || {
        withheld(stage, &schema).await
    })
    .await?;
    let only_the_first = versions(registry).await? == json!([1]);
    expect(only_the_first, "the registry has version 1 only")?;
    say("the registry was asked first, and refuses; nothing is written, and the plan says where:")?;
    show_plan(stage).await?;
    let sha = stage.repo.revert().await?;
    let began = Instant::now();
    until("the commit is taken back", async || {
        applied(stage, &sha).await
    })
    .await?;
    say(&format!(
        "git revert: converged after {:.1} s, and version 1 is still the only one",
        began.elapsed().as_secs_f64()
    ))
}

async fn versions(registry: &Service) -> Result<Value, Failure> {
    let url = format!("{}/subjects/{SUBJECT}/versions", registry.url());
    ask(Method::GET, &url, None).await
}
