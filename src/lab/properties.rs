//! The properties file of a node, as text (pure).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::{ADMIN_USER, KafkaSpec, Security};

/// The ports of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NodePorts {
    /// For the clients under test, as [`Security`] says.
    pub(super) client: u16,
    /// Plaintext, between brokers and for the lab itself.
    pub(super) internal: u16,
    /// Plaintext, between controllers.
    pub(super) controller: u16,
}

/// Small enough that several clusters live on a machine of two cores, and without the default delays.
const COMMON: &[(&str, &str)] = &[
    ("process.roles", "broker,controller"),
    ("controller.listener.names", "CONTROLLER"),
    ("inter.broker.listener.name", "INTERNAL"),
    (
        "authorizer.class.name",
        "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    ),
    ("allow.everyone.if.no.acl.found", "false"),
    ("auto.create.topics.enable", "false"),
    // a node that has many logs to load must not give up on registering
    ("initial.broker.registration.timeout.ms", "600000"),
    ("broker.heartbeat.interval.ms", "1000"),
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

/// Writes the properties of node `id`; `ports` holds those of every node, in the order of their ids from 1.
pub(super) fn properties(spec: &KafkaSpec, id: u16, ports: &[NodePorts], dir: &Path) -> String {
    let mut all: BTreeMap<String, String> = COMMON
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    all.extend(own(spec, id, ports, dir));
    all.extend(security(spec.security, dir));
    all.extend(spec.properties.iter().cloned());
    all.iter().fold(String::new(), |mut text, (key, value)| {
        writeln!(text, "{key}={value}").expect("a String takes any text");
        text
    })
}

/// What depends on the node and on the number of nodes.
fn own(spec: &KafkaSpec, id: u16, ports: &[NodePorts], dir: &Path) -> Vec<(String, String)> {
    let NodePorts {
        client,
        internal,
        controller,
    } = ports[usize::from(id) - 1];
    let voters: Vec<String> = (1..)
        .zip(ports)
        .map(|(id, ports)| format!("{id}@127.0.0.1:{}", ports.controller))
        .collect();
    let replicas = spec.brokers.min(3).to_string();
    let mut own = vec![
        ("node.id".to_owned(), id.to_string()),
        ("controller.quorum.voters".to_owned(), voters.join(",")),
        ("log.dirs".to_owned(), data_dir(dir, id)),
        (
            "listeners".to_owned(),
            format!(
                "CLIENT://127.0.0.1:{client},INTERNAL://127.0.0.1:{internal},CONTROLLER://127.0.0.1:{controller}"
            ),
        ),
        (
            "offsets.topic.replication.factor".to_owned(),
            replicas.clone(),
        ),
        (
            "transaction.state.log.replication.factor".to_owned(),
            replicas.clone(),
        ),
        (
            "share.coordinator.state.topic.replication.factor".to_owned(),
            replicas,
        ),
    ];
    if spec.racks > 0 {
        let rack = (id - 1) % spec.racks + 1;
        own.push(("broker.rack".to_owned(), format!("az{rack}")));
    }
    own
}

/// Returns where node `id` keeps its logs.
pub(super) fn data_dir(dir: &Path, id: u16) -> String {
    dir.join(format!("data-{id}")).display().to_string()
}

fn security(security: Security, dir: &Path) -> Vec<(String, String)> {
    let protocol = match security {
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
    if security != Security::Plaintext {
        let file = |name: &str| dir.join(name).display().to_string();
        all.extend([
            ("ssl.keystore.type", "PEM".to_owned()),
            ("ssl.keystore.location", file("node.pem")),
            ("ssl.truststore.type", "PEM".to_owned()),
            ("ssl.truststore.location", file("ca.pem")),
        ]);
    }
    match security {
        Security::Plaintext => {}
        Security::ScramTls => all.extend([
            ("sasl.enabled.mechanisms", "SCRAM-SHA-512".to_owned()),
            (
                "listener.name.client.scram-sha-512.sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required;".to_owned(),
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
    all.into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mk_ports(n: u16) -> Vec<NodePorts> {
        (1..=n)
            .map(|i| NodePorts {
                client: 100 + i,
                internal: 200 + i,
                controller: 300 + i,
            })
            .collect()
    }

    fn mk_lines(spec: &KafkaSpec, id: u16) -> Vec<String> {
        let text = properties(spec, id, &mk_ports(spec.brokers), Path::new("/lab"));
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn racks_are_dealt_in_turn_and_internal_topics_have_three_replicas_at_most() {
        let spec = KafkaSpec {
            brokers: 4,
            racks: 2,
            ..KafkaSpec::default()
        };
        let lines = mk_lines(&spec, 3);
        assert!(lines.contains(&"broker.rack=az1".to_owned()));
        assert!(lines.contains(&"offsets.topic.replication.factor=3".to_owned()));
        assert!(lines.contains(
            &"controller.quorum.voters=1@127.0.0.1:301,2@127.0.0.1:302,3@127.0.0.1:303,4@127.0.0.1:304".to_owned()
        ));
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
        assert!(lines.contains(&map.to_owned()));
        assert!(lines.contains(&"ssl.keystore.location=/lab/node.pem".to_owned()));
    }
}
