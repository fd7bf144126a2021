//! The part of the story about access: users and their ACLs, an ACL that is stolen, a password that is changed.

use super::{
    drift::{heals, saw},
    platform::{self, ACCESS_FILE, SECRETS},
    stage::Stage,
    story::{by_hand, converged, counted, expect, say, title, until},
};
use crate::{
    cli::failure::Failure,
    live::Observed,
    model::{Acl, Kind, ObjectRef, ScramMechanism, Secret},
    ports::{Batch, Credential},
};

/// The user that things happen to.
const USER: &str = "analytics";

/// The ACL that is stolen.
const STOLEN: &str = "User:analytics allow Read topic:literal:user-events";

/// Grants, credentials and quotas are merged.
pub(super) async fn given(stage: &Stage) -> Result<(), Failure> {
    title("5. A team gets access: users, grants, quotas")?;
    stage.write_secrets(SECRETS).await?;
    let files = [(ACCESS_FILE, platform::access())];
    stage
        .repo
        .commit("users and what they may do", &files)
        .await?;
    say(
        "the passwords lie beside the daemon, not in git; a plan says that one changes, never what to",
    )?;
    until("the ACL is there", async || is_there(stage).await).await?;
    until("the platform is converged", async || converged(stage).await).await?;
    say("four users, their ACLs and quotas stand: look at /users, /acls and /quotas of the cluster")
}

/// An ACL is taken away by hand.
pub(super) async fn stolen(stage: &Stage) -> Result<(), Failure> {
    title("6. Somebody takes an ACL away")?;
    say(STOLEN)?;
    let acl = Acl::parse(STOLEN).expect("the text above is an ACL");
    let stolen = by_hand(stage, Batch::DeleteAcls(vec![acl]));
    heals(stage, &ObjectRef::new(Kind::Acl, STOLEN), stolen).await?;
    expect(is_there(stage).await, "the ACL is there again")?;
    say("an alert would have told of it meanwhile")
}

/// A password is changed by hand while nobody looks. A daemon tries a login every ten minutes at most, also when it starts.
pub(super) async fn password(stage: &mut Stage) -> Result<(), Failure> {
    title("7. Somebody sets another password while Headgate is down")?;
    stage.stop_daemon().await;
    by_hand(
        stage,
        Batch::SetCredentials(vec![credential("not-what-git-wants")]),
    )
    .await?;
    say("Kafka tells no password back: the daemon logs in as the user, every ten minutes at most")?;
    stage.forget_login(USER)?;
    say("instead of waiting for that, the demo takes the last login out of the ledger")?;
    stage.start_daemon().await?;
    until("git's password works again", async || {
        let right = [credential(&platform::password(USER))];
        let answers = stage.hand.kafka.log_in(&right).await;
        answers == [Observed::Known(true)]
    })
    .await?;
    until("the drift is counted", async || {
        counted(stage, "headgate_drift_resolved_total", "kind=\"User\"").await
    })
    .await?;
    let user = ObjectRef::new(Kind::User, USER);
    say(&format!("Headgate saw: {}", saw(stage, &user).await))?;
    say("the login was refused; git's password was set again")
}

fn credential(password: &str) -> Credential {
    Credential {
        user: USER.into(),
        mechanism: ScramMechanism::Sha512,
        iterations: ScramMechanism::MIN_ITERATIONS,
        password: Secret::new(password.to_owned()),
    }
}

async fn is_there(stage: &Stage) -> bool {
    let acl = ObjectRef::new(Kind::Acl, STOLEN);
    match stage.hand.kafka.look(std::slice::from_ref(&acl)).await {
        Observed::Known(looked) => {
            matches!(looked.objects.get(&acl), Some(Observed::Known(Some(_))))
        }
        Observed::Unknown(_) => false,
    }
}
