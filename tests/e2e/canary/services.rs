//! Secrets of connectors, and Headgate's own towards Connect and the registry.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use headgate::lab::{Endpoint, HTTP_SOURCE};
use reqwest::Method;
use serde_json::{Value, json};

use super::Told;
use crate::{
    e2e::{
        planes::{Beside, Rest, configure, world},
        repo::write,
        world::{World, document, headgate, items, run, topic, until},
    },
    support::{
        double::{Asked, Double, Reply},
        lab::{connect, registry, scram},
    },
};

/// A connector's secret before and after a rotation.
const FIRST: &str = "canary-source-1-0b7c";
const ROTATED: &str = "canary-source-2-e61d";

/// What somebody sets by hand: for the secret, as a login in an address that git declares without one, and under a key
/// that git does not know.
const BY_HAND: &str = "canary-hand-3a90";
const LOGIN_BY_HAND: &str = "canary-hand-login-c2f4";
const KEY_BY_HAND: &str = "canary-hand-key-77d1";

/// A secret under a key that says nothing, which git gives up while the workers have it; and what a reference leads to that
/// stands in git, and somebody sets by hand in its place.
const LOOKED_UP: &str = "canary-looked-up-b06e";
const GIVEN_UP: &str = "canary-given-up-5d27";
const REFERRED: &str = "canary-hand-reference-8c11";

/// What a connector that nobody declared has: a secret, and an address with a login.
const STRAY: &str = "canary-stray-9e05";
const STRAY_LOGIN: &str = "canary-stray-login-48ab";

/// What a plugin refuses and repeats, and a part of an address with which a task fails in its trace.
const REFUSED: &str = "canary-refused-b3c8";
const TRACED: &str = "canary-traced-15fe";

/// Headgate's own towards Connect, and towards the registry: the right one, and one that is answered with itself.
const TOKEN: &str = "canary-connect-token-d92a";
const PASSWORD: &str = "canary-registry-password-6b13";
const WRONG_PASSWORD: &str = "canary-registry-wrong-f850";

fn basic(password: &str) -> String {
    BASE64_STANDARD.encode(format!("headgate:{password}"))
}

/// What must not be found.
fn canaries() -> Vec<String> {
    let plain = [
        FIRST,
        ROTATED,
        BY_HAND,
        LOGIN_BY_HAND,
        KEY_BY_HAND,
        LOOKED_UP,
        GIVEN_UP,
        REFERRED,
        STRAY,
        STRAY_LOGIN,
        REFUSED,
        TRACED,
        TOKEN,
        PASSWORD,
        WRONG_PASSWORD,
    ];
    let sent = [PASSWORD, WRONG_PASSWORD].map(basic);
    plain.iter().map(ToString::to_string).chain(sent).collect()
}

/// Stands before the registry, and lets in who knows the password; to others it repeats what they said, in clear and as
/// they sent it.
async fn guarded(registry: String) -> (Double, Arc<AtomicBool>) {
    let refused = Arc::new(AtomicBool::new(false));
    let noted = Arc::clone(&refused);
    let double = Double::start(move |asked: &Asked| {
        let sent = asked.authorization.clone().unwrap_or_default();
        if sent == format!("Basic {}", basic(PASSWORD)) {
            return Reply::Forward(registry.clone());
        }
        noted.store(true, Ordering::Relaxed);
        Reply::error(401, &format!("{sent} is not let in, nor {WRONG_PASSWORD}"))
    });
    (double.await, refused)
}

/// The platform of this canary.
struct Platform<'a> {
    world: World<'a>,
    workers: Rest,
    endpoint: Endpoint,
    failing: Endpoint,
    subject: String,
    items: String,
    /// A connector that works, one that fails, one that is refused, and one that nobody declared.
    source: String,
    failed: String,
    wrong: String,
    stray: String,
}

impl<'a> Platform<'a> {
    fn new(world: World<'a>, connect: &str) -> Self {
        Self {
            workers: Rest::new(connect),
            endpoint: Endpoint::start().unwrap(),
            failing: Endpoint::start().unwrap(),
            subject: world.name("subject"),
            items: world.name("items"),
            source: world.name("source"),
            failed: world.name("failed"),
            wrong: world.name("wrong"),
            stray: world.name("stray"),
            world,
        }
    }

    /// Fills every place that a secret has, and lets somebody make a connector by hand.
    async fn prepare(&self) {
        let Self { world, failing, .. } = self;
        failing.fail(true);
        world.secret("token", FIRST);
        world.secret("refused", REFUSED);
        world.secret("pin", GIVEN_UP);
        world.secret("referred", &format!("pw={LOOKED_UP}"));
        world.secret("address", &format!("{}?key={TRACED}", failing.url()));
        let address = self.with_login(STRAY_LOGIN);
        let config = json!({
            "connector.class": HTTP_SOURCE, "http.request.url": address, "http.request.token": STRAY,
            "kafka.topic": self.items,
        });
        let body = json!({"name": self.stray, "config": config, "initial_state": "STOPPED"});
        let path = "/connectors";
        self.workers.ask(Method::POST, path, Some(body)).await;
    }

    fn with_login(&self, password: &str) -> String {
        let url = self.endpoint.url();
        url.replace("://", &format!("://ann:{password}@"))
    }

    /// Declares it; `mode` is that of connectors.
    fn declare(&self, mode: &str) -> String {
        self.world.declare(&self.spec(mode), &self.documents())
    }

    fn spec(&self, mode: &str) -> String {
        format!(
            "modes: {{Connector: {mode}}}, owns: {{subjects: [\"{}-*\"]}}",
            self.world.id
        )
    }

    /// Returns the documents, that of the connector that works last.
    fn documents(&self) -> [String; 5] {
        let config = |more: &str| {
            format!(
                "class: {HTTP_SOURCE}, config: {{kafka.topic: {}{more}}}",
                self.items
            )
        };
        let url = format!(", http.request.url: {:?}", self.endpoint.url());
        let referred = self.world.path("secrets/referred");
        let referred = referred.display();
        let source = format!(
            "{}, configFrom: {{http.request.token: {{secret: token}}, db.pin: {{secret: pin}}}}",
            config(&format!(
                "{url}, sasl.password: \"${{file:{referred}:pw}}\""
            ))
        );
        let failed = format!(
            "{}, configFrom: {{http.request.url: {{secret: address}}}}",
            config("")
        );
        let wrong = format!(
            "{}, configFrom: {{http.timer.interval.millis: {{secret: refused}}}}",
            config(&url)
        );
        [
            topic(&self.items, 1, ""),
            document("Connector", &self.failed, &failed),
            document("Connector", &self.wrong, &wrong),
            document("Schema", &self.subject, "type: AVRO, schema: '\"string\"'"),
            document("Connector", &self.source, &source),
        ]
    }

    async fn token(&self) -> Value {
        let config = format!("/connectors/{}/config", self.source);
        self.workers.get(&config).await.unwrap()["http.request.token"].clone()
    }

    /// Plans in every format, with a log of everything.
    async fn plan(&self, told: &mut Told) {
        for format in ["text", "json", "markdown"] {
            let plan = ["plan", "-o", format, "--log", "trace"];
            let planned = self.world.run(&plan).await;
            assert_eq!(planned.code, 0, "{planned:?}");
            assert!(planned.out.contains(&self.source), "{planned:?}");
            told.ran(&format!("plan -o {format}"), &planned);
        }
    }

    /// Makes all of it, and lets somebody change it by hand.
    async fn make(&self, told: &mut Told) {
        self.declare("enforce");
        self.plan(told).await;
        let applied = self
            .world
            .run(&["apply", "-o", "json", "--log", "trace"])
            .await;
        assert_eq!(applied.code, 0, "{applied:?}");
        let blocked = &applied.json()["clusters"][0]["left"]["blocked"];
        let of_wrong = items(blocked)
            .iter()
            .find(|held| held["name"] == self.wrong.as_str());
        let of_wrong = of_wrong.unwrap_or_else(|| panic!("{blocked}"));
        let reason = of_wrong["reason"].as_str().unwrap();
        assert!(
            reason.contains("(hidden)"),
            "its plugin repeats it: {reason}"
        );
        told.ran("apply", &applied);
        assert_eq!(self.token().await, FIRST);

        let rest = &self.workers;
        let address = self.with_login(LOGIN_BY_HAND);
        for (key, value) in [
            ("http.request.token", BY_HAND),
            ("http.request.url", &address),
            ("sasl.password", REFERRED),
            ("ssl.key.password", KEY_BY_HAND),
        ] {
            rest.configure(&self.source, key, value).await;
        }
        rest.until(&self.failed, &["RUNNING", "FAILED"]).await;
    }

    /// Lets the daemon show what was done by hand, and then undo it and rotate the secret.
    async fn watch(&self, told: &mut Told) {
        self.declare("report");
        self.plan(told).await;
        let daemon = self.world.daemon_with(&[("HEADGATE_LOG", "trace")]).await;
        let shown = async |name: &str, path: &str| {
            let path = format!("/api/v1/clusters/c/{path}");
            until(&format!("{path} shows {name}"), async || {
                daemon.get(&path).await.1.contains(name)
            })
            .await;
        };
        shown("http.request.url", "drift").await;
        let of_failed = format!("connectors/{}", self.failed);
        shown("(hidden)", &of_failed).await;
        for name in [&self.stray, &self.source, &self.failed] {
            told.daemon(&daemon, &self.names(name)).await;
        }
        self.status(&daemon.url()["http://".len()..], told).await;

        self.world.secret("token", ROTATED);
        self.declare("enforce");
        until("the secret is rotated", async || {
            self.token().await == ROTATED
        })
        .await;
        daemon.two_more_passes().await;
        told.daemon(&daemon, &self.names(&self.source)).await;
        // its document goes, and it stays, since nobody consented
        let documents = self.documents();
        self.world.declare(&self.spec("enforce"), &documents[..4]);
        let source = format!("connectors/{}", self.source);
        shown("deletion.allow", &source).await;
        daemon.two_more_passes().await;
        shown("db.pin", &source).await;
        told.daemon(&daemon, &self.names(&self.source)).await;
        assert!(daemon.stop().await.success());
    }

    fn names<'n>(&'n self, connector: &'n str) -> [(&'n str, &'n str); 3] {
        [
            ("{t}", &self.items),
            ("{g}", &self.items),
            ("{n}", connector),
        ]
    }

    async fn status(&self, here: &str, told: &mut Told) {
        let config = self.world.path("asking.yaml");
        let of_daemon = "source: {repo: /nowhere, branch: main}\nledger: {path: other.db}\n\
                         clusters: {c: {kafka: {bootstrap: [\"b:1\"]}}}\n";
        write(&config, &format!("{of_daemon}http: {{listen: {here:?}}}\n"));
        for format in ["text", "json", "markdown"] {
            let ask = ["status", "-o", format, "--log", "trace"];
            let ran = run(headgate().args(ask).arg("--config").arg(&config)).await;
            told.ran(&format!("status -o {format}"), &ran);
        }
    }

    /// Looks, and is not let in by the registry.
    async fn in_vain(&self, told: &mut Told, refused: &AtomicBool) {
        let snapshot = self.world.run(&["snapshot", "--log", "trace"]).await;
        told.ran("snapshot", &snapshot);
        told.import(&self.world).await;
        assert!(!refused.load(Ordering::Relaxed), "the password is right");
        self.world.secret("password", WRONG_PASSWORD);
        let plan = self
            .world
            .run(&["plan", "-o", "json", "--log", "trace"])
            .await;
        assert!(refused.load(Ordering::Relaxed), "the password is wrong");
        let planes = &plan.json()["clusters"][0]["planes"];
        let reason = planes["registry"]["reason"].as_str().unwrap();
        assert!(reason.contains("(hidden) is not let in"), "{reason}");
        told.ran("wrong password", &plan);
    }

    async fn clean_up(&self) {
        for name in [&self.source, &self.failed, &self.stray] {
            let path = format!("/connectors/{name}");
            self.workers.ask(Method::DELETE, &path, None).await;
        }
    }
}

/// Traps 36 and 45: no log, plan, answer or file tells a secret of a connector, of Connect or of the registry.
#[tokio::test]
async fn no_secret_beside_kafka_turns_up_anywhere() {
    let (Some(connect), Some(registry)) = (connect().await, registry().await) else {
        return;
    };
    let (guarded, refused) = guarded(registry.url()).await;
    let mut beside = Beside {
        connect: connect.urls(),
        registry: Some(guarded.url.clone()),
        ..Beside::default()
    };
    let kafka = scram().await.unwrap();
    let world = world(kafka, &beside);
    let token = world.secret("bearer", TOKEN);
    let password = world.secret("password", PASSWORD);
    beside.logins = [
        format!(", auth: {{bearer: {token}}}"),
        format!(", auth: {{basic: {{username: headgate, password: {password}}}}}"),
    ];
    configure(&world, &beside);
    let platform = Platform::new(world, &connect.urls()[0]);
    let mut told = Told(Vec::new());
    platform.prepare().await;
    platform.make(&mut told).await;
    platform.watch(&mut told).await;
    platform.in_vain(&mut told, &refused).await;
    told.files(&platform.world);
    platform.clean_up().await;

    let shows = told.holds(&platform.source);
    let everywhere = [
        "log",
        "snapshot",
        "/ledger.db",
        "/api/v1/clusters/c/drift",
        "/imported/connectors/",
    ];
    for place in everywhere {
        let is_heard = shows.iter().any(|what| what.contains(place));
        assert!(is_heard, "{place}: {shows:?}");
    }
    told.hold_none(canaries());
}
