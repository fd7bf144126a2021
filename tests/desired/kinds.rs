//! Quotas, configs, groups, placement and what a Cluster says about them: what is read out of their documents.

use std::time::Duration;

use headgate::{
    desired::{Balance, Budget, DesiredCluster, DesiredPlacement, Moves, Pattern, ResetPoint},
    model::{Kind, ObjectRef},
};

use super::tree::{below_cluster, configs, file, of_kind, right, topic};

fn read(text: &str) -> DesiredCluster {
    right(&below_cluster(text))
}

/// Reads one document and writes the configs that it leads to, by the object's name.
fn config_of(kind: Kind, text: &str) -> Vec<(String, Vec<String>)> {
    let cluster = read(text);
    let of_kind = cluster.configs[&kind].iter();
    of_kind
        .map(|(name, declared)| (name.to_string(), configs(&declared.config)))
        .collect()
}

/// Trap 28: a quota is for a set of parts, and its values are floating point numbers of one spelling.
#[test]
fn a_quota_is_named_by_whom_it_is_for() {
    let cases = [
        (
            "{user: alice, producerByteRate: 1MiB}",
            "user=alice",
            "producer_byte_rate=1048576",
        ),
        (
            "{user: <default>, requestPercentage: 0.50}",
            "user=<default>",
            "request_percentage=0.5",
        ),
        (
            "{clientId: <default>, controllerMutationRate: 1e1}",
            "client-id=<default>",
            "controller_mutation_rate=10",
        ),
        (
            "{user: 'a,b', clientId: c, consumerByteRate: 1GiB}",
            "user=a%2Cb,client-id=c",
            "consumer_byte_rate=1073741824",
        ),
        (
            "{ip: 10.0.0.1, connectionCreationRate: 5}",
            "ip=10.0.0.1",
            "connection_creation_rate=5",
        ),
        (
            "{ip: <default>, connectionCreationRate: 5}",
            "ip=<default>",
            "connection_creation_rate=5",
        ),
        (
            "{ip: '::1', connectionCreationRate: null}",
            "ip=::1",
            "connection_creation_rate",
        ),
    ];
    for (spec, name, config) in cases {
        assert_eq!(
            config_of(Kind::Quota, &of_kind("Quota", "q", spec)),
            [(name.to_owned(), vec![config.to_owned()])],
            "{spec}"
        );
    }
}

#[test]
fn a_user_may_say_its_quotas_itself() {
    let spec = "{quotas: {producerByteRate: 1MB, consumerByteRate: 2MiB, requestPercentage: null}}";
    assert_eq!(
        config_of(Kind::Quota, &of_kind("User", "u", spec)),
        [(
            "user=u".to_owned(),
            vec![
                "consumer_byte_rate=2097152".to_owned(),
                "producer_byte_rate=1000000".to_owned(),
                "request_percentage".to_owned()
            ]
        )]
    );
}

#[test]
fn broker_configs_are_those_of_all_or_of_one() {
    let mut text = of_kind(
        "BrokerConfig",
        "default",
        "{config: {log.retention.ms: 48h, message.max.bytes: 2MiB, log.cleanup.policy: [delete, compact], log.roll.ms: null}}",
    );
    text.push_str(&of_kind(
        "BrokerConfig",
        "3",
        "{config: {ssl.keystore.password: {secret: keystore}, ssl.cipher.suites: [TLS_B, TLS_A], \
         listener.name.client.scram-sha-512.sasl.jaas.config: {secret: jaas}}}",
    ));
    assert_eq!(
        config_of(Kind::BrokerConfig, &text),
        [
            (
                "3".to_owned(),
                vec![
                    "listener.name.client.scram-sha-512.sasl.jaas.config=(secret jaas)".to_owned(),
                    "ssl.cipher.suites=TLS_B,TLS_A".to_owned(),
                    "ssl.keystore.password=(secret keystore)".to_owned(),
                ]
            ),
            (
                "default".to_owned(),
                vec![
                    "log.cleanup.policy=compact,delete".to_owned(),
                    "log.retention.ms=172800000".to_owned(),
                    "log.roll.ms".to_owned(),
                    "message.max.bytes=2097152".to_owned(),
                ]
            ),
        ]
    );
}

#[test]
fn groups_and_subscriptions_have_configs() {
    let mut text = of_kind(
        "GroupConfig",
        "'a group'",
        "{config: {consumer.session.timeout.ms: 1m}}",
    );
    text.push_str(&of_kind(
        "ClientMetrics",
        "latency",
        "{config: {metrics: [org.apache.kafka.producer.], interval.ms: 1m, match: ['client_id=a.*']}}",
    ));
    assert_eq!(
        config_of(Kind::GroupConfig, &text),
        [(
            "a group".to_owned(),
            vec!["consumer.session.timeout.ms=60000".to_owned()]
        )]
    );
    assert_eq!(
        config_of(Kind::ClientMetrics, &text),
        [(
            "latency".to_owned(),
            vec![
                "interval.ms=60000".to_owned(),
                "match=client_id=a.*".to_owned(),
                "metrics=org.apache.kafka.producer.".to_owned()
            ]
        )]
    );
}

#[test]
fn a_group_is_expected_to_keep_up() {
    let spec = "{mustExist: true, maxLag: 100000, maxLagTime: 15m}";
    let cluster = read(&of_kind("ConsumerGroup", "g", spec));
    let group = &cluster.groups["g"];
    assert!(group.must_exist);
    assert_eq!(group.max_lag, Some(100_000));
    assert_eq!(group.max_lag_time, Some(Duration::from_secs(900)));
    assert_eq!(group.reset_to, None);
}

#[test]
fn offsets_are_reset_to_a_point() {
    let cases = [
        ("earliest", ResetPoint::Earliest),
        ("latest", ResetPoint::Latest),
        ("2026-11-01T06:00:00Z", ResetPoint::Time(1_793_512_800_000)),
        (
            "2026-11-01T07:00:00+01:00",
            ResetPoint::Time(1_793_512_800_000),
        ),
    ];
    for (written, point) in cases {
        let spec = format!("{{offsets: {{resetTo: '{written}', topics: [b, a, b]}}}}");
        let cluster = read(&of_kind("ConsumerGroup", "g", &spec));
        let group = &cluster.groups["g"];
        assert!(!group.must_exist);
        let reset = group.reset_to.as_ref().expect("it is declared");
        assert_eq!(reset.point, point);
        let topics: Vec<&str> = reset.topics.iter().map(|t| t.as_str()).collect();
        assert_eq!(topics, ["a", "b"]);
    }
}

#[test]
fn a_topic_stays_where_it_is_unless_it_is_to_be_spread_or_pinned() {
    let placed = |spec: &str| read(&topic("t", spec)).topics["t"].placement.clone();
    assert_eq!(placed("{}"), None);
    let spread = DesiredPlacement::default();
    assert_eq!(placed("{placement: spread}").as_deref(), Some(&spread));
    let pinned = DesiredPlacement {
        brokers: vec![3, 1, 2],
        leaders: vec![1],
    };
    assert_eq!(
        placed("{placement: {brokers: [3, 1, 2], leaders: [1]}}").as_deref(),
        Some(&pinned)
    );
}

#[test]
fn a_topic_may_take_its_placement_from_the_cluster() {
    let cluster_text = "\
apiVersion: headgate.dev/v1
kind: Cluster
metadata: {name: c}
spec: {defaults: {topic: {partitions: 1, replicationFactor: 1, placement: {leaders: [7]}}}}
";
    let mut text = topic("pinned", "{}");
    text.push_str(&topic("spread", "{placement: spread}"));
    let cluster = right(&[file("cluster.yaml", cluster_text), file("t.yaml", text)]);
    let leaders = cluster.topics["pinned"]
        .placement
        .as_ref()
        .map(|p| p.leaders.clone());
    assert_eq!(leaders, Some(vec![7]));
    let spread = cluster.topics["spread"].placement.as_deref();
    assert_eq!(spread, Some(&DesiredPlacement::default()));
}

#[test]
fn a_cluster_says_what_is_owned_moved_and_deleted() {
    let text = "\
apiVersion: headgate.dev/v1
kind: Cluster
metadata: {name: c}
spec:
  owns: {principals: ['User:app-*'], acls: ['topic:app.*', 'group:*']}
  deletion:
    budget: {percent: 9}
    accessBudget: {count: 7}
    requireConsent: [Acl]
    idle: 1h
    allow:
      - {kind: Acl, name: 'User:a allow Read topic:literal:t', reason: r, until: 2026-12-31}
      - {kind: Quota, name: 'user=a', reason: r, until: 2026-12-31}
      - {kind: User, name: 'CN=a, OU=b', reason: r, until: 2026-12-31}
      - {kind: BrokerConfig, name: '3', reason: r, until: 2026-12-31}
      - {kind: ConsumerGroup, name: g, reason: r, until: 2026-12-31}
  moves: {throttle: 10MiB}
  balance: {replicas: true}
  brokers: {draining: [4, 2]}
";
    let cluster = right(&[file("c.yaml", text)]);
    assert_eq!(cluster.owns.principals, [Pattern("User:app-*".into())]);
    let acls = [Pattern("topic:app.*".into()), Pattern("group:*".into())];
    assert_eq!(cluster.owns.acls, acls);
    let deletion = &cluster.deletion;
    assert_eq!(
        deletion.budget,
        Budget {
            count: 3,
            percent: 9
        }
    );
    assert_eq!(
        deletion.access_budget,
        Budget {
            count: 7,
            percent: 10
        }
    );
    assert!(deletion.needs_consent(Kind::Acl) && !deletion.needs_consent(Kind::Quota));
    assert_eq!(deletion.idle, Duration::from_secs(3600));
    let allowed: Vec<&ObjectRef> = deletion.allow.iter().map(|c| &c.object).collect();
    assert_eq!(
        allowed[0],
        &ObjectRef::new(Kind::Acl, "User:a allow Read topic:literal:t")
    );
    assert_eq!(allowed[1], &ObjectRef::new(Kind::Quota, "user=a"));
    assert_eq!(allowed.len(), 5);
    let moves = Moves {
        throttle: 10 << 20,
        concurrent: 5,
    };
    assert_eq!(cluster.moves, moves);
    assert_eq!(
        cluster.balance,
        Balance {
            leaders: true,
            replicas: true
        }
    );
    assert_eq!(Vec::from_iter(cluster.draining), [2, 4]);
}

#[test]
fn labels_of_every_kind_are_kept() {
    let text = "\
apiVersion: headgate.dev/v1
kind: GroupConfig
metadata: {name: g, labels: {team: b, area: a}}
spec: {config: {consumer.session.timeout.ms: 1m}}
";
    let cluster = read(text);
    let object = ObjectRef::new(Kind::GroupConfig, "g");
    let labels = cluster.object(&object).expect("it is declared").labels();
    assert_eq!(
        labels,
        [("area".into(), "a".into()), ("team".into(), "b".into())]
    );
}
