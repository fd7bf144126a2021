//! Secrets, fed in everywhere a secret can stand, turn up nowhere.

mod services;

use std::path::Path;

use headgate::{
    lab::{KafkaSpec, Security},
    model::ScramMechanism,
};
use serde_json::Value;

use super::{
    daemon::Daemon,
    world::{CLUSTER, Ran, World, document, items, topic, until},
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

    /// Reads every answer that HTTP gives, with what its routes name so, and the log.
    async fn daemon(&mut self, daemon: &Daemon, names: &[(&str, &str)]) {
        let document = daemon.json("/openapi.json").await;
        let routes = document["paths"].as_object().unwrap().keys();
        for route in routes.map(String::as_str).chain(["/", "/openapi.json"]) {
            let cluster = route.replace("{c}", CLUSTER);
            let named = names.iter();
            let path = named.fold(cluster, |path, (of, name)| path.replace(of, name));
            assert!(!path.contains('{'), "{path}: what is asked for there?");
            self.pages(daemon, &path).await;
        }
        self.hear("log", daemon.log());
    }

    /// Reads an answer, and the further pages of a list.
    async fn pages(&mut self, daemon: &Daemon, path: &str) {
        let mut page = path.to_owned();
        loop {
            let said = daemon.get(&page).await.1;
            let json: Value = serde_json::from_str(&said).unwrap_or_default();
            self.hear(path, said);
            let Some(next) = json["next"].as_str() else {
                break;
            };
            page = format!("{path}?cursor={next}");
        }
    }

    /// Reads every file that Headgate keeps.
    fn files(&mut self, world: &World<'_>) {
        for file in ["ledger.db", "ledger.db-wal", "headgate.log"] {
            self.file(&world.path(file));
        }
    }

    /// Reads a file, or those of a folder.
    #[expect(clippy::disallowed_methods, reason = "tests read what Headgate wrote")]
    fn file(&mut self, path: &Path) {
        if let Ok(entries) = std::fs::read_dir(path) {
            entries.for_each(|entry| self.file(&entry.unwrap().path()));
        } else if let Ok(bytes) = std::fs::read(path) {
            self.hear(&path.display().to_string(), bytes);
        }
    }

    /// Imports the cluster, and reads what is said and written.
    async fn import(&mut self, world: &World<'_>) {
        let folder = world.path("imported");
        let to = folder.display().to_string();
        let import = ["import", "--cluster", CLUSTER, "--output", &to];
        self.ran("import", &world.run(&import).await);
        self.file(&folder);
    }

    /// Insists that none of these secrets was told, and says where they were.
    fn hold_none(&self, secrets: impl IntoIterator<Item = impl AsRef<str>>) {
        let told = secrets.into_iter().filter_map(|secret| {
            let places = self.holds(secret.as_ref());
            let is_told = !places.is_empty();
            is_told.then(|| format!("{} was told: {places:#?}", secret.as_ref()))
        });
        let told: Vec<String> = told.collect();
        assert!(told.is_empty(), "{}", told.join("\n"));
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
    let names = [("{t}", events.as_str()), ("{g}", app), ("{n}", app)];
    told.daemon(&daemon, &names).await;
    assert!(daemon.stop().await.success());
}

/// Looks, and makes mistakes: Headgate's own password is wrong, and a token stands where none belongs or where it does.
async fn in_vain(world: &World<'_>, told: &mut Told) {
    let [.., token] = CANARIES;
    let snapshot = world.run(&["snapshot", "--log", "trace"]).await;
    told.ran("snapshot", &snapshot);
    told.import(world).await;

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
    let ledger = shows.iter().any(|what| what.contains("/ledger.db"));
    assert!(
        ledger && shows.contains(&"log") && shows.contains(&"snapshot"),
        "{shows:?}"
    );
    told.hold_none(CANARIES);
}
