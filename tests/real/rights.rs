//! A principal without rights: each kind is unknown by itself, and told with the command that would grant what is missing.

use headgate::{
    config::Sasl,
    desired::Pattern,
    kafka::{Client, Settings},
    lab::{KafkaCluster, Tool},
    live::{KafkaLive, Observed},
    model::{Acl, Kind, QuotaEntity, QuotaName, ScramMechanism, Secret},
    ports::{Ask, Batch, Credential, KafkaPlane, Reassignment, RefusalClass},
};
use tempfile::TempDir;
use tokio::time::timeout;

use super::fixture::{
    SHOWN_WITHIN, admin_settings, file, made, mk_topic, refusal, scram, unique, written,
};

const ASKED: [Kind; 4] = [Kind::Acl, Kind::User, Kind::Quota, Kind::Topic];

/// Observes until it is as told: rights take effect a little after they were given.
async fn until_observed(client: &Client, is_as_told: impl Fn(&KafkaLive) -> bool) -> KafkaLive {
    let ask = Ask {
        kinds: ASKED.into(),
        ..Ask::default()
    };
    until_observed_as_asked(client, &ask, is_as_told).await
}

async fn until_observed_as_asked(
    client: &Client,
    ask: &Ask,
    is_as_told: impl Fn(&KafkaLive) -> bool,
) -> KafkaLive {
    let observing = async {
        loop {
            if let Some(live) = client.observe(ask).await.known()
                && is_as_told(live)
            {
                return live.clone();
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SHOWN_WITHIN, observing)
        .await
        .expect("it is observed as told")
}

fn grants(why: Option<&str>, user: &str, rest: &str) -> bool {
    let who = format!("--allow-principal 'User:{user}' --operation {rest}");
    why.is_some_and(|why| why.contains("kafka-acls --bootstrap-server") && why.contains(&who))
}

/// Runs the command that a reason tells, as the administrator that it wants.
async fn granted(cluster: &KafkaCluster, why: Option<&str>) {
    let command = why.and_then(|why| why.split_once("kafka-acls --bootstrap-server "));
    let (brokers, rest) = command
        .and_then(|(_, command)| command.split_once(" --command-config admin.properties "))
        .expect("the reason tells a command that logs in");
    assert_eq!(brokers, cluster.bootstrap().join(","));
    let words: Vec<&str> = rest
        .split(' ')
        .map(|word| word.trim_matches('\''))
        .collect();
    cluster.tool(Tool::Acls, &words).await.unwrap();
}

/// Trap 24: an answer that is refused is not an empty one.
#[tokio::test]
async fn what_may_not_be_seen_is_unknown_and_says_which_right_is_missing() {
    let Some(cluster) = scram().await else { return };
    let admin = Client::new(admin_settings(cluster)).unwrap();
    let (name, dir) = (unique("weak"), TempDir::new().unwrap());
    let user = name.as_str();
    let weak =
        Client::new(weak_settings(&admin, user, admin_settings(cluster), &dir).await).unwrap();

    let live = until_observed(&weak, |_| true).await;
    let describe = "Describe --cluster";
    assert!(
        grants(live.acls.unknown(), user, describe),
        "{:?}",
        live.acls
    );
    assert!(
        grants(live.users.unknown(), user, describe),
        "{:?}",
        live.users
    );
    assert!(
        grants(live.moving.unknown(), user, describe),
        "{:?}",
        live.moving
    );
    assert!(
        grants(live.quotas.unknown(), user, "DescribeConfigs --cluster"),
        "{:?}",
        live.quotas
    );
    writes_are_refused(&weak, user).await;

    granted(cluster, live.acls.unknown()).await;
    let live = until_observed(&weak, |live| live.acls.known().is_some()).await;
    assert!(live.users.known().is_some() && live.moving.known().is_some());
    assert!(live.quotas.unknown().is_some());
}

/// Trap 24: a list leaves out what may not be described, and what is asked for by name is refused whether it is there or not.
#[tokio::test]
async fn a_topic_that_may_not_be_described_is_unknown_and_never_absent() {
    let Some(cluster) = scram().await else { return };
    let admin = Client::new(admin_settings(cluster)).unwrap();
    let (name, dir) = (unique("some"), TempDir::new().unwrap());
    let user = name.as_str();
    let some =
        Client::new(weak_settings(&admin, user, admin_settings(cluster), &dir).await).unwrap();
    let (hidden, seen, new) = (unique("hidden"), unique("seen"), unique("seen"));
    made(&admin, mk_topic(&hidden, &[])).await;
    made(&admin, mk_topic(&seen, &[])).await;
    let mut rights = Vec::new();
    for right in ["Describe", "DescribeConfigs"] {
        let right = format!("User:{user} allow {right} topic:prefixed:seen-");
        rights.push(Acl::parse(&right).unwrap());
    }
    written(&admin, Batch::CreateAcls(rights)).await;

    let ask = |scope: &str| Ask {
        declared: vec![hidden.clone(), seen.clone(), new.clone()],
        scopes: vec![Pattern("seen-*".to_owned()), Pattern(scope.to_owned())],
        ..Ask::default()
    };
    let is_seen = |live: &KafkaLive| live.topics.get(&seen).and_then(Observed::known).is_some();
    let live = until_observed_as_asked(&some, &ask("*"), is_seen).await;
    let why = live.topics.get(&hidden).and_then(Observed::unknown);
    assert!(
        grants(why, user, &format!("Describe --topic '{hidden}'")),
        "{why:?}"
    );
    assert!(
        !live.topics.contains_key(&new),
        "it is absent, as the broker says"
    );
    let why = live.unlisted_topics.as_deref();
    assert!(grants(why, user, "Describe --topic '*'"), "{why:?}");
    assert!(!why.is_some_and(|why| why.contains("seen-")), "{why:?}");

    let within = until_observed_as_asked(&some, &ask("seen-of-mine-*"), is_seen).await;
    assert_eq!(within.unlisted_topics, None);
    granted(cluster, why).await;
    let told_all = |live: &KafkaLive| live.unlisted_topics.is_none();
    let live = until_observed_as_asked(&some, &ask("*"), told_all).await;
    assert!(live.topics.contains_key(&hidden));
}

/// Makes a user who may do nothing, and returns how he gets in.
async fn weak_settings(admin: &Client, user: &str, settings: Settings, dir: &TempDir) -> Settings {
    let credential = Credential {
        user: user.into(),
        mechanism: ScramMechanism::Sha512,
        iterations: 4096,
        password: Secret::new("weak".to_owned()),
    };
    written(admin, Batch::SetCredentials(vec![credential.clone()])).await;
    let shown = async {
        while admin.log_in(std::slice::from_ref(&credential)).await[0].known() != Some(&true) {
            tokio::task::yield_now().await;
        }
    };
    timeout(SHOWN_WITHIN, shown)
        .await
        .expect("the user gets in");
    let password = dir.path().join("password");
    #[expect(clippy::disallowed_methods, reason = "tests write their own files")]
    std::fs::write(&password, "weak").unwrap();
    let sasl = settings.sasl.clone().map(|sasl| Sasl {
        username: user.to_owned(),
        password: file(&password),
        ..sasl
    });
    Settings { sasl, ..settings }
}

async fn writes_are_refused(weak: &Client, user: &str) {
    let acl = Acl::parse("User:a allow Read topic:literal:t").unwrap();
    let entity = QuotaEntity {
        user: Some(QuotaName::Default),
        ..QuotaEntity::default()
    };
    let topic = unique("t");
    let credential = Credential {
        user: user.into(),
        mechanism: ScramMechanism::Sha256,
        iterations: 4096,
        password: Secret::new("canary-9".to_owned()),
    };
    let reassignment = Reassignment {
        topic: topic.clone(),
        partition: 0,
        replicas: None,
    };
    for (batch, right) in [
        (Batch::CreateAcls(vec![acl.clone()]), "Alter --cluster"),
        (Batch::DeleteAcls(vec![acl]), "Alter --cluster"),
        (
            Batch::AlterQuotas(vec![(entity, vec![("k".into(), None)])]),
            "AlterConfigs --cluster",
        ),
        (Batch::SetCredentials(vec![credential]), "Alter --cluster"),
        (
            Batch::DeleteCredentials(vec![(user.into(), ScramMechanism::Sha256)]),
            "Alter --cluster",
        ),
        (Batch::Reassign(vec![reassignment]), "Alter --cluster"),
        (Batch::ElectLeaders(vec![(topic, 0)]), "Alter --cluster"),
    ] {
        let told = format!("{batch:?}");
        let outcomes = weak.write(batch).await;
        let refusal = refusal(&outcomes[0]);
        assert_eq!(refusal.class, RefusalClass::Final, "{told}");
        assert!(
            grants(Some(&refusal.message), user, right),
            "{told}: {}",
            refusal.message
        );
        assert!(!format!("{told}{outcomes:?}").contains("canary-9"));
    }
}
