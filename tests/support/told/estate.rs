//! What a cluster made by hand holds beside topics, and what of it git declares.

use std::time::Duration;

use compact_str::CompactString;
use headgate::{
    desired::{DesiredAcl, DesiredCluster, DesiredConfig, DesiredGroup, DesiredUser, DesiredValue},
    live::{
        GroupDetail, GroupMember, GroupOffset, Health, KafkaLive, LiveConfig, LiveCredential,
        LiveGroup, LiveUser, LogDir, Login, Observed, Quorum, QuorumNode,
    },
    model::{
        Acl, AclOperation, AclParts, AclPattern, AclPermission, AclResource, ConfigKey,
        Fingerprint, Kind, ScramMechanism,
    },
};
use jiff::Timestamp;

use super::{place, topic_name};

/// When logins were tried.
const TRIED: Timestamp = Timestamp::UNIX_EPOCH;

/// What a keyed digest of a password may look like: no answer may hold it.
pub(crate) const FINGERPRINT: &str = "5f2c0b1a9d";

/// Three ACLs, by name: one that two documents grant, one for a prefix, one with everything unusual in it.
fn acls() -> [Acl; 3] {
    let read = AclParts {
        principal: "User:analytics",
        host: "*",
        permission: AclPermission::ALLOW,
        operation: AclOperation::READ,
        resource: AclResource::TOPIC,
        pattern: AclPattern::LITERAL,
        name: "topic-00001",
    };
    [
        Acl::new(&AclParts {
            principal: "User:CN=a b",
            host: "10.0.0.1",
            permission: AclPermission::DENY,
            operation: AclOperation(99),
            resource: AclResource::GROUP,
            name: "*",
            ..read
        }),
        Acl::new(&read),
        Acl::new(&AclParts {
            pattern: AclPattern::PREFIXED,
            name: "topic-",
            ..read
        }),
    ]
}

fn config(values: &[(&str, Option<&str>)]) -> Observed<Vec<LiveConfig>> {
    let values = values.iter().map(|(key, value)| LiveConfig {
        key: ConfigKey::new(key),
        value: value.map(Into::into),
    });
    Observed::Known(values.collect())
}

fn credential(mechanism: ScramMechanism, login: Option<Login>) -> LiveCredential {
    LiveCredential {
        mechanism,
        iterations: 4096,
        tried: login.is_some().then_some(TRIED),
        login,
    }
}

fn group(detail: Observed<GroupDetail>) -> Observed<LiveGroup> {
    Observed::Known(LiveGroup {
        state: "Stable".into(),
        protocol: "consumer".into(),
        detail,
    })
}

fn detail() -> GroupDetail {
    let offset = |partition: i32, committed: i64| GroupOffset {
        partition,
        committed,
        end: Some(100),
        at: (partition == 0).then_some(1_800_000_000_000),
    };
    GroupDetail {
        members: vec![GroupMember {
            id: "analytics-1-abc".into(),
            client_id: "analytics-1".into(),
            host: "/10.0.0.7".into(),
            assigned: [(topic_name(1), vec![0, 1])].into(),
        }],
        offsets: [(topic_name(1), vec![offset(0, 60), offset(1, 100)])].into(),
    }
}

/// One user by both mechanisms, one whom nobody may look at, and one that git does not know.
fn users() -> [(CompactString, Observed<LiveUser>); 3] {
    let fingerprint = || Fingerprint(FINGERPRINT.into());
    let user = |credentials| Observed::Known(LiveUser { credentials });
    let denied = Login::Denied(fingerprint());
    let accepted = Login::Accepted(fingerprint());
    let both = vec![
        credential(ScramMechanism::Sha256, Some(denied)),
        credential(ScramMechanism::Sha512, Some(accepted)),
    ];
    let unread = Observed::Unknown("its description was refused".into());
    [
        ("analytics".into(), user(both)),
        ("closed".into(), unread),
        (
            "other".into(),
            user(vec![credential(ScramMechanism::Sha512, None)]),
        ),
    ]
}

fn health() -> Health {
    let node = |id: i32, log_end_offset: i64| QuorumNode { id, log_end_offset };
    let dir = LogDir {
        path: "/var/lib/kafka".into(),
        error: None,
        used: 4096,
        total: Some(1 << 40),
        usable: Some(1 << 39),
    };
    Health {
        quorum: Observed::Known(Quorum {
            leader: 101,
            epoch: 7,
            high_watermark: 990,
            voters: vec![node(101, 1000), node(102, 1000), node(103, 960)],
            observers: vec![node(1, 1000), node(2, -1)],
        }),
        log_dirs: [
            (1, Observed::Known(vec![dir])),
            (2, Observed::Unknown("timed out".into())),
        ]
        .into(),
        fenced: Observed::Known(Vec::new()),
    }
}

/// Adds what a cluster holds beside topics: of each kind something usual, something hidden, and something unreadable.
pub(super) fn live(kafka: KafkaLive) -> KafkaLive {
    let broker = [
        ("background.threads", Some("12")),
        ("ssl.key.password", None),
    ];
    let quotas = [
        ("ip=10.0.0.1", ("connection_creation_rate", Some("10"))),
        (
            "user=analytics,client-id=<default>",
            ("producer_byte_rate", Some("1048576")),
        ),
    ];
    let defaults = config(&[("log.retention.ms", Some("172800000"))]);
    let unread = Observed::Unknown("its description was refused".into());
    let groups = [
        ("analytics".into(), group(Observed::Known(detail()))),
        (
            "batch".into(),
            group(Observed::Unknown("not read: there are too many".into())),
        ),
        ("closed".into(), unread),
    ];
    KafkaLive {
        acls: Observed::Known(acls().into()),
        users: Observed::Known(users().into()),
        quotas: Observed::Known(
            quotas
                .map(|(name, value)| (name.into(), config(&[value])))
                .into(),
        ),
        broker_configs: Observed::Known(
            [("1".into(), config(&broker)), ("default".into(), defaults)].into(),
        ),
        group_configs: Observed::Known([].into()),
        groups: Observed::Known(groups.into()),
        moving: Observed::Known([].into()),
        health: health(),
        ..kafka
    }
}

/// Adds what git declares beside topics.
pub(super) fn desired(cluster: DesiredCluster) -> DesiredCluster {
    let [_, granted, _] = acls();
    let acl = DesiredAcl {
        place: place(40),
        others: vec![place(50)],
    };
    let user = DesiredUser {
        place: place(40),
        labels: Box::default(),
        scram: Vec::new(),
        verify: true,
    };
    let quota = DesiredConfig {
        place: place(60),
        labels: Box::default(),
        config: vec![(
            ConfigKey::new("producer_byte_rate"),
            DesiredValue::Set("1048576".into()),
        )],
    };
    let watched = DesiredGroup {
        place: place(70),
        labels: Box::default(),
        must_exist: true,
        max_lag: Some(1000),
        max_lag_time: Some(Duration::from_secs(300)),
        reset_to: None,
    };
    let gone = DesiredGroup {
        place: place(80),
        ..watched.clone()
    };
    let quotas = [("user=analytics,client-id=<default>".into(), quota)];
    DesiredCluster {
        acls: [(granted, acl)].into(),
        users: [("analytics".into(), user)].into(),
        configs: [(Kind::Quota, quotas.into())].into(),
        groups: [("analytics".into(), watched), ("gone".into(), gone)].into(),
        ..cluster
    }
}
