//! The part of the story about schemas: a commit that readers could not follow.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::{
    platform::{self, FIELD, USER_EVENT_FILE},
    stage::Stage,
    story::{applied, expect, say, show, show_plan, title, until, withheld},
};
use crate::{
    cli::failure::Failure,
    live::Observed,
    model::{Kind, ObjectRef},
    ports::{RegistryPlane, Wanted},
};

/// The subject that the commit is about.
const SUBJECT: &str = "user-events-value";

/// A schema that is not compatible is merged, refused, and taken back.
pub(super) async fn refused(stage: &Stage) -> Result<(), Failure> {
    let Some(registry) = &stage.hand.registry else {
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
    has_the_first_only(registry.as_ref()).await?;
    say("the registry was asked first, and refuses; nothing is written, and the plan says where:")?;
    show_plan(stage).await?;
    let sha = stage.repo.revert().await?;
    let began = Instant::now();
    until("the commit is taken back", async || {
        applied(stage, &sha).await
    })
    .await?;
    has_the_first_only(registry.as_ref()).await?;
    say(&format!(
        "git revert: converged after {:.1} s, and version 1 is still the only one",
        began.elapsed().as_secs_f64()
    ))
}

async fn has_the_first_only(registry: &dyn RegistryPlane) -> Result<(), Failure> {
    let (schemas, due) = (BTreeMap::new(), BTreeSet::new());
    let wanted = Wanted {
        schemas: &schemas,
        owned: &[],
        due: &due,
    };
    let mut looked = registry.look(&wanted, &[SUBJECT.into()]).await;
    let first_only = match looked.subjects.remove(SUBJECT) {
        Some(Observed::Known(Some(subject))) => subject.versions == [1],
        _ => false,
    };
    expect(first_only, "the registry has version 1 only")
}
