//! SASL_SSL with SCRAM: getting in, and what is said to those who do not; the password is said nowhere.

use headgate::lab::{ADMIN_PASSWORD, ADMIN_USER};

use super::{
    repo::write,
    world::{World, topic},
};
use crate::support::lab::scram;

/// A password that must not be found anywhere.
const CANARY: &str = "canary-7f3a-not-to-be-told";

fn login(world: &World<'_>, ca: &str, password: &str) -> String {
    format!(
        "{}, tls: {{ca: {{file: {ca:?}}}}}, sasl: {{mechanism: SCRAM-SHA-512, username: {ADMIN_USER}, password: {{env: {password}}}}}",
        world.bootstrap()
    )
}

#[tokio::test]
async fn scram_over_tls_gets_in_and_mistakes_are_named_without_the_secret() {
    let Some(kafka) = scram().await else { return };
    let world = World::new(kafka);
    let events = world.name("events");
    let commit = world.declare("", &[topic(&events, 1, "")]);
    let ca = kafka.ca_pem_path().unwrap().display().to_string();
    let env = [("RIGHT", ADMIN_PASSWORD), ("WRONG", CANARY)];
    let loud = [
        "plan",
        "-o",
        "json",
        "--detailed-exitcode",
        "--log",
        "trace",
    ];

    world.configure("", &login(&world, &ca, "WRONG"));
    let wrong = world.run_with(&loud, &env).await;
    assert_eq!(wrong.code, 1, "{wrong:?}");
    let why = wrong.json()["clusters"][0]["planes"]["kafka"]["reason"].to_string();
    assert!(
        why.contains("SCRAM-SHA-512") && why.contains(ADMIN_USER),
        "{why}"
    );
    assert!(why.contains("password"), "it says what to look at: {why}");
    let daemon = world.daemon_with(&env).await;
    let why = daemon.until_condition("ObservationComplete", "False").await;
    assert!(why.contains("SCRAM-SHA-512"), "{why}");
    let mut told = format!("{wrong:?}{}", daemon.log());
    for path in [
        "/metrics",
        "/api/v1/status",
        "/api/v1/clusters/c",
        "/api/v1/clusters/c/history",
        "/api/v1/clusters/c/plan",
    ] {
        told += &daemon.get(path).await.1;
    }

    let foreign = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    write(&world.path("foreign.pem"), &foreign.cert.pem());
    world.configure("", &login(&world, "foreign.pem", "RIGHT"));
    let untrusted = world.run_with(&loud, &env).await;
    assert_eq!(untrusted.code, 1, "{untrusted:?}");
    let why = untrusted.json()["clusters"][0]["planes"]["kafka"]["reason"].to_string();
    assert!(why.contains("not signed by a CA in tls.ca"), "{why}");

    world.configure("", &login(&world, &ca, "UNSET"));
    let unset = world.run_with(&loud, &env).await;
    assert_eq!(unset.code, 1, "{unset:?}");
    assert!(
        unset.out.contains("UNSET"),
        "the missing variable is named: {unset:?}"
    );

    // the daemon that could not get in reads its file again and does
    world.configure("", &login(&world, &ca, "RIGHT"));
    daemon.until_converged(&commit).await;
    assert!(world.hand.topic(&events).await.is_some());
    let right = world.run_with(&loud, &env).await;
    assert_eq!(right.code, 0, "{right:?}");
    told += &format!("{untrusted:?}{unset:?}{right:?}{}", daemon.log());
    for secret in [CANARY, ADMIN_PASSWORD] {
        assert!(!told.contains(secret), "{secret} was told");
    }
    assert!(daemon.stop().await.success());
}
