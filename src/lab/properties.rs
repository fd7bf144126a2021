//! The properties file of a node, as text (pure).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::member::{Member, NodePorts, Role};
use super::{ADMIN_USER, KafkaSpec, Security};

/// How often a broker tells the controller that it is alive, unless the session is short.
const HEARTBEAT: Duration = Duration::from_secs(1);

const AUTHORIZER: &str = "org.apache.kafka.metadata.authorizer.StandardAuthorizer";

const SCRAM_LOGIN: &str = "org.apache.kafka.common.security.scram.ScramLoginModule required;";

/// Small enough that several clusters live on a machine of two cores, and without the default delays.
const COMMON: &[(&str, &str)] = &[
    ("controller.listener.names", "CONTROLLER"),
    ("allow.everyone.if.no.acl.found", "false"),
    ("auto.create.topics.enable", "false"),
    // a node that has many logs to load must not give up on registering
    ("initial.broker.registration.timeout.ms", "600000"),
    ("group.initial.rebalance.delay.ms", "0"),
    ("offsets.topic.num.partitions", "10"),
    ("transaction.state.log.num.partitions", "10"),
    ("transaction.state.log.min.isr", "1"),
    ("share.coordinator.state.topic.min.isr", "1"),
    ("log.segment.bytes", "16777216"),
    ("log.index.size.max.bytes", "65536"),
    ("log.cleaner.dedupe.buffer.size", "8388608"),
    ("log.cleaner.threads", "1"),
    ("num.network.threads", "1"),
    ("num.io.threads", "4"),
    ("num.recovery.threads.per.data.dir", "2"),
    ("background.threads", "2"),
    ("min.insync.replicas", "1"),
];

/// Writes the properties of a node.
pub(super) fn properties(
    spec: &KafkaSpec,
    member: &Member,
    members: &[Member],
    dir: &Path,
) -> String {
    let mut all: BTreeMap<String, String> = COMMON
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    let own = [
        place(spec, member, members, dir),
        limits(spec),
        security(spec, dir),
    ];
    for (key, value) in own.into_iter().flatten() {
        all.insert(key.to_owned(), value);
    }
    all.extend(spec.properties.iter().cloned());
    all.iter().fold(String::new(), |mut text, (key, value)| {
        writeln!(text, "{key}={value}").expect("a String takes any text");
        text
    })
}

/// What depends on the node: its role and its place among the others.
fn place(
    spec: &KafkaSpec,
    member: &Member,
    members: &[Member],
    dir: &Path,
) -> Vec<(&'static str, String)> {
    let &Member { id, role, ports } = member;
    let NodePorts {
        client,
        internal,
        controller,
    } = ports;
    let for_brokers = format!("CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal}");
    let for_controllers = format!("CONTROLLER://127.0.0.1:{controller}");
    let (roles, listeners) = match role {
        Role::Both => (
            "broker,controller",
            format!("{for_brokers},{for_controllers}"),
        ),
        Role::Broker => ("broker", for_brokers),
        Role::Controller => ("controller", for_controllers),
    };
    let voters: Vec<String> = members
        .iter()
        .filter(|member| member.role.is_controller())
        .map(|member| format!("{}@127.0.0.1:{}", member.id, member.ports.controller))
        .collect();
    let mut all = vec![
        ("node.id", id.to_string()),
        ("process.roles", roles.to_owned()),
        ("controller.quorum.voters", voters.join(",")),
        ("log.dirs", data_dir(dir, id)),
        ("listeners", listeners),
    ];
    if role.is_broker() {
        all.push(("inter.broker.listener.name", "INTERNAL".to_owned()));
        let rack = spec.racks.iter().cycle().nth(usize::from(id) - 1);
        all.extend(rack.map(|rack| ("broker.rack", (*rack).to_owned())));
    }
    all
}

/// What depends on the number of brokers, and how long they may be silent.
fn limits(spec: &KafkaSpec) -> Vec<(&'static str, String)> {
    let replicas = spec.brokers.min(3).to_string();
    // a session must outlast some lost heartbeats
    let heartbeat = HEARTBEAT.min(spec.session / 6);
    vec![
        ("offsets.topic.replication.factor", replicas.clone()),
        ("transaction.state.log.replication.factor", replicas.clone()),
        ("share.coordinator.state.topic.replication.factor", replicas),
        (
            "broker.session.timeout.ms",
            spec.session.as_millis().to_string(),
        ),
        (
            "broker.heartbeat.interval.ms",
            heartbeat.as_millis().to_string(),
        ),
    ]
}

/// Returns where node `id` keeps its logs.
pub(super) fn data_dir(dir: &Path, id: u16) -> String {
    dir.join(format!("data-{id}")).display().to_string()
}

fn security(spec: &KafkaSpec, dir: &Path) -> Vec<(&'static str, String)> {
    let protocol = match spec.security {
        Security::Plaintext => "PLAINTEXT",
        Security::ScramTls => "SASL_SSL",
        Security::MutualTls => "SSL",
    };
    let mut all = vec![
        (
            "listener.security.protocol.map",
            format!("CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,CLIENT:{protocol}"),
        ),
        // the plaintext listeners know nobody's name
        ("super.users", format!("User:ANONYMOUS;User:{ADMIN_USER}")),
    ];
    if spec.authorizer {
        all.push(("authorizer.class.name", AUTHORIZER.to_owned()));
    }
    if spec.security != Security::Plaintext {
        let file = |name: &str| dir.join(name).display().to_string();
        all.extend([
            ("ssl.keystore.type", "PEM".to_owned()),
            ("ssl.keystore.location", file("node.pem")),
            ("ssl.truststore.type", "PEM".to_owned()),
            ("ssl.truststore.location", file("ca.pem")),
        ]);
    }
    match spec.security {
        Security::Plaintext => {}
        Security::ScramTls => all.extend([
            (
                "sasl.enabled.mechanisms",
                "SCRAM-SHA-256,SCRAM-SHA-512".to_owned(),
            ),
            (
                "listener.name.client.scram-sha-256.sasl.jaas.config",
                SCRAM_LOGIN.to_owned(),
            ),
            (
                "listener.name.client.scram-sha-512.sasl.jaas.config",
                SCRAM_LOGIN.to_owned(),
            ),
        ]),
        Security::MutualTls => all.extend([
            (
                "listener.name.client.ssl.client.auth",
                "required".to_owned(),
            ),
            (
                "ssl.principal.mapping.rules",
                "RULE:^CN=([^,]+).*$/$1/,DEFAULT".to_owned(),
            ),
        ]),
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_members(spec: &KafkaSpec) -> Vec<Member> {
        let role = |id: u16| match (spec.controllers, id > spec.brokers) {
            (0, _) => Role::Both,
            (_, false) => Role::Broker,
            (_, true) => Role::Controller,
        };
        (1..=spec.brokers + spec.controllers)
            .map(|id| Member {
                id,
                role: role(id),
                ports: NodePorts {
                    client: 100 + id,
                    internal: 200 + id,
                    controller: 300 + id,
                },
            })
            .collect()
    }

    fn mk_lines(spec: &KafkaSpec, id: u16) -> Vec<String> {
        let members = mk_members(spec);
        let member = &members[usize::from(id) - 1];
        let text = properties(spec, member, &members, Path::new("/lab"));
        text.lines().map(str::to_owned).collect()
    }

    #[track_caller]
    fn assert_has(lines: &[String], wanted: &str) {
        assert!(
            lines.iter().any(|line| line == wanted),
            "{wanted}: {lines:#?}"
        );
    }

    #[test]
    fn racks_are_dealt_over_and_over_and_internal_topics_have_three_replicas_at_most() {
        let spec = KafkaSpec {
            brokers: 4,
            racks: &["az1", "az2"],
            ..KafkaSpec::default()
        };
        let lines = mk_lines(&spec, 3);
        assert_has(&lines, "broker.rack=az1");
        assert_has(&lines, "offsets.topic.replication.factor=3");
        assert_has(
            &lines,
            "controller.quorum.voters=1@127.0.0.1:301,2@127.0.0.1:302,3@127.0.0.1:303,4@127.0.0.1:304",
        );
    }

    #[test]
    fn with_controllers_of_their_own_brokers_have_no_vote_and_controllers_no_clients() {
        let spec = KafkaSpec {
            brokers: 1,
            controllers: 2,
            ..KafkaSpec::default()
        };
        let voters = "controller.quorum.voters=2@127.0.0.1:302,3@127.0.0.1:303";
        let broker = mk_lines(&spec, 1);
        assert_has(&broker, voters);
        assert_has(&broker, "process.roles=broker");
        let listeners = "listeners=CLIENT://127.0.0.1:101,INTERNAL://127.0.0.1:201";
        assert_has(&broker, listeners);
        let controller = mk_lines(&spec, 2);
        assert_has(&controller, voters);
        assert_has(&controller, "process.roles=controller");
        assert_has(&controller, "listeners=CONTROLLER://127.0.0.1:302");
        assert!(
            !controller
                .iter()
                .any(|line| line.starts_with("broker.rack"))
        );
    }

    #[test]
    fn heartbeats_are_as_quick_as_a_short_session_needs() {
        let spec = KafkaSpec {
            session: KafkaSpec::SHORT_SESSION,
            ..KafkaSpec::default()
        };
        assert_has(&mk_lines(&spec, 1), "broker.heartbeat.interval.ms=500");
        let default = mk_lines(&KafkaSpec::default(), 1);
        assert_has(&default, "broker.heartbeat.interval.ms=1000");
    }

    #[test]
    fn a_property_of_the_spec_replaces_the_labs_own() {
        let spec = KafkaSpec {
            properties: vec![("num.io.threads".to_owned(), "8".to_owned())],
            ..KafkaSpec::default()
        };
        let threads: Vec<_> = mk_lines(&spec, 1)
            .into_iter()
            .filter(|line| line.starts_with("num.io.threads"))
            .collect();
        assert_eq!(threads, ["num.io.threads=8"]);
    }

    #[test]
    fn only_the_listener_of_the_clients_is_encrypted() {
        let spec = KafkaSpec {
            security: Security::ScramTls,
            ..KafkaSpec::default()
        };
        let lines = mk_lines(&spec, 1);
        let map = "listener.security.protocol.map=CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,CLIENT:SASL_SSL";
        assert_has(&lines, map);
        assert_has(&lines, "ssl.keystore.location=/lab/node.pem");
    }
}
