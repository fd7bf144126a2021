//! Who may do what: ACLs from git to a real Kafka, taken away by hand, given back, and gone with their documents.

use headgate::{
    lab::{ADMIN_USER, KafkaSpec, Security, Tool},
    model::{Kind, ObjectRef, ScramMechanism},
};

use super::world::{World, blocked, document, items, may_go, plaintext, scram, topic};
use crate::support::lab::start;

/// As many deletions as there are.
const ANY: &str = "accessBudget: {count: 50, percent: 100}";

/// Grants that take five ACLs: two on the topic for each direction, one of which is the same, and two on the group.
fn user(world: &World<'_>, topic: &str) -> String {
    let grants = format!("grants: [{{produce: {topic}}}, {{consume: {topic}, group: {topic}}}]");
    document("User", &world.name("app"), &grants)
}

fn acl(name: &str, principal: &str, resource: &str, rest: &str) -> String {
    let spec = format!("principal: {principal:?}, acls: [{{resource: {{{resource}}}, {rest}}}]");
    document("Acl", name, &spec)
}

#[tokio::test]
async fn acls_are_given_kept_and_taken_as_git_says() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, principal) = (world.name("events"), format!("User:{}", world.name("app")));
    let denied = acl(
        "no-audit",
        &principal,
        "type: topic, name: audit, pattern: prefixed",
        "operations: [Write], host: 10.0.0.1, permission: deny",
    );
    let granted = user(&world, &events);
    world.declare("", &[granted.clone(), denied]);
    world.converge().await;
    let name = |operation: &str| format!("{principal} allow {operation} topic:literal:{events}");
    let (read, write, describe) = (name("Read"), name("Write"), name("Describe"));
    let group = format!("{principal} allow Read group:literal:{events}");
    let deny = format!("{principal} deny Write topic:prefixed:audit from 10.0.0.1");
    let mut all = [&read, &write, &describe, &group, &deny].map(String::clone);
    all.sort();
    assert_eq!(world.hand.acls_of(&principal).await, all);
    let list = ["--list", "--principal", &principal];
    let told = kafka.tool(Tool::Acls, &list).await.unwrap();
    assert_eq!(told.matches("operation=").count(), 5, "{told}");
    assert!(
        told.contains("host=10.0.0.1, operation=WRITE, permissionType=DENY"),
        "{told}"
    );

    // stolen by hand
    world.hand.acls(&[], &[&read, &deny]).await;
    let stolen = [&read, &deny].map(|acl| format!("create Acl {acl}: drift"));
    assert_eq!(world.due().await, stolen);
    world.converge().await;
    assert_eq!(world.hand.acls_of(&principal).await, all);

    // given by hand: unexpected where git owns the principal, and never taken
    let stray = format!("{principal} allow Alter topic:literal:{events}");
    world.hand.acls(&[&stray], &[]).await;
    let owns = format!("owns: {{principals: [{principal:?}]}}");
    world.declare(&owns, std::slice::from_ref(&granted));
    let (_, plan) = world.plan().await;
    let unexpected = &plan["clusters"][0]["unexpected"];
    assert_eq!(unexpected[0]["name"], *stray, "{plan}");
    // the DENY's document is gone, and with it the DENY: no consent is needed
    assert_eq!(world.due().await, [format!("delete Acl {deny}: commit")]);
    world.converge().await;
    world.hand.acls(&[], &[&stray]).await;

    let asks = "deletion: {requireConsent: [Acl], accessBudget: {count: 50, percent: 100}}";
    world.declare(asks, &[topic(&events, 1, "")]);
    let held = world.withheld().await;
    assert_eq!(held.len(), 4, "{held:?}");
    assert_eq!(held[0].0, format!("consent Acl {describe}"), "{held:?}");
    let consent = format!("{{kind: Acl, name: \"{describe}\"");
    assert!(held[0].1.contains(&consent), "{held:?}");

    world.declare(
        "deletion: {accessBudget: {count: 3, percent: 100}}",
        &[topic(&events, 1, "")],
    );
    let held = world.withheld().await;
    assert_eq!(held.len(), 4, "none, and not some: {held:?}");
    assert!(held[0].0.starts_with("destroy_budget Acl"), "{held:?}");

    world.declare(&format!("deletion: {{{ANY}}}"), &[topic(&events, 1, "")]);
    world.converge().await;
    assert_eq!(world.hand.acls_of(&principal).await, [""; 0]);
}

#[tokio::test]
async fn an_acl_of_two_documents_goes_with_the_last_of_them() {
    let Some(kafka) = plaintext().await else {
        return;
    };
    let world = World::new(kafka);
    let (events, principal) = (world.name("events"), format!("User:{}", world.name("app")));
    let of_user = document(
        "User",
        &world.name("app"),
        &format!("grants: [{{produce: {events}}}]"),
    );
    let of_team = acl(
        "team",
        &principal,
        &format!("type: topic, name: {events}"),
        "operations: [Describe, Write]",
    );
    let spec = format!("deletion: {{{ANY}}}");
    world.declare(&spec, &[of_user.clone(), of_team.clone()]);
    world.converge().await;
    let both = world.hand.acls_of(&principal).await;
    assert_eq!(both.len(), 2, "{both:?}");

    world.declare(&spec, &[of_team]);
    world.converge().await;
    assert_eq!(world.hand.acls_of(&principal).await, both);
    world.declare(&spec, &[]);
    assert_eq!(world.due().await.len(), 2);
    world.converge().await;
    assert_eq!(world.hand.acls_of(&principal).await, [""; 0]);
}

#[tokio::test]
async fn headgate_never_takes_an_acl_or_the_password_from_itself_even_with_consent() {
    let Some(kafka) = scram().await else { return };
    let world = World::behind_scram(kafka);
    let own = world.name("headgate");
    let (principal, password) = (format!("User:{own}"), "of-headgate-itself");
    let rights = ["Alter", "Describe"]
        .map(|operation| format!("{principal} allow {operation} cluster:literal:kafka-cluster"));
    let rights: Vec<&str> = rights.iter().map(String::as_str).collect();
    world
        .hand
        .password(&own, ScramMechanism::Sha512, password)
        .await;
    world.hand.acls(&rights, &[]).await;
    let reference = world.secret("own-password", password);
    world.log_in(&own, &reference);
    let scram = "scram: {mechanism: SCRAM-SHA-512, passwordFrom: {secret: own-password}}, grants: [{admin: readonly}]";
    world.declare("", &[document("User", &own, scram)]);
    world.converge().await;
    let before = world.hand.acls_of(&principal).await;
    assert_eq!(before.len(), 8, "{before:?}");

    // a mechanism that git gives up may be the one that Headgate logs in with
    let other = scram.replace("512", "256");
    world.declare("", &[document("User", &own, &other)]);
    let held = world.withheld().await;
    assert_eq!(held.len(), 2, "{held:?}");
    let told = |text: &str| held.iter().any(|(_, why)| why.contains(text));
    assert!(
        told("log in with it") && told("logs in as this user"),
        "{held:?}"
    );
    assert_eq!(world.plan().await.0, 0, "and it still gets in");

    let consents: Vec<(&str, &str)> = before
        .iter()
        .filter(|acl| !rights.contains(&acl.as_str()))
        .map(|acl| ("Acl", acl.as_str()))
        .chain([("User", own.as_str())])
        .collect();
    let spec = format!("deletion: {{{ANY}, {}}}", may_go(&consents));
    let deny = acl(
        "lockout",
        &principal,
        "type: cluster",
        "operations: [Alter], permission: deny",
    );
    world.declare(&spec, &[deny]);
    let held = world.withheld().await;
    assert!(
        held.iter()
            .all(|(held, _)| held.starts_with("unsupported ")),
        "{held:?}"
    );
    // seven ACLs that were declared, the user, and the DENY that is
    assert_eq!(held.len(), 9, "{held:?}");
    assert!(held.iter().all(|(_, why)| why.contains("Headgate")));
    assert_eq!(world.hand.acls_of(&principal).await, before);
    let user = ObjectRef::new(Kind::User, &own);
    assert!(world.hand.look(&user).await.is_some());
}

#[tokio::test]
async fn behind_a_certificate_no_acl_is_taken_before_headgate_is_told_who_it_is() {
    let spec = KafkaSpec {
        security: Security::MutualTls,
        ..KafkaSpec::default()
    };
    let Some(kafka) = start(&spec).await else {
        return;
    };
    let world = World::new(&kafka);
    let (cert, key) = kafka.client_pem_paths().unwrap();
    let ca = kafka.ca_pem_path().unwrap();
    let login = format!(
        "{}, tls: {{ca: {{file: {ca:?}}}, cert: {{file: {cert:?}}}, key: {{file: {key:?}}}}}",
        world.bootstrap()
    );
    world.configure("", &login);
    let describe = |who: &str| {
        let operations = "operations: [Describe]";
        acl(
            who,
            &format!("User:{who}"),
            "type: topic, name: a",
            operations,
        )
    };
    let spec = format!("deletion: {{{ANY}}}");
    world.declare(&spec, &[describe(ADMIN_USER), describe("app")]);
    world.converge().await;
    world.declare(&spec, &[]);
    let held = world.withheld().await;
    assert_eq!(held.len(), 2, "{held:?}");
    assert!(held[0].1.contains("kafka.principal"), "{held:?}");

    let principal = format!("User:{ADMIN_USER}");
    world.configure("", &format!("{login}, principal: {principal:?}"));
    let held = world.withheld().await;
    assert_eq!(held.len(), 1, "{held:?}");
    assert!(
        held[0].1.contains(&format!("it is for {principal}")),
        "{held:?}"
    );
    assert_eq!(world.hand.acls_of("User:app").await, [""; 0]);
    assert_eq!(world.hand.acls_of(&principal).await.len(), 1);
}

/// Trap 24: without an authorizer there are not "no ACLs".
#[tokio::test]
async fn without_an_authorizer_acls_are_withheld_and_topics_are_kept() {
    let spec = KafkaSpec {
        authorizer: false,
        ..KafkaSpec::default()
    };
    let Some(kafka) = start(&spec).await else {
        return;
    };
    let world = World::new(&kafka);
    let events = world.name("events");
    world.declare("", &[user(&world, &events), topic(&events, 1, "")]);
    let (code, plan) = world.plan().await;
    assert_eq!(code, 2, "{plan}");
    let plan = &plan["clusters"][0];
    let held = blocked(plan);
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(held[0].0, "unsupported Acl *");
    for word in ["authorizer.class.name", "modes: {Acl: ignore}"] {
        assert!(held[0].1.contains(word), "{held:?}");
    }
    assert_eq!(plan["planes"]["kafka"]["complete"], true);
    // what cannot be there fails nothing, and stays withheld
    let applied = world.run(&["apply", "--detailed-exitcode"]).await;
    assert_eq!(applied.code, 2, "{applied:?}");
    assert_eq!(world.run(&["apply"]).await.code, 0);
    assert!(world.hand.topic(&events).await.is_some());
    assert_eq!(world.plan().await.0, 0);

    // whoever asks for no ACLs is not told of it
    world.declare(
        "modes: {Acl: ignore}",
        &[user(&world, &events), topic(&events, 1, "")],
    );
    world.converge().await;
    world.declare("", &[topic(&events, 1, "")]);
    let (code, plan) = world.plan().await;
    assert_eq!(
        (code, items(&plan["clusters"][0]["blocked"]).len()),
        (0, 0),
        "{plan}"
    );
}
