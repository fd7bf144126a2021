//! Users and their passwords, which Kafka never tells back: made, changed by hand, rotated, and gone; each time with a real
//! login.

use headgate::{
    config::Mechanism,
    lab::{KafkaCluster, Tool},
    model::{Kind, ObjectRef, ScramMechanism},
};

use serde_json::json;

use super::world::{World, document, may_go, scram, until};

/// Logs in with Kafka's own client, and tells whether that was allowed.
async fn gets_in(kafka: &KafkaCluster, mechanism: Mechanism, user: &str, password: &str) -> bool {
    let user = kafka.login(mechanism, user, password).unwrap();
    let asked = user.tool(Tool::Topics, &["--list"]).await;
    if let Err(refused) = &asked {
        let why = headgate::model::chain(refused);
        assert!(why.contains("SaslAuthenticationException"), "{why}");
    }
    asked.is_ok()
}

fn user(name: &str, mechanisms: &str) -> String {
    let spec = format!("scram: {{mechanism: [{mechanisms}], passwordFrom: {{secret: app}}}}");
    document("User", name, &spec)
}

#[tokio::test]
async fn a_user_is_made_healed_rotated_and_deleted_with_consent_only() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let app = world.name("app");
    let both = [user(&app, "SCRAM-SHA-256, SCRAM-SHA-512")];
    world.secret("app", "the first one\n");
    world.declare("", &both);
    assert_eq!(world.due().await, [format!("create User {app}: first")]);
    world.converge().await;
    assert!(gets_in(kafka, Mechanism::ScramSha512, &app, "the first one").await);

    // nobody but a login can tell
    world
        .hand
        .password(&app, ScramMechanism::Sha512, "somebody else's")
        .await;
    // a plan tries no login of a user that is known, so that no run of CI can lock it out
    assert_eq!(world.due().await, [""; 0]);
    let daemon = world.daemon().await;
    until(
        "the changed password is counted as drift and healed",
        async || {
            let of = [("kind", "User"), ("class", "modified")];
            daemon.metric("headgate_drift_detected_total", &of).await == 1.0
                && daemon
                    .metric("headgate_drift_resolved_total", &[("kind", "User")])
                    .await
                    == 1.0
        },
    )
    .await;
    daemon.two_more_passes().await;
    assert_eq!(daemon.drift_counted().await, 1.0);

    // the secret changes, git does not: that is no drift
    world.secret("app", "the second one");
    until("the new password is set", async || {
        let updates = [("kind", "User"), ("action", "update"), ("result", "ok")];
        daemon.metric("headgate_actions_total", &updates).await == 2.0
    })
    .await;
    assert_eq!(daemon.drift_counted().await, 1.0);
    assert!(daemon.stop().await.success());
    let second = "the second one";
    let (new, newer, old) = tokio::join!(
        gets_in(kafka, Mechanism::ScramSha256, &app, second),
        gets_in(kafka, Mechanism::ScramSha512, &app, second),
        gets_in(kafka, Mechanism::ScramSha512, &app, "the first one"),
    );
    assert_eq!((new, newer, old), (true, true, false));

    gives_up_a_mechanism_and_goes(&world, &app).await;
}

async fn gives_up_a_mechanism_and_goes(world: &World<'_>, app: &str) {
    let object = ObjectRef::new(Kind::User, app);
    // a mechanism that goes from git is taken away, by consent: whoever logs in with it is out
    let iterations = async |mechanism: &str| {
        let user = world.hand.look(&object).await.expect("the user is there");
        let path = format!("scram.{mechanism}.iterations");
        let field = user.as_ref().field(&path)?;
        field.value().map(str::to_owned)
    };
    assert_eq!(iterations("SCRAM-SHA-256").await.as_deref(), Some("4096"));
    let one = [user(app, "SCRAM-SHA-512")];
    world.declare("", &one);
    let held = world.withheld().await;
    assert_eq!(held[0].0, format!("consent User {app}"), "{held:?}");
    let consent = format!("deletion: {{{}}}", may_go(&[("User", app)]));
    world.declare(&consent, &one);
    assert_eq!(world.due().await, [format!("update User {app}: commit")]);
    world.converge().await;
    assert_eq!(iterations("SCRAM-SHA-256").await, None);
    assert_eq!(iterations("SCRAM-SHA-512").await.as_deref(), Some("4096"));

    world.declare("", &[]);
    let held = world.withheld().await;
    assert_eq!(held[0].0, format!("consent User {app}"), "{held:?}");
    assert!(world.hand.look(&object).await.is_some());
    world.declare(&consent, &[]);
    let held = world.withheld().await;
    assert!(held[0].1.contains("was used on"), "{held:?}");
    world.declare(&consent.replace("reason: ", "reason: really "), &[]);
    assert_eq!(world.due().await, [format!("delete User {app}: commit")]);
    world.converge().await;
    until("the user is gone", async || {
        world.hand.look(&object).await.is_none()
    })
    .await;
}

#[tokio::test]
async fn a_password_that_somebody_else_set_is_overwritten_by_consent_only() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let app = world.name("app");
    let theirs = "theirs";
    world
        .hand
        .password(&app, ScramMechanism::Sha512, theirs)
        .await;
    world.secret("app", "of another folder");
    let declared = [user(&app, "SCRAM-SHA-512")];
    world.declare("", &declared);
    let held = world.withheld().await;
    assert_eq!(held[0].0, format!("consent User {app}"), "{held:?}");
    assert!(gets_in(kafka, Mechanism::ScramSha512, &app, theirs).await);

    let consent = format!("deletion: {{{}}}", may_go(&[("User", &app)]));
    world.declare(&consent, &declared);
    world.converge().await;
    assert!(gets_in(kafka, Mechanism::ScramSha512, &app, "of another folder").await);
    assert!(!gets_in(kafka, Mechanism::ScramSha512, &app, theirs).await);
}

#[tokio::test]
async fn a_user_deleted_by_hand_is_made_again_and_one_without_its_secret_is_withheld() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let app = world.name("app");
    world.declare("", &[user(&app, "SCRAM-SHA-512")]);
    let (code, plan) = world.plan().await;
    let held = super::world::blocked(&plan["clusters"][0]);
    assert_eq!((code, held.len()), (0, 1), "{plan}");
    assert_eq!(held[0].0, format!("incomplete_observation User {app}"));
    assert!(held[0].1.contains("secrets/app"), "{held:?}");

    world.secret("app", "a password");
    world.converge().await;
    let entity = ["--alter", "--entity-type", "users", "--entity-name", &app];
    let delete = [&entity[..], &["--delete-config", "SCRAM-SHA-512"]].concat();
    kafka.tool(Tool::Configs, &delete).await.unwrap();
    assert_eq!(world.due().await, [format!("create User {app}: drift")]);
    world.converge().await;
    assert!(gets_in(kafka, Mechanism::ScramSha512, &app, "a password").await);

    // without the key the ledger's fingerprints tell nothing; a login does, so that nothing is written
    std::fs::remove_file(world.path("ledger.db.key")).unwrap();
    assert_eq!(world.due().await, [""; 0]);
    let applied = world.run(&["apply", "-o", "json"]).await;
    assert_eq!(applied.code, 0, "{applied:?}");
    assert_eq!(
        applied.json()["clusters"][0]["results"],
        json!([]),
        "{applied:?}"
    );
}
