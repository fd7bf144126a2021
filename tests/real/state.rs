//! How the cluster is, beside what it holds; and what whoever may not see it is told.

use std::{collections::BTreeSet, io::Write};

use headgate::{
    kafka::{Client, Settings},
    lab::{KafkaCluster, KafkaVersion, Tool},
    live::{KafkaLive, Observed},
    model::{Acl, Kind, ObjectRef, Plane, QuotaEntity, QuotaName, ScramMechanism, Secret},
    ports::{Ask, Batch, Credential, KafkaPlane},
};
use tokio::time::timeout;

use super::fixture::{
    SHOWN_WITHIN, admin_settings, client, file, plaintext, scram, unique, until_all, written,
};
use crate::support::lab;

/// Observes kinds, and insists on an answer.
pub(super) async fn observed(client: &Client, kinds: &[Kind]) -> KafkaLive {
    let ask = Ask {
        kinds: kinds.iter().copied().collect::<BTreeSet<_>>(),
        ..Ask::default()
    };
    match client.observe(&ask).await {
        Observed::Known(live) => live,
        Observed::Unknown(reason) => panic!("nothing observed: {reason}"),
    }
}

/// Every version tells of its controllers and disks; fenced brokers can be seen since 4.0 (KIP-1073).
pub(super) async fn health(cluster: &KafkaCluster) {
    let client = client(cluster);
    let live = observed(&client, &[]).await;
    let quorum = live.health.quorum.known().unwrap();
    assert_eq!(quorum.leader, 1);
    assert!(quorum.epoch > 0 && quorum.high_watermark > 0, "{quorum:?}");
    assert_eq!(quorum.voters.iter().map(|v| v.id).collect::<Vec<_>>(), [1]);
    assert_eq!(quorum.lag(), 0);
    let dirs = live.health.log_dirs[&1].known().unwrap();
    assert_eq!(dirs.len(), 1);
    assert!(
        dirs[0].error.is_none() && dirs[0].path.ends_with("data-1"),
        "{dirs:?}"
    );
    assert!(
        dirs[0].total > dirs[0].usable && dirs[0].usable > Some(0),
        "{dirs:?}"
    );
    let tells = !matches!(cluster.version(), KafkaVersion::V3_6 | KafkaVersion::V3_9);
    let fenced = live.health.fenced.known();
    assert_eq!(fenced, tells.then_some(&Vec::new()), "{:?}", live.health);
    // sizes are read every few minutes only: what is kept is told again
    let again = observed(&client, &[]).await;
    assert_eq!(again.health.log_dirs, live.health.log_dirs);
}

#[tokio::test]
async fn controllers_and_disks_are_seen() {
    let Some(cluster) = plaintext().await else {
        return;
    };
    health(cluster).await;
}

/// Trap 30: a fenced broker is in no Metadata, only in DescribeCluster.
#[tokio::test]
async fn a_broker_that_was_killed_is_shown_as_fenced() {
    let Some(cluster) = lab::production().await else {
        return;
    };
    let settings = admin_settings(&cluster);
    let client = Client::new(settings).unwrap();
    // a broker that has no processor for seconds is fenced until it has one
    let whole = async {
        loop {
            let live = observed(&client, &[Kind::BrokerConfig, Kind::ConsumerGroup]).await;
            if live.health.fenced == Observed::Known(Vec::new()) {
                return live;
            }
        }
    };
    let there = timeout(SHOWN_WITHIN, whole).await.unwrap();
    let victim = there.brokers.last().unwrap().id;
    assert_eq!(there.health.quorum.known().unwrap().voters.len(), 3);
    assert_eq!(there.health.log_dirs.len(), 4);
    cluster.kill_broker(victim).unwrap();
    let fencing = async {
        loop {
            let live = observed(&client, &[]).await;
            // Metadata may have been asked for before it was fenced, and DescribeCluster after
            let is_named = live.brokers.iter().any(|broker| broker.id == victim);
            if live.health.fenced == Observed::Known(vec![victim]) && !is_named {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    timeout(SHOWN_WITHIN, fencing).await.unwrap();
    cluster.start_broker(victim).await.unwrap();
}

/// Trap 24: what we may not read is not empty. Kafka itself would list no groups, without a word.
#[tokio::test]
async fn who_may_see_topics_only_is_told_what_is_missing_for_the_rest() {
    let Some(cluster) = scram().await else {
        return;
    };
    let user = unique("onlooker");
    let mut password = tempfile::NamedTempFile::new().unwrap();
    password.write_all(b"onlooker-secret").unwrap();
    let credential = "SCRAM-SHA-512=[password=onlooker-secret]";
    let args = [
        "--alter",
        "--entity-type",
        "users",
        "--entity-name",
        user.as_str(),
        "--add-config",
        credential,
    ];
    cluster.tool(Tool::Configs, &args).await.unwrap();
    let principal = format!("User:{user}");
    let args = [
        "--add",
        "--allow-principal",
        &principal,
        "--operation",
        "Describe",
        "--operation",
        "DescribeConfigs",
        "--topic",
        "*",
    ];
    cluster.tool(Tool::Acls, &args).await.unwrap();

    let mut settings: Settings = admin_settings(cluster);
    let sasl = settings.sasl.as_mut().unwrap();
    (sasl.username, sasl.password) = (user.as_str().to_owned(), file(password.path()));
    let client = Client::new(settings).unwrap();
    let kinds = [
        Kind::BrokerConfig,
        Kind::GroupConfig,
        Kind::ClientMetrics,
        Kind::ConsumerGroup,
    ];
    let live = observed(&client, &kinds).await;
    let grants = |reason: Option<&str>, operation: &str| {
        let reason = reason.unwrap_or("it is known");
        let command = format!("--allow-principal '{principal}' --operation {operation} --cluster");
        assert!(reason.contains(&command), "{reason}");
    };
    grants(live.groups.unknown(), "Describe");
    grants(live.broker_configs.unknown(), "DescribeConfigs");
    grants(live.group_configs.unknown(), "DescribeConfigs");
    grants(live.client_metrics.unknown(), "DescribeConfigs");
    grants(live.health.quorum.unknown(), "Describe");
    grants(live.health.log_dirs[&1].unknown(), "Describe");
}

/// Trap 12: any broker of a cluster can be asked about what another one does not show.
#[tokio::test]
async fn every_broker_tells_of_what_is_not_one_brokers_own() {
    let Some(cluster) = lab::production().await else {
        return;
    };
    let client = Client::new(admin_settings(&cluster)).unwrap();
    let name = unique("elsewhere");
    let entity = QuotaEntity {
        user: Some(QuotaName::new(name.as_str())),
        ..QuotaEntity::default()
    };
    let acl = Acl::parse(&format!("User:{name} allow Read topic:literal:t")).unwrap();
    let credential = Credential {
        user: name.as_str().into(),
        mechanism: ScramMechanism::Sha512,
        iterations: 4096,
        password: Secret::new("elsewhere".to_owned()),
    };
    let there = [
        ObjectRef::new(Kind::Acl, acl.as_str()),
        ObjectRef::new(Kind::User, name.as_str()),
        ObjectRef::new(Kind::Quota, &entity.name()),
    ];
    for batch in [
        Batch::CreateAcls(vec![acl]),
        Batch::SetCredentials(vec![credential]),
        Batch::AlterQuotas(vec![(
            entity,
            vec![("producer_byte_rate".into(), Some(1e12))],
        )]),
    ] {
        written(&client, batch).await;
    }
    until_all(&client, &there, true).await;
    let gone = Kind::of(Plane::Kafka)
        .filter(|kind| {
            ![
                Kind::Topic,
                Kind::ConsumerGroup,
                Kind::BrokerConfig,
                Kind::Acl,
            ]
            .contains(kind)
        })
        .map(|kind| match kind {
            Kind::Quota => ObjectRef::new(kind, "user=gone-elsewhere"),
            _ => ObjectRef::new(kind, "gone-elsewhere"),
        });
    let asked: Vec<ObjectRef> = there.iter().cloned().chain(gone).collect();
    let elsewhere = async {
        loop {
            let seen = client.look_elsewhere(&asked).await;
            let is_shown = |o: &ObjectRef| matches!(&seen[o], Observed::Known(Some(_)));
            if there.iter().all(is_shown) {
                return seen;
            }
            tokio::task::yield_now().await;
        }
    };
    let seen = timeout(SHOWN_WITHIN, elsewhere).await.unwrap();
    for object in &asked[there.len()..] {
        assert_eq!(seen[object], Observed::Known(None), "{object}");
    }
}
