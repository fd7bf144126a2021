//! What holds for every input.

use std::collections::BTreeSet;

use headgate::{
    desired::{self, DesiredTopic, DesiredValue, RunState},
    model::{
        Acl, AclOperation, AclParts, AclPattern, AclPermission, AclResource, ConfigType, Kind,
        TOPIC_CONFIGS, topic_config,
    },
};
use proptest::{collection, prelude::*, sample};

use super::tree::{below_cluster, configs, file, of_kind, right, told, topic};

/// Pieces that YAML files are made of, so that random texts get further than the first line.
const PIECES: [&str; 58] = [
    "apiVersion: headgate.dev/v1\n",
    "kind: Topic\n",
    "kind: Cluster\n",
    "metadata: {name: a}\n",
    "metadata:\n",
    "  name: b\n",
    "spec:\n",
    "spec: {}\n",
    "  partitions: 3\n",
    "  config:\n",
    "    retention.ms: 7d\n",
    "    cleanup.policy: [compact]\n",
    "---\n",
    "...\n",
    "- ",
    ": ",
    "? ",
    "&a ",
    "*a",
    "!!str ",
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "\t",
    "\r",
    "#",
    "|\n",
    "%YAML 1.2\n",
    "kind: User\n",
    "kind: Acl\n",
    "kind: Quota\n",
    "kind: BrokerConfig\n",
    "kind: ConsumerGroup\n",
    "metadata: {name: default}\n",
    "  scram: {mechanism: SCRAM-SHA-512, passwordFrom: {secret: s}}\n",
    "  passwordFrom: s\n",
    "  grants: [{consume: t, group: g}, {admin: cluster}, {}]\n",
    "  principal: User:a\n",
    "  acls: [{resource: {type: topic, name: t}, operations: [Read, '#17']}]\n",
    "  quotas: {producerByteRate: 1MiB}\n",
    "  clientId: <default>\n",
    "  requestPercentage: 1e400\n",
    "  placement: {brokers: [1, 2]}\n",
    "  offsets: {resetTo: earliest}\n",
    "kind: Connector\n",
    "kind: Schema\n",
    "  class: C\n",
    "  state: stopped\n",
    "  configFrom: {a: {secret: s}}\n",
    "  offsets: [{partition: {a: 1}, offset: null}]\n",
    "  type: AVRO\n",
    "  schemaFile: ../c/topics.yaml\n",
    "  schema: '{'\n",
    "  references: [{name: a, subject: a}]\n",
    "\u{feff}",
];

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in collection::vec(any::<u8>(), 0..400)) {
        let loaded = desired::load(&[file("c/x.yaml", &bytes)]);
        prop_assert!(loaded.desired.clusters.is_empty());
        prop_assert!(!loaded.is_valid());
    }

    #[test]
    fn no_mixture_of_yaml_makes_it_panic(pieces in collection::vec(sample::select(&PIECES[..]), 0..60)) {
        let text = pieces.concat();
        let loaded = desired::load(&below_cluster(&text));
        let places: Vec<_> = loaded.findings.iter().filter_map(|f| f.place.as_ref()).collect();
        prop_assert!(places.is_sorted(), "{places:?}");
        for place in places {
            let lines = text.split(['\n', '\r']).count() + 10;
            prop_assert!((1..=lines).contains(&(place.line as usize)), "{place}");
            prop_assert!(place.column >= 1, "{place}");
        }
    }

    #[test]
    fn what_is_written_is_what_is_read((name, want) in wanted()) {
        let files = below_cluster(&written(&name, &want));
        let loaded = desired::load(&files);
        prop_assert_eq!(told(&loaded), "");
        let read = &loaded.desired.clusters["c"].topics[name.as_str()];
        prop_assert_eq!(&read.config, &want.config);
        prop_assert_eq!(read.partitions, want.partitions);
        prop_assert_eq!(read.replication_factor, want.replication_factor);
    }

    #[test]
    fn acls_that_are_written_are_read(acls in collection::btree_set(acl(), 1..20)) {
        let text: String = acls.iter().map(document_of).collect();
        let loaded = desired::load(&below_cluster(&text));
        prop_assert!(loaded.is_valid(), "{}", told(&loaded));
        let read: BTreeSet<Acl> = loaded.desired.clusters["c"].acls.keys().cloned().collect();
        prop_assert_eq!(read, acls);
    }

    #[test]
    fn a_rate_is_spelt_as_floating_point_numbers_are(rate in 0.001_f64..1e15) {
        let text = of_kind("Quota", "q", &format!("{{user: u, requestPercentage: {rate:e}}}"));
        let cluster = right(&below_cluster(&text));
        let quota = &cluster.configs[&Kind::Quota]["user=u"];
        prop_assert_eq!(configs(&quota.config), [format!("request_percentage={rate}")]);
    }

    #[test]
    fn connectors_that_are_written_are_read(
        config in collection::btree_map("[a-z]{1,3}(\\.[a-z]{1,3})?", "[ -~]{0,12}", 0..8),
        state in sample::select(vec![RunState::Running, RunState::Paused, RunState::Stopped]),
    ) {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
        let keys = config.iter().map(|(key, value)| format!("{}: {}", quoted(key), quoted(value)));
        let keys: Vec<String> = keys.filter(|key| !key.starts_with("'name'")).collect();
        let state_word = state.as_str();
        let spec = format!("{{class: C, state: {state_word}, config: {{{}}}}}", keys.join(", "));
        let loaded = desired::load(&below_cluster(&of_kind("Connector", "it", &spec)));
        prop_assert!(loaded.is_valid(), "{}", told(&loaded));
        let read = &loaded.desired.clusters["c"].connectors["it"];
        prop_assert_eq!(read.state, state);
        let mut want = config;
        want.remove("name");
        want.insert("connector.class".into(), "C".into());
        let want: Vec<String> = want.into_iter().map(|(key, value)| format!("{key}={value}")).collect();
        prop_assert_eq!(configs(&read.config), want);
    }

    /// Whoever goes on from a schema to all that it needs comes back to it only if somebody is told of a circle.
    #[test]
    fn circles_of_schemas_are_found(edges in collection::btree_set((0..7_usize, 0..7_usize), 0..14)) {
        let mut text = String::new();
        for schema in 0..7 {
            let needed = edges.iter().filter(|(from, _)| *from == schema);
            let references: Vec<String> =
                needed.map(|(_, to)| format!("{{name: n{to}, subject: s{to}}}")).collect();
            let spec = format!("{{type: JSON, schema: '{{}}', references: [{}]}}", references.join(", "));
            text.push_str(&of_kind("Schema", &format!("s{schema}"), &spec));
        }
        let mut reached = edges.clone();
        for _ in 0..7 {
            let further = edges.iter().flat_map(|(from, over)| {
                let on = reached.iter().filter(move |(start, _)| start == over);
                on.map(move |(_, to)| (*from, *to))
            });
            reached.extend(further.collect::<Vec<_>>());
        }
        let has_circle = reached.iter().any(|(from, to)| from == to);
        let loaded = desired::load(&below_cluster(&text));
        prop_assert_eq!(loaded.is_valid(), !has_circle, "{}", told(&loaded));
        for finding in &loaded.findings {
            let (_, circle) = finding.message.split_once(": ").expect("it shows the circle");
            let circle: Vec<usize> =
                circle.split(" → ").filter_map(|s| s.trim_matches(['`', 's']).parse().ok()).collect();
            prop_assert!(circle.windows(2).all(|two| edges.contains(&(two[0], two[1]))), "{circle:?}");
            prop_assert_eq!(circle.first(), circle.last());
        }
    }

    #[test]
    fn the_order_of_the_files_means_nothing(
        names in collection::vec("[a-d._]{1,3}", 1..12),
        order in Just((0..13_usize).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let mut files = below_cluster("");
        for (i, name) in names.iter().enumerate() {
            files.push(file(&format!("c/{i}.yaml"), topic(name, "{}")));
        }
        let sorted = desired::load(&files);
        let shuffled: Vec<_> = order.iter().filter_map(|i| files.get(*i).cloned()).collect();
        prop_assert_eq!(shuffled.len(), files.len());
        prop_assert_eq!(desired::load(&shuffled), sorted);
    }
}

/// An ACL that some cluster may hold.
fn acl() -> impl Strategy<Value = Acl> {
    let codes = (2..20_i8, 2..20_i8, 3..6_i8, 2..4_i8);
    let texts = ("[A-Za-z]{1,5}:[ -~]{1,12}", "[ -~]{1,12}", "[0-9.*:]{1,9}");
    (codes, texts)
        .prop_map(
            |((resource, operation, pattern, permission), (principal, name, host))| {
                let resource = AclResource(resource);
                Acl::new(&AclParts {
                    principal: principal.trim_end(),
                    host: &host,
                    permission: AclPermission(permission),
                    operation: AclOperation(operation),
                    resource,
                    pattern: AclPattern(pattern),
                    name: match resource {
                        AclResource::CLUSTER => "kafka-cluster",
                        _ if name.trim().is_empty() => "x",
                        _ => &name,
                    },
                })
            },
        )
        .prop_filter("a principal has a name", |acl| {
            !acl.principal().ends_with(':')
        })
}

fn document_of(acl: &Acl) -> String {
    let quoted = |text: &str| format!("'{}'", text.replace('\'', "''"));
    let parts = acl.parts();
    let spec = format!(
        "{{principal: {}, acls: [{{resource: {{type: '{}', name: {}, pattern: '{}'}}, operations: ['{}'], host: {}, permission: '{}'}}]}}",
        quoted(&parts.principal),
        parts.resource,
        quoted(&parts.name),
        parts.pattern,
        parts.operation,
        quoted(&parts.host),
        parts.permission,
    );
    of_kind("Acl", "a", &spec)
}

/// A topic whose config holds some keys of the table, each with a value that Kafka accepts.
fn wanted() -> impl Strategy<Value = (String, DesiredTopic)> {
    let keys = sample::subsequence(TOPIC_CONFIGS, 0..8);
    let name = "[a-zA-Z0-9][a-zA-Z0-9._-]{0,30}";
    (name, 1..=9_000_u32, 3..=100_u16, keys, any::<bool>()).prop_map(
        |(name, partitions, replication_factor, keys, alone)| {
            let place = headgate::model::Place {
                file: "c/topics.yaml".into(),
                line: 1,
                column: 1,
            };
            let quiet = keys
                .into_iter()
                .filter(|k| k.versions != headgate::model::Versions::Only3);
            let value = |default: &str| match alone {
                true => DesiredValue::LeaveAlone,
                false => DesiredValue::Set(default.into()),
            };
            let topic = DesiredTopic {
                place,
                labels: Box::default(),
                partitions,
                replication_factor,
                config: quiet
                    .map(|k| (headgate::model::ConfigKey::new(k.key), value(k.default)))
                    .collect(),
                placement: None,
                schemas: None,
            };
            (name, topic)
        },
    )
}

/// Writes a topic as a document, with the types that YAML has.
fn written(name: &str, topic: &DesiredTopic) -> String {
    let mut text = format!(
        "apiVersion: headgate.dev/v1\nkind: Topic\nmetadata: {{name: '{name}'}}\nspec:\n  partitions: {}\n  replicationFactor: {}\n  config:\n",
        topic.partitions, topic.replication_factor
    );
    for (key, value) in &topic.config {
        let list = topic_config(key.as_str()).is_some_and(|c| c.config_type == ConfigType::List);
        let value = match value {
            DesiredValue::LeaveAlone => "null".to_owned(),
            DesiredValue::Secret(name) => format!("{{secretRef: {name}}}"),
            DesiredValue::Set(words) if list => format!("[{words}]"),
            DesiredValue::Set(value) => value.to_string(),
        };
        text.push_str(&format!("    {key}: {value}\n"));
    }
    text
}
