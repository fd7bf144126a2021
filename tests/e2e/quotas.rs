//! How much clients may do: quotas set, kept, and taken away key by key.

use headgate::{
    lab::Tool,
    model::{Kind, ObjectRef},
};

use super::world::{World, document, may_go, plaintext};

const PRODUCED: &str = "producer_byte_rate";
const CONSUMED: &str = "consumer_byte_rate";
const REQUESTS: &str = "request_percentage";

async fn rate(world: &World<'_>, of: &str, key: &str) -> Option<f64> {
    let quota = ObjectRef::new(Kind::Quota, of);
    let rate = world.hand.value(&quota, key).await;
    rate.map(|text| text.parse().unwrap())
}

/// The names of the quotas that `of_user` and `of_clients` declare.
fn names(app: &str) -> (String, String) {
    let user = format!("user={app}");
    (user, format!("user=<default>,client-id={app}"))
}

fn of_user(app: &str, quotas: &str) -> String {
    document("User", app, &format!("quotas: {{{quotas}}}"))
}

fn of_clients(app: &str) -> String {
    let spec = format!("user: <default>, clientId: {app}, requestPercentage: 12.5");
    document("Quota", "clients", &spec)
}

#[tokio::test]
async fn quotas_are_set_kept_and_taken_key_by_key() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let app = world.name("app");
    let (user, clients) = names(&app);
    let both = of_user(&app, "producerByteRate: 1MiB, consumerByteRate: 2MiB");
    world.declare("", &[both, of_clients(&app)]);
    world.converge().await;
    let entity = [
        "--describe",
        "--entity-type",
        "users",
        "--entity-name",
        &app,
    ];
    let told = kafka.tool(Tool::Configs, &entity).await.unwrap();
    assert!(told.contains("producer_byte_rate=1048576.0"), "{told}");
    assert_eq!(rate(&world, &clients, REQUESTS).await, Some(12.5));

    let hand = &world.hand;
    hand.limit(&user, PRODUCED, Some(5.0)).await;
    hand.limit(&user, CONSUMED, None).await;
    hand.limit(&user, REQUESTS, Some(50.0)).await;
    hand.limit(&clients, REQUESTS, None).await;
    let drifted = [
        format!("create Quota {clients}: drift"),
        format!("update Quota {user}: drift"),
    ];
    assert_eq!(world.due().await, drifted);
    world.converge().await;
    assert_eq!(rate(&world, &user, PRODUCED).await, Some(1_048_576.0));
    assert_eq!(rate(&world, &user, CONSUMED).await, Some(2_097_152.0));

    // a key that goes from git is removed, one that git never knew is not
    let one = of_user(&app, "producerByteRate: 1MiB");
    world.declare("", &[one, of_clients(&app)]);
    assert_eq!(world.due().await, [format!("update Quota {user}: commit")]);
    world.converge().await;
    assert_eq!(rate(&world, &user, CONSUMED).await, None);
    assert_eq!(rate(&world, &user, REQUESTS).await, Some(50.0));
}

#[tokio::test]
async fn a_quota_goes_without_consent_unless_git_wants_to_be_asked() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let app = world.name("app");
    let (user, clients) = names(&app);
    world.hand.limit(&user, REQUESTS, Some(50.0)).await;
    let one = of_user(&app, "producerByteRate: 1MiB");
    world.declare("", &[one, of_clients(&app)]);
    world.converge().await;

    let consent = may_go(&[("Quota", &user)]);
    world.declare(
        &format!("deletion: {{requireConsent: [Quota], {consent}}}"),
        &[],
    );
    let held = world.withheld().await;
    assert_eq!(held[0].0, format!("consent Quota {clients}"), "{held:?}");
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(rate(&world, &user, PRODUCED).await, None);
    assert_eq!(rate(&world, &user, REQUESTS).await, Some(50.0));
    world.declare("", &[]);
    world.converge().await;
    assert_eq!(rate(&world, &clients, REQUESTS).await, None);
}
