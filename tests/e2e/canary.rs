//! Secrets, fed in everywhere a secret can stand, turn up nowhere.

use headgate::{
    lab::{KafkaSpec, Security},
    model::ScramMechanism,
};

use super::{
    daemon::Daemon,
    world::{Ran, World, document, items, topic, until},
};
use crate::support::lab::start;

/// What must not be found: passwords of users before and after a rotation, of a broker's key, one that Kafka refuses, one
/// that somebody set by hand, Headgate's own, and a token in an address.
const CANARIES: [&str; 7] = [
    "canary-user-1-7f3a",
    "canary-user-2-91bd",
    "canary-broker-key-c55e",
    "canary-refused-20d4",
    "canary-by-hand-b1f8",
    "canary-own-password-6ee0",
    "canary-token-44a9",
];

/// Everything that anybody ever reads of Headgate.
struct Told(Vec<(String, Vec<u8>)>);

impl Told {
    fn hear(&mut self, what: &str, said: impl Into<Vec<u8>>) {
        self.0.push((what.to_owned(), said.into()));
    }

    fn ran(&mut self, what: &str, ran: &Ran) {
        self.hear(what, format!("{}{}", ran.out, ran.err));
    }

    /// Reads every answer that HTTP gives, and the log.
    async fn daemon(&mut self, daemon: &Daemon, user: &str, topic: &str) {
        let below = [
            "",
            "/drift",
            "/plan",
            "/history",
            "/brokers",
            "/topics",
            "/users",
            "/acls",
            "/quotas",
            "/consumer-groups",
        ];
        let below = below.map(|path| format!("/api/v1/clusters/c{path}"));
        let others = [
            "/metrics".to_owned(),
            "/api/v1/status".to_owned(),
            "/api/v1/check".to_owned(),
            "/readyz".to_owned(),
            "/".to_owned(),
            format!("/api/v1/clusters/c/topics/{topic}"),
            format!("/api/v1/clusters/c/users?q={user}"),
        ];
        for path in below.into_iter().chain(others) {
            self.hear(&path, daemon.get(&path).await.1);
        }
        self.hear("log", daemon.log());
    }

    /// Reads every file that Headgate keeps.
    #[expect(
        clippy::disallowed_methods,
        reason = "tests read the files of the daemon"
    )]
    fn files(&mut self, world: &World<'_>) {
        for file in ["ledger.db", "ledger.db-wal", "headgate.log"] {
            if let Ok(bytes) = std::fs::read(world.path(file)) {
                self.hear(file, bytes);
            }
        }
    }

    fn holds(&self, text: &str) -> Vec<&str> {
        let within = |bytes: &[u8]| {
            bytes
                .windows(text.len())
                .any(|part| part == text.as_bytes())
        };
        let found = self.0.iter().filter(|(_, bytes)| within(bytes));
        found.map(|(what, _)| what.as_str()).collect()
    }
}

/// The names of what the canary's platform has.
struct Names {
    app: String,
    events: String,
    documents: [String; 2],
}

/// Fills every place that a secret has, and lets Headgate log in with one.
async fn prepare(world: &World<'_>) -> Names {
    let [first, _, key, refused, _, own_password, _] = CANARIES;
    let (app, own, events) = (world.name("app"), world.name("own"), world.name("events"));
    let hand = &world.hand;
    hand.password(&own, ScramMechanism::Sha512, own_password)
        .await;
    for on in [
        "cluster:literal:kafka-cluster",
        "topic:literal:*",
        "group:literal:*",
    ] {
        hand.acls(&[&format!("User:{own} allow All {on}")], &[])
            .await;
    }
    let reference = world.secret("own", own_password);
    world.log_in(&own, &reference);
    for (name, secret) in [("app", first), ("key", key), ("refused", refused)] {
        world.secret(name, secret);
    }
    let user = format!(
        "scram: {{mechanism: [SCRAM-SHA-256, SCRAM-SHA-512], passwordFrom: {{secret: app}}}}, grants: [{{produce: {events}}}]"
    );
    Names {
        documents: [document("User", &app, &user), topic(&events, 1, "")],
        app,
        events,
    }
}

/// Declares the platform, and these secrets of a broker.
fn declare(world: &World<'_>, names: &Names, keys: &str) -> String {
    let broker = document("BrokerConfig", "1", &format!("config: {{{keys}}}"));
    let [user, topic] = names.documents.clone();
    world.declare("", &[user, topic, broker])
}

/// Plans in every format, and applies what Kafka refuses in part.
async fn once(world: &World<'_>, names: &Names, told: &mut Told) {
    for format in ["text", "json", "markdown"] {
        let planned = world.run(&["plan", "-o", format, "--log", "trace"]).await;
        assert_eq!(planned.code, 0, "{planned:?}");
        assert!(planned.out.contains(&names.app), "{planned:?}");
        told.ran(&format!("plan -o {format}"), &planned);
    }
    let applied = world.run(&["apply", "-o", "json", "--log", "trace"]).await;
    assert_eq!(applied.code, 1, "Kafka refuses the key: {applied:?}");
    let results = &applied.json()["clusters"][0]["results"];
    let of_broker = items(results).iter().find(|r| r["kind"] == "BrokerConfig");
    assert_eq!(of_broker.unwrap()["result"], "error", "{results}");
    told.ran("apply", &applied);
}

/// Lets the daemon make everything, heal a password and rotate it.
async fn for_long(world: &World<'_>, names: &Names, commit: &str, told: &mut Told) {
    let [_, second, _, _, by_hand, _, _] = CANARIES;
    let Names { app, events, .. } = names;
    world
        .hand
        .password(app, ScramMechanism::Sha512, by_hand)
        .await;
    let daemon = world.daemon_with(&[("HEADGATE_LOG", "trace")]).await;
    daemon.until_converged(commit).await;
    let updated = async || {
        let users = [("kind", "User"), ("action", "update"), ("result", "ok")];
        daemon.metric("headgate_actions_total", &users).await
    };
    until("the password is healed", async || updated().await == 1.0).await;
    world.secret("app", second);
    until("the password is rotated", async || updated().await == 2.0).await;
    daemon.two_more_passes().await;
    told.daemon(&daemon, app, events).await;
    assert!(daemon.stop().await.success());
}

/// Looks, and makes mistakes: Headgate's own password is wrong, and a token stands where none belongs or where it does.
async fn in_vain(world: &World<'_>, told: &mut Told) {
    let [.., token] = CANARIES;
    let snapshot = world.run(&["snapshot", "--log", "trace"]).await;
    told.ran("snapshot", &snapshot);
    let folder = world.path("imported").display().to_string();
    let import = ["import", "--cluster", "c", "--output", &folder];
    told.ran("import", &world.run(&import).await);

    let plan = ["plan", "--log", "trace"];
    world.secret("own", token);
    told.ran("wrong password", &world.run(&plan).await);
    let reference = world.secret("token", token);
    let auth = format!(", auth: {{token: {reference}}}");
    for (user, auth) in [(format!("x:{token}@"), ""), (String::new(), &auth)] {
        world.write_config(&format!(
            "source: {{repo: \"https://{user}127.0.0.1:1/platform.git\", branch: main{auth}}}\n\
             clusters: {{c: {{kafka: {{bootstrap: [\"127.0.0.1:1\"]}}}}}}\n"
        ));
        let refused = world.run(&plan).await;
        assert_eq!(refused.code, 1, "{refused:?}");
        told.ran("token", &refused);
    }
}

/// Trap 45: no log, plan, answer or file tells a secret.
#[tokio::test]
async fn no_secret_turns_up_anywhere() {
    let spec = KafkaSpec {
        security: Security::ScramTls,
        ..KafkaSpec::default()
    };
    let Some(kafka) = start(&spec).await else {
        return;
    };
    let world = World::behind_scram(&kafka);
    let mut told = Told(Vec::new());
    let names = prepare(&world).await;
    // the key of a listener without TLS is stored as it is, that of one with TLS is refused as no key
    let good = "listener.name.internal.ssl.key.password: {secret: key}";
    let bad = "listener.name.client.ssl.keystore.key: {secret: refused}";
    declare(&world, &names, &format!("{good}, {bad}"));
    once(&world, &names, &mut told).await;
    let commit = declare(&world, &names, good);
    for_long(&world, &names, &commit, &mut told).await;
    in_vain(&world, &mut told).await;
    told.files(&world);

    let shows = told.holds(&names.app);
    let ledger = shows.iter().any(|what| what.starts_with("ledger.db"));
    assert!(
        ledger && shows.contains(&"log") && shows.contains(&"snapshot"),
        "{shows:?}"
    );
    for secret in CANARIES {
        assert_eq!(told.holds(secret), [""; 0], "{secret} was told");
    }
}
